"""A generic REST resource over one collection: create, show, list, update, delete, count and the bulk calls.

``crud_blueprint(account, [Resource(kind="targets", singular="target", plural="targets", required=("title",))])``
answers under ``/api/v2/<path>`` (``path`` defaults to ``plural``):

=======  ======================  ====================================================================
GET      path                    list, both paginations, ``sort``/``sort_by``/``sort_order``, ``include``
POST     path                    201 with Location; 422 RecordInvalid when a required field is missing
GET      path/count              ``{"count": {"value": n, "refreshed_at": ...}}``
GET      path/show_many?ids=     the ones that exist
POST     path/create_many        job
PUT      path/update_many        job; ``?ids=1,2`` with one object, or a list
DELETE   path/destroy_many?ids=  job
GET      path/<id>               404 RecordNotFound when missing
PUT      path/<id>               200
DELETE   path/<id>               204
=======  ======================  ====================================================================

More routes for the same path go on their own blueprint: fixed words win over ``<id>``. The same steps without HTTP are
``create``, ``update`` and ``delete`` of :class:`CrudResource`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.jobs import start_job
from zd_automation.sandbox.paging import page_of, sorted_items
from zd_automation.sandbox.sideload import include
from zd_automation.sandbox.store import Doc, Key
from zd_automation.sandbox.web import (
    ApiError,
    api_base,
    as_int,
    blank,
    caller,
    forbidden,
    ids_of,
    invalid_field,
    is_staff,
    json_body,
    no_content,
    not_found,
    reply,
    warn_unpermitted,
    wrapped,
    wrapped_list,
)

READ_ONLY = frozenset({"id", "url", "created_at", "updated_at"})
DEFAULT_SORTS = ("id", "created_at", "updated_at", "name", "title", "position")
Change = Callable[[Account, Doc, Doc | None], None]  # (account, new document, old document or None)
After = Callable[[Account, Doc], None]


@dataclass(frozen=True)
class Resource:
    """What makes one resource different from the next.

    ``allowed``: keys a caller may send (None: any); others are dropped and named in ``X-Zendesk-Api-Warn``.
    ``prepare`` runs on the new document before it is stored and may change it or raise; ``created``, ``updated`` and
    ``deleted`` run afterwards. ``listed`` filters what lists show. ``staff``/``admin``: who may write.
    ``key_type`` is ``"integer"`` or ``"string"`` (string keys are the same numbers as text).
    """

    kind: str
    singular: str
    plural: str
    path: str = ""
    required: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    allowed: frozenset[str] | None = None
    read_only: frozenset[str] = READ_ONLY
    immutable: frozenset[str] = frozenset()
    sorts: tuple[str, ...] = DEFAULT_SORTS
    prepare: Change | None = None
    created: After | None = None
    updated: Change | None = None
    deleted: After | None = None
    listed: Callable[[Doc], bool] | None = None
    present: Callable[[Doc], Doc] | None = None
    first_id: int = 360_000_000_000
    key_type: str = "integer"
    write_role: str = "agent"
    wrapper: str = ""
    bulk: bool = True
    create_status: int = 201


class CrudResource:
    """The steps behind the routes of one :class:`Resource`, also for use in-process."""

    def __init__(self, account: Account, resource: Resource) -> None:
        self.account = account
        self.resource = resource
        self.docs = account.store.collection(resource.kind)
        self.path = resource.path or resource.plural
        self.wrapper = resource.wrapper or resource.singular
        account.parts.setdefault("presenters", {}).setdefault(resource.kind, self.present)

    def present(self, doc: Doc) -> Doc:
        """The document as the API shows it: with its address, without keys that begin with an underscore."""
        shown = {"url": f"{api_base()}/{self.path}/{doc['id']}.json"}
        shown.update((name, value) for name, value in doc.items() if not name.startswith("_"))
        return self.resource.present(shown) if self.resource.present else shown

    def find(self, key: Key | None) -> Doc:
        """The document with this id. Raises 404."""
        found = self.docs.get(key) if key is not None else None
        return found if found is not None else not_found()

    def create(self, values: Mapping[str, Any]) -> Doc:
        """Store a new document. Raises 422 when a required field is missing or a unique one taken."""
        account, resource = self.account, self.resource
        with account.store.lock:
            kept = self._permitted(values)
            for name in resource.required:
                if kept.get(name) in (None, "", []):
                    raise blank(name)
            self._check_unique(kept, None)
            key = account.store.next_id(resource.kind, resource.first_id)
            now = account.clock.iso()
            doc: Doc = {"id": str(key) if resource.key_type == "string" else key}
            doc.update({**copy.deepcopy(dict(resource.defaults)), **kept, "created_at": now, "updated_at": now})
            if resource.prepare:
                resource.prepare(account, doc, None)
            self.docs.save(doc)
            if resource.created:
                resource.created(account, doc)
            return doc

    def update(self, doc: Doc, values: Mapping[str, Any]) -> Doc:
        """Change a stored document. Raises 422 like :meth:`create`; then nothing is changed."""
        account, resource = self.account, self.resource
        with account.store.lock:
            kept = {k: v for k, v in self._permitted(values).items() if k not in resource.immutable}
            for name in resource.required:
                if name in kept and kept[name] in (None, "", []):
                    raise blank(name)
            self._check_unique(kept, doc)
            old, new = dict(doc), {**doc, **kept, "updated_at": account.clock.iso()}
            if resource.prepare:
                resource.prepare(account, new, old)
            doc.clear()
            doc.update(new)
            self.docs.save(doc)
            if resource.updated:
                resource.updated(account, doc, old)
            return doc

    def delete(self, doc: Doc) -> None:
        """Take a document out."""
        with self.account.store.lock:
            self.docs.delete(doc["id"])
            if self.resource.deleted:
                self.resource.deleted(self.account, doc)

    def visible(self) -> list[Doc]:
        """What lists show, oldest first."""
        listed = self.resource.listed
        return list(self.docs) if listed is None else self.docs.where(listed)

    def page(self, docs: Sequence[Doc], key: str = "") -> Response:
        """A page of these documents, sorted and with side-loads, as a list answers it."""
        ordered = sorted_items(list(docs), self.resource.sorts)
        body, chosen = page_of(ordered, key or self.resource.plural, self.present)
        return reply(include(self.account, body, chosen))

    def one(self, doc: Doc, status: int = 200) -> Response:
        """One document in its wrapper; 201 names its address too."""
        shown = self.present(doc)
        body = include(self.account, {self.resource.singular: shown}, [doc])
        return reply(body, status, shown.get("url") if status == 201 else None)

    def check_write(self) -> None:
        """Raise 403 unless the caller may write here."""
        role = self.resource.write_role
        if role == "admin" and caller().get("role") != "admin":
            forbidden()
        if role == "agent" and not is_staff(caller()):
            forbidden()

    def key(self, text: str) -> Key | None:
        """An id out of an address, or None when it cannot be one."""
        return text if self.resource.key_type == "string" else as_int(text)

    def _permitted(self, values: Mapping[str, Any]) -> Doc:
        resource = self.resource
        kept = {k: v for k, v in values.items() if k not in resource.read_only and not k.startswith("_")}
        if resource.allowed is not None:
            dropped = [name for name in kept if name not in resource.allowed]
            warn_unpermitted(resource.singular, dropped)
            for name in dropped:
                del kept[name]
        return kept

    def _check_unique(self, values: Mapping[str, Any], doc: Doc | None) -> None:
        for name in self.resource.unique:
            taken = values.get(name)
            if taken is None:
                continue
            for other in self.docs.where(lambda found, n=name, t=taken: _same(found.get(n), t)):  # type: ignore[misc]
                if doc is None or other["id"] != doc["id"]:
                    label = name.replace("_", " ").capitalize()
                    raise invalid_field(name, f"{label} has already been taken", "DuplicateValue")


def crud_blueprint(account: Account, resources: Sequence[Resource], name: str = "resources") -> Blueprint:
    """The routes of all these resources. ``name`` must differ from every other blueprint's of the app."""
    blueprint = Blueprint(name, __name__, url_prefix="/api/v2")
    for resource in resources:
        add_crud(blueprint, CrudResource(account, resource))
    return blueprint


