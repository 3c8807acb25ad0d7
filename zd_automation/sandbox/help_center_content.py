"""Categories, sections and articles, as the REST API serves them."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.delivery import deliveries
from zd_automation.sandbox.help_center_base import check_write, find, numbered, page, path_locale, route
from zd_automation.sandbox.help_center_model import (
    KINDS,
    PATHS,
    api_root,
    may_read,
    new_article,
    new_object,
    present_article,
    present_shelf,
    remove,
    translation,
)
from zd_automation.sandbox.help_center_search import search
from zd_automation.sandbox.paging import page_of
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import caller, no_content, not_found, reply, wrapped

EXPORT_PAGE = 1000
_ARTICLE_KEYS = (
    "author_id", "comments_disabled", "promoted", "position", "section_id", "permission_group_id", "user_segment_id",
    "user_segment_ids", "content_tag_ids", "label_names",
)  # fmt: skip
_SHELF_KEYS = ("position", "sorting", "parent_section_id", "category_id", "theme_template", "manageable_by")


def add_routes(api: Blueprint, account: Account) -> None:
    """Add everything that is content."""
    _add_shelves(api, account, "Category")
    _add_shelves(api, account, "Section")
    _add_sections(api, account)
    _add_article_lists(api, account)
    _add_articles(api, account)


def _shown_shelf(account: Account, source_type: str, doc: Doc, locale: str | None) -> Doc:
    text = translation(account, source_type, doc, locale)
    return present_shelf(account, source_type, doc, text) if text else not_found()


def _add_shelves(api: Blueprint, account: Account, source_type: str) -> None:
    """Routes that categories and sections have in common."""
    plural, singular = PATHS[source_type], source_type.lower()
    docs = account.store.collection(KINDS[source_type])

    @route(api, account, f"/{plural}")
    def index() -> Response:
        locale = path_locale()
        found = docs.where(lambda doc: translation(account, source_type, doc, locale) is not None)
        return page(found, plural, lambda doc: _shown_shelf(account, source_type, doc, locale))

    @route(api, account, f"/{plural}/<int:key>")
    def show(key: int) -> Response:
        locale = path_locale()
        return reply({singular: _shown_shelf(account, source_type, find(account, source_type, key), locale)})

    @route(api, account, f"/{plural}/<int:key>", "PUT")
    def update(key: int) -> Response:
        locale = path_locale()
        check_write()
        doc = find(account, source_type, key)
        values = wrapped(singular)
        known = {name: values[name] for name in _SHELF_KEYS if name in values and name in doc}
        changed = docs.save({**doc, **known, "updated_at": account.clock.iso()})
        return reply({singular: _shown_shelf(account, source_type, changed, locale)})

    @route(api, account, f"/{plural}/<int:key>", "DELETE")
    def delete(key: int) -> Response:
        check_write()
        remove(account, source_type, find(account, source_type, key))
        return no_content()


def _add_sections(api: Blueprint, account: Account) -> None:
    @route(api, account, "/categories", "POST")
    def create_category() -> Response:
        locale = path_locale()
        check_write()
        doc = new_object(account, "Category", _placed(wrapped("category"), locale), caller())
        shown = _shown_shelf(account, "Category", doc, doc["source_locale"])
        return reply({"category": shown}, 201, shown["url"])

    @route(api, account, "/categories/<int:key>/sections")
    def sections_of(key: int) -> Response:
        locale = path_locale()
        find(account, "Category", key)
        found = account.store.collection("hc_sections").by("category_id", key)
        found = [doc for doc in found if translation(account, "Section", doc, locale) is not None]
        return page(found, "sections", lambda doc: _shown_shelf(account, "Section", doc, locale))

    @route(api, account, "/categories/<int:key>/sections", "POST")
    def create_section(key: int) -> Response:
        locale = path_locale()
        check_write()
        find(account, "Category", key)
        doc = new_section(account, key, _placed(wrapped("section"), locale), caller())
        shown = _shown_shelf(account, "Section", doc, doc["source_locale"])
        return reply({"section": shown}, 201, shown["url"])


def _placed(values: Doc, locale: str | None) -> Doc:
    """What was sent, in the path's locale when it names none itself."""
    return {**values, "locale": values.get("locale") or locale}


def new_section(account: Account, category_id: int, values: Doc, actor: Doc) -> Doc:
    """Store a section in a category."""
    return new_object(
        account,
        "Section",
        values,
        actor,
        category_id=category_id,
        sorting=values.get("sorting") or "manual",
        parent_section_id=values.get("parent_section_id"),
        theme_template=values.get("theme_template") or "section_page",
    )


