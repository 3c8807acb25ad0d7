"""The Help Center's content: categories, sections and articles, each one object with a translation per locale."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import blank, invalid_field

DEFAULT_LOCALE = "en-us"
KINDS = {"Category": "hc_categories", "Section": "hc_sections", "Article": "articles"}
PATHS = {"Category": "categories", "Section": "sections", "Article": "articles"}
_STAFF = frozenset({"agent", "admin"})


def locales_of(account: Account) -> list[str]:
    """The Help Center's locales in lower case, the default one first."""
    found = [str(doc["locale"]).lower() for doc in account.store.collection("locales")]
    return [DEFAULT_LOCALE, *(name for name in found if name != DEFAULT_LOCALE)]


def api_root(account: Account) -> str:
    """Where the Help Center's API lives."""
    return f"{account.base_url}/api/v2/help_center"


def slug(title: str) -> str:
    """The title's part of an article's address."""
    return quote(re.sub(r"\W+", "-", title))


def page_address(account: Account, source_type: str, key: int, locale: str, title: str) -> str:
    """The address of a page that people read."""
    return f"{account.base_url}/hc/{locale}/{PATHS[source_type]}/{key}-{slug(title)}"


def translations_of(account: Account, source_type: str, key: int) -> list[Doc]:
    """The translations of one object, its first locale's first."""
    found = account.store.collection("hc_translations").by("source_id", key)
    return [doc for doc in found if doc["source_type"] == source_type]


def translation(account: Account, source_type: str, doc: Doc, locale: str | None) -> Doc | None:
    """The translation in ``locale``; for None the default locale's, else the source locale's."""
    found = {t["locale"]: t for t in translations_of(account, source_type, doc["id"])}
    if locale is not None:
        return found.get(locale)
    return found.get(DEFAULT_LOCALE) or found.get(doc["source_locale"])


def new_object(account: Account, source_type: str, values: Mapping[str, Any], actor: Doc, **fixed: Any) -> Doc:
    """Store a category, section or article with its first translation (or those in ``translations``). Raises 422."""
    texts = values.get("translations") or [dict(values)]
    source_locale = _locale(account, values.get("locale") or values.get("source_locale") or texts[0].get("locale"))
    now = account.clock.iso()
    doc: Doc = {
        "id": account.store.next_id(KINDS[source_type]),
        "source_locale": source_locale,
        "position": values.get("position") or 0,
        "created_at": now,
        "updated_at": now,
        **fixed,
    }
    first = [_texts(text, text.get("locale") or source_locale) for text in texts]
    account.store.collection(KINDS[source_type]).save(doc)
    for text in first:
        add_translation(account, source_type, doc, text, actor)
    return doc


def _locale(account: Account, given: Any) -> str:
    name = str(given or DEFAULT_LOCALE).lower()
    if name not in locales_of(account):
        raise invalid_field("locale", f"Locale: {given} is not a valid locale", "InvalidValue")
    return name


def _texts(values: Mapping[str, Any], locale: str) -> Doc:
    title = values.get("title") or values.get("name")
    if not title:
        raise blank("title")
    body = values.get("body") if values.get("body") is not None else values.get("description")
    return {"locale": locale, "title": str(title), "body": body or "", "draft": bool(values.get("draft"))}


def add_translation(account: Account, source_type: str, doc: Doc, values: Mapping[str, Any], actor: Doc) -> Doc:
    """Store one more translation. Raises 422 for a bad or taken locale, or without a title."""
    locale = _locale(account, values.get("locale"))
    if any(t["locale"] == locale for t in translations_of(account, source_type, doc["id"])):
        raise invalid_field("locale", "Locale: has already been taken", "DuplicateValue")
    now = account.clock.iso()
    return account.store.collection("hc_translations").save({
        "id": account.store.next_id("hc_translations"),
        "source_id": doc["id"],
        "source_type": source_type,
        **_texts(values, locale),
        "outdated": bool(values.get("outdated")),
        "hidden": False,
        "created_at": now,
        "updated_at": now,
        "updated_by_id": actor.get("id"),
        "created_by_id": actor.get("id"),
    })  # fmt: skip


def update_translation(account: Account, doc: Doc, found: Doc, values: Mapping[str, Any], actor: Doc) -> Doc:
    """Change a translation's title, body, draft or outdated mark; also moves the article's ``updated_at``."""
    known = {key: values[key] for key in ("title", "body", "draft", "outdated", "hidden") if key in values}
    now = account.clock.iso()
    changed = {**found, **known, "updated_at": now, "updated_by_id": actor.get("id")}
    account.store.collection("hc_translations").save(changed)
    edited = {"edited_at": now} if "edited_at" in doc and ("title" in known or "body" in known) else {}
    account.store.collection(KINDS[found["source_type"]]).save({**doc, "updated_at": now, **edited})
    return changed


def remove(account: Account, source_type: str, doc: Doc) -> None:
    """Delete an object with its translations and everything in it."""
    for text in translations_of(account, source_type, doc["id"]):
        account.store.collection("hc_translations").delete(text["id"])
    account.store.collection(KINDS[source_type]).delete(doc["id"])
    if source_type == "Category":
        for section in account.store.collection("hc_sections").by("category_id", doc["id"]):
            remove(account, "Section", section)
    elif source_type == "Section":
        for article in account.store.collection("articles").by("section_id", doc["id"]):
            remove(account, "Article", article)


