"""What it costs to read a ticket: language and topic, CPU time on one thread; and to learn a large history.

    python -m bench.reading [--desk models/cosmetics] [--data ../shared/data] [--encoders bundled|all] [--no-learning]

Tickets are the demo's own, cut or strung together to 40 and to 400 words; every text is new to the encoders. The large
history is 113 topics of Banking77 and CLINC150, about 14,000 rows.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
import tomllib
from collections import defaultdict
from pathlib import Path

# One thread, so that CPU time is that of one core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from bench.topic_sets import Part, Sets
from zd_automation.assembly import classifier, language_reader, learn
from zd_automation.desk_files import load_desk
from zd_automation.lessons import learnable, lessons
from zd_automation.models.encoders import installed_encoders
from zd_automation.models.topic_model import fit_topics
from zd_automation.triage.clean import clean

_SINGLE, _BATCH = 150, 256


def texts_of(desk: Path, words: int, count: int) -> list[str]:
    """New texts of so many words, each in one language: the demo's tickets of that language, begun at another place."""
    told: dict[str, list[str]] = defaultdict(list)
    with (desk / "demo_tickets.toml").open("rb") as file:
        for ticket in tomllib.load(file)["ticket"]:
            if not ticket["html"]:
                told[ticket["language"]] += ticket["body"].split()
    spoken = sorted((said for said in told.values() if len(said) > 60), key=len)
    return [" ".join(np.resize(np.roll(spoken[at % len(spoken)], -at * 7), words)) for at in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--desk", type=Path, default=Path("models/cosmetics"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--encoders", choices=("all", "bundled"), default="all")
    parser.add_argument("--no-learning", action="store_true")
    options = parser.parse_args()
    encoders = installed_encoders()[: 1 if options.encoders == "bundled" else None]
    files = load_desk(options.desk)
    reader = language_reader(files.desk, files.language_backend)
    rows = lessons(learnable(files), reader)
    started, cpu = time.perf_counter(), time.process_time()
    fitted = learn(rows, files.desk, reader, encoders)
    took = f"{time.perf_counter() - started:.0f} s, {time.process_time() - cpu:.0f} s CPU"
    model = classifier(fitted, encoders, files.desk, "bench")
    print(f"encoders: {', '.join(encoder.name for encoder in encoders) or 'none'}")
    print(f"learnt {len(fitted.topics)} topics from {len(rows)} messages of the desk in {took}\n")
    print("| words | one ticket, CPU ms p50 | p99 | in batches, tickets/s of CPU |\n|---|---|---|---|")
    for words in (40, 400):
        every = texts_of(options.desk, words, _SINGLE + _BATCH)
        each = []
        for text in every[:_SINGLE]:
            begun = time.process_time()
            own = clean("", text)
            model.rank([own], [reader(own, None).tag])
            each.append(1000 * (time.process_time() - begun))
        begun = time.process_time()
        owns = [clean("", text) for text in every[_SINGLE:]]
        model.rank(owns, [reader(own, None).tag for own in owns])
        batch = _BATCH / (time.process_time() - begun)
        print(f"| {words} | {np.quantile(each, 0.5):.1f} | {np.quantile(each, 0.99):.1f} | {batch:.0f} |", flush=True)
    print(
        f"\nlargest memory of the process, training included: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
    )
    if not options.no_learning:
        large(Sets(options.data), options.encoders)


def large(sets: Sets, which: str) -> None:
    """Learn 113 topics from about 14,000 rows, encoding included."""
    some = sets.split("banking77", "train") + sets.split("clinc150", "train")
    kept = set(sorted({topic for topic in some.topics if topic})[:113])
    rows = [row for row in zip(some.texts, some.topics, some.languages, strict=True) if row[1] in kept]
    part = Part([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])
    encoders = installed_encoders()[: 1 if which == "bundled" else None]
    started, cpu = time.perf_counter(), time.process_time()
    fit_topics(part.texts, part.topics, part.languages, encoders)
    print(
        f"learnt 113 topics from {len(rows)} rows in {time.perf_counter() - started:.0f} s "
        f"({time.process_time() - cpu:.0f} s CPU), encoding included"
    )


if __name__ == "__main__":
    main()
