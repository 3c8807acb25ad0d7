"""Security cases: what is read, the kinds and queues there are, and how two voices make one tier.

The phrases (``triage.danger_phrases``) and the classifier (``triage.ports.DangerModel``) do not need each other: where
one is missing the other decides alone, and the decision says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from zd_automation.triage.clean import CleanText
from zd_automation.triage.danger_phrases import PhraseEvidence, read_phrases
from zd_automation.triage.desk import DangerPolicy
from zd_automation.triage.disguise import undisguised
from zd_automation.triage.passages import passages
from zd_automation.triage.patterns import PhraseBook
from zd_automation.triage.plan import Danger
from zd_automation.triage.secrets import SeedLists, find_secrets, mask

# The gravest first: in a draw the earlier kind wins.
KINDS = (
    "self_harm",
    "threat_to_life",
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
    "authority_deadline",
)
_QUEUES = {"self_harm": "safety", "threat_to_life": "safety", "authority_deadline": "legal"}
_CRITICAL = frozenset(
    {
        "account_takeover",
        "unauthorised_transaction",
        "sim_swap",
        "leaked_secret",
        "self_harm",
        "threat_to_life",
        "extortion",
    }
)
# Keys that empty a wallet by themselves: whoever writes them down for us has given them away.
_KEYS = frozenset({"seed_phrase", "private_key"})
_ONE_STATEMENT, _STRONG, _CLAIM = 0.75, 0.92, 0.3
# What the classifier must at least think of a message that states a case in a reviewed phrase: phrases are brittle, and
# in one hard ordinary message of twenty-five they find something.
_NOT_AGAINST = 0.3
# As much as the note shows; cut here, where a word can stay whole.
_LONGEST_QUOTE = 116


@dataclass(frozen=True, slots=True)
class DangerText:
    """A message as the detector reads it: undisguised, secrets blanked, in passages; and what the phrases found in it."""

    passages: tuple[str, ...]
    phrases: PhraseEvidence = field(default_factory=PhraseEvidence)
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DangerReading:
    """What the classifier thinks of a message: a probability in 0..1, kinds best first, the passage that tells most."""

    probability: float
    kinds: tuple[str, ...] = ()
    passage: int = 0


def queue_of(kind: str | None) -> str:
    """Whose case it is: security, safety (a life in danger) or legal."""
    return _QUEUES.get(kind or "", "security")


def read_message(
    text: CleanText,
    books: Iterable[PhraseBook],
    secrets: tuple[str, ...] = (),
    seed_lists: SeedLists | None = None,
    kinds_off: Iterable[str] = (),
) -> DangerText:
    """A cleaned message as both voices read it. ``secrets`` are the kinds that were found in all of the ticket."""
    plain = undisguised(text.text)
    if secrets:
        # A gap in a phrase must not catch a secret: blanked, not masked, since the mask's dots would end a sentence.
        plain = mask(plain, find_secrets(plain, seed_lists), by=" ")
    return DangerText(passages(plain), read_phrases(plain, books, tuple(kinds_off)), secrets)


def judge(text: DangerText, reading: DangerReading | None, policy: DangerPolicy, degraded: str = "") -> Danger:
    """Join the two voices into one tier. ``reading`` is None when there is no classifier."""
    phrases, learnt = text.phrases, _heard(reading, policy)
    leaked = "leaked_secret" not in policy.kinds_off and not _KEYS.isdisjoint(text.secrets)
    tier = _tier(phrases, learnt, policy, leaked=leaked)
    score = _score(phrases, learnt, leaked=leaked)
    if tier == "none":
        return Danger(score=score, degraded=degraded)
    if tier == "claimed":
        return Danger(tier, None, "low", score, phrases.alarms[:3], degraded)
    kind = _kind(phrases, learnt, leaked=leaked)
    severity = "critical" if kind in _CRITICAL else "high"
    return Danger(tier, kind, severity, score, _evidence(text, learnt), degraded, queue_of(kind))


def _heard(reading: DangerReading | None, policy: DangerPolicy) -> DangerReading | None:
    """The reading as the desk wants it: a case of a kind that is switched off is none."""
    if reading is None or not reading.kinds or reading.kinds[0] not in policy.kinds_off:
        return reading
    return DangerReading(0.0, tuple(kind for kind in reading.kinds if kind not in policy.kinds_off), reading.passage)


def _tier(phrases: PhraseEvidence, learnt: DangerReading | None, policy: DangerPolicy, *, leaked: bool) -> str:
    claimed = "claimed" if phrases.alarms or phrases.statements else "none"
    if learnt is None:
        if phrases.is_strong:
            return "certain"
        return "probable" if phrases.statements or leaked else claimed
    if learnt.probability >= policy.certain:
        return "certain"
    stated = bool(phrases.statements) and learnt.probability >= _NOT_AGAINST
    return "probable" if learnt.probability >= policy.probable or stated or leaked else claimed


def _score(phrases: PhraseEvidence, learnt: DangerReading | None, *, leaked: bool) -> float:
    """The confidence in 0..1: the classifier's where there is one, for it knows what the phrases found."""
    if learnt is not None:
        return max(learnt.probability, _ONE_STATEMENT) if leaked else learnt.probability
    if phrases.statements or leaked:
        return _STRONG if phrases.is_strong else _ONE_STATEMENT
    return _CLAIM if phrases.alarms else 0.0


def _kind(phrases: PhraseEvidence, learnt: DangerReading | None, *, leaked: bool) -> str | None:
    """The kind most often stated where the classifier thinks of it too, else its own best; the graver one in a draw."""
    stated = Counter(kind for kind, _ in phrases.statements)
    if learnt is not None and learnt.kinds:
        likely = [kind for kind in learnt.kinds[:3] if kind in stated]
        if likely or not leaked:
            return likely[0] if likely else learnt.kinds[0]
    if leaked and not stated:
        return "leaked_secret"
    return max(stated, key=lambda kind: (stated[kind], kind in _CRITICAL, -KINDS.index(kind))) if stated else None


def _evidence(text: DangerText, learnt: DangerReading | None) -> tuple[str, ...]:
    """The words that gave it away: the reviewed phrases', else the passage that the classifier found most telling."""
    stated = tuple(dict.fromkeys(words for _, words in text.phrases.statements))
    if stated or learnt is None or learnt.passage >= len(text.passages):
        return stated[:3]
    passage = text.passages[learnt.passage]
    if len(passage) > _LONGEST_QUOTE:
        passage = passage[:_LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"
    return (passage,)
