"""Learns the danger detector's second voice from messages that people marked.

Stage two learns from answers of models that have not seen the message's hand, as does everything that is promised.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from zd_automation.errors import ModelError
from zd_automation.models.danger_features import MOST_PASSAGES, ends, flat, table_of, urgent_sorts
from zd_automation.models.danger_kernel import DangerKernel
from zd_automation.models.danger_model import FittedDanger
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
# The hand of everyday messages, about which nobody is upset. They teach the kernel what lies far from every case; whole
# messages are told apart by the hard ones, so that these count less there, and draw no line.
EVERYDAY = "everyday"
_EVERYDAY_TRUST = 0.3
# Of the messages so many teach the second stage once more, among up to so many ordinary passages, mostly everyday ones.
_LENGTHENED, _MOST_AROUND, _HARD_AROUND = 0.8, 12, 0.15
# A table of more examples than this asks for gigabytes while it is solved; an even share stands for the rest.
_MOST_EXAMPLES = 14_500
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


def fit_danger(rows: DangerRows, encoders: Sequence[Encoder]) -> FittedDanger:
    """Learn from messages (seeded). Raises ModelError when either side has fewer than ten rows."""
    urgent = np.array(rows.urgent, dtype=np.bool_)
    if min(int(urgent.sum()), int((~urgent).sum())) < _LEAST:
        raise ModelError("the danger classifier needs at least 10 urgent and 10 ordinary examples")
    places = [ends(text.passages, MOST_PASSAGES) for text in rows.texts]
    parts, owner, tags = flat(rows.texts, rows.languages, places)
    space, table = Space.fit(parts, tags, encoders)
    sorts = _ordered(rows.sorts, urgent)
    questions = _questions(rows.sorts, urgent, sorts)[owner]
    telling = _telling(table, questions, owner, urgent)
    telling &= _within(_MOST_EXAMPLES, telling, questions[:, 0] > 0)
    blocks = _blocks(rows.hands, urgent)[owner]
    trust = _trust(rows, urgent)[owner][telling]
    # Workers have one thread each for their algebra; this one large system may have the machine.
    with threadpool_limits(limits=os.cpu_count()):
        kernel, without = DangerKernel.fit_held_out(table[telling], questions[telling], trust, blocks[telling])
    said = np.empty_like(questions)
    for block, voices in without.items():
        said[blocks == block] = kernel.scores(table[blocks == block], voices)
    lessons = _lessons(rows, urgent, [said[owner == at] for at in range(len(urgent))], len(urgent_sorts(sorts)))
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
        hard=_lined(rows, urgent),
    )


def _of(names: Sequence[str], name: str) -> Booleans:
    return np.array([other == name for other in names], dtype=np.bool_)


def _lined(rows: DangerRows, urgent: Booleans) -> Booleans:
    """Which ordinary messages a line is drawn on: the hard ones, or all where there are none."""
    hard: Booleans = ~urgent & ~_of(rows.sorts, TWIN) & ~_of(rows.hands, EVERYDAY)
    return hard if hard.any() else ~urgent


def _lean(table: Matrix, urgent: Booleans, space: Space) -> Matrix:
    ngrams = table[:, : space.ngrams.components.shape[1]]
    lean: Matrix = (ngrams[urgent].mean(axis=0) - ngrams[~urgent].mean(axis=0)).astype(np.float32)
    return lean


def _lessons(rows: DangerRows, urgent: Booleans, answers: Sequence[Matrix], kinds: int) -> Lessons:
    """What stage two learns from: every message, and many of them once more among other people's passages."""
    everyday = _of(rows.hands, EVERYDAY)
    long, whose = _lengthened(answers, urgent, everyday)
    every = np.concatenate([np.arange(len(urgent)), whose])
    trusted = np.where(_of(rows.sorts, TWIN), _TWIN_TRUST, np.where(everyday, _EVERYDAY_TRUST, 1.0))
    table = table_of([*answers, *long], [rows.texts[at] for at in every.tolist()], kinds)
    return Lessons(table, urgent[every], every, trusted[every])


