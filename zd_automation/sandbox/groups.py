"""Groups and who belongs to them."""

from __future__ import annotations

from flask import Blueprint, Response

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.resources import CrudResource, Resource, add_crud
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import (
    as_int,
    caller,
    invalid_field,
    json_body,
    no_content,
    not_found,
    reply,
    require_admin,
)


def group_resource(account: Account) -> CrudResource:
    """Groups as a resource; a deleted group stays, marked as deleted."""
    return CrudResource(
        account,
        Resource(
            kind="groups",
            singular="group",
            plural="groups",
            required=("name",),
            allowed=frozenset({"name", "description", "default", "is_public", "deleted"}),
            defaults={"name": None, "description": "", "default": False, "deleted": False, "is_public": True},
            prepare=_prepare_group,
            listed=lambda group: not group["deleted"],
            write_role="admin",
            bulk=False,
        ),
    )


def _prepare_group(_account: Account, group: Doc, old: Doc | None) -> None:
    if old is not None and not old["is_public"] and group["is_public"]:
        raise invalid_field("is_public", "Is public: a private group cannot be made public", "InvalidValue")


def membership_resource(account: Account) -> CrudResource:
    """Group memberships; the first one of an agent is his default."""

    def prepare(acct: Account, doc: Doc, old: Doc | None) -> None:
        user = acct.store.collection("users").get(as_int(doc["user_id"]) or 0)
        group = acct.store.collection("groups").get(as_int(doc["group_id"]) or 0)
        if user is None or user["role"] == "end-user":
            raise invalid_field("user", "User: must be an agent", "InvalidValue")
        if group is None or group["deleted"]:
            raise invalid_field("group", "Group: is not a valid group", "InvalidValue")
        doc["user_id"], doc["group_id"] = user["id"], group["id"]
        mine = acct.store.collection("group_memberships").by("user_id", user["id"])
        if old is None and any(other["group_id"] == group["id"] for other in mine):
            raise invalid_field("user_id", "User has already been taken", "DuplicateValue")
        doc["default"] = bool(doc["default"]) or not mine

    def created(acct: Account, doc: Doc) -> None:
        if doc["default"]:
            make_default(acct, doc)

    return CrudResource(
        account,
        Resource(
            kind="group_memberships",
            singular="group_membership",
            plural="group_memberships",
            required=("user_id", "group_id"),
            defaults={"user_id": None, "group_id": None, "default": False},
            prepare=prepare,
            created=created,
            write_role="admin",
        ),
    )


def make_default(account: Account, membership: Doc) -> None:
    """Make one membership the agent's default."""
    memberships, users = account.store.collection("group_memberships"), account.store.collection("users")
    for other in memberships.by("user_id", membership["user_id"]):
        memberships.save({**other, "default": other["id"] == membership["id"]})
    user = users.get(membership["user_id"])
    if user is not None:
        users.save({**user, "default_group_id": membership["group_id"]})


def delete_group(account: Account, group: Doc) -> None:
    """Mark a group as deleted; its tickets lose group and assignee, its memberships end."""
    with account.store.lock:
        account.store.collection("groups").save({**group, "deleted": True, "updated_at": account.clock.iso()})
        memberships, tickets = account.store.collection("group_memberships"), account.store.collection("tickets")
        for doc in memberships.by("group_id", group["id"]):
            memberships.delete(doc["id"])
        for ticket in tickets.by("group_id", group["id"]):
            if ticket["status"] != "closed":
                stamp = {"updated_at": account.clock.iso(), "generated_timestamp": account.clock.timestamp()}
                tickets.save({**ticket, "group_id": None, "assignee_id": None, **stamp})


def blueprint(account: Account) -> Blueprint:
    """Groups, memberships, and both seen from a user."""
    routes = Blueprint("groups", __name__, url_prefix="/api/v2")
    groups = add_crud(routes, group_resource(account), skip=("delete",))
    members = add_crud(routes, membership_resource(account))
    _add_groups(account, routes, groups)
    _add_memberships(account, routes, members)
    _add_own_memberships(account, routes, members)
    return routes


def _add_groups(account: Account, routes: Blueprint, groups: CrudResource) -> None:
    @routes.get("/groups/assignable")
    def assignable() -> Response:
        return groups.page(groups.visible())

    @routes.delete("/groups/<int:key>")
    def delete_one(key: int) -> Response:
        require_admin()
        group = groups.find(key)
        if group["default"]:
            raise invalid_field("base", "Cannot delete the default group", "InvalidValue")
        delete_group(account, group)
        return no_content()

    @routes.get("/users/<int:key>/groups")
    def of_user(key: int) -> Response:
        mine = account.store.collection("group_memberships").by("user_id", key)
        return groups.page([groups.find(doc["group_id"]) for doc in mine])

    @routes.get("/users/<int:key>/groups/count")
    def count_of_user(key: int) -> Response:
        mine = account.store.collection("group_memberships").by("user_id", key)
        return reply({"count": {"value": len(mine), "refreshed_at": account.clock.iso()}})


def _add_memberships(account: Account, routes: Blueprint, members: CrudResource) -> None:
    @routes.get("/group_memberships/assignable")
    def memberships_assignable() -> Response:
        return members.page(members.visible())

    @routes.get("/groups/<int:key>/memberships")
    @routes.get("/groups/<int:key>/memberships/assignable")
    def memberships_of_group(key: int) -> Response:
        if account.store.collection("groups").get(key) is None:
            not_found()
        return members.page(members.docs.by("group_id", key))


def _add_own_memberships(account: Account, routes: Blueprint, members: CrudResource) -> None:
    @routes.get("/users/<int:key>/group_memberships")
    def memberships_of_user(key: int) -> Response:
        return members.page(members.docs.by("user_id", key))

    @routes.post("/users/<int:key>/group_memberships")
    def create_membership(key: int) -> Response:
        require_admin()
        values = json_body().get("group_membership") or {}
        return members.one(members.create({**values, "user_id": key}), 201)

    @routes.get("/users/<int:key>/group_memberships/<int:membership>")
    @routes.get("/groups/<int:key>/memberships/<int:membership>")
    def show_membership(key: int, membership: int) -> Response:
        doc = members.find(membership)
        if key not in (doc["user_id"], doc["group_id"]):
            not_found()
        return members.one(doc)

    @routes.delete("/users/<int:key>/group_memberships/<int:membership>")
    def memberships_delete(key: int, membership: int) -> Response:
        require_admin()
        doc = members.find(membership)
        if doc["user_id"] != key:
            not_found()
        members.delete(doc)
        return no_content()

    @routes.put("/users/<int:key>/group_memberships/<int:membership>/make_default")
    def default_membership(key: int, membership: int) -> Response:
        if caller()["id"] != key:
            require_admin()
        make_default(account, members.find(membership))
        return members.page(members.docs.by("user_id", key))
