"""The danger detector's second voice: passages judged by a kernel, messages by what their passages and the phrases say.

Stage one asks of every passage whether it is urgent, of which kind, or which sort of ordinary message it is. Stage two, a
logistic regression, weighs the best answers and those of the most telling passages together with what the reviewed phrases
found. ``models.danger_fit`` learns both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zd_automation.models.calibrate import Floats
from zd_automation.models.danger_features import MOST_PASSAGES, ends, flat, table_of, urgent_sorts
from zd_automation.models.danger_kernel import DangerKernel
from zd_automation.models.danger_lines import Ordinary
from zd_automation.models.danger_stage import Booleans, Lessons, Stage
from zd_automation.models.encoder import Encoder
from zd_automation.models.features import Matrix
from zd_automation.models.space import Space
from zd_automation.triage.danger import DangerText


@dataclass
class FittedDanger:
    """What was learnt, as plain arrays: the space, the kernel and its questions, stage two, and what that was learnt from.

    ``held`` are scores of the examples by models that have not seen their hand, ``languages`` their languages, in order, and ``hard`` says which are ordinary ones that lines are drawn on;
    ``lean`` is where n-grams of urgent passages lie, seen from ordinary ones: a cheap look at very long messages.
    """

    space: Space
    kernel: DangerKernel
    sorts: tuple[str, ...]
    lean: Matrix
    stage: Stage
    lessons: Lessons
    held: Floats
    languages: tuple[str, ...]
    hard: Booleans

    @property
    def held_out(self) -> Ordinary:
        """Scores of the hard ordinary examples by models that have not seen their hand."""
        return self._some(self.hard)

    @property
    def urgent(self) -> Ordinary:
        """The same of the urgent ones."""
        return self._some(self.lessons.urgent[: len(self.held)])

    def _some(self, here: Booleans) -> Ordinary:
        return Ordinary(self.held[here], tuple(tag for tag, keep in zip(self.languages, here, strict=True) if keep))

    def beside(self, table: Matrix, languages: Sequence[str]) -> tuple[FittedDanger, Ordinary]:
        """This with a second stage that has also learnt from a desk's ordinary messages, rows of :meth:`table`; and their
        own held-out scores."""
        stage, held = Stage.fit(self.lessons.joined(table))
        usual = held[len(held) - len(table) :]
        return replace(self, stage=stage, held=held[: len(self.held)]), Ordinary(usual, tuple(languages))

    def state(self) -> dict[str, Any]:
        """Plain arrays, strings and numbers, for the model file; examples half as exact, because they are most of it."""
        return {
            "space": self.space.state(),
            "rows": self.kernel.rows.astype(np.float16),
            "voices": self.kernel.voices,
            "sorts": list(self.sorts),
            "lean": self.lean,
            "stage": self.stage.state(),
            "lessons": self.lessons.rows,
            "taught": self.lessons.urgent,
            "groups": self.lessons.groups,
            "held": self.held,
            "languages": list(self.languages),
            "hard": self.hard,
            "trusted": self.lessons.trusted,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> FittedDanger:
        """The reverse of :meth:`state`."""
        return cls(
            Space.from_state(state["space"]),
            DangerKernel(state["rows"].astype(np.float32), state["voices"]),
            tuple(state["sorts"]),
            state["lean"],
            Stage(**state["stage"]),
            Lessons(state["lessons"], state["taught"], state["groups"], state["trusted"]),
            state["held"],
            tuple(state["languages"]),
            state["hard"],
        )

    def answers(
        self, texts: Sequence[DangerText], languages: Sequence[str], encoders: Sequence[Encoder]
    ) -> list[Matrix]:
        """What the kernel says of each message's passages, shape (passages, questions) each."""
        parts, owner, tags = flat(texts, languages, [self.places(text) for text in texts])
        said = (
            self.kernel.scores(self.space.rows(parts, tags, encoders)) if parts else np.zeros((0, 1 + len(self.sorts)))
        )
        return [said[owner == at].astype(np.float32) for at in range(len(texts))]

    def places(self, text: DangerText) -> list[int]:
        """Which passages are read: all, or of a very long message both ends and those whose words lean most to urgent ones."""
        if len(text.passages) <= MOST_PASSAGES:
            return list(range(len(text.passages)))
        outer = ends(text.passages, MOST_PASSAGES // 3)
        leaning = self.space.ngrams.transform(text.passages) @ self.lean
        others = [int(place) for place in np.argsort(-leaning, kind="stable") if place not in outer]
        return sorted([*outer, *others[: MOST_PASSAGES - len(outer)]])

    def scores(self, answers: Sequence[Matrix], texts: Sequence[DangerText]) -> Floats:
        """Log-odds of stage two for each message, as far above 0 as urgent held-out examples lie above ordinary ones."""
        return self.stage.scores(self.table(answers, texts)) if len(texts) else np.zeros(0)

    def table(self, answers: Sequence[Matrix], texts: Sequence[DangerText]) -> Matrix:
        """What stage two sees of each message, shape (messages, numbers)."""
        return table_of(answers, texts, len(urgent_sorts(self.sorts)))
