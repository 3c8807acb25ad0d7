"""What the danger benchmark reads, learns and counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.topic_sets import Remembered, Sets
from zd_automation.danger_files import DangerExample, load_books, load_danger_examples
from zd_automation.danger_learning import danger_rows
from zd_automation.definitions import Problems, room
from zd_automation.models.danger_classifier import DangerClassifier
from zd_automation.models.danger_fit import fit_danger
from zd_automation.models.danger_lines import draw, line_at
from zd_automation.models.danger_model import FittedDanger
from zd_automation.models.encoders import installed_encoders
from zd_automation.triage.clean import clean
from zd_automation.triage.danger import judge, read_message
from zd_automation.triage.danger_phrases import books_for
from zd_automation.triage.desk import DangerPolicy
from zd_automation.triage.plan import Danger

Floats = npt.NDArray[np.float64]
# Of banking and other public sources, so many ordinary rows are learnt from beside all the urgent ones.
_ORDINARY_OF_A_SOURCE = 2_500
# Challenge rows say zh; all of them are simplified.
_TAGS = {"zh": "zh-Hans"}


@dataclass
class Rows:
    """Messages with languages, and whether each is urgent; ``sorts`` where somebody said."""

    texts: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    urgent: list[bool] = field(default_factory=list)
    sorts: list[str] = field(default_factory=list)

    def some(self, kept: Callable[[int], bool]) -> Rows:
        """Those whose place ``kept`` agrees to."""
        at = [place for place in range(len(self.texts)) if kept(place)]
        columns = (self.texts, self.languages, self.urgent, self.sorts or [""] * len(self.texts))
        return Rows(*([column[place] for place in at] for column in columns))  # type: ignore[arg-type]

    def side(self, *, urgent: bool) -> Rows:
        """The urgent ones, or the ordinary ones."""
        return self.some(lambda at: self.urgent[at] is urgent)

    def changed(self, change: Callable[[str], str]) -> Rows:
        """The same messages with other words."""
        return Rows([change(text) for text in self.texts], self.languages, self.urgent, self.sorts)


class Ground:
    """The shipped files, the shared sets, the encoders with their vectors kept: all that a section needs."""

    def __init__(self, data: Path, vectors: Path | None) -> None:
        problems = Problems()
        self.sets = Sets(data)
        self.folder = room("models") / "danger"
        self.books = load_books(self.folder / "patterns", problems)
        self.shipped = load_danger_examples(self.folder / "examples", problems)
        problems.raise_if_any()
        self.encoders = [Remembered(encoder, vectors) for encoder in installed_encoders()]
        self._security = [row for row in self.sets.rows("security_urgent_v0") if row["label"] != "borderline"]

    def learn(self, rows: Sequence[DangerExample]) -> FittedDanger:
        """A model of these examples."""
        fitted = fit_danger(danger_rows(rows, self.books, no_reader), self.encoders)
        for encoder in self.encoders:
            encoder.keep()
        return fitted

    def without(self, **named: str) -> list[DangerExample]:
        """The shipped examples without those of a language (its first part), a hand or a kind of desk."""
        return [row for row in self.shipped if all(_part(getattr(row, key)) != value for key, value in named.items())]

    def source(self, name: str, split: str = "", language: str = "en") -> Rows:
        """Rows of security_urgent_v0 from one of its sources."""
        rows = [
            r for r in self._security if r["source"] == name and r["lang"] == language and split in ("", r["split"])
        ]
        return Rows([r["text"] for r in rows], [r["lang"] for r in rows], [r["label"] == "1" for r in rows])

    def challenge(self) -> Rows:
        """The 19-language challenge."""
        rows = self.sets.rows("urgency", "challenge_19_languages.jsonl.gz")
        tags = [_TAGS.get(row["lang"], row["lang"]) for row in rows]
        return Rows([r["text"] for r in rows], tags, [bool(r["urgent"]) for r in rows], [r["cls"] for r in rows])

    def blind(self) -> Rows:
        """The symptoms-only set of an examiner's hand, beside this file: never learnt from."""
        problems = Problems()
        rows = load_danger_examples(Path(__file__).parent / "danger_blind", problems)
        problems.raise_if_any()
        return Rows(
            [r.text for r in rows], [r.language for r in rows], [r.urgent for r in rows], [r.sort for r in rows]
        )

    def scores(self, fitted: FittedDanger, rows: Rows) -> Floats:
        """Log-odds of each message, before any line."""
        return DangerClassifier(fitted, self.encoders, "bench", draw(fitted.held_out)).scores(
            self._read(rows), rows.languages
        )

    def judged(self, fitted: FittedDanger, rows: Rows) -> list[Danger]:
        """What the whole detector says, both voices, with the shipped lines."""
        model = DangerClassifier(fitted, self.encoders, "bench", draw(fitted.held_out))
        texts = self._read(rows)
        readings = model.read(texts, rows.languages)
        return [judge(text, reading, DangerPolicy()) for text, reading in zip(texts, readings, strict=True)]

    def _read(self, rows: Rows) -> list:  # type: ignore[type-arg]
        return [
            read_message(clean("", text), books_for(tag, self.books))
            for text, tag in zip(rows.texts, rows.languages, strict=True)
        ]


def _part(value: str) -> str:
    return value.split("-")[0]


def no_reader(text: object, locale: object) -> object:  # noqa: ARG001 - the shape of a reader
    """Reads no language."""
    raise AssertionError("every benchmark row says its language")


def examples(rows: Rows, hand: str, most_ordinary: int = _ORDINARY_OF_A_SOURCE) -> list[DangerExample]:
    """Rows to learn from: all urgent ones and so many ordinary ones, evenly taken."""
    ordinary = [at for at, urgent in enumerate(rows.urgent) if not urgent]
    kept = {*ordinary[:: max(1, len(ordinary) // most_ordinary)]} | {
        at for at, urgent in enumerate(rows.urgent) if urgent
    }
    return [DangerExample(rows.texts[at], rows.languages[at], rows.urgent[at], hand=hand) for at in sorted(kept)]


def recall_at(scores: Floats, urgent: Sequence[bool], share: float, line: float | None = None) -> tuple[float, float]:
    """Recall, and the share of false alarms, at the line that ``share`` of these very ordinary rows exceed, or at ``line``."""
    told = np.array(urgent)
    at = line_at(scores[~told], share) if line is None else line
    return float((scores[told] > at).mean()), float((scores[~told] > at).mean())


def line(*cells: object) -> None:
    """A row of a table."""
    print(
        "| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |", flush=True
    )


def heading(*cells: str) -> None:
    """The head of a table."""
    line(*cells)
    print("|" + "---|" * len(cells))
