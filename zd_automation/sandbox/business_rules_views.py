"""Views, as the REST API serves them: stored, executed, counted, previewed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.business_rules_base import (
    RULE_KEYS,
    add_common_routes,
    as_asked,
    last_position,
    prepared_conditions,
)
from zd_automation.sandbox.business_rules_execution import columns_of, group_entry, row_of, sort_entry, view_tickets
from zd_automation.sandbox.limits import limits
from zd_automation.sandbox.paging import page_of
from zd_automation.sandbox.people import groups_of
from zd_automation.sandbox.resources import CrudResource, Resource, add_crud
from zd_automation.sandbox.sideload import include
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_model import present_ticket
from zd_automation.sandbox.web import api_base, caller, ids_of, invalid_field, reply, require_staff, too_many, wrapped

PER_MINUTE = 5  # executions, counts and previews of one view by one agent
_NEEDED = frozenset({"status", "type", "group_id", "assignee_id", "requester_id"})
_COMPACT = 32


def add_routes(api: Blueprint, account: Account) -> None:
    """Add /views."""
    crud = CrudResource(account, _VIEWS)
    add_crud(api, crud, skip=("list", "count", "show_many"))

    def visible() -> list[Doc]:
        return [view for view in crud.docs if may_see(account, view, caller())]

    add_common_routes(api, crud, visible)
    _add_lists(api, account, crud, visible)
    _add_results(api, account, crud)
    _add_previews(api, account)


def may_see(account: Account, view: Doc, user: Doc) -> bool:
    """Whether an agent sees a view: everybody's, his groups', his own; admins see all but other people's own."""
    restriction = view.get("restriction") or {}
    keys = restriction.get("ids") or [restriction.get("id")]
    if restriction.get("type") == "User":
        return user.get("id") in keys
    if restriction.get("type") == "Group" and user.get("role") != "admin":
        return bool(set(keys) & set(groups_of(account, user.get("id") or 0)))
    return True


def charge(account: Account, view_id: object) -> None:
    """Count one look at a view's results by this agent. Raises 429 beyond five a minute."""
    if account.settings.account_limit:
        limits(account).charge("view-execution", PER_MINUTE, view_id, caller().get("id"))


def _add_lists(api: Blueprint, account: Account, crud: CrudResource, visible: Any) -> None:
    @api.get("/views")
    def list_views() -> Response:
        require_staff()
        return crud.page(as_asked(visible()))

    @api.get("/views/compact")
    def compact() -> Response:
        found = [view for view in as_asked(visible()) if view["active"]][:_COMPACT]
        return reply({"views": [crud.present(v) for v in found], "next_page": None, "count": len(found)})

    @api.get("/views/count")
    def count() -> Response:
        return reply({"count": {"value": len(visible()), "refreshed_at": account.clock.iso()}})

    @api.get("/views/show_many")
    def show_many() -> Response:
        wanted = ids_of(request.args.get("ids"))
        return crud.page([view for view in visible() if view["id"] in wanted])


def _add_results(api: Blueprint, account: Account, crud: CrudResource) -> None:
    @api.get("/views/<int:key>/execute")
    def execute(key: int) -> Response:
        view = crud.find(key)
        charge(account, key)
        return _executed(account, view, {"id": key, "url": f"{api_base()}/views/{key}.json"})

    @api.get("/views/<int:key>/tickets")
    def list_tickets(key: int) -> Response:
        tickets = view_tickets(account, crud.find(key), caller())
        body, chosen = page_of(tickets, "tickets", present_ticket)
        return reply(include(account, body, chosen))

    @api.get("/views/<int:key>/count")
    def count_one(key: int) -> Response:
        view = crud.find(key)
        charge(account, key)
        return reply({"view_count": _count(account, view)})

    @api.get("/views/count_many")
    def count_many() -> Response:
        wanted = ids_of(request.args.get("ids") or request.args.get("count_many"))
        if len(wanted) > 20:
            raise too_many(20)
        if account.settings.account_limit:
            limits(account).charge("views-count-many", 6, caller().get("id"), seconds=300)
        found = [view for key in wanted if (view := crud.docs.get(key)) is not None]
        return reply({"view_counts": [_count(account, view) for view in found]})

    @api.get("/views/<int:key>/export")
    def export(key: int) -> Response:
        view = crud.find(key)
        charge(account, key)
        return reply({"export": {"view_id": view["id"], "status": "starting"}})


