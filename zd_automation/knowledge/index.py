"""Article search by passages: words and meaning in one score, and how likely the best one is the right one."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zd_automation.knowledge.confidence import Evidence, behind, chance
from zd_automation.knowledge.meaning import Meaning
from zd_automation.knowledge.passages import Passage, passages, sentences
from zd_automation.knowledge.vectors import PassageVectors
from zd_automation.knowledge.words import Words, tokens
from zd_automation.models.cache import content_hash
from zd_automation.models.encoder import Encoder
from zd_automation.tickets import Article
from zd_automation.triage.clean import CleanText
from zd_automation.triage.plan import Suggestion

_SHOWN = 10
_LONGEST_QUOTE = 240
_YEAR = re.compile("(19|20)[0-9]{2}")
# How much words count beside the encoders (the wide one counts 1.4, the bundled one 1); across languages only names are alike.
_OWN_WORDS, _FOREIGN_WORDS = 0.8, 0.1
# A nudge, so that of two equal articles the one in the customer's language stands first.
_OWN_LANGUAGE = 0.02
# What lies no nearer than this has nothing to do with the question.
_LEAST = 0.01

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Look:
    """A search: places of the best passages of the best pages with their scores, what speaks for the first, and whose voice
    was heard (see ``confidence.chance``)."""

    places: tuple[tuple[int, float], ...]
    evidence: Evidence
    voices: str
    own_language: bool


class PassageIndex:
    """All public articles of a desk in memory; implements ``triage.ports.ArticleIndex``. Immutable once built.

    ``kept`` is a file in which vectors stay between starts.
    """

    def __init__(self, articles: Sequence[Article], encoders: Sequence[Encoder] = (), kept: Path | None = None) -> None:
        public = [article for article in articles if article.is_public]
        pages = _pages(public)
        # Articles of one page stand together, and so do their passages.
        self._articles: list[Article] = [public[at] for at in np.argsort(pages, kind="stable").tolist()]
        self._translations: dict[str, list[Article]] = {}
        for article in self._articles:
            self._translations.setdefault(str(article.id), []).append(article)
        self._passages: list[Passage] = passages(self._articles)
        page_of = np.sort(pages)[[passage.article for passage in self._passages]] if self._passages else pages[:0]
        self._starts = np.flatnonzero(np.diff(page_of, prepend=-1))
        self._page_of = np.cumsum(np.diff(page_of, prepend=-1) > 0) - 1
        languages = [_language(self._articles[passage.article].locale) for passage in self._passages]
        texts = [passage.text for passage in self._passages]
        self._languages = np.array(languages)
        self._words = Words(texts, self._page_of)
        self._meaning = Meaning(texts, languages, encoders, PassageVectors(kept))
        self._wide = [encoder.weight > 1 for encoder in encoders]
        told = [(str(a.id), a.locale, a.title, a.body, a.url) for a in public]
        self.version = content_hash(told, [encoder.name for encoder in encoders])

    def __len__(self) -> int:
        return len(self._articles)

    def search(self, texts: Sequence[CleanText], languages: Sequence[str]) -> list[tuple[Suggestion, ...]]:
        """See :class:`triage.ports.ArticleIndex`."""
        looks = self.look(texts, languages)
        return [
            self._suggestions(look, text.text, language) if look else ()
            for look, text, language in zip(looks, texts, languages, strict=True)
        ]

    def look(self, texts: Sequence[CleanText], languages: Sequence[str]) -> list[Look | None]:
        """What is found for each text, best first, and the evidence that the best is right; None where there is nothing."""
        if not texts or not self._passages:
            return [None] * len(texts)
        plain = [text.text for text in texts]
        near, weight, which = self._meaning.alike(plain, languages)
        return [
            self._look(text, language, near[row], weight[row], which[row]) if text.strip() else None
            for row, (text, language) in enumerate(zip(plain, languages, strict=True))
        ]

    def _look(
        self, text: str, language: str, near: Floats, weight: Floats, which: npt.NDArray[np.int64]
    ) -> Look | None:
        words = self._words.alike(text)
        own = self._languages == _language(language)
        share = np.where(own, _OWN_WORDS, _FOREIGN_WORDS)
        score: Floats = ((near + share * words) / (weight + share)).astype(np.float32)
        nudged = (score + _OWN_LANGUAGE * own).astype(np.float32)
        order = np.argsort(-np.maximum.reduceat(nudged, self._starts), kind="stable")[:_SHOWN].tolist()
        found = [(page, place) for page in order if score[place := self._place(nudged, page)] > _LEAST]
        if not found:
            return None
        page, best = found[0]
        return Look(
            tuple((place, float(score[place])) for _, place in found),
            self._evidence(best, page, score, words),
            self._voices(int(which[best])),
            own_language=bool(own[best]),
        )

    def _place(self, scores: Floats, page: int) -> int:
        """The best passage of a page."""
        start = int(self._starts[page])
        end = int(self._starts[page + 1]) if page + 1 < len(self._starts) else len(scores)
        return start + int(np.argmax(scores[start:end]))

    def _evidence(self, place: int, page: int, score: Floats, words: Floats) -> Evidence:
        others = np.sort(np.delete(np.maximum.reduceat(score, self._starts), page))[::-1].clip(min=0)
        worded = np.maximum.reduceat(words, self._starts)
        return Evidence(
            best=float(score[place]),
            second=float(others[0]) if len(others) else 0.0,
            fourth=float(others[min(2, len(others) - 1)]) if len(others) else 0.0,
            words=float(worded[page]),
            next_words=float(np.delete(worded, page).max(initial=0.0)),
        )

    def _voices(self, which: int) -> str:
        heard = [wide for number, wide in enumerate(self._wide) if which >> number & 1]
        if len(heard) > 1:
            return "both"
        return ("wide" if heard[0] else "one") if heard else "words"

    def _suggestions(self, look: Look, text: str, language: str) -> tuple[Suggestion, ...]:
        first = chance(look.evidence, look.voices, own_language=look.own_language)
        best = look.places[0][1]
        return tuple(
            self._suggestion(self._passages[place], behind(first, best, score), language, text)
            for place, score in look.places
        )

    def article(self, place: int) -> Article:
        """The article of a passage."""
        return self._articles[self._passages[place].article]

    def _suggestion(self, passage: Passage, score: float, language: str, text: str) -> Suggestion:
        """The found article, in the customer's language where a translation of it exists, else in English if there is one."""
        found = self._articles[passage.article]
        same = self._translations[str(found.id)]
        wanted = (_language(language), "en", _language(found.locale))
        shown = next(a for tag in wanted for a in same if _language(a.locale) == tag)
        quote = self._quote(passage.body if shown is found else "", shown, text)
        return Suggestion(str(shown.id), round(score, 4), shown.title, shown.url, shown.locale, quote)

    def _quote(self, body: str, shown: Article, text: str) -> str:
        """The sentence of the passage that has most of the question's words; the first where none has any."""
        told = sentences(body or shown.body[: 2 * _LONGEST_QUOTE])
        asked = set(tokens(text))
        best = max(told, key=lambda sentence: len(asked.intersection(tokens(sentence))), default="")
        return best if len(best) <= _LONGEST_QUOTE else best[:_LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"


def _pages(articles: Sequence[Article]) -> npt.NDArray[np.int64]:
    """A number for the page of each article: translations, and articles whose titles have the same words but for a year, are
    one page."""
    page: dict[Hashable, int] = {}
    numbers: list[int] = []
    for article in articles:
        title = tuple(sorted({word for word in tokens(article.title) if not _YEAR.fullmatch(word)}))
        keys: list[Hashable] = [("id", str(article.id)), *([("title", title)] if title else [])]
        known = sorted({page[key] for key in keys if key in page})
        number = known[0] if known else len(numbers)
        for later in known[1:]:
            page |= dict.fromkeys((key for key, told in page.items() if told == later), number)
            numbers = [number if told == later else told for told in numbers]
        page |= dict.fromkeys(keys, number)
        numbers.append(number)
    return np.array(numbers, dtype=np.int64)


def _language(tag: str) -> str:
    return tag.split("-")[0].lower()
