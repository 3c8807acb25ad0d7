"""What a desk's topics are learnt from: its labelled messages as the models read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from zd_automation.desk_files import DeskFiles
from zd_automation.models.cache import content_hash
from zd_automation.triage.clean import CleanText, clean
from zd_automation.triage.desk import Desk, Example
from zd_automation.triage.language import Language

Reader = Callable[[CleanText, str | None], Language]
_NAMED = 10


@dataclass(frozen=True, slots=True)
class Lesson:
    """A labelled message as the models read it; ``topic`` is "" where it belongs to none of the desk's."""

    topic: str
    text: CleanText
    language: str
    id: str = ""
    created_at: datetime | None = None


def topics_on(desk: Desk) -> frozenset[str]:
    """The ids of the topics that are not switched off."""
    return frozenset(topic.id for topic in desk.topics if topic.rung != "off")


def learnable(files: DeskFiles) -> list[Example]:
    """The desk's examples of topics that are not switched off."""
    on = topics_on(files.desk)
    return [example for example in files.examples if example.topic in on]


def learning_hash(files: DeskFiles) -> str:
    """A hash of everything in the desk's files that a topic model is learnt from, and of nothing else."""
    on = topics_on(files.desk)
    rows = [[example.topic, example.text, example.language] for example in learnable(files)]
    words = [
        [topic.id, dict(topic.name), topic.description, topic.area] for topic in files.desk.topics if topic.id in on
    ]
    return content_hash(rows, words, list(files.desk.languages))


def left_out(desk: Desk, learnt: Iterable[str]) -> str:
    """A line on the desk's topics that a model does not know, "" when it knows all of them."""
    missing = sorted(topics_on(desk) - set(learnt))
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return (
        f"topics with fewer than 2 examples are left out and never named: {', '.join(missing[:_NAMED])}{more};"
        ' add examples, or set rung = "off"'
        if missing
        else ""
    )


def lessons(examples: Iterable[Example], reader: Reader) -> list[Lesson]:
    """Examples as the models read them, named by where they stand ("tr example 2 of lost_parcel").

    Those without words are left out.
    """
    counts: Counter[tuple[str | None, str]] = Counter()
    made = []
    for example in examples:
        text = clean("", example.text)
        counts[example.language, example.topic] += 1
        name = f"{example.language or ''} example {counts[example.language, example.topic]} of {example.topic}".strip()
        if text.text.strip():
            made.append(Lesson(example.topic, text, example.language or reader(text, None).tag, name))
    return made
