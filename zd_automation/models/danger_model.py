"""The danger detector's second voice: passages judged by a kernel, messages by what their passages and the phrases say.

Stage one asks of every passage whether it is urgent, of which kind, or which sort of ordinary message it is. Stage two, a
logistic regression, weighs the best answers and those of the most telling passages together with what the reviewed phrases
found. It learns from answers of models that have not seen the message's hand, as does everything that is promised.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from zd_automation.errors import ModelError
from zd_automation.models.calibrate import Floats
from zd_automation.models.danger_kernel import DangerKernel
from zd_automation.models.danger_lines import Ordinary
from zd_automation.models.danger_stage import Booleans, Integers, Lessons, Stage
from zd_automation.models.encoder import Encoder
from zd_automation.models.features import Matrix
from zd_automation.models.space import Space
from zd_automation.triage.danger import KINDS, DangerText

_LEAST = 10
# An urgent story but for a fact that makes it harmless: no encoder of ours tells the two well, and of both the urgent one is
# by far the more frequent and the dearer to miss. So such rows count less, and draw no line.
TWIN = "twin"
_TWIN_TRUST = 0.3
# The hand of a desk's own examples, and how much more they are trusted.
OWN = "desk"
_OWN_TRUST = 3.0
# Stage two looks at the best answers of all passages, and at so many passages that tell most.
_TOLD_BY = 3
# Of the messages so many teach the second stage once more, among up to so many ordinary passages.
_LENGTHENED, _MOST_AROUND = 0.4, 8
# Passages of one message that are read: the first, and those most like urgent ones by their words alone.
_MOST_PASSAGES = 24
# A table of more examples than this asks for gigabytes while it is solved; an even share stands for the rest.
_MOST_EXAMPLES = 12_000
# Blocks that rows are held out in where there are not several hands.
_BLOCKS = 5


@dataclass(frozen=True)
class DangerRows:
    """Messages to learn from, in order: as read, their language (BCP 47), sort (a kind, or a case of an ordinary message), whether urgent,
    and the hand that wrote them."""

    texts: Sequence[DangerText]
    languages: Sequence[str]
    sorts: Sequence[str]
    urgent: Sequence[bool]
    hands: Sequence[str]


@dataclass
class FittedDanger:
    """What was learnt, as plain arrays: the space, the kernel and its questions, stage two, and what that was learnt from.

    ``held`` are scores of the examples by models that have not seen their hand, ``languages`` their languages, in order; ``lean`` is where n-grams of urgent passages lie, seen from ordinary ones: a cheap look at very long messages.
    """

    space: Space
    kernel: DangerKernel
    sorts: tuple[str, ...]
    lean: Matrix
    stage: Stage
    lessons: Lessons
    held: Floats
    languages: tuple[str, ...]
    twins: Booleans

    @property
    def held_out(self) -> Ordinary:
        """Scores of the ordinary examples, twins of urgent ones aside, by models that have not seen their hand."""
        return self._some(~self.lessons.urgent[: len(self.held)] & ~self.twins)

    @property
    def twin_scores(self) -> Ordinary:
        """The same of the twins."""
        return self._some(self.twins)

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
            "twins": self.twins,
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
            state["twins"],
        )

    def answers(
        self, texts: Sequence[DangerText], languages: Sequence[str], encoders: Sequence[Encoder]
    ) -> list[Matrix]:
        """What the kernel says of each message's passages, shape (passages, questions) each."""
        flat, owner, tags = _flat(texts, languages, [self.places(text) for text in texts])
        said = self.kernel.scores(self.space.rows(flat, tags, encoders)) if flat else np.zeros((0, 1 + len(self.sorts)))
        return [said[owner == at].astype(np.float32) for at in range(len(texts))]

    def places(self, text: DangerText) -> list[int]:
        """Which passages are read: all, or of a very long message both ends and those whose words lean most to urgent ones."""
        ends = _ends(text.passages, _MOST_PASSAGES)
        if len(ends) == len(text.passages):
            return ends
        ends = _ends(text.passages, _MOST_PASSAGES // 3)
        leaning = self.space.ngrams.transform(text.passages) @ self.lean
        others = [int(place) for place in np.argsort(-leaning, kind="stable") if place not in ends]
        return sorted([*ends, *others[: _MOST_PASSAGES - len(ends)]])

    def scores(self, answers: Sequence[Matrix], texts: Sequence[DangerText]) -> Floats:
        """Log-odds of stage two for each message, as far above 0 as urgent held-out examples lie above ordinary ones."""
        return self.stage.scores(self.table(answers, texts)) if len(texts) else np.zeros(0)

    def table(self, answers: Sequence[Matrix], texts: Sequence[DangerText]) -> Matrix:
        """What stage two sees of each message, shape (messages, numbers)."""
        return _table(answers, texts, len(urgent_sorts(self.sorts)))


def fit_danger(rows: DangerRows, encoders: Sequence[Encoder]) -> FittedDanger:
    """Learn from messages (seeded). Raises ModelError when either side has fewer than ten rows."""
    urgent = np.array(rows.urgent, dtype=np.bool_)
    if min(int(urgent.sum()), int((~urgent).sum())) < _LEAST:
        raise ModelError("the danger classifier needs at least 10 urgent and 10 ordinary examples")
    places = [_ends(text.passages, _MOST_PASSAGES) for text in rows.texts]
    flat, owner, tags = _flat(rows.texts, rows.languages, places)
    space, table = Space.fit(flat, tags, encoders)
    sorts = _ordered(rows.sorts, urgent)
    questions = _questions(rows.sorts, urgent, sorts)[owner]
    telling = _telling(table, questions, owner, urgent)
    telling &= _within(_MOST_EXAMPLES, telling, questions[:, 0] > 0)
    blocks = _blocks(rows.hands, urgent)[owner]
    trust = _trust(questions[telling], (np.array(rows.hands) == OWN)[owner][telling])
    trust *= np.where((np.array(rows.sorts) == TWIN)[owner][telling], _TWIN_TRUST, 1.0).astype(np.float32)
    # Workers have one thread each for their algebra; this one large system may have the machine.
    with threadpool_limits(limits=os.cpu_count()):
        kernel, without = DangerKernel.fit_held_out(table[telling], questions[telling], trust, blocks[telling])
    said = np.empty_like(questions)
    for block, voices in without.items():
        said[blocks == block] = kernel.scores(table[blocks == block], voices)
    answers = [said[owner == at] for at in range(len(urgent))]
    long, whose = _lengthened(answers, urgent)
    kinds, texts = len(urgent_sorts(sorts)), [*rows.texts, *(rows.texts[at] for at in whose)]
    groups = np.concatenate([np.arange(len(urgent)), whose])
    twins = np.array(rows.sorts) == TWIN
    trusted = np.where(np.concatenate([twins, twins[whose]]), _TWIN_TRUST, 1.0)
    lessons = Lessons(_table([*answers, *long], texts, kinds), np.concatenate([urgent, urgent[whose]]), groups, trusted)
    stage, held = Stage.fit(lessons)
    return FittedDanger(
        space=space,
        kernel=kernel,
        sorts=sorts,
        lean=_lean(table, urgent[owner], space),
        stage=stage,
        lessons=lessons,
        held=held[: len(urgent)],
        languages=tuple(rows.languages),
        twins=twins,
    )


def _lean(table: Matrix, urgent: Booleans, space: Space) -> Matrix:
    ngrams = table[:, : space.ngrams.components.shape[1]]
    lean: Matrix = (ngrams[urgent].mean(axis=0) - ngrams[~urgent].mean(axis=0)).astype(np.float32)
    return lean


def _lengthened(answers: Sequence[Matrix], urgent: Booleans) -> tuple[list[Matrix], Integers]:
    """Messages among other people's ordinary passages, and whose message each is (seeded).

    Most examples are short, most tickets are not: without these the second stage would take every greeting for a sign
    that nothing is wrong.
    """
    deal = np.random.default_rng(0)
    ordinary = [said for said, is_urgent in zip(answers, urgent, strict=True) if not is_urgent and len(said)]
    whose = np.flatnonzero(deal.random(len(answers)) < _LENGTHENED)
    counts = deal.integers(1, _MOST_AROUND + 1, len(whose))
    long = [
        np.vstack([answers[at], *(ordinary[pick][:1] for pick in deal.integers(0, len(ordinary), count).tolist())])
        for at, count in zip(whose.tolist(), counts.tolist(), strict=True)
    ]
    return long, whose


def _flat(
    texts: Sequence[DangerText], languages: Sequence[str], places: Sequence[Sequence[int]]
) -> tuple[list[str], Integers, list[str]]:
    """The passages at these places of each message one after the other, whose each is, and its language."""
    flat = [text.passages[place] for text, chosen in zip(texts, places, strict=True) for place in chosen]
    owner = np.repeat(np.arange(len(texts)), [len(chosen) for chosen in places]).astype(np.int64)
    return flat, owner, [languages[at] for at in owner.tolist()]


def _ends(passages: Sequence[str], most: int) -> list[int]:
    """Places of the first and the last passages, ``most`` in all: where people say what they want."""
    if len(passages) <= most:
        return list(range(len(passages)))
    return [*range(most // 2), *range(len(passages) - most // 2, len(passages))]


def _ordered(sorts: Sequence[str], urgent: Booleans) -> tuple[str, ...]:
    """The questions of sort, kinds first."""
    seen = {sort for sort, is_urgent in zip(sorts, urgent, strict=True) if is_urgent and sort}
    others = {sort for sort, is_urgent in zip(sorts, urgent, strict=True) if not is_urgent and sort}
    return (*(kind for kind in KINDS if kind in seen), *sorted(others - seen))


def urgent_sorts(sorts: Sequence[str]) -> list[str]:
    """The kinds among sorts, in their order."""
    return [sort for sort in sorts if sort in KINDS]


def _questions(sorts: Sequence[str], urgent: Booleans, known: Sequence[str]) -> Matrix:
    """Answers, 1 or -1, of shape (messages, 1 + sorts): urgent or not, and each sort."""
    of_sort = np.array([[sort == other for other in known] for sort in sorts], dtype=np.float32).reshape(len(sorts), -1)
    return (np.hstack([urgent[:, None].astype(np.float32), of_sort]) * 2 - 1).astype(np.float32)


def _trust(questions: Matrix, own: Booleans | None = None) -> Matrix:
    """Urgent and ordinary examples count alike as wholes; a desk's own count more than the shipped ones."""
    urgent = questions[:, 0] > 0
    trust = np.where(urgent, (~urgent).sum() / max(1, urgent.sum()), 1.0)
    return np.asarray(trust if own is None else np.where(own, _OWN_TRUST * trust, trust), dtype=np.float32)


def _telling(table: Matrix, questions: Matrix, owner: Integers, urgent: Booleans) -> Booleans:
    """Which passages stand for their message: of an urgent one only that which tells most, of an ordinary one the two
    that come closest to telling; judged by a first model on messages of one passage."""
    alone = np.bincount(owner, minlength=len(urgent))[owner] == 1
    if alone.all() or not (alone & (questions[:, 0] > 0)).any() or not (alone & (questions[:, 0] < 0)).any():
        return np.ones(len(owner), dtype=np.bool_)
    few = np.flatnonzero(alone)[:: max(1, alone.sum() // 3_000)]
    first = DangerKernel.fit(table[few], questions[few, :1], _trust(questions[few]))
    said = first.scores(table)[:, 0]
    kept: Booleans = np.array(alone)
    for at in np.unique(owner[~alone]):
        own = np.flatnonzero(owner == at)
        kept[own[np.argsort(-said[own], kind="stable")[: 1 if urgent[at] else 2]]] = True
    return kept


def _within(most: int, telling: Booleans, urgent: Booleans) -> Booleans:
    """Which passages are kept so that at most ``most`` telling ones are: urgent ones up to half of them (seeded)."""
    kept = np.ones(len(telling), dtype=np.bool_)
    room = most
    for side, share in ((telling & urgent, most // 2), (telling & ~urgent, most)):
        places = np.flatnonzero(side)
        if len(places) > min(share, room):
            kept[np.random.default_rng(0).permutation(places)[min(share, room) :]] = False
        room -= min(len(places), share, room)
    return kept


def _blocks(hands: Sequence[str], urgent: Booleans) -> Integers:
    """The part that each message is held out in: its hand's, or one of five where fewer than three hands wrote.

    A desk's own messages are held out in five parts too: its tickets to come are written by the people who wrote these.
    """
    parts = np.zeros(len(urgent), dtype=np.int64)
    for side in (urgent, ~urgent):
        parts[side] = np.random.default_rng(0).permutation(int(side.sum())) % _BLOCKS
    names = sorted(set(hands))
    if len(names) <= 2:
        return parts
    whose = np.array([names.index(hand) for hand in hands], dtype=np.int64)
    return np.where(np.array(hands) == OWN, len(names) + parts, whose)


def _table(answers: Sequence[Matrix], texts: Sequence[DangerText], kinds: int) -> Matrix:
    """What stage two sees of each message: the best answers, those of the passages that tell most, what the phrases found."""
    return np.array([_features(said, text, kinds) for said, text in zip(answers, texts, strict=True)], dtype=np.float32)


def _features(said: Matrix, text: DangerText, kinds: int) -> list[float]:
    if not len(said):
        said = np.full((1, said.shape[1]), -1.0, dtype=np.float32)
    best = said.max(axis=0)
    telling = said[
        np.argsort(-(said[:, 0] + said[:, 1 : 1 + kinds].max(axis=1, initial=-1.0)), kind="stable")[:_TOLD_BY]
    ]
    ordinary = [answers[1 + kinds :].max(initial=-1.0) for answers in (best, telling[0])]
    counts = text.phrases.counts()
    return [
        *best,
        *telling.mean(axis=0),
        *telling[0],
        best[1 : 1 + kinds].max(initial=-1.0),
        *ordinary,
        float(np.log(len(said))),
        *(float(count > 0) for count in counts),
        *map(float, counts),
        float(bool(text.secrets)),
    ]
