"""``/api/v2/users``: people, found in every way the API knows, created one by one or many at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.jobs import start_job
from zd_automation.sandbox.paging import page_of, sorted_items
from zd_automation.sandbox.search_query import parse_query, user_matches
from zd_automation.sandbox.sideload import include
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.user_writes import (
    change_user,
    create_or_update,
    create_user,
    delete_user,
    merge_users,
    present_user,
)
from zd_automation.sandbox.web import (
    ApiError,
    as_int,
    bad_request,
    caller,
    forbidden,
    ids_of,
    is_staff,
    json_body,
    not_found,
    reply,
    require_staff,
    wrapped,
    wrapped_list,
)

SORTS = ("id", "name", "email", "created_at", "updated_at", "role")


def find_user(account: Account, key: int) -> Doc:
    """A user who exists, deleted or not. Raises 404; an end user sees only himself."""
    user = account.store.collection("users").get(key)
    if user is None or user.get("_purged"):
        not_found()
    if not is_staff(caller()) and caller()["id"] != key:
        forbidden()
    return user


def user_page(account: Account, users: list[Doc]) -> Response:
    """A page of users, sorted and with side-loads."""
    body, chosen = page_of(sorted_items(users, SORTS), "users", present_user)
    return reply(include(account, body, chosen))


def active_users(account: Account) -> list[Doc]:
    """Active users; ``role``, ``role[]`` and ``permission_set`` of the request narrow them down."""
    roles = request.args.getlist("role[]") + request.args.getlist("role")
    wanted = account.store.collection("users").where(lambda user: bool(user["active"]))
    permission = as_int(request.args.get("permission_set"))
    return [
        user
        for user in wanted
        if (not roles or user["role"] in roles) and (permission is None or user["custom_role_id"] == permission)
    ]


def blueprint(account: Account) -> Blueprint:
    """The routes of users."""
    account.parts.setdefault("presenters", {})["users"] = present_user
    routes = Blueprint("users", __name__, url_prefix="/api/v2")
    _add_single(account, routes)
    _add_endings(account, routes)
    _add_lists(account, routes)
    _add_finders(account, routes)
    _add_many(account, routes)
    return routes


def _one(account: Account, user: Doc, status: int = 200) -> Response:
    shown = present_user(user)
    return reply(include(account, {"user": shown}, [user]), status, shown["url"] if status == 201 else None)


def _add_single(account: Account, routes: Blueprint) -> None:
    @routes.post("/users")
    def create() -> Response:
        require_staff()
        return _one(account, create_user(account, wrapped("user")), 201)

    @routes.route("/users/create_or_update", methods=["POST", "PUT"])
    def upsert() -> Response:
        require_staff()
        user, new = create_or_update(account, wrapped("user"))
        return _one(account, user, 201 if new else 200)

    @routes.route("/users/me", methods=["GET", "PUT"])
    def me() -> Response:
        user = caller()
        if request.method == "PUT":
            user = change_user(account, find_user(account, user["id"]), wrapped("user"))
        extra = {"authenticity_token": "sandbox"} if user["id"] is not None else {}
        return reply(include(account, {"user": {**present_user(user), **extra}}, [user]))

    @routes.get("/users/<int:key>")
    @routes.get("/end_users/<int:key>")
    def show(key: int) -> Response:
        return _one(account, find_user(account, key))

    @routes.put("/users/<int:key>")
    @routes.put("/end_users/<int:key>")
    def update(key: int) -> Response:
        user = find_user(account, key)
        if not is_staff(caller()) and caller()["id"] != key:
            forbidden()
        return _one(account, change_user(account, user, wrapped("user")))


def _add_endings(account: Account, routes: Blueprint) -> None:
    @routes.delete("/users/<int:key>")
    def delete(key: int) -> Response:
        require_staff()
        user = find_user(account, key)
        if not user["active"]:
            not_found()
        return _one(account, delete_user(account, user))

    @routes.put("/users/<int:key>/merge")
    def merge(key: int) -> Response:
        require_staff()
        target = find_user(account, as_int((json_body().get("user") or {}).get("id")) or 0)
        return _one(account, merge_users(account, find_user(account, key), target))


def _add_lists(account: Account, routes: Blueprint) -> None:
    users = account.store.collection("users")

    @routes.get("/users")
    def index() -> Response:
        require_staff()
        external = request.args.get("external_id")
        found = active_users(account)
        return user_page(account, [u for u in found if u["external_id"] == external] if external else found)

    @routes.get("/users/count")
    def count() -> Response:
        return reply({"count": {"value": len(active_users(account)), "refreshed_at": account.clock.iso()}})

    @routes.get("/users/show_many")
    def show_many() -> Response:
        external = [part for part in request.args.get("external_ids", "").split(",") if part]
        if external:
            return user_page(account, users.where(lambda user: user["external_id"] in external))
        keys = ids_of(request.args.get("ids"))
        return user_page(account, [user for key in keys if (user := users.get(key)) is not None])


def _add_finders(account: Account, routes: Blueprint) -> None:
    @routes.get("/users/search")
    def search() -> Response:
        require_staff()
        return user_page(account, matching(account, request.args.get("query"), request.args.get("external_id")))

    @routes.get("/users/autocomplete")
    def autocomplete() -> Response:
        name = request.args.get("name", "").lower()
        if len(name) < 2:
            raise bad_request("Invalid attribute", "name must have at least 2 characters")
        found = [u for u in active_users(account) if any(w.startswith(name) for w in _words(u))]
        return user_page(account, found)

    @routes.get("/groups/<int:key>/users")
    def of_group(key: int) -> Response:
        members = {doc["user_id"] for doc in account.store.collection("group_memberships").by("group_id", key)}
        if account.store.collection("groups").get(key) is None:
            not_found()
        return user_page(account, [user for user in active_users(account) if user["id"] in members])

    @routes.get("/organizations/<int:key>/users")
    def of_organization(key: int) -> Response:
        if account.store.collection("organizations").get(key) is None:
            not_found()
        members = {
            d["user_id"] for d in account.store.collection("organization_memberships").by("organization_id", key)
        }
        return user_page(
            account, [u for u in active_users(account) if u["organization_id"] == key or u["id"] in members]
        )


def _words(user: Doc) -> list[str]:
    name = str(user["name"]).lower()
    return [name, *name.split(), str(user["email"] or "")]


def matching(account: Account, query: str | None, external_id: str | None = None) -> list[Doc]:
    """Active users whose name, e-mail, phone, notes or external id the query meets (``email:x`` and the like too)."""
    if external_id:
        return account.store.collection("users").by("external_id", external_id)
    text = (query or "").strip().strip('"').lower()
    if not text:
        return []
    parsed = parse_query(text)
    return [user for user in active_users(account) if user_matches(account, user, parsed)]


def _add_many(account: Account, routes: Blueprint) -> None:
    @routes.post("/users/create_many")
    def create_many() -> Response:
        require_staff()

        def work(item: Doc) -> Doc:
            return {"id": create_user(account, item)["id"], "status": "Created", "success": True}

        return start_job(account, "Bulk Create User", wrapped_list("users"), work)

    @routes.post("/users/create_or_update_many")
    def upsert_many() -> Response:
        require_staff()

        def work(item: Doc) -> Doc:
            user, new = create_or_update(account, item)
            done = {"id": user["id"], "status": "Created" if new else "Updated", "success": True}
            return {**done, "action": "create" if new else "update", "email": user["email"]}

        return start_job(account, "Bulk Create User", wrapped_list("users"), work)

    @routes.put("/users/update_many")
    def update_many() -> Response:
        require_staff()

        def work(item: Doc) -> Doc:
            user = _named(account, item)
            change_user(account, user, item)
            return {"id": user["id"], "action": "update", "status": "Updated", "success": True}

        return start_job(account, "Bulk Update User", _updates(), work)

    @routes.delete("/users/destroy_many")
    def destroy_many() -> Response:
        require_staff()

        def work(key: int) -> Doc:
            delete_user(account, _named(account, {"id": key}))
            return {"id": key, "action": "delete", "status": "Deleted", "success": True}

        return start_job(account, "Bulk Delete User", _destroyed(account), work)


def _destroyed(account: Account) -> list[int]:
    external = [part for part in request.args.get("external_ids", "").split(",") if part]
    if external:
        return [u["id"] for u in account.store.collection("users").where(lambda u: u["external_id"] in external)]
    return ids_of(request.args.get("ids"))


def _updates() -> list[Doc]:
    if "ids" in request.args:
        values = wrapped("user")
        return [{**values, "id": key} for key in ids_of(request.args["ids"])]
    return wrapped_list("users")


def _named(account: Account, item: Mapping[str, Any]) -> Doc:
    key = as_int(item.get("id"))
    found = account.store.collection("users").get(key) if key is not None else None
    if found is None and item.get("external_id"):
        known = account.store.collection("users").by("external_id", item["external_id"])
        found = known[0] if known else None
    if found is None:
        raise ApiError(404, {"error": "RecordNotFound", "description": "Not found"})
    return found
