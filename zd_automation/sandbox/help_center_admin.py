"""Who may read and edit: user segments, permission groups, access policies; and content tags."""

from __future__ import annotations

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.help_center_base import check_write, find, page, route
from zd_automation.sandbox.help_center_model import KINDS, present_shelf, translation
from zd_automation.sandbox.paging import page_of, sorted_items
from zd_automation.sandbox.payloads import ulid
from zd_automation.sandbox.resources import CrudResource, Resource, add_crud
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import blank, invalid_field, no_content, not_found, reply, wrapped

SIGNED_IN, STAFF = "signed_in_users", "staff"
_LISTS = ("group_ids", "organization_ids", "tags", "or_tags", "added_user_ids")


def ensure_built_ins(account: Account) -> None:
    """Store what every Help Center has from the start: two built-in segments and one permission group."""
    segments, groups = account.store.collection("user_segments"), account.store.collection("permission_groups")
    with account.store.lock:
        if not len(segments):
            _segment(account, "Signed-in users", SIGNED_IN)
            _segment(account, "Agents and admins", STAFF)
        if not len(groups):
            now = account.clock.iso()
            groups.save({
                "id": account.store.next_id("permission_groups"), "name": "Admins", "edit": [], "publish": [],
                "built_in": True, "created_at": now, "updated_at": now,
            })  # fmt: skip


def _segment(account: Account, name: str, user_type: str) -> Doc:
    now = account.clock.iso()
    empty: Doc = {key: [] for key in _LISTS}
    segment = {"id": account.store.next_id("user_segments"), "name": name, "user_type": user_type, **empty}
    return account.store.collection("user_segments").save({
        **segment, "built_in": True, "created_at": now, "updated_at": now
    })  # fmt: skip


def staff_segment(account: Account) -> int:
    """The id of the built-in segment of agents and admins."""
    ensure_built_ins(account)
    found = account.store.collection("user_segments").by("user_type", STAFF)
    return int(found[0]["id"])


def add_routes(api: Blueprint, account: Account) -> None:
    """Add segments, permission groups, access policies and content tags."""
    segments = add_crud(api, CrudResource(account, _SEGMENTS))
    add_crud(api, CrudResource(account, _GROUPS))
    _add_segment_lists(api, account, segments)
    _add_access_policies(api, account)
    _add_content_tags(api, account)


def _add_segment_lists(api: Blueprint, account: Account, segments: CrudResource) -> None:
    @api.get("/help_center/user_segments/applicable")
    def applicable() -> Response:
        return segments.page(segments.visible())

    @api.get("/help_center/users/<int:key>/user_segments")
    def of_user(key: int) -> Response:
        user = account.store.collection("users").get(key) or not_found()
        staff = user["role"] != "end-user"
        return segments.page([doc for doc in segments.visible() if staff or doc["user_type"] == SIGNED_IN])

    @api.get("/help_center/user_segments/<int:key>/sections")
    def sections(key: int) -> Response:
        segments.find(key)
        articles = account.store.collection("articles").by("user_segment_id", key)
        keys = {article["section_id"] for article in articles}
        found = account.store.collection(KINDS["Section"]).where(lambda doc: doc["id"] in keys)
        return page(found, "sections", lambda doc: _shown_section(account, doc))

    @api.get("/help_center/user_segments/<int:key>/topics")
    def topics(key: int) -> Response:
        segments.find(key)
        found = account.store.collection("community_topics").by("user_segment_id", key)
        return page(found, "topics", dict)


def _shown_section(account: Account, doc: Doc) -> Doc:
    text = translation(account, "Section", doc, None)
    return present_shelf(account, "Section", doc, text) if text else not_found()


def _add_access_policies(api: Blueprint, account: Account) -> None:
    policies = account.store.collection("hc_access_policies")

    @route(api, account, "/sections/<int:key>/access_policy")
    def show(key: int) -> Response:
        find(account, "Section", key)
        return reply({"access_policy": _policy(policies.get(key))})

    @route(api, account, "/sections/<int:key>/access_policy", "PUT")
    def update(key: int) -> Response:
        check_write()
        find(account, "Section", key)
        known = {name: value for name, value in wrapped("access_policy").items() if name in _POLICY}
        return reply({"access_policy": _policy(policies.save({"id": key, **_policy(policies.get(key)), **known}))})


_POLICY: Doc = {
    "viewable_by": "everybody",
    "manageable_by": "staff",
    "restricted_to_group_ids": [],
    "restricted_to_organization_ids": [],
    "required_tags": [],
}


def _policy(stored: Doc | None) -> Doc:
    return {name: (stored or {}).get(name, value) for name, value in _POLICY.items()}


def _add_content_tags(api: Blueprint, account: Account) -> None:
    tags = account.store.collection("content_tags")

    def name_of(old: Doc | None) -> str:
        name = str(wrapped("content_tag").get("name") or "").strip()
        if not name:
            raise blank("name")
        if any(tag["name"].lower() == name.lower() and tag is not old for tag in tags):
            raise invalid_field("name", "Name: has already been taken", "DuplicateValue")
        return name

    @api.get("/guide/content_tags")
    def index() -> Response:
        prefix = request.args.get("filter[name_prefix]", "").lower()
        found = [tag for tag in tags if tag["name"].lower().startswith(prefix)]
        return reply(page_of(sorted_items(found, ("name", "id")), "records", dict, cursor_only=True)[0])

    @api.post("/guide/content_tags")
    def create() -> Response:
        check_write()
        now = account.clock.iso()
        tag = tags.save({"id": ulid(account), "name": name_of(None), "created_at": now, "updated_at": now})
        return reply({"content_tag": tag}, 201)

    @api.get("/guide/content_tags/<key>")
    def show(key: str) -> Response:
        return reply({"content_tag": tags.get(key) or not_found()})

    @api.put("/guide/content_tags/<key>")
    def update(key: str) -> Response:
        check_write()
        old = tags.get(key) or not_found()
        return reply({"content_tag": tags.save({**old, "name": name_of(old), "updated_at": account.clock.iso()})})

    @api.delete("/guide/content_tags/<key>")
    def delete(key: str) -> Response:
        check_write()
        if tags.delete(key) is None:
            not_found()
        return no_content()


def _prepare_segment(_account: Account, new: Doc, old: Doc | None) -> None:
    if old is not None and old.get("built_in"):
        raise invalid_field("base", "Built-in user segments cannot be changed", "InvalidValue")
    if new["user_type"] not in (SIGNED_IN, STAFF):
        raise invalid_field("user_type", f"User type: must be {SIGNED_IN} or {STAFF}", "InvalidValue")
    for key in _LISTS:
        new[key] = list(new.get(key) or [])


_SEGMENTS = Resource(
    kind="user_segments",
    singular="user_segment",
    plural="user_segments",
    path="help_center/user_segments",
    required=("name", "user_type"),
    defaults={"built_in": False, **{key: [] for key in _LISTS}},
    allowed=frozenset({"name", "user_type", *_LISTS}),
    prepare=_prepare_segment,
    bulk=False,
)
_GROUPS = Resource(
    kind="permission_groups",
    singular="permission_group",
    plural="permission_groups",
    path="guide/permission_groups",
    required=("name",),
    defaults={"edit": [], "publish": [], "built_in": False},
    allowed=frozenset({"name", "edit", "publish"}),
    bulk=False,
)
