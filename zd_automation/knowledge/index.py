"""Article search by passages: n-grams for the words, encoder vectors for the meaning, one score for both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer

from zd_automation.models.cache import ModelCache, content_hash
from zd_automation.models.encoder import Encoder, Vectors
from zd_automation.models.terms import Terms, rows_of
from zd_automation.tickets import Article
from zd_automation.triage.clean import CleanText
from zd_automation.triage.plan import Suggestion

_PASSAGE = 500  # characters
_MOST_PASSAGES = 8
_SHOWN = 10
_OWN_LANGUAGE = 0.02  # a nudge, so that of two equal articles the one in the customer's language stands first
# Lines where a suggestion is as likely right as wrong (0.5), set by hand on the parallel FAQ with the right article
# present and missing (bench/articles.py) and on the demo's tickets, which are longer than questions and lie lower.
_MEANING_SHARE = 0.7
_SLOPE = 14.0
_MIDDLE = 0.54  # same language: meaning and words together
_MIDDLE_FOREIGN = 0.64  # another language: meaning alone, because shared words are brands and coins
_MIDDLE_WORDS = 0.3  # same language without meaning
_FOREIGN_WORDS = 0.3  # enough to be a candidate, never enough to be shown
_WORD = re.compile(r"\w\w")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")


@dataclass(frozen=True, slots=True)
class _Passage:
    article: int
    text: str


class PassageIndex:
    """All public articles of a desk in memory; implements ``triage.ports.ArticleIndex``. Immutable once built."""

    def __init__(self, articles: Sequence[Article], encoder: Encoder | None, models: ModelCache | None = None) -> None:
        self._articles = [article for article in articles if article.is_public]
        self._passages = [
            _Passage(number, text)
            for number, article in enumerate(self._articles)
            for text in _passages(article)
            if _WORD.search(text.lower())
        ]
        self._languages = np.array([self._articles[p.article].locale.split("-")[0].lower() for p in self._passages])
        self._encoder = encoder
        texts = [passage.text for passage in self._passages]
        self.version = content_hash([(str(a.id), a.locale, a.title, a.body) for a in self._articles])
        vectorizers = [
            TfidfVectorizer(sublinear_tf=True, dtype=np.float32),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, dtype=np.float32),
        ]
        if texts:
            lexical = sparse.hstack([vectorizer.fit_transform(texts) for vectorizer in vectorizers])
            self._lexical = lexical.T.tocsr()
            self._terms = [Terms.of(vectorizer) for vectorizer in vectorizers]
            self._meaning = _vectors(texts, encoder, models) if encoder else None

    def __len__(self) -> int:
        return len(self._articles)

    def search(self, texts: Sequence[CleanText], languages: Sequence[str]) -> list[tuple[Suggestion, ...]]:
        """See :class:`triage.ports.ArticleIndex`."""
        if not texts or not self._passages:
            return [()] * len(texts)
        plain = [text.text for text in texts]
        lexical = self._words_alike(plain)
        meaning = self._meaning_alike(plain)
        return [
            self._best(lexical[row], None if meaning is None else meaning[row], languages[row], plain[row])
            for row in range(len(plain))
        ]

    def _words_alike(self, plain: Sequence[str]) -> npt.NDArray[np.float32]:
        alike: npt.NDArray[np.float32] = (rows_of(self._terms, plain) @ self._lexical).toarray() / 2
        return alike

    def _meaning_alike(self, plain: Sequence[str]) -> npt.NDArray[np.float32] | None:
        if self._encoder is None or self._meaning is None:
            return None
        alike: npt.NDArray[np.float32] = self._encoder.encode(plain) @ self._meaning.T
        return alike

    def _best(
        self,
        lexical: npt.NDArray[np.float32],
        meaning: npt.NDArray[np.float32] | None,
        language: str,
        text: str,
    ) -> tuple[Suggestion, ...]:
        if not text.strip():
            return ()
        own = self._languages == language.split("-")[0].lower()
        scores = self._scores(lexical, meaning, language, own)
        order = np.argsort(-(scores + _OWN_LANGUAGE * own), kind="stable")
        chosen: dict[str, Suggestion] = {}
        for position in order:
            if len(chosen) == _SHOWN or scores[position] <= 0.01:
                break
            key = str(self._articles[self._passages[position].article].id)
            if key not in chosen:
                chosen[key] = self._suggestion(int(position), float(scores[position]), language)
        return tuple(chosen.values())

    def _scores(
        self,
        lexical: npt.NDArray[np.float32],
        meaning: npt.NDArray[np.float32] | None,
        language: str,
        own: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.float64]:
        carried = self._encoder.carries(language) if self._encoder else 0.0
        words = expit(_SLOPE * (lexical - _MIDDLE_WORDS))
        by_words: npt.NDArray[np.float64] = np.where(own, words, _FOREIGN_WORDS * words)
        if meaning is None or not carried:
            return by_words
        together = _MEANING_SHARE * meaning + (1 - _MEANING_SHARE) * np.sqrt(np.maximum(lexical, 0))
        by_both = np.where(own, expit(_SLOPE * (together - _MIDDLE)), expit(_SLOPE * (meaning - _MIDDLE_FOREIGN)))
        blended: npt.NDArray[np.float64] = carried * by_both + (1 - carried) * by_words
        return blended

    def _suggestion(self, position: int, score: float, language: str) -> Suggestion:
        """The found article, in the customer's language where a translation of it exists."""
        found = self._articles[self._passages[position].article]
        same = [a for a in self._articles if a.id == found.id]
        shown = next((a for a in same if _same_language(a.locale, language)), None) or next(
            (a for a in same if _same_language(a.locale, "en")), found
        )
        quote = _first_sentence(self._passages[position].text, found.title) if shown is found else _opening(shown)
        return Suggestion(str(shown.id), round(score, 4), shown.title, shown.url, shown.locale, quote)


def _vectors(texts: Sequence[str], encoder: Encoder, models: ModelCache | None) -> Vectors:
    """The passages' vectors; they are the slow part of an index, so they are kept by content."""
    if models is None:
        return encoder.encode(texts)
    key = content_hash(list(texts), encoder.name)
    kept: Vectors = models.get_or_build("passages", key, lambda: {"vectors": encoder.encode(texts)})["vectors"]
    return kept


def _passages(article: Article) -> list[str]:
    """The title alone, then title and stretches of the body of about 500 characters, cut at paragraphs."""
    stretches, current = [], ""
    for paragraph in (part.strip() for part in article.body.split("\n")):
        if current and len(current) + len(paragraph) > _PASSAGE:
            stretches.append(current)
            current = ""
        current = f"{current}\n{paragraph}".strip()[: 2 * _PASSAGE]
    stretches += [current] if current else []
    return [article.title, *(f"{article.title}\n{stretch}" for stretch in stretches[:_MOST_PASSAGES])]


def _first_sentence(passage: str, title: str) -> str:
    body = passage[len(title) :].strip() if passage.startswith(title) else passage
    return _SENTENCE.split(body, maxsplit=1)[0][:240] if body else ""


def _opening(article: Article) -> str:
    return _SENTENCE.split(article.body.strip(), maxsplit=1)[0][:240]


def _same_language(locale: str, language: str) -> bool:
    return locale.split("-")[0].lower() == language.split("-")[0].lower()
