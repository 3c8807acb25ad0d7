"""What article search costs: CPU time of a question, memory, and the first index; texts are strung together by chance."""

from __future__ import annotations

import random
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zd_automation.definitions import room
from zd_automation.desk_files import load_desk
from zd_automation.knowledge.index import PassageIndex
from zd_automation.models.encoder import Encoder
from zd_automation.tickets import Article
from zd_automation.triage.clean import clean

_QUESTIONS = 120


def cost(encoders: Sequence[Encoder]) -> None:
    """A table for 1,000 and 10,000 articles of one passage and a title; memory is what the index holds, articles aside."""
    told = [example.text for example in load_desk(room("models") / "cosmetics").examples if example.language == "en"]
    print("| articles | passages | first index, s | again, vectors kept, s | question p50, ms CPU | p99 | memory, MB |")
    print("|---|---|---|---|---|---|---|")
    for count in (1_000, 10_000):
        deal = random.Random(count)
        articles = [
            Article(at, f"{at} {deal.choice(told)}", " ".join(deal.sample(told, 3))[:300], "en") for at in range(count)
        ]
        with tempfile.TemporaryDirectory() as folder:
            kept = Path(folder) / "passages.sqlite"
            started = time.perf_counter()
            PassageIndex(articles, encoders, kept)
            first = time.perf_counter() - started
            started = time.perf_counter()
            PassageIndex(articles, encoders, kept)
            again = time.perf_counter() - started
            tracemalloc.start()
            index = PassageIndex(articles, encoders, kept)
            memory = tracemalloc.get_traced_memory()[0] / 1e6
            tracemalloc.stop()
        took = [_asked(index, f"{deal.choice(told)} {number}") for number in range(_QUESTIONS)]
        p50, p99 = np.quantile(took, [0.5, 0.99])
        print(
            f"| {count} | {2 * count} | {first:.0f} | {again:.1f} | {p50:.1f} | {p99:.1f} | {memory:.0f} |", flush=True
        )


def _asked(index: PassageIndex, text: str) -> float:
    begun = time.process_time()
    index.search([clean("", text)], ["en"])
    return 1000 * (time.process_time() - begun)
