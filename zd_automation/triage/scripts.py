"""Which writing system a text uses, and what its letters alone say about the language."""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

_RANGES: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x024F, "Latn"),
    (0x0250, 0x02AF, "Latn"),
    (0x0370, 0x03FF, "Grek"),
    (0x0400, 0x052F, "Cyrl"),
    (0x0530, 0x058F, "Armn"),
    (0x0590, 0x05FF, "Hebr"),
    (0x0600, 0x06FF, "Arab"),
    (0x0750, 0x077F, "Arab"),
    (0x08A0, 0x08FF, "Arab"),
    (0x0900, 0x097F, "Deva"),
    (0x0980, 0x09FF, "Beng"),
    (0x0A00, 0x0A7F, "Guru"),
    (0x0A80, 0x0AFF, "Gujr"),
    (0x0B00, 0x0B7F, "Orya"),
    (0x0B80, 0x0BFF, "Taml"),
    (0x0C00, 0x0C7F, "Telu"),
    (0x0C80, 0x0CFF, "Knda"),
    (0x0D00, 0x0D7F, "Mlym"),
    (0x0D80, 0x0DFF, "Sinh"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Laoo"),
    (0x0F00, 0x0FFF, "Tibt"),
    (0x1000, 0x109F, "Mymr"),
    (0x10A0, 0x10FF, "Geor"),
    (0x1100, 0x11FF, "Hang"),
    (0x1200, 0x139F, "Ethi"),
    (0x1780, 0x17FF, "Khmr"),
    (0x1D00, 0x1DBF, "Latn"),
    (0x1E00, 0x1EFF, "Latn"),
    (0x1F00, 0x1FFF, "Grek"),
    (0x2C60, 0x2C7F, "Latn"),
    (0x2DE0, 0x2DFF, "Cyrl"),
    (0x3040, 0x30FF, "Kana"),
    (0x3130, 0x318F, "Hang"),
    (0x31F0, 0x31FF, "Kana"),
    (0x3400, 0x4DBF, "Hani"),
    (0x4E00, 0x9FFF, "Hani"),
    (0xA640, 0xA69F, "Cyrl"),
    (0xAC00, 0xD7AF, "Hang"),
    (0xF900, 0xFAFF, "Hani"),
    (0xFB1D, 0xFB4F, "Hebr"),
    (0xFB50, 0xFDFF, "Arab"),
    (0xFE70, 0xFEFF, "Arab"),
    (0xFF21, 0xFF5A, "Latn"),
    (0xFF66, 0xFF9F, "Kana"),
    (0x20000, 0x3134F, "Hani"),
)
_STARTS = [start for start, _, _ in _RANGES]

LANGUAGES_OF: Mapping[str, tuple[str, ...]] = {
    "Grek": ("el",),
    "Cyrl": ("ru", "uk", "bg", "be", "sr", "mk", "kk", "ky", "mn", "tg", "tt", "ba", "uzs"),
    "Armn": ("hy",),
    "Hebr": ("he", "yi"),
    "Arab": ("ar", "fa", "ur", "ps", "ku", "ckb", "sd", "ug"),
    "Deva": ("hi", "mr", "ne", "sa", "gom"),
    "Beng": ("bn", "as"),
    "Guru": ("pa",),
    "Gujr": ("gu",),
    "Orya": ("or",),
    "Taml": ("ta",),
    "Telu": ("te",),
    "Knda": ("kn",),
    "Mlym": ("ml",),
    "Sinh": ("si",),
    "Thai": ("th",),
    "Laoo": ("lo",),
    "Tibt": ("bo", "dz"),
    "Mymr": ("my",),
    "Geor": ("ka",),
    "Hang": ("ko",),
    "Ethi": ("am",),
    "Khmr": ("km",),
    "Kana": ("ja",),
    "Hani": ("zh", "ja"),
}
"""The languages usually written in each script other than Latin, the commonest first."""

_ALSO_LATIN = frozenset({"sr", "kk", "ku", "mn", "tt", "uzs"})
_NOT_LATIN = frozenset(tag for tags in LANGUAGES_OF.values() for tag in tags) - _ALSO_LATIN

_UKRAINIAN = frozenset("іїєґ")
_RUSSIAN = frozenset("ыэъё")
_CYRILLIC_SIGNS: tuple[tuple[str, frozenset[str]], ...] = (
    ("be", frozenset("ў")),
    ("mk", frozenset("ѓќѕ")),
    ("sr", frozenset("ђћљњџј")),
    ("kk", frozenset("әғқңөұүһ")),
)
_URDU = frozenset("ٹڈڑںےھہۓ")
_PERSIAN = frozenset("پچژگکی")
_ARABIC = frozenset("ةىيكأإؤئ")
_PASHTO_OR_OTHERS = frozenset("ټډړښځڅڼڤڵڕێۆەڄڃٿڊ")


@lru_cache(8192)
def script_of(char: str) -> str | None:
    """The ISO 15924 code of the script of a letter or vowel sign; None for anything else."""
    code = ord(char)
    if code < 0x80:
        return "Latn" if char.isalpha() else None
    position = bisect.bisect_right(_STARTS, code) - 1
    _, end, script = _RANGES[position]
    if code > end or (not char.isalpha() and script in ("Latn", "Grek", "Cyrl", "Arab", "Hebr", "Kana")):
        return None
    return script


