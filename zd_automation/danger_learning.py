"""Learns the danger classifier from the shipped examples and a desk's own, and draws the desk's lines on its ordinary
messages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zd_automation.danger_files import DangerExample, danger_examples_digest, load_danger_examples, load_everyday
from zd_automation.definitions import Problems
from zd_automation.desk_files import DeskFiles
from zd_automation.lessons import Reader
from zd_automation.models.cache import ModelCache, content_hash
from zd_automation.models.calibrate import Floats
from zd_automation.models.danger_classifier import DangerClassifier
from zd_automation.models.danger_fit import DangerRows, fit_danger
from zd_automation.models.danger_lines import Ordinary, draw
from zd_automation.models.danger_model import FittedDanger
from zd_automation.models.danger_stage import Booleans
from zd_automation.models.encoder import Encoder
from zd_automation.triage.clean import CleanText, clean
from zd_automation.triage.danger import read_message
from zd_automation.triage.danger_phrases import books_for
from zd_automation.triage.decide import Books
from zd_automation.triage.desk import Example

# Of the desk's own examples so many are read to draw its lines.
_MOST_USUAL = 1_500
# A topic of which this share looks urgent is a security topic, whatever the desk calls it.
_LOOKS_URGENT = 0.3
# Two desks that start together learn from the same examples: the second waits, and finds what the first has learnt.
_LEARNING = threading.Lock()

Say = Callable[[str], None]


def danger_model(
    folder: Path,
    books: Books,
    files: DeskFiles,
    reader: Reader,
    encoders: Sequence[Encoder],
    models: ModelCache,
    say: Say = lambda _: None,
) -> DangerClassifier:
    """A desk's danger classifier, from the cache or learnt now; ``say`` gets a line when it is learnt.

    ``folder`` holds the shipped examples. Desks without examples of their own share what is learnt; each has its own lines.
    Raises ModelError when there are too few examples or an encoder fails.
    """
    names = [encoder.name for encoder in encoders]
    own = files.danger.examples
    key = content_hash(
        danger_examples_digest(folder),
        [[row.text, row.language, row.urgent, row.sort] for row in own],
        [[tag, [phrase.source for kind in book.statements.values() for phrase in kind]] for tag, book in books.items()],
        names,
    )

    def build() -> dict[str, Any]:
        rows = (*load_danger_examples(folder, Problems()), *own)
        say(f"learning danger from {len(rows)} examples")
        return fit_danger(danger_rows(rows, books, reader), encoders).state()

    with _LEARNING:
        fitted = models.restored("danger", key, build, FittedDanger.from_state)
    fitted, usual = _at_the_desk(fitted, key, books, _own_examples(folder, files), reader, encoders, models)
    policy = files.desk.danger
    lines = draw(fitted.held_out, usual, policy.false_alarms, policy.lines)
    return DangerClassifier(fitted, encoders, key, lines, usual)


def _own_examples(folder: Path, files: DeskFiles) -> Sequence[Example]:
    """A desk's examples that the model has not learnt from as everyday ones.

    None for a desk made from a shipped one: what is left of it is what lies near a case, and says nothing of its usual tickets.
    """
    learnt = {row.text for row in load_everyday(folder, Problems())}
    own = [example for example in files.examples if example.text not in learnt]
    return own if 2 * len(own) > len(files.examples) else []


def danger_rows(rows: Sequence[DangerExample], books: Books, reader: Reader) -> DangerRows:
    """Examples as the model learns from them: read like tickets, in the language that somebody said or that is read."""
    cleaned = [clean("", row.text) for row in rows]
    tags = [row.language or reader(text, None).tag for row, text in zip(rows, cleaned, strict=True)]
    read = [read_message(text, books_for(tag, books)) for text, tag in zip(cleaned, tags, strict=True)]
    return DangerRows(read, tags, [r.sort for r in rows], [r.urgent for r in rows], [r.hand for r in rows])


def scored(
    model: Callable[[Sequence[Any], Sequence[str]], Any], texts: Sequence[CleanText], tags: Sequence[str], books: Books
) -> Ordinary:
    """Messages with the scores that ``model`` gives them."""
    read = [read_message(text, books_for(tag, books)) for text, tag in zip(texts, tags, strict=True)]
    scores = np.asarray(model(read, tags), dtype=np.float64) if read else np.zeros(0)
    return Ordinary(scores, tuple(tags))


def _at_the_desk(
    fitted: FittedDanger,
    key: str,
    books: Books,
    examples: Sequence[Example],
    reader: Reader,
    encoders: Sequence[Encoder],
    models: ModelCache,
) -> tuple[FittedDanger, Ordinary]:
    """The model with what is ordinary at this desk learnt too, and held-out scores of that.

    Topics that look like security topics are no part of it.
    """
    behind = examples[:: max(1, len(examples) // _MOST_USUAL)]
    if not behind:
        return fitted, Ordinary(np.zeros(0))

    def build() -> dict[str, Any]:
        texts = [clean("", example.text) for example in behind]
        tags = [example.language or reader(text, None).tag for example, text in zip(behind, texts, strict=True)]
        read = [read_message(text, books_for(tag, books)) for text, tag in zip(texts, tags, strict=True)]
        table = fitted.table(fitted.answers(read, tags, encoders), read)
        kept = _ordinary(fitted, fitted.stage.scores(table), behind)
        return {"table": table[kept], "languages": [tag for tag, keep in zip(tags, kept, strict=True) if keep]}

    read_key = content_hash(key, [[example.topic, example.text, example.language] for example in behind])
    return models.restored("usual", read_key, build, lambda state: fitted.beside(state["table"], state["languages"]))


def _ordinary(fitted: FittedDanger, scores: Floats, behind: Sequence[Example]) -> Booleans:
    """Which messages are of topics that do not look like security topics."""
    urgent = scores > draw(fitted.held_out).probable
    topics = np.array([example.topic for example in behind])
    security = {topic for topic in np.unique(topics) if urgent[topics == topic].mean() >= _LOOKS_URGENT}
    return np.array([topic not in security for topic in topics], dtype=np.bool_)
