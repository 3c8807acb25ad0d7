"""Words that people write often, for each language the chain can tell apart: written by hand, a few hundred a language.

Everyday function words and the words of customer support. A word may stand in several lists; how many it stands in says
how much it proves.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from zd_automation.triage.lexicon import arabic, cyrillic, east, north, south_east_asia, west

__all__ = ["LANGUAGES", "latin_words", "tags_of_words", "without_marks"]

_LATIN_LISTS: tuple[Mapping[str, str], ...] = (west.WORDS, north.WORDS, east.WORDS, south_east_asia.WORDS)
_LISTS = (*_LATIN_LISTS, cyrillic.WORDS, arabic.WORDS)
LANGUAGES: frozenset[str] = frozenset(tag for words in _LISTS for tag in words)
"""The languages that have a word list."""
_LATIN = frozenset(tag for words in _LATIN_LISTS for tag in words)
_OWN_LETTERS = str.maketrans("ßøæœđłıəþ", "soaodliat")


def without_marks(text: str) -> str:
    """Lower-case Latin ``text`` as people type it on a keyboard without accents: "não" as "nao", "łódź" as "lodz"."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_OWN_LETTERS)


def tags_of_words() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """For each listed word the languages it is common in: as spelled, and as typed without accents.

    A form without accents that is itself a word of some language is left to that language's own list.
    """
    spelled: dict[str, set[str]] = {}
    for words in _LISTS:
        for tag, text in words.items():
            for word in text.split():
                spelled.setdefault(word, set()).add(tag)
    for word in south_east_asia.BOTH_INDONESIAN_AND_MALAY.split():
        spelled.setdefault(word, set()).update(("id", "ms"))
    bare: dict[str, set[str]] = {}
    for word, tags in spelled.items():
        plain = without_marks(word)
        if plain != word and len(plain) > 1 and not tags.isdisjoint(_LATIN):
            bare.setdefault(plain, set()).update(tags)
    freeze = {word: frozenset(tags) for word, tags in spelled.items()}
    return freeze, {word: frozenset(tags) for word, tags in bare.items()}


def latin_words() -> dict[str, frozenset[str]]:
    """The listed words of the languages that are written in Latin letters, with and without accents, and their languages."""
    spelled, bare = tags_of_words()
    found: dict[str, frozenset[str]] = {}
    for word, tags in (*spelled.items(), *bare.items()):
        latin = tags & _LATIN
        if latin:
            found[word] = found.get(word, frozenset()) | latin
    return found
