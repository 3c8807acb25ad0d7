"""The danger detector's first voice: reviewed phrases.

A statement ("I see a withdrawal that I did not make") is evidence; an alarm word alone ("hacked!!!") is only a
claim; a denial, a hypothesis or reported news in the same sentence takes the evidence away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zd_automation.triage.patterns import Phrase, PhraseBook, fold, sentences

# Beyond this the phrases read only the beginning and the end: a bound on work, not on truth.
_MOST_SENTENCES = 400


@dataclass(frozen=True, slots=True)
class PhraseEvidence:
    """What the phrases found: kinds with the words, alarm words, and excuses that took such a sentence back."""

    statements: tuple[tuple[str, str], ...] = ()
    alarms: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()

    @property
    def is_strong(self) -> bool:
        """Two different statements, or one with an alarm word: enough without the other voice."""
        return len({words for _, words in self.statements}) > 1 or bool(self.statements and self.alarms)

    def counts(self) -> tuple[int, int, int]:
        """How many statements, alarm words and excuses, each up to three: what the classifier is told."""
        return min(len(self.statements), 3), min(len(self.alarms), 3), min(len(self.withdrawn), 3)


def read_phrases(text: str, books: Iterable[PhraseBook], kinds_off: Sequence[str] = ()) -> PhraseEvidence:
    """Search a message with every given book."""
    parts = sentences(fold(text))
    if len(parts) > _MOST_SENTENCES:
        parts = parts[: _MOST_SENTENCES // 2] + parts[-_MOST_SENTENCES // 2 :]
    statements: list[tuple[str, str]] = []
    alarms: list[str] = []
    withdrawn: list[str] = []
    whole = "\n".join(parts)
    for book in books:
        near = _within_reach(book, whole)
        if near is not None:
            for sentence in parts:
                _read_sentence(sentence, near, statements, alarms, withdrawn)
    kept = tuple(dict.fromkeys(found for found in statements if found[0] not in kinds_off))
    return PhraseEvidence(kept, tuple(dict.fromkeys(alarms)), tuple(dict.fromkeys(withdrawn)))


def _within_reach(book: PhraseBook, whole: str) -> PhraseBook | None:
    """The phrases whose anchors occur at all: a hundred looks into the message instead of a hundred a sentence."""

    def kept(phrases: Iterable[Phrase]) -> tuple[Phrase, ...]:
        return tuple(phrase for phrase in phrases if phrase.is_near(whole))

    statements = {kind: found for kind, phrases in book.statements.items() if (found := kept(phrases))}
    alarms = kept(book.alarms)
    if not statements and not alarms:
        return None
    return PhraseBook(book.language, statements, alarms, kept(book.denials), kept(book.hypotheses), kept(book.news))


def _read_sentence(
    sentence: str, book: PhraseBook, statements: list[tuple[str, str]], alarms: list[str], withdrawn: list[str]
) -> None:
    found = [(kind, words) for kind, phrases in book.statements.items() if (words := _first(phrases, sentence))]
    alarm = _first(book.alarms, sentence)
    if not found and not alarm:
        return
    if excuse := _first((*book.denials, *book.hypotheses, *book.news), sentence):
        withdrawn.append(excuse)
        return
    statements.extend(found)
    if alarm:
        alarms.append(alarm)


def _first(phrases: Iterable[Phrase], sentence: str) -> str | None:
    return next((words for phrase in phrases if (words := phrase.find(sentence))), None)


def books_for(language: str, books: Mapping[str, PhraseBook]) -> list[PhraseBook]:
    """The books to read a message with: its own language's and English; all of them when the language is unknown."""
    own = [book for tag, book in books.items() if tag == language or tag.split("-")[0] == language.split("-")[0]]
    if not own:
        return list(books.values())
    english = books.get("en")
    return own if english is None or english in own else [*own, english]
