"""What hangs on one user: identities, tags, related numbers, password, sessions; and deleted users."""

from __future__ import annotations

from flask import Blueprint, Response

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.paging import page_of
from zd_automation.sandbox.people import add_identity, by_email
from zd_automation.sandbox.resources import gone
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_model import clean_tags
from zd_automation.sandbox.user_writes import present_user
from zd_automation.sandbox.users import find_user
from zd_automation.sandbox.web import (
    api_base,
    bad_request,
    blank,
    caller,
    invalid_field,
    is_staff,
    json_body,
    no_content,
    not_found,
    reply,
    require_admin,
    require_staff,
    wrapped,
)


def present_identity(identity: Doc) -> Doc:
    """The identity as the API shows it."""
    return {"url": f"{api_base()}/users/{identity['user_id']}/identities/{identity['id']}.json", **identity}


def blueprint(account: Account) -> Blueprint:
    """Sub-resources of users."""
    account.parts.setdefault("presenters", {})["identities"] = present_identity
    routes = Blueprint("user_parts", __name__, url_prefix="/api/v2")
    _add_identities(account, routes)
    _add_identity_changes(account, routes)
    _add_tags(account, routes, "users", "user")
    _add_tags(account, routes, "organizations", "organization")
    _add_tags(account, routes, "topics", "topic")
    _add_numbers(account, routes)
    _add_deleted(account, routes)
    return routes


def _identity(account: Account, user: int, key: int) -> Doc:
    find_user(account, user)
    found = gone(account.store.collection("identities").get(key))
    return found if found["user_id"] == user else not_found()


def _add_identities(account: Account, routes: Blueprint) -> None:
    identities = account.store.collection("identities")

    @routes.get("/users/<int:user>/identities")
    def index(user: int) -> Response:
        find_user(account, user)
        ordered = sorted(identities.by("user_id", user), key=lambda i: not i["primary"])
        body, _ = page_of(ordered, "identities", present_identity)
        return reply(body)

    @routes.get("/users/<int:user>/identities/<int:key>")
    def show(user: int, key: int) -> Response:
        return reply({"identity": present_identity(_identity(account, user, key))})

    @routes.post("/users/<int:user>/identities")
    def create(user: int) -> Response:
        owner, values = find_user(account, user), wrapped("identity")
        kind, value = str(values.get("type") or "email"), str(values.get("value") or "").strip()
        if not value:
            raise blank("value")
        _check_free(account, kind, value)
        verified = bool(values.get("verified")) and is_staff(caller())
        primary = bool(values.get("primary")) or (kind == "email" and owner["email"] is None)
        identity = add_identity(account, user, value.lower(), primary=primary, verified=verified, kind=kind)
        if primary and kind == "email":
            _make_primary(account, identity)
        shown = present_identity(identity)
        return reply({"identity": shown}, 201, shown["url"])

    @routes.delete("/users/<int:user>/identities/<int:key>")
    def delete(user: int, key: int) -> Response:
        identity = _identity(account, user, key)
        if identity["primary"] and identity["type"] == "email":
            raise invalid_field("base", "The primary e-mail address cannot be deleted", "InvalidValue")
        identities.delete(key)
        return no_content()


def _check_free(account: Account, kind: str, value: str) -> None:
    taken = account.store.collection("identities").by("value", value.lower())
    if kind == "email" and (taken or by_email(account, value) is not None):
        raise invalid_field("value", f"Value: {value} is already being used by another user", "DuplicateValue")


def _make_primary(account: Account, identity: Doc) -> None:
    identities, users = account.store.collection("identities"), account.store.collection("users")
    for other in identities.by("user_id", identity["user_id"]):
        if other["type"] == identity["type"]:
            identities.save({**other, "primary": other["id"] == identity["id"]})
    user = users.get(identity["user_id"])
    if user is not None and identity["type"] == "email":
        users.save({**user, "email": identity["value"], "updated_at": account.clock.iso()})


