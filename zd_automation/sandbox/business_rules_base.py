"""What triggers, automations, views and macros have in common: conditions, order, and their list routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.resources import CrudResource
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import as_int, ids_of, invalid_field, no_content, not_found, reply, truthy, wrapped_list

RULE_KEYS = frozenset({"title", "description", "active", "position", "conditions", "all", "any", "actions"})
_BULK_KEYS = ("position", "active", "category_id")
_SORTS = {"alphabetical": "title", "created_at": "created_at", "updated_at": "updated_at", "position": "position"}


def prepared_conditions(new: Doc, old: Doc | None) -> None:
    """Bring the conditions into ``{"all", "any"}``, taking them at the top level too.

    An update that names any condition or action replaces both arrays, as Zendesk warns. Raises 422.
    """
    top_level = {name: new.pop(name) for name in ("all", "any") if name in new}
    if top_level:
        new["conditions"] = top_level
    conditions = new.get("conditions") or {}
    if not isinstance(conditions, dict):
        raise invalid_field("base", "Conditions: must be an object with all and any", "InvalidValue")
    new["conditions"] = {name: _checked(conditions.get(name)) for name in ("all", "any")}
    if old is not None and "actions" in new:
        _clear_what_was_left_out(new, old, sent_conditions=conditions is not old.get("conditions"))


def _clear_what_was_left_out(new: Doc, old: Doc, sent_conditions: bool) -> None:
    sent_actions = new["actions"] is not old.get("actions")
    if sent_conditions and not sent_actions:
        new["actions"] = []
    elif sent_actions and not sent_conditions:
        new["conditions"] = {"all": [], "any": []}


def _checked(given: Any) -> list[Doc]:
    found = given if isinstance(given, list) else []
    for condition in found:
        if not isinstance(condition, dict) or not condition.get("field"):
            raise invalid_field("base", "Conditions: field cannot be blank", "BlankValue")
    return [{"field": c["field"], "operator": c.get("operator", "is"), "value": c.get("value")} for c in found]


def last_position(account: Account, kind: str) -> int:
    """The position after the last one in use."""
    return max((int(doc.get("position") or 0) for doc in account.store.collection(kind)), default=0) + 1


def by_position(docs: Sequence[Doc]) -> list[Doc]:
    """In order of position, then age."""
    return sorted(docs, key=lambda doc: (doc.get("position") or 0, doc["id"]))


def as_asked(docs: Sequence[Doc]) -> list[Doc]:
    """Filtered by ``active`` and sorted by ``sort_by`` and ``sort_order``, otherwise by position."""
    found = list(docs)
    if "active" in request.args:
        found = [doc for doc in found if bool(doc.get("active")) is truthy(request.args["active"])]
    if "category_id" in request.args:
        found = [doc for doc in found if str(doc.get("category_id")) == request.args["category_id"]]
    key = _SORTS.get(request.args.get("sort_by", ""))
    if key is None:
        return by_position(found)
    default = "asc" if key in ("title", "position") else "desc"
    descending = request.args.get("sort_order", default) == "desc"
    return sorted(found, key=lambda doc: (str(doc.get(key) or "").lower(), doc["id"]), reverse=descending)


def add_common_routes(
    api: Blueprint, crud: CrudResource, visible: Callable[[], list[Doc]] | None = None
) -> CrudResource:
    """Add active, search, update_many and destroy_many; ``visible`` gives what the caller may see."""
    path, plural = "/" + crud.path, crud.resource.plural
    shown = visible or crud.visible

    def active() -> Response:
        return crud.page(as_asked([doc for doc in shown() if doc.get("active")]))

    def search() -> Response:
        words = request.args.get("query", "").lower().split()
        found = [doc for doc in shown() if all(word in str(doc.get("title") or "").lower() for word in words)]
        return crud.page(as_asked(found))

    def update_many() -> Response:
        crud.check_write()
        docs = [_bulk_updated(crud, item) for item in wrapped_list(plural)]
        return reply({plural: [crud.present(doc) for doc in docs], **_no_more(len(docs))})

    def destroy_many() -> Response:
        crud.check_write()
        for key in ids_of(request.args.get("ids")):
            crud.delete(crud.find(key))
        return no_content()

    api.add_url_rule(f"{path}/active", f"{plural}_active", active, methods=["GET"])
    api.add_url_rule(f"{path}/search", f"{plural}_search", search, methods=["GET"])
    api.add_url_rule(f"{path}/update_many", f"{plural}_update_many", update_many, methods=["PUT"])
    api.add_url_rule(f"{path}/destroy_many", f"{plural}_destroy_many", destroy_many, methods=["DELETE"])
    return crud


def _bulk_updated(crud: CrudResource, item: Doc) -> Doc:
    """One of update_many's items: everything but position, active status and category is ignored."""
    doc = crud.docs.get(as_int(item.get("id")) or 0)
    if doc is None:
        not_found()
    return crud.update(doc, {key: item[key] for key in _BULK_KEYS if key in item})


def _no_more(count: int) -> Doc:
    return {"next_page": None, "previous_page": None, "count": count}
