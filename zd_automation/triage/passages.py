"""A message in passages, at two scales: windows, in which a story told over several sentences stays together, and single
sentences, so that the urgent one of a long ticket is not averaged away among its neighbours."""

from __future__ import annotations

import re

LONGEST = 220
# A sentence shorter than this joins its neighbour: alone it says too little.
SHORT = 40
# In a hurry people leave the full stop out, but begin the next sentence with a capital; only where capitals are rare, since
# German nouns and names begin nothing. "I" begins nothing either.
_RUN_ON = re.compile(r"(?<=[a-zß-ÿа-я0-9)]) (?=(?!I\b)[A-ZÀ-ÞА-Я])")
_LONG_SENTENCE, _RARE_CAPITALS = 60, 0.15
_ENDS = re.compile(r"(?<=[.!?。！？؟।])(?:\s+|(?<=[。！？]))|\n+")


def passages(text: str, longest: int = LONGEST, short: int = SHORT) -> tuple[str, ...]:
    """``text`` cut between sentences, each passage at most ``longest`` characters; empty when it has no letters.

    First the windows, as many sentences as go into one, in order; where there are several, the sentences as well, short ones
    joined up to ``short`` characters. A sentence longer than ``longest`` is cut at a space.
    """
    pieces = [piece for sentence in _ENDS.split(text) for piece in _cut(" ".join(sentence.split()), longest) if piece]
    windows = _joined(pieces, longest)
    single = _joined([part for piece in pieces for part in _run_on(piece)], short) if len(windows) > 1 else []
    return tuple(dict.fromkeys(part for part in (*windows, *single) if any(map(str.isalpha, part))))


def _joined(pieces: list[str], most: int) -> list[str]:
    parts: list[str] = []
    for piece in pieces:
        if parts and len(parts[-1]) + len(piece) < most:
            parts[-1] += " " + piece
        else:
            parts.append(piece)
    return parts


def _run_on(sentence: str) -> list[str]:
    """The sentences that a sentence without full stops seems to be."""
    words = sentence.split()
    capitals = sum(word[0].isupper() and word.partition("'")[0] != "I" for word in words)
    if len(sentence) < _LONG_SENTENCE or capitals > max(2, _RARE_CAPITALS * len(words)):
        return [sentence]
    return _RUN_ON.split(sentence)


def _cut(sentence: str, longest: int) -> list[str]:
    pieces = []
    while len(sentence) > longest:
        at = sentence.rfind(" ", longest // 2, longest)
        at = longest if at < 0 else at
        pieces.append(sentence[:at].strip())
        sentence = sentence[at:].strip()
    return [*pieces, sentence]
