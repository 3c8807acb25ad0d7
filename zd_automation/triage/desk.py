"""What a desk owns, as values: its languages, topics, ladder rungs and house rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# The ladder, lowest first (design page): what a topic may do to a ticket.
RUNGS = ("off", "shadow", "note", "tag", "route")


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing customers write about. ``name`` maps a language to the words agents read; ``""`` is the default."""

    id: str
    name: Mapping[str, str]
    description: str = ""
    group: str = ""
    area: str = ""
    rung: str = "shadow"
    target_precision: float = 0.9

    @property
    def tag(self) -> str:
        """The id as Zendesk stores it in a tag: lower case, letters, digits and underscores (platform page, 7.5)."""
        return tag_of(self.id)

    def called(self, language: str) -> str:
        """The topic's name in a language, or in the desk's own when there is none."""
        return self.name.get(language) or self.name.get(language.split("-")[0]) or self.name.get("") or self.id


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled message to learn a topic from. ``language`` is a BCP 47 tag, or None when nobody said."""

    topic: str
    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of urgent cases: the group that works on it, and the tag that its view looks for."""

    group: str
    tag: str


@dataclass(frozen=True, slots=True)
class DangerPolicy:
    """How security cases are treated; ``probable`` and ``certain`` are scores in 0..1.

    ``safety`` (a life in danger) and ``legal`` are queues of their own; a queue without a group goes to ``group``.
    ``false_alarms`` is the share of ordinary tickets that may reach "probable", None for the line of the examples;
    ``lines`` moves that line by language, in logits. ``first_steps`` are the desk's own check lists by kind; ``redact``
    the kinds of secrets that may be redacted in Zendesk.
    """

    rung: str = "route"
    group: str = "Security"
    tag: str = "security_urgent"
    priority: str = "urgent"
    probable: float = 0.5
    certain: float = 0.85
    kinds_off: tuple[str, ...] = ()
    safety: Queue = Queue("", "safety_urgent")
    legal: Queue = Queue("", "legal_urgent")
    false_alarms: float | None = None
    lines: Mapping[str, float] = field(default_factory=dict)
    first_steps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    redact: tuple[str, ...] = ()

    def groups(self) -> set[str]:
        """The groups that urgent cases may go to."""
        return {self.queue(name).group for name in ("security", "safety", "legal")}

    def queue(self, name: str) -> Queue:
        """The group and tag of a queue: security, safety or legal."""
        own = {"safety": self.safety, "legal": self.legal}.get(name, Queue(self.group, self.tag))
        return Queue(own.group or self.group, own.tag)


@dataclass(frozen=True, slots=True)
class ArticlePolicy:
    """When articles are suggested; ``threshold`` is a score in 0..1."""

    rung: str = "note"
    at_most: int = 3
    threshold: float = 0.75


@dataclass(frozen=True, slots=True)
class Desk:
    """One desk: everything ``decide`` may know besides the ticket and the models."""

    name: str
    languages: tuple[str, ...]
    topics: tuple[Topic, ...] = ()
    tag_prefix: str = "zdauto_"
    note_language: str = "en"
    language_rung: str = "shadow"
    danger: DangerPolicy = DangerPolicy()
    articles: ArticlePolicy = ArticlePolicy()
    definitions_hash: str = ""
    topics_by_id: Mapping[str, Topic] = field(default_factory=dict, compare=False, repr=False)

    def topic(self, topic_id: str) -> Topic | None:
        """The topic with this id, if the desk still has it."""
        return self.topics_by_id.get(topic_id)

    @property
    def done_tag(self) -> str:
        """Our marker on every ticket that we wrote to."""
        return f"{self.tag_prefix}done"


def tag_of(name: str) -> str:
    """Any id as a safe Zendesk tag: ``promo-code`` becomes ``promo_code``."""
    cleaned = "".join(ch if ch.isascii() and ch.isalnum() else "_" for ch in name.lower())
    return "_".join(part for part in cleaned.split("_") if part)[:60]
