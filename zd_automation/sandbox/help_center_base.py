"""What all Help Center routes share: the locale in the path, pages with page counts, the reader."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

from flask import Blueprint, Response, g, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.help_center_model import KINDS, locales_of
from zd_automation.sandbox.paging import page_of, sorted_items
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import not_found, reply, require_staff

SORTS = ("position", "title", "name", "created_at", "updated_at", "edited_at")
View = Callable[..., Response]


def route(api: Blueprint, account: Account, rule: str, *methods: str) -> Callable[[View], View]:
    """Register a view under ``/help_center<rule>``, with and without a locale in the path."""

    def register(view: View) -> View:
        def localised(locale: str, **values: Any) -> Response:
            if locale.lower() not in locales_of(account):
                not_found()
            g.help_center_locale = locale.lower()
            return view(**values)

        name = f"{'_'.join(methods or ('GET',))}_{rule}".replace("/", "_").replace(".", "_")
        api.add_url_rule(f"/help_center{rule}", f"hc_{name}", view, methods=list(methods or ("GET",)))
        api.add_url_rule(f"/help_center/<locale>{rule}", f"hcl_{name}", localised, methods=list(methods or ("GET",)))
        return view

    return register


def path_locale() -> str | None:
    """The locale in this request's path, in lower case, or None."""
    return cast("str | None", g.get("help_center_locale"))


def find(account: Account, source_type: str, key: int) -> Doc:
    """A category, section or article. Raises 404."""
    return account.store.collection(KINDS[source_type]).get(key) or not_found()


def page(items: Sequence[Doc], key: str, present: Callable[[Doc], Doc], *, default: int = 30) -> Response:
    """A page of documents, sorted as asked; a page by number tells its number and how many there are."""
    ordered = sorted_items(list(items), SORTS)
    return reply(numbered(page_of(ordered, key, present, default=default)[0], default))


def numbered(body: Doc, default: int) -> Doc:
    """Add ``page``, ``per_page`` and ``page_count`` to a page by number, as the Help Center does."""
    if "count" in body:
        size = min(100, max(1, request.args.get("per_page", default, type=int)))
        body["page"] = request.args.get("page", 1, type=int)
        body["per_page"] = size
        body["page_count"] = math.ceil(body["count"] / size)
        body["sort_by"] = request.args.get("sort_by", "position")
        body["sort_order"] = request.args.get("sort_order", "asc")
    return body


def check_write() -> None:
    """Raise 403 unless the caller is staff; only staff writes content."""
    require_staff()