def add_crud(blueprint: Blueprint, crud: CrudResource, skip: Sequence[str] = ()) -> CrudResource:
    """Add the routes of one resource to a blueprint; ``skip`` names steps left out (``create``, ``destroy_many``...)."""
    views = _Views(crud)
    path = "/" + crud.path
    routes: list[tuple[str, str, str, Callable[..., Response]]] = [
        ("list", "GET", path, views.index),
        ("create", "POST", path, views.create),
        ("count", "GET", f"{path}/count", views.count),
        ("show", "GET", f"{path}/<key>", views.show),
        ("update", "PUT", f"{path}/<key>", views.update),
        ("delete", "DELETE", f"{path}/<key>", views.delete),
    ]
    if crud.resource.bulk:
        routes += [
            ("show_many", "GET", f"{path}/show_many", views.show_many),
            ("create_many", "POST", f"{path}/create_many", views.create_many),
            ("update_many", "PUT", f"{path}/update_many", views.update_many),
            ("destroy_many", "DELETE", f"{path}/destroy_many", views.destroy_many),
        ]
    for step, method, rule, view in routes:
        if step not in skip:
            endpoint = f"{crud.path}_{step}".replace("/", "_").replace(".", "_")
            blueprint.add_url_rule(rule, endpoint, view, methods=[method])
    return crud


