"""OAuth: clients, tokens with an end, and ``POST /oauth/tokens`` that mints them."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.auth import default_admin
from zd_automation.sandbox.paging import page_of
from zd_automation.sandbox.resources import CrudResource, Resource, add_crud, gone
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError, api_base, caller, json_body, no_content, reply, require_admin, wrapped

SHORTEST, LONGEST = 300, 172_800  # seconds that an access token may live
REFRESH_TTL = 30 * 86_400


def add_client(
    account: Account, identifier: str, secret: str, *, user: int | None = None, ttl: int | None = None
) -> Doc:
    """Store a confidential client for the client credentials grant."""
    doc: Doc = {
        "id": account.store.next_id("oauth_clients"),
        "identifier": identifier,
        "name": identifier,
        "secret": secret,
        "kind": "confidential",
        "user_id": user or default_admin(account)["id"],
        "company": None,
        "description": None,
        "global": False,
        "logo_url": None,
        "redirect_uri": [],
        "access_token_ttl": ttl,
        "created_at": account.clock.iso(),
        "updated_at": account.clock.iso(),
    }
    return account.store.collection("oauth_clients").save(doc)


def mint(account: Account, client: Doc, scopes: list[str], ttl: int | None, *, refresh: bool = False) -> Doc:
    """Store a new token of this client; ``ttl`` in seconds, None for the account's default."""
    draw = account.store.random
    lifetime = ttl or client.get("access_token_ttl") or account.settings.access_token_ttl
    now = account.clock.now().timestamp()
    return account.store.collection("oauth_tokens").save({
        "id": account.store.next_id("oauth_tokens"),
        "client_id": client["id"],
        "user_id": client["user_id"],
        "full_token": f"{draw.getrandbits(256):064x}",
        "refresh_token": f"{draw.getrandbits(256):064x}" if refresh else None,
        "refresh_expires": now + REFRESH_TTL if refresh else None,
        "scopes": scopes,
        "expires": now + lifetime,
        "lifetime": lifetime,
        "created_at": account.clock.iso(),
        "used_at": None,
    })  # fmt: skip


def blueprint(account: Account) -> Blueprint:
    """The mint and the two lists."""
    routes = Blueprint("oauth", __name__)

    @routes.post("/oauth/tokens")
    def tokens() -> Response:
        body = request.form.to_dict() if request.form else json_body()
        grant = body.get("grant_type")
        if grant == "client_credentials":
            token = _client_credentials(account, body)
        elif grant == "refresh_token":
            token = _refresh(account, body)
        else:
            raise _oauth_error(400, "unsupported_grant_type", "The authorization grant type is not supported")
        return reply(_minted(token))

    clients = CrudResource(
        account,
        Resource(
            kind="oauth_clients", singular="client", plural="clients", path="oauth/clients",
            required=("identifier", "name"), unique=("identifier",), write_role="admin", bulk=False,
            defaults={
                "identifier": None, "name": None, "kind": "confidential", "company": None, "description": None,
                "global": False, "logo_url": None, "redirect_uri": [], "secret": None, "access_token_ttl": None,
            },
            prepare=_prepare_client, present=_hide_secret,
        ),
    )  # fmt: skip
    api = Blueprint("oauth_api", __name__, url_prefix="/api/v2")
    add_crud(api, clients, skip=("create",))
    _add_client_calls(account, api, clients)
    _add_tokens(account, api)
    routes.register_blueprint(api)
    return routes


def _prepare_client(account: Account, doc: Doc, _old: Doc | None) -> None:
    doc.setdefault("user_id", caller()["id"])
    doc["secret"] = doc.get("secret") or f"{account.store.random.getrandbits(256):064x}"


def _hide_secret(shown: Doc) -> Doc:
    return {**shown, "secret": f"{str(shown['secret'])[:10]}"}


def _add_client_calls(account: Account, api: Blueprint, clients: CrudResource) -> None:
    @api.post("/oauth/clients")
    def create() -> Response:
        require_admin()
        doc = clients.create(wrapped("client"))
        shown = {**clients.present(doc), "secret": doc["secret"]}
        return reply({"client": shown}, 201, shown["url"])

    @api.put("/oauth/clients/<int:key>/generate_secret")
    def generate_secret(key: int) -> Response:
        require_admin()
        doc = clients.update(clients.find(key), {"secret": f"{account.store.random.getrandbits(256):064x}"})
        return reply({"client": {**clients.present(doc), "secret": doc["secret"]}})


