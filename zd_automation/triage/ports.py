"""What the core asks of the models: Protocols, so that ``decide`` never knows how anything was learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zd_automation.triage.clean import CleanText
from zd_automation.triage.danger import DangerReading, DangerText
from zd_automation.triage.plan import Scored, Suggestion


@dataclass(frozen=True, slots=True)
class TopicRanking:
    """Topics by calibrated confidence, best first. ``threshold`` is the best topic's own line for its target precision.

    ``known`` is how like the examples the message is; ``because`` the words and examples that speak for the best topic;
    ``second`` another topic that a sentence of its own speaks for, where the message has two problems.
    """

    candidates: tuple[Scored, ...]
    threshold: float
    known: float
    because: tuple[str, ...] = ()
    silence: str = ""
    second: Scored | None = None


class TopicModel(Protocol):
    """Reads topics. Calls are batched: one call for any number of tickets."""

    version: str

    def rank(self, texts: Sequence[CleanText], languages: Sequence[str]) -> list[TopicRanking]:
        """One ranking for each text, in order; ``languages`` holds the BCP 47 tag of each text."""
        ...


class DangerModel(Protocol):
    """The second voice of the danger detector."""

    version: str

    def read(self, texts: Sequence[DangerText], languages: Sequence[str]) -> list[DangerReading]:
        """What each text is: how likely a security case, of which kind, and where it says so."""
        ...


class ArticleIndex(Protocol):
    """Finds help-centre articles; knows public ones only."""

    version: str

    def search(self, texts: Sequence[CleanText], languages: Sequence[str]) -> list[tuple[Suggestion, ...]]:
        """Up to ten articles for each text, best first, one translation an article."""
        ...