def _add_identity_changes(account: Account, routes: Blueprint) -> None:
    identities = account.store.collection("identities")

    @routes.put("/users/<int:user>/identities/<int:key>")
    def update(user: int, key: int) -> Response:
        identity, values = _identity(account, user, key), wrapped("identity")
        changed: Doc = {"updated_at": account.clock.iso()}
        if values.get("value") and str(values["value"]).lower() != identity["value"]:
            _check_free(account, identity["type"], str(values["value"]))
            changed["value"] = str(values["value"]).lower()
        if "verified" in values:
            changed["verified"] = bool(values["verified"])
        saved = identities.save({**identity, **changed})
        if saved["primary"] and "value" in changed:
            _make_primary(account, saved)
        return reply({"identity": present_identity(saved)})

    @routes.put("/users/<int:user>/identities/<int:key>/make_primary")
    def make_primary(user: int, key: int) -> Response:
        _make_primary(account, _identity(account, user, key))
        return index_of(user)

    @routes.put("/users/<int:user>/identities/<int:key>/verify")
    def verify(user: int, key: int) -> Response:
        saved = identities.save({**_identity(account, user, key), "verified": True})
        return reply({"identity": present_identity(saved)})

    @routes.put("/users/<int:user>/identities/<int:key>/request_verification")
    def request_verification(user: int, key: int) -> Response:
        _identity(account, user, key)
        return reply({})

    def index_of(user: int) -> Response:
        ordered = sorted(identities.by("user_id", user), key=lambda i: not i["primary"])
        body, _ = page_of(ordered, "identities", present_identity)
        return reply(body)


def _add_tags(account: Account, routes: Blueprint, kind: str, name: str) -> None:
    docs = account.store.collection(kind)

    def show(key: int) -> Response:
        return reply({"tags": gone(docs.get(key))["tags"]})

    def replace(key: int) -> Response:
        require_staff()
        location = f"{api_base()}/{kind}/{key}/tags.json"
        return reply({"tags": _set(key, set(clean_tags(json_body().get("tags"))))}, 201, location)

    def add(key: int) -> Response:
        require_staff()
        now = set(gone(docs.get(key))["tags"])
        return reply({"tags": _set(key, now | set(clean_tags(json_body().get("tags"))))})

    def remove(key: int) -> Response:
        require_staff()
        now = set(gone(docs.get(key))["tags"])
        return reply({"tags": _set(key, now - set(clean_tags(json_body().get("tags"))))})

    def _set(key: int, tags: set[str]) -> list[str]:
        doc = gone(docs.get(key))
        docs.save({**doc, "tags": sorted(tags), "updated_at": account.clock.iso()})
        return sorted(tags)

    for method, view in (("GET", show), ("POST", replace), ("PUT", add), ("DELETE", remove)):
        routes.add_url_rule(f"/{kind}/<int:key>/tags", f"{name}_tags_{method}", view, methods=[method])


def _add_numbers(account: Account, routes: Blueprint) -> None:
    @routes.get("/users/<int:key>/related")
    def related(key: int) -> Response:
        find_user(account, key)
        tickets = account.store.collection("tickets")
        shown = {
            "assigned_tickets": len(tickets.by("assignee_id", key)),
            "requested_tickets": len(tickets.by("requester_id", key)),
            "ccd_tickets": len(tickets.where(lambda t: key in t["collaborator_ids"])),
            "organization_subscriptions": 0,
            "topics": 0,
            "topic_comments": 0,
            "votes": 0,
            "subscriptions": 0,
            "entry_subscriptions": 0,
            "forum_subscriptions": 0,
        }
        return reply({"user_related": shown})

    @routes.get("/users/<int:key>/compliance_deletion_statuses")
    def deletion_statuses(key: int) -> Response:
        find_user(account, key)
        return reply({"compliance_deletion_statuses": []})

    @routes.route("/users/<int:key>/password", methods=["POST", "PUT"])
    def password(key: int) -> Response:
        find_user(account, key)
        if not isinstance(json_body().get("password"), str):
            text = "You passed an invalid value for the password attribute. must be a string"
            raise bad_request("Invalid attribute", text)
        return reply({})

    @routes.get("/users/<int:key>/skips")
    def skips(key: int) -> Response:
        find_user(account, key)
        found = account.store.collection("skips").where(lambda skip: skip.get("user_id") == key)
        body, _ = page_of(found, "skips", dict)
        return reply(body)


def _add_deleted(account: Account, routes: Blueprint) -> None:
    users = account.store.collection("users")

    def deleted() -> list[Doc]:
        return users.where(lambda user: not user["active"] and not user.get("_purged"))

    @routes.get("/deleted_users")
    def deleted_users() -> Response:
        require_staff()
        body, _ = page_of(deleted(), "deleted_users", present_user)
        return reply(body)

    @routes.get("/deleted_users/count")
    def count_deleted() -> Response:
        return reply({"count": {"value": len(deleted()), "refreshed_at": account.clock.iso()}})

    @routes.get("/deleted_users/<int:key>")
    def show_deleted(key: int) -> Response:
        user = find_user(account, key)
        if user["active"]:
            not_found()
        return reply({"deleted_user": present_user(user)})

    @routes.delete("/deleted_users/<int:key>")
    def purge(key: int) -> Response:
        require_admin()
        user = find_user(account, key)
        if user["active"]:
            not_found()
        shown = present_user(user)
        users.save({**user, "_purged": True, "name": "Permanently Deleted User"})
        return reply({"deleted_user": shown})
