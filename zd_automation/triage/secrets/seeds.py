"""Seed phrases: runs of words from one BIP-39 list. The checksum settles it; without it the run must be whole.

https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import groupby

from zd_automation.triage.secrets.place import Secret

SeedLists = Mapping[str, Mapping[str, int]]
"""For each list its words, as :func:`seed_key` writes them, and their places in it, 0 to 2047."""

_LENGTHS = (24, 21, 18, 15, 12)
_SHORTEST = _LENGTHS[-1]
# Between two words of one phrase: blanks, numbers, list signs. A full stop or a bracket ends it.
_GAP = re.compile(r"[\s\d,;.)(:_\-|/]*")
# Accents and the marks of Japanese may stand as characters of their own.
_WORD = re.compile("(?:[^\\W\\d_][\u0300-\u036f\u3099\u309a]*)+")
_MOST_WORDS = 20_000


def seed_key(word: str) -> str:
    """A list's word as it is compared: small, and without accents, which people leave out (and BIP-39 allows it)."""
    apart = unicodedata.normalize("NFKD", word.lower())
    if not apart or apart[0] > "\u024f":
        return apart
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def find_seed_phrases(text: str, lists: SeedLists) -> Iterator[Secret]:
    """Every run of 12 and more words of one list, cut to the part whose checksum holds where there is one."""
    spans = [match.span() for match in _WORD.finditer(text)][:_MOST_WORDS]
    if len(spans) < _SHORTEST:
        return
    keys = [seed_key(text[start:end]) for start, end in spans]
    for words in lists.values():
        places = [words.get(key) for key in keys]
        for known, run in groupby(range(len(places)), lambda at, places=places: places[at] is not None):  # type: ignore[misc]
            if known and len(steps := list(run)) >= _SHORTEST:
                yield from _in_run(text, spans, places, steps)


def _in_run(text: str, spans: list[tuple[int, int]], places: list[int | None], steps: list[int]) -> Iterator[Secret]:
    for run in _unbroken(text, spans, steps):
        found = [places[at] or 0 for at in run]
        first, last = _best_window(found)
        if last:
            yield Secret("seed_phrase", spans[run[first]][0], spans[run[last - 1]][1])


def _unbroken(text: str, spans: list[tuple[int, int]], steps: list[int]) -> Iterator[list[int]]:
    """Parts of a run with nothing but blanks, numbers and list signs between the words."""
    run: list[int] = []
    for at in steps:
        gap = text[spans[run[-1]][1] : spans[at][0]] if run else ""
        if run and (not _GAP.fullmatch(gap) or (". " in gap and not any(map(str.isdigit, gap)))):
            yield run
            run = []
        run.append(at)
    yield run


def _best_window(found: list[int]) -> tuple[int, int]:
    """Where the phrase stands in a run: the longest part with a right checksum, else all of a run of a phrase's length."""
    for length in _LENGTHS:
        for first in range(len(found) - length + 1):
            if _checks(found[first : first + length]):
                return first, first + length
    # Written down wrongly, or another wallet's: twelve words of one list in a row are no sentence.
    return (0, len(found)) if len(found) >= _SHORTEST and len(set(found)) > len(found) // 2 else (0, 0)


def _checks(found: list[int]) -> bool:
    bits = "".join(f"{place:011b}" for place in found)
    entropy = len(bits) * 32 // 33
    digest = hashlib.sha256(int(bits[:entropy], 2).to_bytes(entropy // 8, "big")).digest()
    return f"{digest[0]:08b}"[: len(bits) - entropy] == bits[entropy:]
