"""The one answer: what should happen to a ticket, and why."""

from __future__ import annotations

from dataclasses import dataclass

from zd_automation.triage.language import Language

# Danger tiers, weakest first: ``claimed`` is an alarm word with nothing behind it.
TIERS = ("none", "claimed", "probable", "certain")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a part of the plan is as it is. ``part`` is language, topic, danger, secrets, articles or routing."""

    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Scored:
    """Something with a probability or score in 0..1."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Danger:
    """A security case. ``evidence`` is the words that gave it away; it goes to the note, never to a log.

    ``severity`` is critical, high, or low for a mere claim; ``queue`` whose case it is: security, safety or legal.
    """

    tier: str = "none"
    kind: str | None = None
    severity: str | None = None
    score: float = 0.0
    evidence: tuple[str, ...] = ()
    degraded: str = ""
    queue: str = "security"

    @property
    def is_urgent(self) -> bool:
        """Whether the senior team must see it now."""
        return self.tier in {"probable", "certain"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A help-centre article to show the agent. ``quote`` is a sentence of the article, never generated."""

    id: str
    score: float
    title: str = ""
    url: str = ""
    locale: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Versions:
    """What decided: enough to replay the decision."""

    definitions: str
    topic_model: str
    danger_model: str
    article_index: str
    package: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What one write should carry. ``writes`` says which parts the ladder allows: note, tags, group, priority.

    ``second`` is another topic where the message has two problems; it is tagged, and never routes.
    """

    ticket_id: str
    language: Language
    topic: Scored | None
    candidates: tuple[Scored, ...]
    danger: Danger
    secrets: tuple[str, ...]
    articles: tuple[Suggestion, ...]
    article_candidates: tuple[Suggestion, ...]
    group: str | None
    priority: str | None
    tags: tuple[str, ...]
    note: str | None
    reasons: tuple[Reason, ...]
    versions: Versions
    writes: frozenset[str] = frozenset()
    second: Scored | None = None

    @property
    def is_silent(self) -> bool:
        """True when nothing at all is to be written."""
        return not self.writes
