"""Which examples are held out together, so that what is promised of a model is what strangers' messages will show."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zd_automation.models.features import Matrix, unit

# Two examples of a topic nearer than this tell one story, perhaps in two languages.
_SAME_STORY = 0.6
# In a topic of more examples than this retellings are few among many, and comparing all with all costs time.
_MOST_COMPARED = 600


def folds(rows: Matrix, right: npt.NDArray[np.int32], tested: int, count: int) -> npt.NDArray[np.int32]:
    """A fold in 0..count-1 for each of the first ``tested`` rows; -1 for the rest, which are always learnt from.

    Every topic is dealt out evenly (seeded). Examples that tell one story go to the same fold while it has room:
    a model that has seen a story in one language would else be tested on it in another, and promise too much.
    """
    fold = np.full(len(right), -1, dtype=np.int32)
    deal = np.random.default_rng(0)
    for topic in np.unique(right[:tested]):
        own = deal.permutation(np.flatnonzero(right[:tested] == topic))
        start = int(deal.integers(count))
        if len(own) > _MOST_COMPARED:
            fold[own] = (np.arange(len(own)) + start) % count
        else:
            fold[own] = _dealt(unit(rows[own]), count, start)
    return fold


def _dealt(rows: Matrix, count: int, start: int) -> npt.NDArray[np.int32]:
    """Each row to the fold of its nearest earlier retelling, or to the emptiest one."""
    near = rows @ rows.T
    room = -(-len(rows) // count)
    taken = np.zeros(count, dtype=np.int32)
    dealt = np.zeros(len(rows), dtype=np.int32)
    for number in range(len(rows)):
        earlier = near[number, :number]
        best = int(earlier.argmax()) if number else -1
        chosen = int(dealt[best]) if number and earlier[best] >= _SAME_STORY else -1
        if chosen < 0 or taken[chosen] >= room:
            emptiest = np.roll(taken, -start)
            chosen = (int(emptiest.argmin()) + start) % count
        dealt[number] = chosen
        taken[chosen] += 1
    return dealt
