"""May the candidate replace the active model? Both are held against the same messages, row by row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zd_automation.errors import ModelError
from zd_automation.evaluation.predictions import Predictions
from zd_automation.evaluation.shares import ONE_SIDE, Share, at_least, wilson

LEAST_ROWS = 50
"""With fewer messages that have a topic nothing is promoted."""
LEAST_TOPIC_ROWS = 10
"""A topic with fewer messages is not held against its floor."""
_DOUBT = 0.05
_POINT = 0.01
_UNLUCKY = 1

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Verdict:
    """Whether the candidate may be promoted; every reason against it and every fact says its numbers."""

    ok: bool
    reasons: tuple[str, ...]
    """Why it is refused; empty where it is not."""
    facts: tuple[str, ...]
    """What was compared, whatever came out."""

    def as_json(self) -> dict[str, Any]:
        """The verdict as plain values."""
        return {"ok": self.ok, "reasons": list(self.reasons), "facts": list(self.facts)}


def judge(
    candidate: Predictions, active: Predictions, floors: Mapping[str, float], retired: Collection[str] = ()
) -> Verdict:
    """Refuse a candidate that is worse than the active model on the same labelled messages.

    It is refused when

    - fewer than 50 messages have a topic: too few to judge;
    - it lacks a topic that the active model knows, unless the desk itself gave the topic up (``retired``);
    - its best topic is right on significantly fewer messages (exact test on the messages on which only one of the
      two is right, one-sided 5 %);
    - it speaks rightly on significantly fewer messages (the same test) and not wrongly on significantly fewer;
    - its precision when spoken is more than one point lower and its coverage is not higher;
    - its precision when spoken is below the active model's lower Wilson bound (one-sided 95 %), at any coverage;
    - a topic falls through its floor. ``floors`` holds the least precision when spoken by topic id. A topic falls
      when it has at least 10 messages, the active model reached the floor on it, the candidate does not, the
      candidate's precision is below the lower Wilson bound (one-sided 95 %) of the active model's, and it is wrong
      at least twice more often: one unlucky message decides nothing.

    Raises ModelError when the two were not judged on the same messages and labels.
    """
    _check_same_rows(candidate, active)
    rows = int(active.in_scope.sum())
    reasons = [] if rows >= LEAST_ROWS else [_too_few(rows)]
    reasons += _missing_topics(candidate, active, retired)
    reasons += _worse_best_topic(candidate, active)
    reasons += _worse_speaking(candidate, active)
    for topic in sorted(set(floors) & set(active.learnt) & set(candidate.learnt)):
        reasons += _fallen(topic, floors[topic], candidate, active)
    return Verdict(not reasons, tuple(reasons), _facts(candidate, active, rows))


def _check_same_rows(candidate: Predictions, active: Predictions) -> None:
    what = ""
    if len(candidate) != len(active):
        what = f"{len(candidate)} messages and {len(active)}"
    elif candidate.ids != active.ids or candidate.texts != active.texts:
        what = "different messages, or another order"
    elif candidate.labels() != active.labels():
        what = "the same messages under different labels"
    if what:
        raise ModelError(f"gate: candidate and active model were judged on {what}; judge both on one history")


def _too_few(rows: int) -> str:
    return f"too few to judge: {rows} messages have a topic, at least {LEAST_ROWS} are needed; give a longer history"


def _missing_topics(candidate: Predictions, active: Predictions, retired: Collection[str]) -> list[str]:
    lost = sorted(set(active.learnt) - set(candidate.learnt) - set(retired))
    return [f"{len(lost)} topic(s) of the active model are missing in the candidate: {', '.join(lost)}"] if lost else []


def _worse_best_topic(candidate: Predictions, active: Predictions) -> list[str]:
    gained, lost, chance = _discordant(candidate.correct, active.correct)
    if lost <= gained or chance >= _DOUBT:
        return []
    accuracies = _both(_accuracy(candidate), _accuracy(active))
    return [f"its best topic is right less often: {accuracies}; {_traded(gained, lost, chance)}"]


def _worse_speaking(candidate: Predictions, active: Predictions) -> list[str]:
    found = []
    gained, lost, chance = _discordant(candidate.correct & candidate.spoken, active.correct & active.spoken)
    if lost > gained and chance < _DOUBT and not _fewer_mistakes(candidate, active):
        found.append(
            f"it speaks rightly on fewer messages, and not wrongly on significantly fewer: "
            f"{_traded(gained, lost, chance)}; coverage {_both(_coverage(candidate), _coverage(active))}"
        )
    new, old = _precision(candidate), _precision(active)
    if new.value is None or old.value is None:
        return found
    if new.value < old.value - _POINT and (_coverage(candidate).value or 0) <= (_coverage(active).value or 0):
        found.append(
            f"precision when spoken is lower by {(old.value - new.value) * 100:.1f} points and coverage is not higher: "
            f"precision {_both(new, old)}, coverage {_both(_coverage(candidate), _coverage(active))}"
        )
    elif new.value < _bound(old):
        found.append(
            f"precision when spoken fell below {_bound(old):.1%}, the lower bound of the active model's: "
            f"{_both(new, old)}"
        )
    return found


def _fewer_mistakes(candidate: Predictions, active: Predictions) -> bool:
    gained, lost, chance = _discordant(candidate.spoken & ~candidate.correct, active.spoken & ~active.correct)
    return lost > gained and chance < _DOUBT


def _fallen(topic: str, floor: float, candidate: Predictions, active: Predictions) -> list[str]:
    rows = int((active.right == active.topics.index(topic)).sum())
    new, old = _precision(candidate, topic), _precision(active, topic)
    if rows < LEAST_TOPIC_ROWS or new.value is None or old.value is None:
        return []
    clearly = new.value < _bound(old) and (new.of - new.right) - (old.of - old.right) > _UNLUCKY
    if not (old.value >= floor > new.value and clearly):
        return []
    return [f"{topic} falls through its floor of {floor:.0%}: precision when spoken {_both(new, old)}"]


def _discordant(ours: Mask, theirs: Mask) -> tuple[int, int, float]:
    """Rows only ``ours`` has, rows only ``theirs`` has, and how probable so many of the latter are by chance."""
    gained, lost = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    return gained, lost, at_least(lost, gained + lost, 0.5)


def _traded(gained: int, lost: int, chance: float) -> str:
    return f"{lost} messages lost and {gained} gained, which chance alone does in {chance:.1%} of cases"


def _bound(share: Share) -> float:
    return wilson(share.right, share.of, ONE_SIDE)[0]


def _accuracy(predictions: Predictions) -> Share:
    return Share.counted(predictions.correct, predictions.in_scope)


def _coverage(predictions: Predictions) -> Share:
    return Share.counted(predictions.spoken, predictions.in_scope)


def _precision(predictions: Predictions, topic: str | None = None) -> Share:
    among = predictions.spoken
    if topic is not None:
        among = among & (predictions.said == predictions.topics.index(topic))
    return Share.counted(predictions.correct, among)


def _both(new: Share, old: Share) -> str:
    return f"{_short(new)}, active {_short(old)}"


def _short(share: Share) -> str:
    return "none spoken" if share.value is None else f"{share.value:.1%} ({share.right} of {share.of})"


def _facts(candidate: Predictions, active: Predictions, rows: int) -> tuple[str, ...]:
    gained, lost, _ = _discordant(candidate.correct, active.correct)
    return (
        f"{rows} messages with a topic, {len(active) - rows} without",
        f"accuracy {_both(_accuracy(candidate), _accuracy(active))}; {gained} messages gained, {lost} lost",
        f"precision when spoken {_both(_precision(candidate), _precision(active))}",
        f"coverage {_both(_coverage(candidate), _coverage(active))}",
    )