def may_read(account: Account, article: Doc, text: Doc, reader: Doc) -> bool:
    """Whether a reader may see this translation of an article: staff sees all, drafts and restricted ones included."""
    if reader.get("role") in _STAFF:
        return True
    if text["draft"]:
        return False
    keys = article.get("user_segment_ids") or [article.get("user_segment_id")]
    return any(key is None or _in_segment(account, key, reader) for key in keys)


def _in_segment(account: Account, key: int, reader: Doc) -> bool:
    segment = account.store.collection("user_segments").get(key)
    if segment is None or reader.get("id") is None or segment["user_type"] == "staff":
        return False
    tags = set(reader.get("tags") or ())
    return (
        reader["id"] in segment["added_user_ids"]
        or (set(segment["tags"]) <= tags and (not segment["or_tags"] or bool(set(segment["or_tags"]) & tags)))
    ) and (not segment["organization_ids"] or reader.get("organization_id") in segment["organization_ids"])


def present_article(account: Account, article: Doc, text: Doc) -> Doc:
    """One translation of an article as the API shows it."""
    outdated = [t["locale"] for t in translations_of(account, "Article", article["id"]) if t["outdated"]]
    return {
        "id": article["id"],
        "url": f"{api_root(account)}/{text['locale']}/articles/{article['id']}.json",
        "html_url": page_address(account, "Article", article["id"], text["locale"], text["title"]),
        "author_id": article["author_id"],
        "comments_disabled": article["comments_disabled"],
        "draft": text["draft"],
        "promoted": article["promoted"],
        "position": article["position"],
        "vote_sum": article["vote_sum"],
        "vote_count": article["vote_count"],
        "section_id": article["section_id"],
        "created_at": article["created_at"],
        "updated_at": article["updated_at"],
        "name": text["title"],
        "title": text["title"],
        "source_locale": article["source_locale"],
        "locale": text["locale"],
        "outdated": text["outdated"],
        "outdated_locales": outdated,
        "edited_at": article["edited_at"],
        "user_segment_id": article["user_segment_id"],
        "user_segment_ids": article["user_segment_ids"],
        "permission_group_id": article["permission_group_id"],
        "content_tag_ids": article["content_tag_ids"],
        "label_names": article["label_names"],
        "body": text["body"],
    }


def present_shelf(account: Account, source_type: str, doc: Doc, text: Doc) -> Doc:
    """One translation of a category or section as the API shows it."""
    key = doc["id"]
    own = {k: v for k, v in doc.items() if k not in ("id", "position", "created_at", "updated_at", "source_locale")}
    return {
        "id": key,
        "url": f"{api_root(account)}/{text['locale']}/{PATHS[source_type]}/{key}.json",
        "html_url": page_address(account, source_type, key, text["locale"], text["title"]),
        "position": doc["position"],
        "created_at": doc["created_at"],
        "updated_at": doc["updated_at"],
        "name": text["title"],
        "description": text["body"],
        "locale": text["locale"],
        "source_locale": doc["source_locale"],
        "outdated": text["outdated"],
        **own,
    }


def present_translation(account: Account, text: Doc) -> Doc:
    """A translation as the API shows it."""
    path = PATHS[text["source_type"]]
    root, key, locale = api_root(account), text["source_id"], text["locale"]
    addresses = {
        "url": f"{root}/{path}/{key}/translations/{locale}.json",
        "html_url": page_address(account, text["source_type"], key, locale, text["title"]),
    }
    return {"id": text["id"], **addresses, **{name: value for name, value in text.items() if name != "id"}}


def new_article(account: Account, section_id: int, values: Mapping[str, Any], actor: Doc) -> Doc:
    """Store an article in a section with its translations. Raises 422 for a segment that does not exist."""
    segment_ids = values.get("user_segment_ids") or []
    for key in [values.get("user_segment_id"), *segment_ids]:
        if key is not None and key not in account.store.collection("user_segments"):
            raise invalid_field("user_segment_id", "User segment: is not valid", "InvalidValue")
    return new_object(
        account,
        "Article",
        values,
        actor,
        author_id=values.get("author_id") or actor.get("id"),
        comments_disabled=bool(values.get("comments_disabled")),
        promoted=bool(values.get("promoted")),
        vote_sum=0,
        vote_count=0,
        section_id=section_id,
        edited_at=account.clock.iso(),
        user_segment_id=values.get("user_segment_id"),
        user_segment_ids=list(segment_ids),
        permission_group_id=values.get("permission_group_id") or _first_id(account, "permission_groups"),
        content_tag_ids=list(values.get("content_tag_ids") or ()),
        label_names=_clean_labels(values.get("label_names") or ()),
    )


def _clean_labels(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(str(name) for name in names))


def _first_id(account: Account, kind: str) -> int | None:
    return next((int(doc["id"]) for doc in account.store.collection(kind)), None)
