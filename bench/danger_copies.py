"""Near copies and translations among the shipped danger examples: what this prints is taken out of the files by hand.

    python -m bench.danger_copies [--vectors FOLDER]

Near copies: two messages of one language that share half of their five-letter pieces. Translations: two messages whose wide vectors,
each without the mean of its language, have a cosine of 0.80 and more. Exit status 1 when there are any.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.topic_sets import Remembered
from zd_automation.danger_files import EVERYDAY, load_danger_examples
from zd_automation.definitions import Problems, room
from zd_automation.models.encoders import wide_encoder
from zd_automation.triage.patterns import fold

_SHARED, _LEAST_PIECES = 0.5, 8
_COSINE = 0.80


def near_copies(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of places of texts that share half of the shorter one's five-letter pieces."""
    holders: dict[str, list[int]] = defaultdict(list)
    sizes, found = [], []
    for place, text in enumerate(texts):
        folded = fold(text).replace(" ", "").replace(".", "")
        pieces = {folded[at : at + 5] for at in range(len(folded) - 4)} or {folded}
        shared: dict[int, int] = defaultdict(int)
        for piece in pieces:
            for other in holders[piece]:
                shared[other] += 1
            holders[piece].append(place)
        sizes.append(len(pieces))
        least = {other: min(sizes[other], len(pieces)) for other in shared}
        found += [
            (other, place)
            for other, count in shared.items()
            if least[other] > _LEAST_PIECES and count > _SHARED * least[other]
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=Path)
    options = parser.parse_args()
    shipped = load_danger_examples(room("models") / "danger" / "examples", Problems())
    rows = [row for row in shipped if row.hand != EVERYDAY]
    pairs = set()
    for language in sorted({row.language for row in rows}):
        own = [at for at, row in enumerate(rows) if row.language == language]
        pairs |= {(own[one], own[other]) for one, other in near_copies([rows[at].text for at in own])}
    encoder = Remembered(wide_encoder(), options.vectors)
    vectors = encoder.encode([row.text for row in rows])
    encoder.keep()
    primary = np.array([row.language.split("-")[0] for row in rows])
    for tag in np.unique(primary):
        vectors[primary == tag] -= vectors[primary == tag].mean(axis=0)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    for start in range(0, len(vectors), 1000):
        near = np.argwhere(vectors[start : start + 1000] @ vectors.T > _COSINE)
        pairs |= {(start + int(one), int(other)) for one, other in near if start + one < other}
    for one, other in sorted(pairs):
        print(*(f"{rows[at].language}/{rows[at].hand}: {rows[at].text[:90]!r}" for at in (one, other)), sep="  ~  ")
    print(f"{len(rows)} messages, {len(pairs)} pairs")
    sys.exit(1 if pairs else 0)


if __name__ == "__main__":
    main()
