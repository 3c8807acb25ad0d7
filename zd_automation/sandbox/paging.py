"""Both kinds of pagination: by cursor (``page[size]``) and by page number with Zendesk's wall at 10,000 records."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError

OFFSET_WALL = 10_000
Present = Callable[[Any], Any]


def page_of(
    items: Sequence[Any],
    key: str,
    present: Present,
    *,
    default: int = 100,
    maximum: int = 100,
    cursor_only: bool = False,
) -> tuple[Doc, Sequence[Any]]:
    """One page of ``items`` as the request asks for it.

    Returns the body (``{key: [...], "meta"/"links"}`` or ``{key: [...], "next_page", "previous_page", "count"}``)
    and the items on that page. Raises the 400 of bad or too deep paging.
    """
    if cursor_only or "page[size]" in request.args or "page[after]" in request.args or "page[before]" in request.args:
        return _by_cursor(items, key, present, maximum)
    return _by_number(items, key, present, default, maximum)


def link(**changes: object) -> str:
    """This request's own address, with ``.json`` as Zendesk writes it and some parameters changed (None removes)."""
    arguments = {name: value for name, value in request.args.items() if name not in changes}
    arguments.update({name: str(value) for name, value in changes.items() if value is not None})
    query = f"?{urlencode(arguments)}" if arguments else ""
    return f"{request.scheme}://{request.host}{request.path}.json{query}"


def sorted_items(items: list[Doc], allowed: Sequence[str]) -> list[Doc]:
    """Items in the order of ``sort`` (``-created_at``) or of ``sort_by`` and ``sort_order``; unknown keys are ignored."""
    asked = request.args.get("sort") or request.args.get("sort_by") or ""
    descending = asked.startswith("-") or request.args.get("sort_order") == "desc"
    name = asked.lstrip("-")
    if name not in allowed:
        return items[::-1] if request.args.get("sort_order") == "desc" and not name else items
    return sorted(items, key=lambda item: sortable(item.get(name)), reverse=descending)


def sortable(value: object) -> tuple[int, float, str]:
    """A key that orders None before numbers before texts."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, str(value).lower())


def _by_number(
    items: Sequence[Any], key: str, present: Present, default: int, maximum: int
) -> tuple[Doc, Sequence[Any]]:
    page = _number("page", 1, 1_000_000_000)
    size = _number("per_page", default, maximum)
    if page * size > max(OFFSET_WALL, size) and page > 1:
        raise ApiError(400, {"errors": [_too_deep(page, size)]})
    start = (page - 1) * size
    chosen = items[start : start + size]
    body = {
        key: [present(item) for item in chosen],
        "next_page": link(page=page + 1) if start + size < len(items) else None,
        "previous_page": link(page=page - 1) if page > 1 else None,
        "count": len(items),
    }
    return body, chosen


def _number(name: str, default: int, maximum: int) -> int:
    text = request.args.get(name)
    if not text:
        return default
    if not text.isdigit() or int(text) < 1:
        raise ApiError(400, {"error": {"title": "Invalid attribute", "message": f"{name} must be a positive integer"}})
    return min(int(text), maximum)


def _too_deep(page: int, size: int) -> Doc:
    return {
        "code": "InvalidPaginationDepth",
        "title": "Pagination requests using Offset Pagination are limited to page 100 or up to 10000 records "
        "(page * per_page)",
        "detail": f"page {page} with {size} records each goes beyond record {OFFSET_WALL}; use cursor pagination",
    }


def _by_cursor(items: Sequence[Any], key: str, present: Present, maximum: int) -> tuple[Doc, Sequence[Any]]:
    size = _cursor_size(maximum)
    after, before = request.args.get("page[after]"), request.args.get("page[before]")
    if before:
        end = _position(items, before) - 1
        start = max(0, end - size)
        chosen, more = items[start : max(end, 0)], start > 0
    else:
        start = _position(items, after) if after else 0
        chosen, more = items[start : start + size], start + size < len(items)
    first = _cursor(chosen[0], start + 1) if chosen else None
    last = _cursor(chosen[-1], start + len(chosen)) if chosen else None
    body = {
        key: [present(item) for item in chosen],
        "meta": {"has_more": more, "after_cursor": last, "before_cursor": first},
        "links": {
            "prev": _cursor_link("page[before]", first),
            "next": _cursor_link("page[after]", last),
        },
    }
    return body, chosen


def _cursor_size(maximum: int) -> int:
    text = request.args.get("page[size]", "100")
    if not text.isdigit() or int(text) < 1:
        raise _bad_cursor("page[size]", "must be a positive integer")
    return min(int(text), maximum)


def _cursor_link(name: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    return link(**{"page[after]": None, "page[before]": None, name: cursor})


def _identity(item: Any) -> str:
    return str(item.get("id", item.get("name")))


def _cursor(item: Any, position: int) -> str:
    value = json.dumps({"o": "id", "v": _identity(item), "n": position}, separators=(",", ":"))
    return base64.b64encode(value.encode()).decode()


def _position(items: Sequence[Any], cursor: str) -> int:
    """How many items lie up to and with the cursor's; by identity, so that deletions in between lose nothing."""
    try:
        value = json.loads(base64.b64decode(cursor, validate=True))
        position, identity = int(value["n"]), str(value["v"])
    except (ValueError, KeyError, TypeError):
        raise _bad_cursor("page[after] or page[before]", "is not a valid cursor") from None
    if 0 < position <= len(items) and _identity(items[position - 1]) == identity:
        return position
    for index, item in enumerate(items):
        if _identity(item) == identity:
            return index + 1
    return min(position, len(items))


def _bad_cursor(name: str, text: str) -> ApiError:
    finding = {"code": "InvalidPaginationParameter", "title": f"{name} {text}", "detail": f"{name} {text}"}
    return ApiError(400, {"errors": [finding]})