def _add_tokens(account: Account, api: Blueprint) -> None:
    tokens = account.store.collection("oauth_tokens")

    def present(token: Doc) -> Doc:
        return {
            "url": f"{api_base()}/oauth/tokens/{token['id']}.json",
            "id": token["id"],
            "user_id": token["user_id"],
            "client_id": token["client_id"],
            "token": token["full_token"][:10],
            "refresh_token": (token["refresh_token"] or "")[:10] or None,
            "scopes": token["scopes"],
            "created_at": token["created_at"],
            "used_at": token["used_at"],
            "expires_at": _when(token["expires"]),
        }

    @api.get("/oauth/tokens")
    def index() -> Response:
        body, _ = page_of(tokens.by("user_id", caller()["id"]), "tokens", present)
        return reply(body)

    @api.post("/oauth/tokens")
    def create_token() -> Response:
        values = wrapped("token")
        client = gone(account.store.collection("oauth_clients").get(int(values.get("client_id") or 0)))
        token = mint(account, {**client, "user_id": caller()["id"]}, list(values.get("scopes") or ["read"]), None)
        return reply({"token": {**present(token), "full_token": token["full_token"]}}, 201, present(token)["url"])

    @api.get("/oauth/tokens/<key>")
    def show(key: str) -> Response:
        return reply({"token": present(_token(account, key))})

    @api.delete("/oauth/tokens/<key>")
    def revoke(key: str) -> Response:
        tokens.delete(_token(account, key)["id"])
        return no_content()


def _token(account: Account, key: str) -> Doc:
    tokens = account.store.collection("oauth_tokens")
    if key == "current":
        found = tokens.by("full_token", request.headers.get("Authorization", "").partition(" ")[2])
        return gone(found[0] if found else None)
    return gone(tokens.get(int(key)) if key.isdigit() else None)


def _when(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else None


def _client_credentials(account: Account, body: dict[str, Any]) -> Doc:
    known = account.store.collection("oauth_clients").by("identifier", body.get("client_id"))
    if known:
        client = known[0]
        if not secrets.compare_digest(str(client["secret"]), str(body.get("client_secret"))):
            raise _bad_client()
    elif account.settings.strict_auth or not body.get("client_id") or not body.get("client_secret"):
        raise _bad_client()
    else:
        client = add_client(account, str(body["client_id"]), str(body["client_secret"]))
    return mint(account, client, str(body.get("scope") or "read write").split(), _ttl(body))


def _refresh(account: Account, body: dict[str, Any]) -> Doc:
    """A refresh kills the old pair and makes a new one."""
    found = account.store.collection("oauth_tokens").by("refresh_token", body.get("refresh_token"))
    old = found[0] if found and body.get("refresh_token") else None
    if old is None or account.clock.now().timestamp() >= old["refresh_expires"]:
        raise _oauth_error(400, "invalid_grant", "The provided refresh token is invalid, expired or revoked")
    client = gone(account.store.collection("oauth_clients").get(old["client_id"]))
    account.store.collection("oauth_tokens").delete(old["id"])
    return mint(account, client, old["scopes"], _ttl(body), refresh=True)


def _ttl(body: dict[str, Any]) -> int | None:
    if body.get("expires_in") in (None, ""):
        return None
    text = str(body["expires_in"])
    if not text.isdigit() or not SHORTEST <= int(text) <= LONGEST:
        raise _oauth_error(400, "invalid_request", f"expires_in must be between {SHORTEST} and {LONGEST} seconds")
    return int(text)


def _minted(token: Doc) -> Doc:
    body = {
        "access_token": token["full_token"],
        "token_type": "bearer",
        "scope": " ".join(token["scopes"]),
        "expires_in": token["lifetime"],
    }
    if token["refresh_token"]:
        body.update(refresh_token=token["refresh_token"], refresh_token_expires_in=REFRESH_TTL)
    return body


def _bad_client() -> ApiError:
    text = "Client authentication failed due to unknown client, no client authentication included, or wrong secret."
    return _oauth_error(401, "invalid_client", text)


def _oauth_error(status: int, error: str, text: str) -> ApiError:
    return ApiError(status, {"error": error, "error_description": text})
