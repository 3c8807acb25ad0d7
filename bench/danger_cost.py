"""What the danger detector costs a ticket: CPU milliseconds, one thread, every text new to the encoders."""

from __future__ import annotations

import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from pathlib import Path

import numpy as np

from bench.danger_sets import Ground, no_reader
from bench.reading import texts_of
from zd_automation.danger_learning import danger_rows
from zd_automation.models.danger_classifier import DangerClassifier
from zd_automation.models.danger_fit import fit_danger
from zd_automation.models.danger_lines import draw
from zd_automation.models.encoders import installed_encoders
from zd_automation.triage.clean import clean
from zd_automation.triage.danger import judge, read_message
from zd_automation.triage.danger_phrases import books_for
from zd_automation.triage.desk import DangerPolicy
from zd_automation.triage.secrets import find_secrets

_TICKETS = 150


def measure(ground: Ground) -> None:
    """Print a table: secrets, phrases and both voices, for tickets of 20, 100 and 400 words; with all encoders, the bundled
    one, and none."""
    print("| encoders | words | secrets p50 | phrases p50 | both voices p50 | p99 | hostile 200,000 characters, both |")
    print("|---|---|---|---|---|---|---|")
    hostile = clean("", ("a1@" * 20 + " password is " + "(" * 50 + "\u200b4" * 30 + " ") * 600)
    for count, name in ((2, "both"), (1, "bundled"), (0, "none")):
        encoders = installed_encoders()[:count]
        fitted = fit_danger(danger_rows(ground.shipped, ground.books, no_reader), ground.encoders[:count])
        model = DangerClassifier(fitted, encoders, "bench", draw(fitted.held_out))
        for words in (20, 100, 400):
            parts = np.zeros((_TICKETS, 3))
            for row, text in zip(parts, texts_of(Path("models/exchange"), words, _TICKETS), strict=True):
                parts_of(row, text, ground, model)
            begun = time.process_time()
            read = read_message(hostile, list(ground.books.values()))
            judge(read, model.read([read], ["en"])[0], DangerPolicy())
            worst = 1000 * (time.process_time() - begun)
            secret, phrase = np.median(parts[:, 0]), np.median(parts[:, 1])
            total = parts.sum(axis=1)
            both, late = np.median(total), np.quantile(total, 0.99)
            print(
                f"| {name} | {words} | {secret:.2f} | {phrase:.2f} | {both:.1f} | {late:.1f} | {worst:.0f} |",
                flush=True,
            )


def parts_of(row: np.ndarray, text: str, ground: Ground, model: DangerClassifier) -> None:
    """CPU milliseconds of secrets, phrases and classifier for one ticket, into ``row``."""
    own = clean("", text)
    marks = [time.process_time()]
    find_secrets(text)
    marks.append(time.process_time())
    read = read_message(own, books_for("en", ground.books))
    marks.append(time.process_time())
    judge(read, model.read([read], ["en"])[0], DangerPolicy())
    marks.append(time.process_time())
    row[:] = 1000 * np.diff(marks)
