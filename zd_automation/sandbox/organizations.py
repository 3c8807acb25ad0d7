"""Organizations and who belongs to them."""

from __future__ import annotations

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.resources import CrudResource, Resource, add_crud
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_model import clean_tags
from zd_automation.sandbox.web import (
    as_int,
    bad_request,
    invalid_field,
    json_body,
    no_content,
    not_found,
    reply,
    require_staff,
    wrapped,
)


def organization_resource(account: Account) -> CrudResource:
    """Organizations as a resource."""

    def prepare(acct: Account, doc: Doc, old: Doc | None) -> None:
        doc["tags"] = clean_tags(doc["tags"])
        domains = doc["domain_names"] or []
        doc["domain_names"] = domains.split() if isinstance(domains, str) else list(domains)
        known = {field["key"]: None for field in acct.store.collection("organization_fields")}
        given = {k: v for k, v in (doc["organization_fields"] or {}).items() if k in known}
        doc["organization_fields"] = {**known, **((old or {}).get("organization_fields") or {}), **given}

    def deleted(acct: Account, doc: Doc) -> None:
        for membership in acct.store.collection("organization_memberships").by("organization_id", doc["id"]):
            acct.store.collection("organization_memberships").delete(membership["id"])
        for kind in ("users", "tickets"):
            for owner in acct.store.collection(kind).by("organization_id", doc["id"]):
                acct.store.collection(kind).save({**owner, "organization_id": None})

    return CrudResource(
        account,
        Resource(
            kind="organizations",
            singular="organization",
            plural="organizations",
            required=("name",),
            unique=("name",),
            allowed=frozenset({
                "name", "shared_tickets", "shared_comments", "external_id", "domain_names", "details", "notes",
                "group_id", "tags", "organization_fields",
            }),
            defaults={
                "name": None, "shared_tickets": False, "shared_comments": False, "external_id": None,
                "domain_names": [], "details": None, "notes": None, "group_id": None, "tags": [],
                "organization_fields": {},
            },
            prepare=prepare,
            deleted=deleted,
        ),
    )  # fmt: skip


def membership_resource(account: Account) -> CrudResource:
    """Organization memberships; the first one of a user is his default."""

    def prepare(acct: Account, doc: Doc, old: Doc | None) -> None:
        user = acct.store.collection("users").get(as_int(doc["user_id"]) or 0)
        organization = acct.store.collection("organizations").get(as_int(doc["organization_id"]) or 0)
        if user is None:
            raise invalid_field("user", "User: is not a valid user", "InvalidValue")
        if organization is None:
            raise invalid_field("organization", "Organization: is not a valid organization", "InvalidValue")
        mine = acct.store.collection("organization_memberships").by("user_id", user["id"])
        if old is None and any(other["organization_id"] == organization["id"] for other in mine):
            raise invalid_field("user_id", "User has already been taken", "DuplicateValue")
        doc["user_id"], doc["organization_id"] = user["id"], organization["id"]
        doc["organization_name"] = organization["name"]
        doc["default"] = bool(doc["default"]) or not mine

    def created(acct: Account, doc: Doc) -> None:
        if doc["default"]:
            make_default(acct, doc)

    def deleted(acct: Account, doc: Doc) -> None:
        users = acct.store.collection("users")
        user = users.get(doc["user_id"])
        if user is not None and user["organization_id"] == doc["organization_id"]:
            users.save({**user, "organization_id": None})

    return CrudResource(
        account,
        Resource(
            kind="organization_memberships",
            singular="organization_membership",
            plural="organization_memberships",
            required=("user_id", "organization_id"),
            defaults={
                "user_id": None, "organization_id": None, "default": False, "organization_name": None,
                "view_tickets": True,
            },
            prepare=prepare,
            created=created,
            deleted=deleted,
        ),
    )  # fmt: skip


def make_default(account: Account, membership: Doc) -> None:
    """Make one membership the user's default organization."""
    memberships, users = account.store.collection("organization_memberships"), account.store.collection("users")
    for other in memberships.by("user_id", membership["user_id"]):
        memberships.save({**other, "default": other["id"] == membership["id"]})
    user = users.get(membership["user_id"])
    if user is not None:
        users.save({**user, "organization_id": membership["organization_id"]})


