"""What every answer of the sandbox's API shares: JSON out, JSON in, error bodies, the caller and the address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn, cast

from flask import Response, g, has_request_context, request

from zd_automation.sandbox.store import Doc

JSON_TYPE = "application/json; charset=utf-8"
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class ApiError(Exception):
    """An answer that ends the request: status, body (an object is sent as JSON, a text as it is) and headers."""

    def __init__(
        self, status: int, body: Doc | str, headers: Mapping[str, str] | None = None, content_type: str | None = None
    ) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
        self.content_type = content_type or (JSON_TYPE if isinstance(body, dict) else "text/plain; charset=utf-8")

    def response(self) -> Response:
        """The answer as it goes out."""
        text = _encode(self.body) if isinstance(self.body, dict) else self.body
        return Response(text, status=self.status, headers=self.headers, content_type=self.content_type)


def reply(body: object, status: int = 200, location: str | None = None) -> Response:
    """A JSON answer; ``location`` becomes the header of that name."""
    response = Response(_encode(body), status=status, content_type=JSON_TYPE)
    if location is not None:
        response.headers["Location"] = location
    return response


def no_content() -> Response:
    """204 with no body, as every delete answers."""
    return Response(status=204)


def not_found() -> NoReturn:
    """Raise the 404 of a missing record."""
    raise ApiError(404, {"error": "RecordNotFound", "description": "Not found"})


def forbidden() -> NoReturn:
    """Raise the 403 of a role that may not do this."""
    raise ApiError(
        403,
        {
            "error": {
                "title": "Forbidden",
                "message": "You do not have access to this page. Please contact the account owner of this help desk "
                "for further help.",
            }
        },
    )


def invalid(details: Mapping[str, list[Doc]]) -> ApiError:
    """The 422 of a record that fails validation; ``details`` is field name -> list of findings."""
    body = {"error": "RecordInvalid", "description": "Record validation errors", "details": dict(details)}
    return ApiError(422, body)


def invalid_field(name: str, text: str, code: str | None = None) -> ApiError:
    """A 422 with one finding, ``code`` such as ``BlankValue`` or ``DuplicateValue``."""
    finding: Doc = {"description": text}
    if code is not None:
        finding["error"] = code
    return invalid({name: [finding]})


def blank(name: str) -> ApiError:
    """The 422 of a required field that is missing or empty."""
    label = name.replace("_", " ").capitalize()
    return invalid_field(name, f"{label}: cannot be blank", "BlankValue")


def bad_request(title: str, message: str) -> ApiError:
    """A 400 in the shape with title and message."""
    return ApiError(400, {"error": {"title": title, "message": message}})


def missing_parameter(name: str) -> ApiError:
    """The plain-text 400 of a body that lacks its wrapper key."""
    return ApiError(400, f"Required parameter missing: {name}", content_type="text/html; charset=utf-8")


def json_body() -> Doc:
    """The request's JSON object; an empty body is an empty object. Raises the 400 of unparsable JSON."""
    raw = request.get_data(cache=True)
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise ApiError(
            400,
            {"error": "Unprocessable Entity", "message": f"Server could not parse JSON: {error}"},
        ) from None
    if not isinstance(body, dict):
        raise bad_request("Invalid attribute", "The request body must be a JSON object")
    return body


def wrapped(name: str) -> Doc:
    """The object under ``name`` in the body. Raises 400 when it is not there."""
    inner = json_body().get(name)
    if not isinstance(inner, dict):
        raise missing_parameter(name)
    return inner


def wrapped_list(name: str, limit: int = 100) -> list[Doc]:
    """The list under ``name`` in the body. Raises 400 when it is missing or longer than ``limit``."""
    inner = json_body().get(name)
    if not isinstance(inner, list):
        raise missing_parameter(name)
    if len(inner) > limit:
        raise too_many(limit)
    return [item for item in inner if isinstance(item, dict)]


def too_many(limit: int = 100) -> ApiError:
    """The 400 of a list parameter with too many values."""
    text = f"Parameter  cannot specify more than {limit} values"
    return ApiError(400, {"error": "TooManyValues", "description": text, "max_count": limit})


def ids_of(text: str | None, limit: int = 100) -> list[int]:
    """Ids out of ``1,2,3``; anything that is not a number is left out. Raises 400 above ``limit``."""
    ids = [int(part) for part in (text or "").replace(" ", "").split(",") if part.isdigit()]
    if len(ids) > limit:
        raise too_many(limit)
    return ids


def as_int(value: object) -> int | None:
    """An id as it may arrive (number, text, null, empty) as a number or None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    text = str(value).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def truthy(value: object) -> bool:
    """True for true, 1, and their texts."""
    return str(value).lower() in {"true", "1", "yes"}


def api_base() -> str:
    """The address of the API as this caller reached it: ``http://host/api/v2``."""
    if "api_base" not in g:
        g.api_base = f"{request.scheme}://{request.host}/api/v2"
    return cast("str", g.api_base)


def caller() -> Doc:
    """The user who makes this request."""
    return cast("Doc", g.caller)


def is_staff(user: Mapping[str, Any]) -> bool:
    """True for agents and admins."""
    return user.get("role") in {"agent", "admin"}


def require_staff() -> None:
    """Raise 403 unless the caller is an agent or an admin."""
    if not is_staff(caller()):
        forbidden()


def require_admin() -> None:
    """Raise 403 unless the caller is an admin."""
    if caller().get("role") != "admin":
        forbidden()


def warn_unpermitted(path: str, keys: list[str]) -> None:
    """Note keys that were dropped, for the X-Zendesk-Api-Warn header; outside of a request nobody asks."""
    if keys and has_request_context():
        g.setdefault("warnings", []).append((path, sorted(keys)))
