"""The evaluation as one page that explains itself: nothing to fetch, readable in light, dark and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from zd_automation.evaluation import charts
from zd_automation.evaluation.measures import Evaluation
from zd_automation.evaluation.shares import Share

_PAIRS = 40
_READ_AT_ONCE = 20
_READ_AT_MOST = 200
_LONGEST = 700
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Figure:
    """One of the big figures: what it is called, what it says, its interval as fractions of the whole, and words."""

    name: str
    value: str
    low: float
    high: float
    at: float
    words: str


def render(evaluation: Evaluation, title: str, made_on: str) -> str:
    """One self-contained HTML file; ``made_on`` is the date as it shall be read.

    It shows the words of messages (suspected labels), so it belongs to those who may read the tickets.
    """
    environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters |= {"percent": percent, "number": _number, "clipped": _clipped, "breakable": _breakable}
    topics = sorted(evaluation.per_topic, key=lambda one: (one.recall.right - one.rows, one.topic))
    return environment.get_template("page.html.jinja").render(
        evaluation=evaluation, title=title, made_on=made_on, figures=_figures(evaluation), lead=_lead(evaluation),
        calibration=_calibration(evaluation), topics=topics, reliability=charts.reliability(evaluation),
        curve=charts.curve(evaluation), heat=charts.heat_map(evaluation), side=charts.SIDE, cell=charts.CELL,
        pairs=evaluation.confusions[:_PAIRS], first=evaluation.suspects[:_READ_AT_ONCE],
        more=evaluation.suspects[_READ_AT_ONCE:_READ_AT_MOST],
    )  # fmt: skip


def percent(value: float | None, digits: int = 1) -> str:
    """``0.913`` as ``91.3 %``, with a space that does not break; a dash where nothing is known."""
    return "–" if value is None else f"{value * 100:.{digits}f}\N{NO-BREAK SPACE}%"


def _number(count: int) -> str:
    return f"{count:,}"


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"


def _breakable(name: str) -> Markup:
    """A topic's id that may be broken after its underscores."""
    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))


def _figures(evaluation: Evaluation) -> tuple[Figure, ...]:
    f1, error = evaluation.macro_f1, evaluation.ece
    target = "" if evaluation.target is None else f"; target {percent(evaluation.target, 0)}"
    return (
        _share("Right topic first", evaluation.accuracy),
        _share("Right among three", evaluation.top_3),
        Figure("Macro F1", percent(f1.value), f1.low, f1.high, f1.value, f"{_interval(f1.low, f1.high)}; by topic"),
        _share("Speaks on", evaluation.coverage),
        _share("Right when it speaks", evaluation.precision, target),
        Figure(
            "Calibration error", percent(error), 0.0, min(1.0, evaluation.ece_by_chance), min(1.0, error),
            f"chance alone: up to {percent(evaluation.ece_by_chance)}",
        ),
    )  # fmt: skip


def _share(name: str, share: Share, more: str = "") -> Figure:
    if share.value is None:
        return Figure(name, "–", 0.0, 1.0, 0.0, f"nothing counted{more}")
    value = _told(share)
    counted = "" if share.better_as_count else f"; {_number(share.right)} of {_number(share.of)}"
    return Figure(name, value, share.low, share.high, share.value, f"{_interval(share.low, share.high)}{counted}{more}")


def _told(share: Share) -> str:
    """A percentage, or the plain count where a percentage would say too much."""
    return f"{share.right} of {share.of}" if share.better_as_count else percent(share.value)


def _interval(low: float, high: float) -> str:
    return f"{low * 100:.1f} to {percent(high)}"


def _lead(evaluation: Evaluation) -> str:
    """The result in two sentences."""
    said = (
        f"On {_number(evaluation.rows)} messages that it had not seen, the model put the right topic first for "
        f"{_told(evaluation.accuracy)}."
    )
    if evaluation.precision.value is None:
        return f"{said} It would not have spoken on any of them."
    spoke = (
        f"{said} It would have spoken on {_told(evaluation.coverage)}, and been right in {_told(evaluation.precision)} "
        "of the cases where it spoke"
    )
    return f"{spoke}{_against_target(evaluation.precision, evaluation.target)}."


def _against_target(precision: Share, target: float | None) -> str:
    if target is None:
        return ""
    if precision.low >= target:
        return f", surely above the target of {percent(target, 0)}"
    if precision.high < target:
        return f", below the target of {percent(target, 0)}"
    return f", which does not settle whether the target of {percent(target, 0)} is kept"


def _calibration(evaluation: Evaluation) -> str:
    """Whether the confidence may be believed, in a sentence."""
    measured, chance = percent(evaluation.ece), percent(evaluation.ece_by_chance)
    if evaluation.ece <= evaluation.ece_by_chance:
        return f"Confidence can be believed: its error of {measured} is no more than chance gives ({chance})."
    mean = sum(found.confidence * found.right.of for found in evaluation.bins) / evaluation.rows
    way = "sure of itself" if mean > (evaluation.accuracy.value or 0.0) else "doubtful of itself"
    return f"The model is too {way}: confidence is off by {measured}, and chance explains {chance} at most."