def _readable(account: Account, articles: list[Doc], locale: str | None) -> list[tuple[Doc, Doc]]:
    pairs = [(article, translation(account, "Article", article, locale)) for article in articles]
    return [(a, text) for a, text in pairs if text is not None and may_read(account, a, text, caller())]


def _article_page(account: Account, articles: list[Doc], locale: str | None) -> Response:
    names = {name.strip().lower() for name in request.args.get("label_names", "").split(",") if name.strip()}
    if names:
        articles = [a for a in articles if names & {label.lower() for label in a["label_names"]}]
    texts = {article["id"]: text for article, text in _readable(account, articles, locale)}
    found = [{**article, "title": texts[article["id"]]["title"]} for article in articles if article["id"] in texts]
    return page(found, "articles", lambda doc: present_article(account, doc, texts[doc["id"]]))


def _add_article_lists(api: Blueprint, account: Account) -> None:
    articles = account.store.collection("articles")

    @route(api, account, "/articles")
    def index() -> Response:
        locale = path_locale()
        return _article_page(account, list(articles), locale)

    @route(api, account, "/sections/<int:key>/articles")
    def in_section(key: int) -> Response:
        locale = path_locale()
        find(account, "Section", key)
        # zenpy names the locale as a parameter.
        chosen = locale or request.args.get("locale", "").lower() or None
        return _article_page(account, articles.by("section_id", key), chosen)

    @route(api, account, "/categories/<int:key>/articles")
    def in_category(key: int) -> Response:
        locale = path_locale()
        find(account, "Category", key)
        sections = {doc["id"] for doc in account.store.collection("hc_sections").by("category_id", key)}
        return _article_page(account, articles.where(lambda doc: doc["section_id"] in sections), locale)

    @route(api, account, "/users/<int:key>/articles")
    def by_author(key: int) -> Response:
        locale = path_locale()
        return _article_page(account, articles.by("author_id", key), locale)

    @route(api, account, "/incremental/articles")
    def incremental() -> Response:
        locale = path_locale()
        return _incremental(account, locale)

    @route(api, account, "/articles/search")
    def search_articles() -> Response:
        locale = path_locale()
        body, _ = page_of(search(account, caller(), locale), "results", dict, default=25)
        return reply(numbered(body, 25))


def _incremental(account: Account, locale: str | None) -> Response:
    """Articles changed since ``start_time`` (epoch seconds), oldest change first, 1,000 a page."""
    check_write()
    start = request.args.get("start_time", 0, type=int)
    since = datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    changed = account.store.collection("articles").where(lambda doc: doc["updated_at"] >= since)
    changed.sort(key=lambda doc: (doc["updated_at"], doc["id"]))
    chosen = _readable(account, changed, locale)[:EXPORT_PAGE]
    more = len(changed) > EXPORT_PAGE
    end = _epoch(chosen[-1][0]["updated_at"]) if chosen else start
    address = f"{api_root(account)}/incremental/articles.json?start_time={end}"
    shown = [present_article(account, article, text) for article, text in chosen]
    body = {"articles": shown, "count": len(shown), "end_time": end, "next_page": address if more else None}
    return reply(body)


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _shown_article(account: Account, article: Doc, locale: str | None) -> Doc:
    text = translation(account, "Article", article, locale)
    if text is None or not may_read(account, article, text, caller()):
        not_found()
    return present_article(account, article, text)


def _add_articles(api: Blueprint, account: Account) -> None:
    articles = account.store.collection("articles")

    @route(api, account, "/sections/<int:key>/articles", "POST")
    def create(key: int) -> Response:
        locale = path_locale()
        check_write()
        find(account, "Section", key)
        article = new_article(account, key, _placed(wrapped("article"), locale), caller())
        shown = _shown_article(account, article, article["source_locale"])
        if not shown["draft"]:
            deliveries(account).article_event("article.published", article, {})
        return reply({"article": shown}, 201, shown["url"])

    @route(api, account, "/articles/<int:key>")
    def show(key: int) -> Response:
        locale = path_locale()
        return reply({"article": _shown_article(account, find(account, "Article", key), locale)})

    @route(api, account, "/articles/<int:key>", "PUT")
    def update(key: int) -> Response:
        locale = path_locale()
        check_write()
        article = find(account, "Article", key)
        values = wrapped("article")
        # Title, body and draft belong to the translation and are ignored here, as documented.
        known = {name: values[name] for name in _ARTICLE_KEYS if name in values}
        changed = articles.save({**article, **known, "updated_at": account.clock.iso()})
        return reply({"article": _shown_article(account, changed, locale)})

    @route(api, account, "/articles/<int:key>", "DELETE")
    def archive(key: int) -> Response:
        check_write()
        article = find(account, "Article", key)
        remove(account, "Article", article)
        deliveries(account).article_event("article.unpublished", article, {})
        return no_content()
