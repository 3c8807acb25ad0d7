"""Translations of categories, sections and articles, as the REST API serves them."""

from __future__ import annotations

from flask import Blueprint, Response

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.delivery import deliveries
from zd_automation.sandbox.help_center_base import check_write, find, page, route
from zd_automation.sandbox.help_center_model import (
    KINDS,
    PATHS,
    add_translation,
    locales_of,
    may_read,
    present_translation,
    translation,
    translations_of,
    update_translation,
)
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import caller, json_body, no_content, not_found, reply, wrapped


def add_routes(api: Blueprint, account: Account) -> None:
    """Add the translations of every kind of content, and the Help Center's locales."""
    for source_type in KINDS:
        _add_translations(api, account, source_type)
    _add_translation_removal(api, account)


def _add_translations(api: Blueprint, account: Account, source_type: str) -> None:
    path = f"/{PATHS[source_type]}/<int:key>/translations"

    def one(key: int, name: str) -> tuple[Doc, Doc]:
        doc = find(account, source_type, key)
        text = translation(account, source_type, doc, name.lower())
        if text is None or (source_type == "Article" and not may_read(account, doc, text, caller())):
            not_found()
        return doc, text

    @route(api, account, path)
    def index(key: int) -> Response:
        doc = find(account, source_type, key)
        found = translations_of(account, source_type, key)
        if source_type == "Article":
            found = [text for text in found if may_read(account, doc, text, caller())]
        return page(found, "translations", lambda text: present_translation(account, text))

    @route(api, account, path + "/missing")
    def missing(key: int) -> Response:
        find(account, source_type, key)
        present = {text["locale"] for text in translations_of(account, source_type, key)}
        return reply({"locales": [name for name in locales_of(account) if name not in present]})

    @route(api, account, path + "/<name>")
    def show(key: int, name: str) -> Response:
        return reply({"translation": present_translation(account, one(key, name)[1])})

    @route(api, account, path, "POST")
    def create(key: int) -> Response:
        check_write()
        doc = find(account, source_type, key)
        text = add_translation(account, source_type, doc, wrapped("translation"), caller())
        docs = account.store.collection(KINDS[source_type])
        docs.save({**doc, "updated_at": account.clock.iso()})
        shown = present_translation(account, text)
        return reply({"translation": shown}, 201, shown["url"])

    @route(api, account, path + "/<name>", "PUT")
    def update(key: int, name: str) -> Response:
        check_write()
        doc, text = one(key, name)
        changed = update_translation(account, doc, text, json_body().get("translation") or {}, caller())
        if source_type == "Article" and changed["draft"] is not text["draft"]:
            kind = "article.unpublished" if changed["draft"] else "article.published"
            deliveries(account).article_event(kind, doc, {})
        return reply({"translation": present_translation(account, changed)})


def _add_translation_removal(api: Blueprint, account: Account) -> None:
    @route(api, account, "/translations/<int:key>", "DELETE")
    def delete(key: int) -> Response:
        check_write()
        if account.store.collection("hc_translations").delete(key) is None:
            not_found()
        return no_content()

    @route(api, account, "/locales")
    def locales() -> Response:
        names = locales_of(account)
        return reply({"locales": names, "default_locale": names[0]})