def histogram(text: str) -> Counter[str]:
    """How many letters of each script ``text`` holds."""
    counts: Counter[str] = Counter()
    for char, times in Counter(text).items():
        script = script_of(char)
        if script:
            counts[script] += times
    return counts


def dominant(counts: Mapping[str, int]) -> str | None:
    """The script that decides: the commonest non-Latin one when non-Latin letters reach 25 %, else Latin; None
    without letters.

    Latin letters are what contaminates a text (brands, logs, signatures), so they have to outnumber the others by far.
    """
    total = sum(counts.values())
    if not total:
        return None
    others = {script: count for script, count in counts.items() if script != "Latn"}
    share = sum(others.values()) / total
    if share < 0.25:
        return "Latn"
    if "Kana" in others and "Hani" in others and others["Kana"] * 10 >= others["Hani"]:
        return "Kana"
    return max(sorted(others), key=lambda script: others[script])


def only(text: str, script: str) -> str:
    """``text`` with the words of all other scripts left out."""
    wanted = {"Hani", "Kana"} if script in ("Hani", "Kana") else {script}
    kept = (char if not char.isalpha() or script_of(char) in wanted else " " for char in text)
    return " ".join("".join(kept).split())


def written_in(script: str, languages: frozenset[str]) -> frozenset[str]:
    """Those of ``languages`` (primary tags) that are usually written in ``script``."""
    if script == "Latn":
        return languages - _NOT_LATIN
    return languages & frozenset(LANGUAGES_OF.get(script, ()))


def by_letters(text: str, script: str) -> str | None:
    """The language that letters peculiar to it give away in Cyrillic or Arabic text; None when they do not decide."""
    letters = Counter(text.lower())
    if script == "Cyrl":
        return _cyrillic(letters)
    return _arabic(letters) if script == "Arab" else None


def _cyrillic(letters: Counter[str]) -> str | None:
    for tag, signs in _CYRILLIC_SIGNS:
        if any(letters[sign] for sign in signs):
            return tag
    if letters["і"] and letters["ы"] + letters["э"] + letters["ё"]:
        return None if letters["ї"] + letters["є"] else "be"
    ukrainian, russian = (sum(letters[sign] for sign in signs) for signs in (_UKRAINIAN, _RUSSIAN))
    if ukrainian > russian and not (letters["ы"] and not letters["ї"] + letters["є"]):
        return "uk"
    if letters["ы"] + letters["э"] + letters["ё"] > ukrainian:
        return "ru"
    return None


def _arabic(letters: Counter[str]) -> str | None:
    if any(letters[sign] for sign in _PASHTO_OR_OTHERS):
        return None
    urdu, persian, arabic = (sum(letters[sign] for sign in signs) for signs in (_URDU, _PERSIAN, _ARABIC))
    if urdu and urdu >= arabic:
        return "ur"
    if persian and not arabic:
        return "fa" if letters["ه"] and not letters["ہ"] else None
    if arabic > persian:
        return "ar"
    return None


_LONGEST_KANJI = 8
_JAPANESE_WORDS = re.compile(
    "住所|氏名|名前|名称|送金|入金|出金|残高|口座|振込|引出|送料|手数料|料金|無料|有料|請求書|請求|支払|返金|返品|返送|登録|荷物|"
    "利用者|利用規約|管理者|権限|本人|取引|至急|担当|使用制限|新規|完了|以降|年齢|場合|都合|勉強|番号|部署|株式|二要素|未読|宛先|件名"
)
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


def han_variant(text: str) -> str | None:
    """ "Hans", "Hant" or "Jpan" when more of the Chinese characters belong to that standard alone than to the
    others; else None.

    A character that encodes in GB 2312 but not in Big5 is simplified, the reverse is traditional, and one that
    encodes in neither but in JIS is Japanese.
    """
    counts: Counter[str] = Counter()
    for char, times in Counter(_HAN.findall(text)).items():
        variant = _variant_of(char)
        if variant:
            counts[variant] += times
    if not counts:
        return None
    # Japan simplified some characters as China did and kept others: only Japanese mixes the two.
    if counts["Hans"] and counts["Hant"] and all(map(_japanese, _HAN.findall(text))):
        return "Jpan"
    (first, most), *rest = counts.most_common(2)
    return first if not rest or most > rest[0][1] else None


def has_japanese_words(text: str) -> bool:
    """Whether Chinese characters without kana spell a word that Japanese writes so and Chinese does not."""
    return _JAPANESE_WORDS.search(text) is not None


def simplified_only(text: str) -> bool:
    """Whether ``text`` holds a simplified character that Japanese does not use, or is too long for Japanese without kana."""
    characters = _HAN.findall(text)
    return len(characters) > _LONGEST_KANJI or not all(map(_japanese, characters))


def _japanese(char: str) -> bool:
    return _encodes(char, "euc_jp")


def _variant_of(char: str) -> str | None:
    simplified, traditional = _encodes(char, "gb2312"), _encodes(char, "big5")
    if simplified != traditional:
        return "Hans" if simplified else "Hant"
    return "Jpan" if not simplified and _encodes(char, "euc_jp") else None


def _encodes(char: str, charset: str) -> bool:
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