def _add_previews(api: Blueprint, account: Account) -> None:
    def drafted() -> Doc:
        require_staff()
        draft = {**_VIEWS.defaults, "title": "preview", "id": None, **wrapped("view")}
        _prepare_view(account, draft, None)
        charge(account, "preview")
        return draft

    @api.post("/views/preview")
    def preview() -> Response:
        return _executed(account, drafted(), {"id": None, "url": None})

    @api.post("/views/preview/count")
    def preview_count() -> Response:
        return reply({"view_count": _count(account, drafted())})


def _executed(account: Account, view: Doc, shown: Doc) -> Response:
    tickets = view_tickets(account, view, caller())
    body, chosen = page_of(tickets, "rows", lambda ticket: row_of(account, view, ticket))
    people = {ticket.get(key) for ticket in chosen for key in ("requester_id", "assignee_id", "submitter_id")}
    group_ids = {ticket.get("group_id") for ticket in chosen}
    answer = {
        "columns": view["execution"]["columns"],
        "groups": _shown(account, "groups", group_ids),
        "rows": body.pop("rows"),
        "users": _shown(account, "users", people),
        "view": shown,
    }
    return reply({**answer, **body})


def _shown(account: Account, kind: str, keys: set[Any]) -> list[Doc]:
    docs = account.store.collection(kind)
    present = account.parts["presenters"][kind]
    return [present(doc) for key in sorted(k for k in keys if k is not None) if (doc := docs.get(key)) is not None]


def _count(account: Account, view: Doc) -> Doc:
    value = len(view_tickets(account, view, caller()))
    url = f"{api_base()}/views/{view['id']}/count.json" if view["id"] else None
    return {
        "view_id": view["id"],
        "url": url,
        "value": value,
        "pretty": str(value),
        "fresh": True,
        "active": view["active"],
    }


def _prepare_view(account: Account, new: Doc, old: Doc | None) -> None:
    prepared_conditions(new, old)
    if not any(c["field"] in _NEEDED for c in new["conditions"]["all"]):
        text = (
            "Conditions: a view must have at least one condition on status, type, group, assignee or requester "
            "under 'Meet all of the following conditions'"
        )
        raise invalid_field("base", text, "InvalidValue")
    _settle_output(account, new)
    new["raw_title"] = new["title"]
    if new.get("position") is None:
        new["position"] = last_position(account, "views")


def _settle_output(account: Account, view: Doc) -> None:
    """Turn what was written as ``output`` into ``execution``, as it is read."""
    output = view.pop("output", None)
    if output is None and view.get("execution"):
        return
    given: Doc = output if isinstance(output, dict) else {}
    before: Doc = view.get("execution") or {}
    columns = columns_of(account, given["columns"]) if given.get("columns") else before.get("columns")
    if columns is None:
        columns = columns_of(account, ["subject", "requester", "created", "updated", "group", "assignee"])
    if len(columns) > 10:
        raise invalid_field("base", "Output: no more than 10 columns are allowed", "TooManyValues")
    keys = {"group_by": None, "group_order": "desc", "sort_by": None, "sort_order": "desc"}
    execution = {key: given.get(key, before.get(key, default)) for key, default in keys.items()}
    execution["group"] = group_entry(execution["group_by"], execution["group_order"])
    execution["sort"] = sort_entry(execution["sort_by"], execution["sort_order"])
    custom = [column for column in columns if isinstance(column["id"], int)]
    view["execution"] = {**execution, "columns": columns, "fields": columns, "custom_fields": custom}


_VIEWS = Resource(
    kind="views",
    singular="view",
    plural="views",
    required=("title",),
    defaults={
        "active": True,
        "position": None,
        "description": None,
        "execution": {},
        "conditions": {"all": [], "any": []},
        "restriction": None,
        "watchable": True,
        "default": False,
        "sla_id": None,
    },
    allowed=(RULE_KEYS - {"actions"}) | {"output", "restriction", "watchable"},
    prepare=_prepare_view,
    bulk=False,
)