def _lengthened(answers: Sequence[Matrix], urgent: Booleans, everyday: Booleans) -> tuple[list[Matrix], Integers]:
    """Messages among other people's ordinary passages, and whose message each is (seeded).

    Most examples are short, most tickets are not: without these the second stage would take every greeting for a sign
    that nothing is wrong.
    """
    deal = np.random.default_rng(0)
    hard = 1.0 if not everyday.any() else _HARD_AROUND
    around = everyday | (~urgent & (deal.random(len(answers)) < hard))
    ordinary = [answers[at] for at in np.flatnonzero(around).tolist() if len(answers[at])]
    whose = np.flatnonzero(deal.random(len(answers)) < _LENGTHENED)
    counts = deal.integers(1, _MOST_AROUND + 1, len(whose))
    long = [
        np.vstack([answers[at], *(ordinary[pick][:1] for pick in deal.integers(0, len(ordinary), count).tolist())])
        for at, count in zip(whose.tolist(), counts.tolist(), strict=True)
    ]
    return long, whose


def _ordered(sorts: Sequence[str], urgent: Booleans) -> tuple[str, ...]:
    """The questions of sort, kinds first."""
    seen = {sort for sort, is_urgent in zip(sorts, urgent, strict=True) if is_urgent and sort}
    others = {sort for sort, is_urgent in zip(sorts, urgent, strict=True) if not is_urgent and sort}
    return (*(kind for kind in KINDS if kind in seen), *sorted(others - seen))


def _questions(sorts: Sequence[str], urgent: Booleans, known: Sequence[str]) -> Matrix:
    """Answers, 1 or -1, of shape (messages, 1 + sorts): urgent or not, and each sort."""
    of_sort = np.array([[sort == other for other in known] for sort in sorts], dtype=np.float32).reshape(len(sorts), -1)
    return (np.hstack([urgent[:, None].astype(np.float32), of_sort]) * 2 - 1).astype(np.float32)


def _trust(rows: DangerRows, urgent: Booleans) -> Matrix:
    """How much each message counts: urgent and hard ordinary ones alike as wholes, a desk's own more, twins less."""
    hard = ~urgent & ~_of(rows.hands, EVERYDAY)
    trust = np.where(urgent, max(1, hard.sum()) / urgent.sum(), 1.0)
    trust *= np.where(_of(rows.hands, OWN), _OWN_TRUST, 1.0) * np.where(_of(rows.sorts, TWIN), _TWIN_TRUST, 1.0)
    return trust.astype(np.float32)


def _telling(table: Matrix, questions: Matrix, owner: Integers, urgent: Booleans) -> Booleans:
    """Which passages stand for their message: of an urgent one only that which tells most, of an ordinary one the two
    that come closest to telling; judged by a first model on messages of one passage."""
    alone = np.bincount(owner, minlength=len(urgent))[owner] == 1
    if alone.all() or not (alone & (questions[:, 0] > 0)).any() or not (alone & (questions[:, 0] < 0)).any():
        return np.ones(len(owner), dtype=np.bool_)
    few = np.flatnonzero(alone)[:: max(1, alone.sum() // 3_000)]
    first = DangerKernel.fit(table[few], questions[few, :1], _evenly(questions[few]))
    said = first.scores(table)[:, 0]
    kept: Booleans = np.array(alone)
    for at in np.unique(owner[~alone]):
        own = np.flatnonzero(owner == at)
        kept[own[np.argsort(-said[own], kind="stable")[: 1 if urgent[at] else 2]]] = True
    return kept


def _evenly(questions: Matrix) -> Matrix:
    """Trust by which urgent and ordinary passages count alike as wholes."""
    urgent = questions[:, 0] > 0
    return np.where(urgent, (~urgent).sum() / max(1, urgent.sum()), 1.0).astype(np.float32)


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

    A desk's own messages and everyday ones are held out in five parts too: tickets to come are written by such people.
    """
    parts = np.zeros(len(urgent), dtype=np.int64)
    for side in (urgent, ~urgent):
        parts[side] = np.random.default_rng(0).permutation(int(side.sum())) % _BLOCKS
    writers = sorted(set(hands) - {OWN, EVERYDAY})
    if len(writers) <= 2:
        return parts
    whose = np.array([writers.index(hand) if hand in writers else -1 for hand in hands], dtype=np.int64)
    return np.where(whose < 0, len(writers) + parts, whose)