def blueprint(account: Account) -> Blueprint:
    """Organizations, memberships, and both seen from a user."""
    routes = Blueprint("organizations", __name__, url_prefix="/api/v2")
    organizations = add_crud(routes, organization_resource(account), skip=("show_many",))
    members = add_crud(routes, membership_resource(account))
    _add_organizations(account, routes, organizations)
    _add_memberships(account, routes, organizations, members)
    return routes


def _add_organizations(account: Account, routes: Blueprint, organizations: CrudResource) -> None:
    docs = organizations.docs

    @routes.get("/organizations/show_many")
    def show_many() -> Response:
        wanted = [part.strip() for part in request.args.get("ids", "").split(",") if part.strip().isdigit()]
        external = [part for part in request.args.get("external_ids", "").split(",") if part]
        found = docs.where(lambda o: o["external_id"] in external) if external else []
        return organizations.page(found + [doc for key in wanted if (doc := docs.get(int(key))) is not None])

    @routes.post("/organizations/create_or_update")
    def upsert() -> Response:
        require_staff()
        values = wrapped("organization")
        found = [d for d in docs if _is_meant(d, values)]
        if found:
            return organizations.one(organizations.update(found[0], values))
        return organizations.one(organizations.create(values), 201)

    @routes.get("/organizations/search")
    def search() -> Response:
        external, name = request.args.get("external_id"), request.args.get("name")
        if external is None and name is None:
            raise bad_request("Invalid attribute", "external_id or name is required")
        found = docs.where(
            lambda o: o["external_id"] == external if external else o["name"].lower() == str(name).lower()
        )
        return organizations.page(found)

    @routes.get("/organizations/autocomplete")
    def autocomplete() -> Response:
        name = request.args.get("name", "").lower()
        if len(name) < 2:
            raise bad_request("Invalid attribute", "name must have at least 2 characters")
        return organizations.page(docs.where(lambda o: o["name"].lower().startswith(name)))

    @routes.get("/organizations/<int:key>/related")
    def related(key: int) -> Response:
        organizations.find(key)
        tickets = account.store.collection("tickets").by("organization_id", key)
        users = account.store.collection("users").by("organization_id", key)
        return reply({"organization_related": {"tickets_count": len(tickets), "users_count": len(users)}})

    @routes.get("/users/<int:key>/organizations")
    def of_user(key: int) -> Response:
        mine = account.store.collection("organization_memberships").by("user_id", key)
        return organizations.page([doc for m in mine if (doc := docs.get(m["organization_id"])) is not None])


def _is_meant(doc: Doc, values: Doc) -> bool:
    if values.get("id") is not None:
        return bool(doc["id"] == as_int(values["id"]))
    if values.get("external_id"):
        return bool(doc["external_id"] == values["external_id"])
    return bool(doc["name"].lower() == str(values.get("name")).lower())


def _add_memberships(account: Account, routes: Blueprint, organizations: CrudResource, members: CrudResource) -> None:
    @routes.get("/organizations/<int:key>/organization_memberships")
    def memberships_of_organization(key: int) -> Response:
        organizations.find(key)
        return members.page(members.docs.by("organization_id", key))

    @routes.get("/users/<int:key>/organization_memberships")
    def memberships_of_user(key: int) -> Response:
        return members.page(members.docs.by("user_id", key))

    @routes.post("/users/<int:key>/organization_memberships")
    def create_for_user(key: int) -> Response:
        require_staff()
        values = json_body().get("organization_membership") or {}
        return members.one(members.create({**values, "user_id": key}), 201)

    @routes.delete("/users/<int:key>/organization_memberships/<int:membership>")
    def delete_of_user(key: int, membership: int) -> Response:
        require_staff()
        doc = members.find(membership)
        if doc["user_id"] != key:
            not_found()
        members.delete(doc)
        return no_content()

    @routes.put("/users/<int:key>/organization_memberships/<int:membership>/make_default")
    def default_of_user(key: int, membership: int) -> Response:
        require_staff()
        make_default(account, members.find(membership))
        return members.page(members.docs.by("user_id", key))