class _Views:
    """The HTTP side of one resource."""

    def __init__(self, crud: CrudResource) -> None:
        self.crud = crud

    def index(self) -> Response:
        return self.crud.page(self.crud.visible())

    def create(self) -> Response:
        self.crud.check_write()
        return self.crud.one(self.crud.create(wrapped(self.crud.wrapper)), self.crud.resource.create_status)

    def count(self) -> Response:
        value = len(self.crud.visible())
        return reply({"count": {"value": value, "refreshed_at": self.crud.account.clock.iso()}})

    def show(self, key: str) -> Response:
        return self.crud.one(self.crud.find(self.crud.key(key)))

    def update(self, key: str) -> Response:
        self.crud.check_write()
        doc = self.crud.find(self.crud.key(key))
        return self.crud.one(self.crud.update(doc, wrapped(self.crud.wrapper)))

    def delete(self, key: str) -> Response:
        self.crud.check_write()
        self.crud.delete(self.crud.find(self.crud.key(key)))
        return no_content()

    def show_many(self) -> Response:
        found = [doc for key in ids_of(request.args.get("ids")) if (doc := self.crud.docs.get(self._key(key)))]
        return self.crud.page(found)

    def create_many(self) -> Response:
        self.crud.check_write()
        items = wrapped_list(self.crud.resource.plural)
        return start_job(self.crud.account, self._job("Create"), items, self._create_one)

    def update_many(self) -> Response:
        self.crud.check_write()
        items = self._updates()
        return start_job(self.crud.account, self._job("Update"), items, self._update_one)

    def destroy_many(self) -> Response:
        self.crud.check_write()
        keys = ids_of(request.args.get("ids"))
        return start_job(self.crud.account, self._job("Delete"), keys, self._delete_one)

    def _key(self, key: int) -> Key:
        return str(key) if self.crud.resource.key_type == "string" else key

    def _job(self, verb: str) -> str:
        return f"Bulk {verb} {self.crud.resource.singular.replace('_', ' ').title()}"

    def _updates(self) -> list[Doc]:
        if "ids" in request.args:
            values = json_body().get(self.crud.wrapper) or {}
            return [{**values, "id": key} for key in ids_of(request.args["ids"])]
        return wrapped_list(self.crud.resource.plural)

    def _create_one(self, item: Doc) -> Doc:
        return {"id": self.crud.create(item)["id"], "status": "Created", "success": True}

    def _update_one(self, item: Doc) -> Doc:
        key = self.crud.key(str(item.get("id")))
        self.crud.update(self.crud.find(key), item)
        return {"id": key, "action": "update", "status": "Updated", "success": True}

    def _delete_one(self, key: int) -> Doc:
        self.crud.delete(self.crud.find(self._key(key)))
        return {"id": key, "action": "delete", "status": "Deleted", "success": True}


def _same(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.strip().lower() == other.strip().lower()
    return one == other


def gone(doc: Doc | None) -> Doc:
    """The document, or 404."""
    return doc if doc is not None else not_found()


__all__ = ["After", "ApiError", "Change", "CrudResource", "Resource", "add_crud", "crud_blueprint", "gone"]
