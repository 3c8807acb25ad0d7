"""Changes to users: what a write may set, and what creating, merging and deleting mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.people import ROLES, add_identity, by_email, locale_of, new_user
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_model import clean_tags
from zd_automation.sandbox.web import api_base, as_int, blank, invalid_field, is_staff, warn_unpermitted

PLAIN = (
    "name", "alias", "phone", "shared_phone_number", "photo", "time_zone", "iana_time_zone", "details", "notes",
    "signature", "external_id", "moderator", "ticket_restriction", "only_private_comments", "restricted_agent",
    "suspended", "custom_role_id", "verified", "default_group_id", "report_csv",
)  # fmt: skip
KNOWN = frozenset(PLAIN) | {
    "email", "role", "tags", "user_fields", "locale", "locale_id", "organization_id", "organization", "identities",
    "remote_photo_url", "skip_verify_email", "password", "group_ids", "agent_brand_ids", "user_type", "agent_email",
}  # fmt: skip
READ_ONLY = frozenset({
    "id", "url", "created_at", "updated_at", "active", "shared", "shared_agent", "last_login_at", "role_type",
    "two_factor_auth_enabled", "chat_only", "result_type", "abilities",
})  # fmt: skip


def present_user(user: Doc) -> Doc:
    """The user as the API shows it."""
    shown = {"url": f"{api_base()}/users/{user['id']}.json" if user["id"] is not None else "", **user}
    shown.pop("_purged", None)
    return shown


def change_user(account: Account, user: Doc, values: Mapping[str, Any]) -> Doc:
    """Store a user with new values. Raises 422 when one is wrong; then nothing is changed."""
    with account.store.lock:
        warn_unpermitted("user", [name for name in values if name not in KNOWN and name not in READ_ONLY])
        changed = {name: values[name] for name in PLAIN if name in values}
        if "name" in changed and not changed["name"]:
            raise blank("name")
        if "role" in values:
            if values["role"] not in ROLES:
                raise invalid_field("role", f"Role: {values['role']} is not a valid value", "InvalidValue")
            changed["role"] = values["role"]
            changed["role_type"] = {"admin": 4, "agent": 0}.get(values["role"])
        if "tags" in values:
            changed["tags"] = clean_tags(values["tags"])
        if isinstance(values.get("user_fields"), dict):
            known = {field["key"] for field in account.store.collection("user_fields")}
            given = {k: v for k, v in values["user_fields"].items() if k in known}
            changed["user_fields"] = {**user["user_fields"], **given}
        if values.get("locale") or values.get("locale_id"):
            locale = locale_of(account, values)
            changed.update(locale_id=locale["id"], locale=locale["locale"])
        if "organization_id" in values or "organization" in values:
            changed["organization_id"] = _organization(account, values)
        new = {**user, **changed, "updated_at": account.clock.iso()}
        _set_email(account, new, values)
        saved = account.store.collection("users").save(new)
        _join(account, saved, user.get("organization_id"))
        return saved


def _organization(account: Account, values: Mapping[str, Any]) -> int | None:
    organizations = account.store.collection("organizations")
    named = values.get("organization")
    if isinstance(named, dict) and named.get("name"):
        found = [doc for doc in organizations if doc["name"].lower() == str(named["name"]).lower()]
        return found[0]["id"] if found else None
    key = as_int(values.get("organization_id"))
    if key is not None and key not in organizations:
        raise invalid_field("organization", f"Organization: {key} is not a valid value", "InvalidValue")
    return key


def _join(account: Account, user: Doc, before: int | None) -> None:
    """A user's organization is also one of his memberships."""
    key = user.get("organization_id")
    memberships = account.store.collection("organization_memberships")
    mine = memberships.by("user_id", user["id"])
    if key is None or key == before or any(doc["organization_id"] == key for doc in mine):
        return
    now = account.clock.iso()
    memberships.save({
        "id": account.store.next_id("organization_memberships"), "user_id": user["id"], "organization_id": key,
        "default": True, "organization_name": None, "view_tickets": True, "created_at": now, "updated_at": now,
    })  # fmt: skip


def _set_email(account: Account, user: Doc, values: Mapping[str, Any]) -> None:
    """An e-mail on a user who has one already becomes a second identity, as in Zendesk; the first one is primary."""
    if not values.get("email"):
        return
    email = str(values["email"]).strip().lower()
    owner = by_email(account, email)
    if owner is not None and owner["id"] != user["id"]:
        raise invalid_field("email", f"Email: {email} is already being used by another user", "DuplicateValue")
    if owner is None:
        primary = user["email"] is None
        add_identity(account, user["id"], email, primary=primary, verified=False)
        if primary:
            user["email"] = email


def create_user(account: Account, values: Mapping[str, Any]) -> Doc:
    """Store a new user from what the API's ``user`` object holds. Raises 422."""
    with account.store.lock:
        if not values.get("name") and not values.get("email"):
            raise blank("name")
        user = new_user(account, values)
        return change_user(account, user, {k: v for k, v in values.items() if k not in {"email", "role"}})


def create_or_update(account: Account, values: Mapping[str, Any]) -> tuple[Doc, bool]:
    """The user with this e-mail or external id brought up to date, or a new one; True when it is new."""
    with account.store.lock:
        found = by_email(account, values["email"]) if values.get("email") else None
        if found is None and values.get("external_id"):
            known = account.store.collection("users").by("external_id", values["external_id"])
            found = known[0] if known else None
        if found is None:
            return create_user(account, values), True
        return change_user(account, found, values), False


def delete_user(account: Account, user: Doc) -> Doc:
    """Deactivate a user as Zendesk does on deletion. Raises 422 when he still has tickets that are not closed."""
    with account.store.lock:
        open_tickets = account.store.collection("tickets").by("requester_id", user["id"])
        if any(ticket["status"] != "closed" for ticket in open_tickets) and is_staff(user):
            raise invalid_field("base", "User is requester of unclosed tickets and cannot be deleted", "InvalidValue")
        for kind in ("identities", "group_memberships", "organization_memberships"):
            for doc in account.store.collection(kind).by("user_id", user["id"]):
                account.store.collection(kind).delete(doc["id"])
        gone = {**user, "active": False, "email": None, "organization_id": None, "updated_at": account.clock.iso()}
        return account.store.collection("users").save(gone)


def merge_users(account: Account, source: Doc, target: Doc) -> Doc:
    """Give all of one end user's tickets and addresses to another. Raises 422 for agents."""
    if is_staff(source) or source["id"] == target["id"]:
        raise invalid_field("base", "Only end users can be merged into another user", "InvalidValue")
    with account.store.lock:
        tickets, identities = account.store.collection("tickets"), account.store.collection("identities")
        for ticket in tickets.by("requester_id", source["id"]):
            tickets.save({**ticket, "requester_id": target["id"]})
        for identity in identities.by("user_id", source["id"]):
            identities.save({**identity, "user_id": target["id"], "primary": False})
        account.store.collection("users").save({**source, "active": False, "email": None})
        return target
