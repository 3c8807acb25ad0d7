"""Article search: words against titles, bodies and labels, ranked, and limited to what the reader may see."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from flask import request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.help_center_model import (
    DEFAULT_LOCALE,
    may_read,
    present_article,
    translations_of,
)
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError, ids_of

MOST_RESULTS = 1000
_CRITERIA = ("query", "category", "section", "label_names")
_TAG = re.compile(r"<[^>]+>")
_WORD = re.compile(r"[^\W_]+")
# Scripts written without spaces are matched by pairs of characters.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_TITLE_WEIGHT, _LABEL_WEIGHT = 4, 3
_COMMON_WORDS = """
    the and for you your with how what can are was not but this that have to in is it of my a i me do on at an
    der die das und ich nicht ist mein meine les des une est pas mon que los las una con por mi il la le de di el en
    и в не на что как я мой моя
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def words_of(text: str) -> list[str]:
    """The words of a text in lower case; texts without spaces give pairs of characters."""
    found: list[str] = []
    for word in _WORD.findall(_TAG.sub(" ", text).lower()):
        if _UNSPACED.search(word):
            found += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        else:
            found.append(word)
    return found


def search(account: Account, reader: Doc, locale: str | None = None) -> list[Doc]:
    """The articles that the request asks for, best first, as result objects. Raises 400 without any criterion."""
    arguments = request.args
    if not any(arguments.get(name) for name in _CRITERIA):
        text = "At least one of query, category, section or label_names is required"
        raise ApiError(400, {"error": "BadRequest", "description": text})
    wanted = (arguments.get("locale") or locale or DEFAULT_LOCALE).lower()
    pairs = [pair for pair in _pairs(account, reader, wanted) if _meets(account, pair[0], arguments)]
    ranked = _ranked(account, pairs, arguments.get("query", ""))
    return [_result(account, article, text) for article, text in _sorted(ranked)][:MOST_RESULTS]


def _pairs(account: Account, reader: Doc, locale: str) -> list[tuple[Doc, Doc]]:
    """Every article with each of its translations that the reader may see in this locale (``*`` for all)."""
    locales = None if locale == "*" else set(locale.replace(" ", "").split(","))
    return [
        (article, text)
        for article in account.store.collection("articles")
        for text in translations_of(account, "Article", article["id"])
        if (locales is None or text["locale"] in locales) and may_read(account, article, text, reader)
    ]


def _meets(account: Account, article: Doc, arguments: Any) -> bool:
    if arguments.get("section") and article["section_id"] not in ids_of(arguments["section"]):
        return False
    if arguments.get("category") and _category(account, article) not in ids_of(arguments["category"]):
        return False
    if arguments.get("label_names"):
        labels = {name.strip().lower() for name in arguments["label_names"].split(",")}
        if not labels & {name.lower() for name in article["label_names"]}:
            return False
    return all(
        _dated(article, key, side, arguments.get(f"{key}_{side}"))
        for key in ("created", "updated")
        for side in ("before", "after", "at")
    )


def _category(account: Account, article: Doc) -> int | None:
    section = account.store.collection("hc_sections").get(article["section_id"])
    return section["category_id"] if section else None


def _dated(article: Doc, key: str, side: str, day: str | None) -> bool:
    if not day:
        return True
    on = article[f"{key}_at"][:10]
    return bool(on < day if side == "before" else on > day if side == "after" else on == day[:10])


def _ranked(account: Account, pairs: list[tuple[Doc, Doc]], query: str) -> list[tuple[Doc, Doc]]:
    """Those that hold a word of the query, by how many and how rare; all of them when there is no query."""
    wanted = [word for word in dict.fromkeys(words_of(query)) if word not in _COMMON] or words_of(query)
    if not wanted:
        return pairs
    counted = [(article, text, _weights(account, article, text)) for article, text in pairs]
    rarity = {word: _rarity(word, [weights for _, _, weights in counted]) for word in wanted}
    scored = [
        (sum(rarity[word] * math.log1p(weights[word]) for word in wanted), article, text)
        for article, text, weights in counted
        if any(weights[word] for word in wanted)
    ]
    scored.sort(key=lambda item: (-item[0], item[1]["id"]))
    return [(article, text) for _, article, text in scored]


def _rarity(word: str, texts: Iterable[Counter[str]]) -> float:
    all_texts = list(texts)
    having = sum(1 for weights in all_texts if weights[word])
    return math.log(1 + (len(all_texts) - having + 0.5) / (having + 0.5))


def _weights(account: Account, article: Doc, text: Doc) -> Counter[str]:
    """How much each word weighs in one translation; kept until the text changes."""
    cache: dict[int, tuple[Any, Counter[str]]] = account.parts.setdefault("help_center_words", {})
    version = (text["title"], text["body"], tuple(article["label_names"]))
    known = cache.get(text["id"])
    if known is None or known[0] != version:
        weights = Counter(words_of(text["body"]))
        weights.update(words_of(text["title"]) * _TITLE_WEIGHT)
        weights.update(words_of(" ".join(article["label_names"])) * _LABEL_WEIGHT)
        known = cache[text["id"]] = (version, weights)
    return known[1]


def _sorted(pairs: list[tuple[Doc, Doc]]) -> list[tuple[Doc, Doc]]:
    key = request.args.get("sort_by")
    if key not in ("created_at", "updated_at"):
        return pairs
    return sorted(pairs, key=lambda pair: str(pair[0][key]), reverse=request.args.get("sort_order", "desc") == "desc")


def _result(account: Account, article: Doc, text: Doc) -> Doc:
    plain = " ".join(_TAG.sub(" ", text["body"]).split())
    return {**present_article(account, article, text), "snippet": plain[:200], "result_type": "article"}
