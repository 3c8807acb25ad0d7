"""Who makes a request: Basic with API token or password, OAuth bearer, or nobody."""

from __future__ import annotations

import base64
import binascii

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.people import blank_user, by_email
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError, forbidden

_OPEN_PREFIXES = ("/api/v2/help_center", "/api/v2/guide", "/api/v2/community", "/api/v2/locales", "/api/v2/requests")
_SCOPED = {
    "tickets": "tickets", "users": "users", "organizations": "organizations", "help_center": "hc", "guide": "hc",
    "webhooks": "webhooks", "triggers": "triggers", "automations": "automations", "targets": "targets",
}  # fmt: skip


def authenticate(account: Account, header: str | None, method: str, path: str) -> Doc:
    """The user behind an Authorization header.

    Without one: the anonymous user where Zendesk lets anybody read, else 401. Raises 401 for credentials that do not
    hold (strict mode, or an expired token) and 403 for a token whose scope does not cover the call.
    """
    if not header:
        return _anonymous(account, method, path)
    kind, _, value = header.partition(" ")
    if kind.lower() == "bearer":
        return _by_bearer(account, value.strip(), method, path)
    if kind.lower() == "basic":
        return _by_basic(account, value.strip())
    raise unauthenticated()


def unauthenticated() -> ApiError:
    """The 401 of missing or wrong credentials."""
    return ApiError(401, {"error": "Couldn't authenticate you"})


def default_admin(account: Account) -> Doc:
    """The account's first admin."""
    admins = account.store.collection("users").by("role", "admin")
    return min(admins, key=lambda user: user["id"])


def anonymous_user(account: Account) -> Doc:
    """Nobody, as ``users/me`` shows it."""
    user = blank_user(0, "Anonymous user", None, "end-user", account.clock.iso())
    return {**user, "id": None, "email": "invalid@example.com"}


def _anonymous(account: Account, method: str, path: str) -> Doc:
    readable = method in {"GET", "HEAD", "OPTIONS"} or path == "/api/v2/requests"
    if path == "/api/v2/users/me" or (readable and path.startswith(_OPEN_PREFIXES)):
        return anonymous_user(account)
    raise unauthenticated()


def _by_basic(account: Account, value: str) -> Doc:
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unauthenticated() from None
    email, is_token = (name[: -len("/token")], True) if name.endswith("/token") else (name, False)
    user = by_email(account, email)
    if account.settings.strict_auth:
        stored = account.store.collection("api_tokens").by("token", secret)
        if not is_token or user is None or not any(token.get("active", True) for token in stored):
            raise unauthenticated()
    return user or default_admin(account)


def _by_bearer(account: Account, value: str, method: str, path: str) -> Doc:
    found = account.store.collection("oauth_tokens").by("full_token", value)
    if not found:
        if account.settings.strict_auth or not value:
            raise _bad_token()
        return default_admin(account)
    token = found[0]
    if token["expires"] is not None and account.clock.now().timestamp() >= token["expires"]:
        raise _bad_token()
    if not allowed(token["scopes"], method, path):
        forbidden()
    token["used_at"] = account.clock.iso()
    return account.store.collection("users").get(token["user_id"]) or default_admin(account)


def _bad_token() -> ApiError:
    text = "The access token provided is expired, revoked, malformed or invalid for other reasons."
    return ApiError(401, {"error": "invalid_token", "error_description": text})


def allowed(scopes: list[str], method: str, path: str) -> bool:
    """Whether a token's scopes cover a call; paths without a scope of their own need any scope of the same verb."""
    verb = "read" if method in {"GET", "HEAD", "OPTIONS"} else "write"
    if verb in scopes or "impersonate" in scopes:
        return True
    parts = path.removeprefix("/api/v2/").split("/")
    resource = _SCOPED.get(parts[1] if parts[0] == "incremental" and len(parts) > 1 else parts[0])
    if resource is None:
        return any(scope.endswith(f":{verb}") for scope in scopes)
    return f"{resource}:{verb}" in scopes
