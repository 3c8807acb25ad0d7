"""Security cases: reviewed phrases and a classifier, two voices that do not need each other.

A statement ("I see a withdrawal that I did not make") is evidence; an alarm word alone ("hacked!!!") is only a
claim; a denial, a hypothesis or reported news in the same sentence takes the evidence away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zd_automation.triage.desk import DangerPolicy
from zd_automation.triage.patterns import Phrase, PhraseBook, fold, sentences
from zd_automation.triage.plan import Danger

KINDS = (
    "account_takeover",
    "unauthorised_transaction",
    "sim_swap",
    "phishing_victim",
    "leaked_secret",
    "stolen_device",
    "card_fraud",
    "insider_or_fake_agent",
    "extortion",
    "vulnerability_report",
    "self_harm",
    "authority_deadline",
)
_CRITICAL = frozenset(
    {"account_takeover", "unauthorised_transaction", "sim_swap", "leaked_secret", "self_harm", "extortion"}
)
_ONE_STATEMENT, _TWO_STATEMENTS, _CLAIM = 0.75, 0.92, 0.3
# Beyond this the phrases read only the beginning and the end: a bound on work, not on truth.
_MOST_SENTENCES = 400


@dataclass(frozen=True, slots=True)
class PhraseEvidence:
    """What the phrases found: kinds with the words, and whether only an alarm word was there."""

    statements: tuple[tuple[str, str], ...] = ()
    alarms: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """How strong the phrases' evidence is, in 0..1."""
        if not self.statements:
            return _CLAIM if self.alarms else 0.0
        strong = len({words for _, words in self.statements}) > 1 or bool(self.alarms)
        return _TWO_STATEMENTS if strong else _ONE_STATEMENT

    @property
    def kind(self) -> str | None:
        """The kind most often stated; the graver one when it is a draw."""
        counts: dict[str, int] = {}
        for kind, _ in self.statements:
            counts[kind] = counts.get(kind, 0) + 1
        return max(counts, key=lambda kind: (counts[kind], kind in _CRITICAL, -KINDS.index(kind))) if counts else None


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


def judge(evidence: PhraseEvidence, probability: float | None, policy: DangerPolicy, degraded: str = "") -> Danger:
    """Join the two voices into one tier. ``probability`` is None when there is no classifier."""
    learnt = probability or 0.0
    score = (
        round(1 - (1 - evidence.score) * (1 - learnt), 4)
        if evidence.statements
        else round(max(learnt, evidence.score), 4)
    )
    tier = _tier(evidence, learnt, score, policy)
    if tier == "none":
        return Danger(score=score, degraded=degraded)
    kind = evidence.kind or ("account_takeover" if tier in {"probable", "certain"} else None)
    words = tuple(words for _, words in evidence.statements) or evidence.alarms
    severity = None if tier == "claimed" else ("critical" if kind in _CRITICAL else "high")
    return Danger(tier, kind, severity, score, words[:3], degraded)


def _tier(evidence: PhraseEvidence, learnt: float, score: float, policy: DangerPolicy) -> str:
    if evidence.statements and (score >= policy.certain or learnt >= policy.certain):
        return "certain"
    if evidence.statements or learnt >= policy.probable:
        return "probable"
    return "claimed" if evidence.alarms else "none"
