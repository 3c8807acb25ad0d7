"""Russian, Ukrainian, Greek, Hindi and Arabic typed in Latin letters, told by words that people write often.

Nobody spells alike ("zdravstvuyte", "zdravstvujte"; "kwdikos", "kodikos"), so words are compared in a reduced form in
which the usual spellings of one sound fall together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from zd_automation.triage import lexicon
from zd_automation.triage.lexicon import cyrillic, typed_in_latin

_MOST_WORDS = 80
_LEAST_SHARE = 0.15
_WORD = re.compile(r"[a-z0-9]+(?:['’][a-z0-9]+)*")
_DOUBLED = re.compile(r"([a-z])\1+")


def _table(pairs: str) -> dict[str, str]:
    """ "а=a ж=zh ь=" as a mapping."""
    return dict(pair.split("=") for pair in pairs.split())


_CYRILLIC = _table(
    "а=a б=b в=v г=g ґ=g д=d е=e є=ye ж=zh з=z и=y і=i ї=yi й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch "
    "ш=sh щ=shch ь= ъ= ю=yu я=ya ы=y э=e ё=e '="
)
_GREEK = _table(
    "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=ks ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=x ψ=ps ω=o "
    "ά=a έ=e ή=i ί=i ό=o ύ=y ώ=o ϊ=i ϋ=y ΐ=i ΰ=y"
)
_ARABIC_DIGITS = re.compile(
    r"^(?=[a-z0-9']*[aeiou])(?=(?:[a-z']*\d){1,3}[a-z']*$)(?:[a-z']+[23579]|[3572][a-z]{2})[a-z0-9']*$"
)
_SLAVIC = re.compile(r"shch|sch|zh|kh|x|tz|ts|y[aueo]|j[aueo]|i[aue]|w|['’]|[iy][iyj]|[jyi]|g|c(?!h)")
_SLAVIC_SOUNDS = {
    "shch": "щ",
    "sch": "щ",
    "zh": "ж",
    "kh": "h",
    "x": "h",
    "tz": "c",
    "ts": "c",
    "w": "v",
    "g": "h",
    "c": "c",
}
_GREEK_SOUNDS = re.compile(r"ou|ai|[eo]i|yi|th|8|ks|3|x|ch|kh|h|y|u|w|mp|nt|gk|gg|ph|tz|c")
_GREEK_SAME = {
    "ou": "U", "ai": "e", "ei": "i", "oi": "i", "yi": "i", "th": "T", "8": "T", "ks": "X", "3": "X", "x": "X", "ch": "X",
    "kh": "X", "y": "i", "u": "i", "w": "o", "mp": "b", "nt": "d", "gk": "g", "gg": "g", "ph": "f", "tz": "tz", "c": "k",
}  # fmt: skip
_VOWELS = frozenset("aeiouyw")
_HINDI_SOUNDS = re.compile(r"aa|ee|oo|iy(?=[ae])|w|ph|z|q|n$|x")
_HINDI_SAME = {"aa": "a", "ee": "i", "oo": "u", "iy": "i", "w": "v", "ph": "f", "z": "j", "q": "k", "n": "", "x": "ks"}


def _slavic(word: str) -> str:
    return _DOUBLED.sub(r"\1", _SLAVIC.sub(_slavic_sound, word))


def _slavic_sound(found: re.Match[str]) -> str:
    sound = found[0]
    if sound in _SLAVIC_SOUNDS:
        return _SLAVIC_SOUNDS[sound]
    if sound in ("'", "’"):
        return ""
    return {"a": "я", "u": "ю", "o": "o", "e": "e"}.get(sound[-1], "i")


def _greek(word: str) -> str:
    return _DOUBLED.sub(r"\1", _GREEK_SOUNDS.sub(_greek_sound, word))


def _greek_sound(found: re.Match[str]) -> str:
    sound = found[0]
    if sound != "h":
        return _GREEK_SAME[sound]
    text, start, end = found.string, found.start(), found.end()
    # "h" is eta between consonants ("thn") and chi before a vowel ("eho").
    before_vowel = end < len(text) and text[end] in _VOWELS
    return "X" if before_vowel and (start == 0 or text[start - 1] in _VOWELS) else "i"


def _hindi(word: str) -> str:
    return _DOUBLED.sub(r"\1", _HINDI_SOUNDS.sub(lambda found: _HINDI_SAME[found[0]], word))


def _arabic(word: str) -> str:
    return word.replace("ch", "sh").replace("ou", "u").replace("oo", "u").replace("ee", "i").replace("5", "kh")


def _spelled(word: str, letters: Mapping[str, str]) -> str:
    return "".join(letters.get(char, char) for char in word)


def _reduced(words: str, reduce: Callable[[str], str], letters: Mapping[str, str] | None = None) -> frozenset[str]:
    spelled = (_spelled(word, letters) if letters else word for word in words.split())
    return frozenset(reduce(word) for word in spelled if word)


_READINGS: Mapping[str, tuple[Callable[[str], str], frozenset[str]]] = {
    "ru-Latn": (
        _slavic,
        _reduced(cyrillic.WORDS["ru"], _slavic, _CYRILLIC | {"и": "i"})
        | _reduced(typed_in_latin.WORDS["ru-Latn"], _slavic),
    ),
    "uk-Latn": (_slavic, _reduced(cyrillic.WORDS["uk"], _slavic, _CYRILLIC | {"г": "h"})),
    "el-Latn": (
        _greek,
        _reduced(typed_in_latin.WORDS["el"], _greek, _GREEK) | _reduced(typed_in_latin.WORDS["el-Latn"], _greek),
    ),
    "hi-Latn": (_hindi, _reduced(typed_in_latin.WORDS["hi-Latn"] + " he h", _hindi)),
    "ar-Latn": (_arabic, _reduced(typed_in_latin.WORDS["ar-Latn"], _arabic)),
}
_SHAPES: Mapping[str, re.Pattern[str]] = {
    "ru-Latn": re.compile(
        r"shch|sch[aeiu]|zh|kh|iy|yy|yj|[bdfgklmnprstvz]y[aeu]|^(?:vz|vs[eyp]|zd|pri|pere|raz[^aeiou])|"
        r"(?:[oe]go|[oe]mu|[aeiy]et|[auy]yut|yat|ost|osti|ts?ya|sya|ova[tl]\w?|enie|eniya|aniya?|aniye|y[km]?h|i[km]?h|"
        r"[aiy]mi|ov|ev|[nvkmlrt]y[eiy]|n?naya|noe|skiy|sk(?:oy|aya|oe|ogo|om)|tsi[ayiu]|tsa|tsy|ets|nik[aiou]?|ila?|yl[aoi]?|al[aoi]?|el[aoi]|"
        r"[aeiou]yu|iyu|aya|oye|'|ovat|ivat|yvat|at|it|oy|ey|ykh|ikh|akh|yakh)$"
    ),
    "uk-Latn": re.compile(
        r"shch|sch[aeiou]|zh|kh|yi|iy|yy|ye|[bdfgklmnprstvz]y[aeu]|y[bdhklmnprstvz]y|^(?:vz|vs[eiy]|zd|pry|pere|roz|vid|pid)|"
        r"(?:[oy]ho|omu|aye|uye|yt|y?ut|yat|ist|osti|ts?ya|sya|[auy]ty|nnya|ttya|llya|ykh|ikh|akh|yakh|[ay]my|iv|av|yv|"
        r"yla|[aiy]v|[a-z]*ny[ykm]|[^aeiou]y|tsi[yiu]|yeyu|oyu|oyi|iyi|skyy|ska|skoho|kuv\w+|uvaty|uvav)$"
    ),
    "el-Latn": re.compile(
        r"ks|gk|^(?:ps|mp|nt|8|ef?x|anti|ana|apo|kata|meta|epi|ypo|sun|syn|pro)|x[aeiou]|"
        r"(?:ou|oi|ei|ai|os|eis|oume|ome|oun|ousa|omai|etai|ontai|isan?|ise|ike|ika|ikan|aki|akia|mata|ous|is|"
        r"ias|ies|iko|ika|iki|ikos|thike|thei|tho|menos?|meno|meni|poulos?|tita|sis|si|ma|na|nta)$"
    ),
    "hi-Latn": re.compile(r"(?:iye|iyega|unga|ungi|enge|oge|egi|ega|wala|wale|wali|aane|kar|ana|ane|ein|oon|aao)$"),
}
_SHAPE_WEIGHT = 0.5
_LONE_WORD = 0.4
_LEAD = 0.1
_MOSTLY_OWNED = 0.7
_SURE = 0.9
_A_MERE_GUESS = 0.5
_IN_LATIN = lexicon.latin_words()


_RESPELLED = re.compile(
    r"shch|sch|zh|kh|ch|sh|ts|tz|y[aeiou]|j[aeou]|[aeouiy][yj]|[a-z']",
)
_TO_RUSSIAN = _table(
    "shch=щ sch=щ zh=ж kh=х ch=ч sh=ш ts=ц tz=ц ya=я ye=е yi=ы yo=ё yu=ю ja=я je=е jo=ё ju=ю ay=ай ey=ей oy=ой uy=уй iy=ий "
    "yy=ый aj=ай ej=ей oj=ой uj=уй ij=ий yj=ый a=а b=б c=ц d=д e=е f=ф g=г h=х i=и j=й k=к l=л m=м n=н o=о p=п q=к r=р "
    "s=с t=т u=у v=в w=в x=х y=ы z=з '=ь"
)
_TO_UKRAINIAN = _TO_RUSSIAN | {
    "ye": "є", "yi": "ї", "yo": "йо", "iy": "ій", "yy": "ий", "i": "і", "y": "и", "h": "г", "g": "ґ", "je": "є", "ij": "ій",
    "yj": "ий",
}  # fmt: skip


def respelled(text: str, tag: str) -> str:
    """Latin ``text`` put into Cyrillic letters as Russian ("ru-Latn") or Ukrainian ("uk-Latn") is usually transliterated."""
    letters = _TO_UKRAINIAN if tag == "uk-Latn" else _TO_RUSSIAN
    return _RESPELLED.sub(lambda found: letters[found[0]], text.lower().replace("’", "'"))


def romanised(text: str) -> tuple[str, float] | None:
    """The romanised language of Latin ``text`` and the share of its words that speak for it; None when it is not clear.

    Words from the lists count whole, words that only look the part count half. A language that is always written in
    Latin letters and that owns as many of the words wins. English words inside Hindi do not count against it: that is
    how it is typed. Accented letters speak against all of them.
    """
    lowered = text.lower().replace("’", "'")
    if not lowered.isascii() and any(char.isalpha() and not char.isascii() for char in lowered):
        return None
    words = _WORD.findall(lowered)[:_MOST_WORDS]
    if len(words) < 2:
        return None
    owned = _owned(words)
    if max((count for tag, count in owned.items() if tag != "en"), default=0) >= _MOSTLY_OWNED * len(words):
        return None
    share, tag = max((_share(words, tag), tag) for tag in _READINGS)
    if tag == "hi-Latn":
        owned.pop("en", None)
    rival = max(owned.values(), default=0) / len(words)
    # Slavic languages in Latin letters share words with both: the caller asks the detector where that matters.
    lead = 0.0 if tag in ("ru-Latn", "uk-Latn") else _LEAD
    return (tag, share) if share >= max(_LEAST_SHARE, rival + lead) else None


def least_share(words: int, confidence: float) -> tuple[float, float]:
    """The shares, for a text of ``words`` words, that outweigh a language in Latin letters found with ``confidence``:
    by themselves, and once a detector agrees on the text put back into Cyrillic letters. Above 1.0 means never."""
    sure = confidence >= _SURE
    if words >= 4:
        return (0.62, 0.5) if sure else (0.3, 0.15)
    if sure:
        return 1.1, 1.1
    return (0.5, 0.3) if confidence < _A_MERE_GUESS else (0.7, 0.5)


def _share(words: list[str], tag: str) -> float:
    reduce, known = _READINGS[tag]
    shape = _SHAPES.get(tag, _ARABIC_DIGITS)
    hits = 0.0
    telling: set[str] = set()
    english = 0
    for word in words:
        if reduce(word) in known:
            owners = _IN_LATIN.get(word, ())
            hits += _SHAPE_WEIGHT if tag == "hi-Latn" and "en" in owners else 1.0
            if not owners:
                telling.add(word)
        elif word not in _IN_LATIN and shape.search(word):
            hits += 1.0 if shape is _ARABIC_DIGITS else _SHAPE_WEIGHT
            telling.add(word)
        elif tag == "hi-Latn" and "en" in _IN_LATIN.get(word, ()):
            english += 1
    # A Hindi sentence ends in its verb, whatever English words fill it.
    closed = tag == "hi-Latn" and hits >= 2.0 and reduce(words[-1]) in known
    needed = 1 if closed or len(words) == 3 else 2
    if not telling:
        return 0.0
    share = hits / (len(words) - 0.7 * english)
    return share if len(telling) >= needed else share * _LONE_WORD


def _owned(words: list[str]) -> dict[str, int]:
    """How many of the words each language in Latin letters owns."""
    owned: dict[str, int] = {}
    for word in words:
        for tag in _IN_LATIN.get(word, ()):
            owned[tag] = owned.get(tag, 0) + 1
    return owned
