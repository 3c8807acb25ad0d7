"""Ways in which people hide words from a filter, seeded: what ``triage.disguise`` must take off."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable

_LOOKALIKES = str.maketrans("aceopxyijsTHKMABCEOPX", "асеорхуіјѕТНКМАВСЕОРХ")
_LEET = str.maketrans("aeiost", "431057")
_ZERO_WIDTH = "\u200b\u200c\u2060\u00ad"


def _deal(text: str) -> random.Random:
    return random.Random(zlib.crc32(text.encode()))


def homoglyphs(text: str) -> str:
    """Half of the letters that have a Cyrillic double."""
    deal = _deal(text)
    return "".join(letter.translate(_LOOKALIKES) if deal.random() < 0.5 else letter for letter in text)


def zero_width(text: str) -> str:
    """Characters without width after a third of the letters."""
    deal = _deal(text)
    return "".join(letter + (deal.choice(_ZERO_WIDTH) if deal.random() < 1 / 3 else "") for letter in text)


def leetspeak(text: str) -> str:
    """Digits for a third of the letters inside words."""
    deal = _deal(text)
    words = []
    for word in text.split(" "):
        inner = "".join(c.translate(_LEET) if deal.random() < 1 / 3 else c for c in word[1:-1])
        words.append(word[:1] + inner + word[-1:] if len(word) > 3 else word)
    return " ".join(words)


def spaced(text: str) -> str:
    """A third of the words with spaces between their letters."""
    deal = _deal(text)
    return " ".join(" ".join(word) if len(word) > 3 and deal.random() < 1 / 3 else word for word in text.split(" "))


def full_width(text: str) -> str:
    """All ASCII as full-width signs."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def typos(text: str) -> str:
    """In a third of the words a letter left out, doubled or swapped."""
    deal = _deal(text)
    words = []
    for word in text.split(" "):
        if len(word) > 3 and deal.random() < 1 / 3:
            at = deal.randrange(1, len(word) - 1)
            word = deal.choice(
                [word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]]
            )  # fmt: skip
        words.append(word)
    return " ".join(words)


ATTACKS: dict[str, Callable[[str], str]] = {
    "homoglyphs, half the letters": homoglyphs,
    "zero-width characters": zero_width,
    "ALL CAPS": str.upper,
    "full-width letters": full_width,
    "spaced words": spaced,
    "leetspeak": leetspeak,
    "after 5,000 characters of noise": lambda text: "asdf qwer zxcv 0000 lkjh. " * 200 + text,
    "in HTML": lambda text: "<div><p>Hello,</p><p><b>" + text.replace(" ", " <i></i>") + "</b></p></div>",
}
