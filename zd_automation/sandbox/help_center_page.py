"""The Help Center as people read it: its start page and its articles, without anything drafted or restricted."""

from __future__ import annotations

import nh3
from flask import Blueprint, Response, abort, render_template

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.help_center_model import (
    may_read,
    present_article,
    translation,
    translations_of,
)
from zd_automation.sandbox.pages_base import secured
from zd_automation.sandbox.store import Doc

_TEXT_TAGS = "a b blockquote br code div em h1 h2 h3 h4 h5 h6 hr i li ol p pre span strong u ul"
_TABLE_TAGS = "table tbody td th thead tr"
_TAGS = {*_TEXT_TAGS.split(), *_TABLE_TAGS.split()}
_NOBODY: Doc = {"id": None, "role": "end-user"}


def add_routes(routes: Blueprint, account: Account) -> None:
    """Add /hc/<locale> and /hc/<locale>/articles/<id>-<slug>."""

    @routes.get("/hc/<locale>")
    def home(locale: str) -> Response:
        found = [
            shown for article in account.store.collection("articles") if (shown := _shown(account, article, locale))
        ]
        return secured(render_template("hc_home.html", articles=found, locale=locale.lower()))

    @routes.get("/hc/<locale>/articles/<name>")
    def article(locale: str, name: str) -> Response:
        digits = name.split("-", 1)[0]
        doc = account.store.collection("articles").get(int(digits)) if digits.isdigit() else None
        shown = _shown(account, doc, locale) if doc else None
        if doc is None or shown is None:
            abort(404)
        body = nh3.clean(shown["body"], tags=_TAGS, url_schemes={"http", "https", "mailto"})
        others = [text["locale"] for text in translations_of(account, "Article", doc["id"]) if not text["draft"]]
        page = render_template("hc_article.html", article=shown, body=body, others=others, locale=shown["locale"])
        return secured(page)


def _shown(account: Account, article: Doc, locale: str) -> Doc | None:
    """The article in this locale (else in the default one) as anybody may read it, or None."""
    text = translation(account, "Article", article, locale.lower()) or translation(account, "Article", article, None)
    if text is None or not may_read(account, article, text, _NOBODY):
        return None
    return present_article(account, article, text)
