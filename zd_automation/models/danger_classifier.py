"""The danger classifier at work for a desk: what was learnt, with the desk's lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zd_automation.models.calibrate import Floats
from zd_automation.models.danger_features import urgent_sorts
from zd_automation.models.danger_lines import Lines, Ordinary
from zd_automation.models.danger_model import FittedDanger
from zd_automation.models.encoder import Encoder
from zd_automation.models.features import Matrix
from zd_automation.triage.danger import DangerReading, DangerText


class DangerClassifier:
    """The fitted classifier at work; implements ``triage.ports.DangerModel``. Immutable, thread-safe."""

    def __init__(
        self,
        fitted: FittedDanger,
        encoders: Sequence[Encoder],
        version: str,
        lines: Lines,
        usual: Ordinary | None = None,
    ) -> None:
        self.version = version
        self.fitted = fitted
        self.lines = lines
        self.usual = usual or Ordinary(np.zeros(0))
        """Scores of the desk's own ordinary messages, on which its lines were drawn."""
        self._encoders = tuple(encoders)
        self._learnt = {tag.split("-")[0] for tag in fitted.urgent.languages}

    def has_examples(self, language: str) -> bool:
        """Whether urgent examples of a language (BCP 47) were learnt from."""
        return language.split("-")[0] in self._learnt

    def read(self, texts: Sequence[DangerText], languages: Sequence[str]) -> list[DangerReading]:
        """See :class:`triage.ports.DangerModel`."""
        if not texts:
            return []
        answers = self.fitted.answers(texts, languages, self._encoders)
        scores = self.fitted.scores(answers, texts)
        return [
            self._reading(said, float(score), language, text) if len(said) else DangerReading(0.0)
            for said, score, language, text in zip(answers, scores, languages, texts, strict=True)
        ]

    def scores(self, texts: Sequence[DangerText], languages: Sequence[str]) -> Floats:
        """Log-odds before any line, for drawing one."""
        return self.fitted.scores(self.fitted.answers(texts, languages, self._encoders), texts)

    def _reading(self, said: Matrix, score: float, language: str, text: DangerText) -> DangerReading:
        kinds = urgent_sorts(self.fitted.sorts)
        best = said[:, 1 : 1 + len(kinds)].max(axis=0)
        order = np.argsort(-best, kind="stable")
        return DangerReading(
            probability=round(self.lines.chance(score, language), 4),
            kinds=tuple(kinds[at] for at in order),
            passage=self.fitted.places(text)[int(said[:, 0].argmax())],
        )
