"""Finding users, or making them, from what a write says of a person: an id, an e-mail, or a name with an e-mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import as_int, blank, invalid_field

ROLES = ("end-user", "agent", "admin")


def by_email(account: Account, email: object) -> Doc | None:
    """The active user with this e-mail address, in any case."""
    found = account.store.collection("users").by("email", str(email).strip().lower())
    return next((user for user in found if user["active"]), None)


def ensure_user(account: Account, given: object, *, create: bool = True) -> Doc | None:
    """The user that ``given`` means: an id, an e-mail, or ``{"name", "email", "locale_id"?}`` (made when new).

    Raises 422 when a new user would lack a name.
    """
    if isinstance(given, dict):
        return _from_mapping(account, given, create)
    if isinstance(given, str) and "@" in given:
        return by_email(account, given) or (new_user(account, {"email": given}) if create else None)
    key = as_int(given)
    return account.store.collection("users").get(key) if key is not None else None


def _from_mapping(account: Account, given: Mapping[str, Any], create: bool) -> Doc | None:
    if given.get("id") is not None:
        return account.store.collection("users").get(as_int(given["id"]) or 0)
    if given.get("email") and (found := by_email(account, given["email"])) is not None:
        return found
    return new_user(account, given) if create else None


def locale_of(account: Account, values: Mapping[str, Any]) -> Doc:
    """The locale that ``locale`` or ``locale_id`` names (``locale`` wins), else the account's default."""
    locales = account.store.collection("locales")
    if values.get("locale"):
        found = locales.by("locale", values["locale"])
        if found:
            return found[0]
        wanted = str(values["locale"]).lower()
        for doc in locales:
            if doc["locale"].lower() == wanted:
                return doc
    chosen = locales.get(as_int(values.get("locale_id")) or 1)
    return chosen if chosen is not None else {"id": 1, "locale": "en-US"}


def new_user(account: Account, values: Mapping[str, Any]) -> Doc:
    """Store a user with every key that the API shows. Raises 422 for a missing name, a bad role, a taken e-mail."""
    email = str(values["email"]).strip().lower() if values.get("email") else None
    name = str(values.get("name") or (email or "").split("@")[0]).strip()
    if not name:
        raise blank("name")
    if email is not None and "@" not in email:
        raise invalid_field("email", f"Email: {email} is not properly formatted", "InvalidFormat")
    if email is not None and by_email(account, email) is not None:
        raise invalid_field("email", f"Email: {email} is already being used by another user", "DuplicateValue")
    role = values.get("role") or "end-user"
    if role not in ROLES:
        raise invalid_field("role", f"Role: {role} is not a valid value", "InvalidValue")
    locale = locale_of(account, values)
    user = blank_user(account.store.next_id("users"), name, email, role, account.clock.iso())
    user["locale_id"], user["locale"] = locale["id"], locale["locale"]
    user["user_fields"] = {field["key"]: None for field in account.store.collection("user_fields")}
    account.store.collection("users").save(user)
    if email is not None:
        add_identity(account, user["id"], email, primary=True, verified=user["verified"])
    return user


def blank_user(key: int, name: str, email: str | None, role: str, now: str) -> Doc:
    """A user document with every key at its first value."""
    staff = role != "end-user"
    return {
        "id": key,
        "name": name,
        "email": email,
        "created_at": now,
        "updated_at": now,
        "time_zone": "Eastern Time (US & Canada)",
        "iana_time_zone": "America/New_York",
        "phone": None,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": role,
        "verified": staff,
        "external_id": None,
        "tags": [],
        "alias": None,
        "active": True,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "two_factor_auth_enabled": None if staff else False,
        "signature": None,
        "details": None,
        "notes": None,
        "role_type": {"admin": 4, "agent": 0}.get(role),
        "custom_role_id": None,
        "moderator": staff,
        "ticket_restriction": None if staff else "requested",
        "only_private_comments": False,
        "restricted_agent": not staff,
        "suspended": False,
        "default_group_id": None,
        "report_csv": role == "admin",
        "user_fields": {},
    }


def add_identity(account: Account, user: int, value: str, *, primary: bool, verified: bool, kind: str = "email") -> Doc:
    """Store one way to reach a user."""
    now = account.clock.iso()
    identity: Doc = {
        "id": account.store.next_id("identities"),
        "user_id": user,
        "type": kind,
        "value": value,
        "verified": verified,
        "primary": primary,
        "created_at": now,
        "updated_at": now,
    }
    if kind == "email":
        identity.update(undeliverable_count=0, deliverable_state="deliverable")
    return account.store.collection("identities").save(identity)


def groups_of(account: Account, user: int) -> list[int]:
    """The ids of the groups a user belongs to, the default one first."""
    memberships = account.store.collection("group_memberships").by("user_id", user)
    return [m["group_id"] for m in sorted(memberships, key=lambda m: not m["default"])]


def organization_for(user: Doc) -> int | None:
    """The organization that a ticket of this requester belongs to."""
    key = user.get("organization_id")
    return int(key) if key is not None else None
