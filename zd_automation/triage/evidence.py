"""What common words and peculiar letters say about a text: a correction of a detector's probabilities for short
messages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zd_automation.triage import lexicon

_LETTERS: Mapping[str, str] = {
    "ñ": "es tl gl eu",
    "¿": "es gl",
    "¡": "es gl",
    "ã": "pt vi",
    "õ": "pt vi et",
    "ß": "de",
    "ä": "de sv fi et sk",
    "ö": "de sv fi tr hu et az is",
    "ü": "de tr hu et az es nl",
    "ğ": "tr az",
    "ı": "tr az",
    "ş": "tr ro az",
    "ç": "fr pt tr ca az sq nl",
    "ă": "ro vi",
    "ț": "ro",
    "ţ": "ro",
    "ș": "ro",
    "â": "fr pt ro vi tr",
    "î": "fr ro tr",
    "ê": "fr pt vi nl",
    "ô": "fr pt vi sk",
    "ơ": "vi",
    "ư": "vi",
    "đ": "vi hr sr bs",
    "ł": "pl",
    "ą": "pl lt",
    "ę": "pl lt",
    "ś": "pl",
    "ź": "pl",
    "ż": "pl mt",
    "ć": "pl hr sr bs",
    "ń": "pl",
    "ř": "cs",
    "ě": "cs",
    "ů": "cs",
    "ý": "cs sk vi is",
    "č": "cs sk hr sl lt lv et bs sr",
    "š": "cs sk hr sl lt lv et bs sr",
    "ž": "cs sk hr sl lt lv et bs sr",
    "ď": "cs sk",
    "ť": "cs sk",
    "ň": "cs sk",
    "ő": "hu",
    "ű": "hu",
    "å": "sv da no fi",
    "ø": "da no",
    "æ": "da no is",
    "è": "fr it ca vi nl",
    "à": "fr it pt vi ca",
    "ò": "it vi ca",
    "ì": "it vi",
    "ù": "fr it vi",
    "œ": "fr",
    "ə": "az",
    "ģ": "lv",
    "ķ": "lv",
    "ļ": "lv",
    "ņ": "lv",
    "ā": "lv",
    "ē": "lv",
    "ī": "lv",
    "ū": "lv lt",
    "ė": "lt",
    "į": "lt",
    "ų": "lt",
    "ŕ": "sk",
    "ĺ": "sk",
    "ľ": "sk",
    "ï": "fr nl ca",
    "ë": "fr nl sq",
    "û": "fr",
    "é": "fr es pt it hu cs sk nl vi sv ca is ga gl da",
    "á": "es pt hu cs sk vi ga gl is",
    "í": "es pt hu cs sk vi ca gl is",
    "ó": "es pt hu pl cs sk vi ca gl is",
    "ú": "es pt hu cs sk vi ca gl is",
    "і": "uk be kk",
    "ї": "uk",
    "є": "uk",
    "ґ": "uk",
    "ў": "be",
    "ы": "ru be kk ky mn tt ba tg",
    "э": "ru be kk ky mn tt ba tg",
    "ё": "ru be mn tg",
    "ъ": "bg ru",
    "щ": "ru uk bg",
    "и": "ru uk bg mk sr kk ky mn tt ba tg",
    "й": "ru uk be bg kk ky mn tt ba tg",
    "ь": "ru uk be bg kk ky mn tt ba",
    "я": "ru uk be bg kk ky mn tt ba tg",
    "ю": "ru uk be bg kk ky mn tt ba tg",
    "ј": "sr mk",
    "љ": "sr mk",
    "њ": "sr mk",
    "џ": "sr mk",
    "ђ": "sr",
    "ћ": "sr",
    "ѓ": "mk",
    "ќ": "mk",
    "ѕ": "mk",
    "ә": "kk tt ba",
    "ғ": "kk ba tg",
    "қ": "kk tg",
    "ң": "kk ky tt ba",
    "ө": "kk ky mn tt ba",
    "ү": "kk ky mn tt ba",
    "ұ": "kk",
    "ٹ": "ur",
    "ڈ": "ur",
    "ڑ": "ur",
    "ں": "ur",
    "ے": "ur",
    "ہ": "ur",
    "ھ": "ur ug ckb",
    "پ": "fa ur ps ckb ku sd ug",
    "چ": "fa ur ps ckb ku sd ug",
    "ژ": "fa ur ps ckb ku ug",
    "گ": "fa ur ckb ku sd ug",
    "ک": "fa ur ps ckb ku sd",
    "ی": "fa ur ps ckb ku",
    "ك": "ar ug",
    "ي": "ar ps sd ug",
    "ى": "ar ug",
    "ة": "ar",
    "إ": "ar",
}
_LETTER = r"(?:[^\W\d_]|[\u0900-\u0963])"  # Devanagari vowel signs are no letters to a regular expression
_WORD = re.compile(rf"{_LETTER}+(?:['’-]{_LETTER}+)*")
_WEIGHTS = (8.0, 5.0, 4.0, 3.0)
_BARE_WEIGHT = 3.0
_LETTER_WEIGHT = 0.15
_MOST_WORDS = 16


def _factors() -> dict[str, tuple[tuple[str, float], ...]]:
    """For each listed word the languages it speaks for and how strongly: the fewer they are, the more it proves."""
    spelled, bare = lexicon.tags_of_words()
    found: dict[str, dict[str, float]] = {}
    for word, tags in bare.items():
        found[word] = dict.fromkeys(tags, _BARE_WEIGHT)
    for word, tags in spelled.items():
        weight = _WEIGHTS[min(len(tags), len(_WEIGHTS)) - 1]
        found.setdefault(word, {}).update(dict.fromkeys(tags, weight))
    return {word: tuple(sorted(weights.items())) for word, weights in found.items()}


_FACTORS: Mapping[str, tuple[tuple[str, float], ...]] = _factors()
KNOWN: frozenset[str] = lexicon.LANGUAGES
"""The languages that have a word list."""
_USED: Mapping[str, frozenset[str]] = {letter: frozenset(tags.split()) for letter, tags in _LETTERS.items()}
_VIETNAMESE = frozenset({"vi"})
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz '.,!?-")


def weights(text: str, candidates: frozenset[str]) -> dict[str, float]:
    """A factor for each of ``candidates``: up for each word that is common in it, down for each letter it does not use.

    The first sixteen words count; a candidate without a word list keeps the factor 1 for words.
    """
    lowered = text.lower().replace("’", "'")
    factors = dict.fromkeys(candidates, 1.0)
    for word in _WORD.findall(lowered)[:_MOST_WORDS]:
        for tag, factor in _FACTORS.get(word, ()):
            if tag in factors:
                factors[tag] *= factor
    for letter in set(lowered) - _PLAIN:
        users = _USED.get(letter) or (_VIETNAMESE if "\u1ea0" <= letter <= "\u1ef9" else None)
        if users and not users.isdisjoint(candidates):
            for tag in candidates - users:
                factors[tag] *= _LETTER_WEIGHT
    return factors
