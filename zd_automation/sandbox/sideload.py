"""Side-loads: ``?include=users,groups`` adds the records that the answer's records point to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from flask import request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc

Presenter = Callable[[Doc], Doc]
USER_KEYS = ("requester_id", "submitter_id", "assignee_id", "author_id", "user_id", "updater_id", "actor_id")
USER_LISTS = ("collaborator_ids", "follower_ids", "email_cc_ids")
_KEYS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "users": ("users", USER_KEYS, USER_LISTS),
    "groups": ("groups", ("group_id", "default_group_id"), ("group_ids",)),
    "organizations": ("organizations", ("organization_id",), ()),
    "brands": ("brands", ("brand_id",), ()),
    "ticket_forms": ("ticket_forms", ("ticket_form_id",), ("ticket_form_ids",)),
    "tickets": ("tickets", ("ticket_id",), ()),
    "roles": ("custom_roles", ("custom_role_id",), ()),
}


def include(account: Account, body: Doc, records: Sequence[Doc]) -> Doc:
    """Add what ``?include=`` names to ``body`` and return it. Names that are not known are ignored."""
    asked = request.args.get("include")
    if not asked:
        return body
    for name in asked.split(","):
        special = account.parts.get("sideloads", {}).get(name.strip())
        if special is not None:
            special(body, records)
        elif name.strip() in _KEYS and name.strip() not in body:
            body[name.strip()] = linked(account, name.strip(), records)
    return body


def linked(account: Account, name: str, records: Iterable[Doc]) -> list[Doc]:
    """The presented records of one kind that ``records`` point to, each once."""
    kind, keys, lists = _KEYS[name]
    ids: dict[int, None] = {}
    for record in records:
        for key in keys:
            if record.get(key) is not None:
                ids.setdefault(record[key])
        for key in lists:
            ids.update(dict.fromkeys(record.get(key) or ()))
    present = account.parts["presenters"][kind]
    collection = account.store.collection(kind)
    return [present(doc) for key in ids if (doc := collection.get(key)) is not None]
