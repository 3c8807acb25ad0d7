"""A first glance for the order of the queue: does a new ticket look urgent? It decides nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import re2

from zd_automation.triage.patterns import PhraseBook, fold

# Folding costs the most here, and the sender waits: people in trouble say so at once.
GLANCE = 600


def queue_hint(books: Iterable[PhraseBook]) -> Callable[[str], bool]:
    """Whether the first 600 characters of a text hold an alarm phrase of any language.

    Wrong guesses cost nothing but their place: the worker decides, and a danger found later is still written first.
    """
    alarms = tuple({phrase.source: phrase for book in books for phrase in book.alarms}.values())
    # One look for all anchors together; most texts hold none of them.
    anchors = re2.compile("|".join(sorted({re.escape(anchor) for phrase in alarms for anchor in phrase.anchors})))

    def looks_urgent(text: str) -> bool:
        words = fold(text[:GLANCE]).replace(".", " ")
        if anchors.search(words) is None:
            return False
        return any(phrase.find(words) is not None for phrase in alarms)

    return looks_urgent
