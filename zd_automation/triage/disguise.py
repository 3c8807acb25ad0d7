"""Takes off what hides words from a reader that is a program: look-alike letters, digits for letters, spaced letters,
shouting, stretched vowels. People do it for fun or in a hurry, others to get past filters; the words stay the same.

Only what the danger detector reads goes through here: the language chain and the note see the message as it was written.
"""

from __future__ import annotations

import re
import unicodedata

_ZERO_WIDTH = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
# Joiners spell words in Indic scripts and in Persian; elsewhere they only cut words in two.
_JOINERS = re.compile(
    "(?<![\u0590-\u0dff\u1000-\u109f])[\u200c\u200d]+|[\u200c\u200d]+(?![\u0590-\u0dff\u1000-\u109f])"
)
# Letters of other alphabets that look like a Latin one. Unicode's confusables (UTS 39), kept to what a keyboard,
# a phone or a "fancy text" page brings.
_AS_LATIN = dict(
    zip(
        "АВЕКМНОРСТХУЅІЈаеорсухіјѕһԁԛԝӏєкмтпгвѵьΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορτυχκωηϲϳԌԍոսցօհ",
        "ABEKMHOPCTXYSIJaeopcyxijshdqwlekmtnrbvbABEZHIKMNOPTYXaivoptuxkwncjGgnugoh",
        strict=True,
    )
)
# Letters of phonetic alphabets that "fancy text" pages write with; no language is spelled with them.
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
# The way back, for a Cyrillic or Greek word with a Latin letter in it.
_AS_CYRILLIC = dict(zip("ABEKMHOPCTXYaeopcyxik", "АВЕКМНОРСТХУаеорсухік", strict=True))
_AS_GREEK = dict(zip("ABEZHIKMNOPTYXaovu", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαονυ", strict=True))
_DIGITS = dict(zip("01345789@$!€", "oieastbgasie", strict=True))
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LEET_WORD = re.compile(r"(?<![\w@$.])[^\W\d_][\w@$!€]*[01345789@$!€][\w@$!€]*[^\W\d_](?![\w@$])")
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .\-_*·|]{1,2}[^\W\d_]){3,}(?![^\W_])")
_LATIN = re.compile("[!-~€\u00c0-\u024f\u1e00-\u1eff]+")
# Not "www".
_STRETCHED = re.compile(r"([^\W\d_wW])\1{2,}")
_LATIN_MARKS = re.compile("(?<=[A-Za-z\u00c0-\u024f\u0400-\u04ff\u1e00-\u1eff])[\u0300-\u036f]+")
_LOUD_SHARE, _LOUD_LETTERS = 0.6, 8


def undisguised(text: str) -> str:
    """``text`` in plain letters, linear in its length; what was never disguised stays, but for its compatibility form."""
    plain = _JOINERS.sub("", _ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", text)))
    plain = _LATIN_MARKS.sub("", plain).translate(_SMALL_CAPITALS)
    if not plain.isascii():
        latin = _is_latin(plain)
        plain = _WORD.sub(lambda found: _one_script(found.group(), latin_around=latin), plain)
    plain = _SPACED.sub(_joined, plain)
    plain = _LEET_WORD.sub(_without_digits, plain)
    plain = _STRETCHED.sub(r"\1", plain)
    return _quietly(plain)


def _is_latin(text: str) -> bool:
    """Whether most letters of a text, by a sample of it, are Latin."""
    letters = [letter for letter in text[:2_000] if letter.isalpha()]
    return 2 * sum(letter < "\u0250" for letter in letters) > len(letters)


def _one_script(word: str, *, latin_around: bool) -> str:
    """A word in one alphabet: that of most of its letters, or of the text when every letter has a Latin look-alike."""
    if word.isascii():
        return word
    latin = sum("A" <= letter <= "z" or "\u00c0" <= letter < "\u0250" for letter in word)
    cyrillic = sum("\u0400" <= letter <= "\u052f" for letter in word)
    greek = sum("\u0370" <= letter <= "\u03ff" for letter in word)
    foreign = sum(letter in _AS_LATIN for letter in word)
    if not foreign:
        return word
    if latin + foreign == sum(map(str.isalpha, word)) and (latin_around or (latin and latin >= foreign)):
        return "".join(_AS_LATIN.get(letter, letter) for letter in word)
    if latin and max(cyrillic, greek) >= latin:
        back = _AS_CYRILLIC if cyrillic >= greek else _AS_GREEK
        return "".join(back.get(letter, letter) for letter in word)
    if latin and latin_around:
        return "".join(_AS_LATIN.get(letter, letter) for letter in word)
    return word


def _joined(found: re.Match[str]) -> str:
    """ "h a c k e d" as one word; a wider space between single letters ends it."""
    letters = found.group()
    if all(len(gap) == 2 for gap in re.split(r"[^\W\d_]", letters)[1:-1]):
        return re.sub(r"[^\w]|_", "", letters)
    return re.sub(r"[ .\-_*·|]", "", re.sub(r" {2}", "\n", letters)).replace("\n", " ")


def _without_digits(found: re.Match[str]) -> str:
    """ "h4ck3d" as letters. A number inside a name ("b2b", "p2p", "usd2btc") stays: its word has too few letters around."""
    word = found.group()
    letters = sum(map(str.isalpha, word))
    if letters < 3 or letters * 2 < len(word) + 1 or not _LATIN.fullmatch(word):
        return word
    return "".join(_DIGITS.get(sign, sign) for sign in word)


def _quietly(text: str) -> str:
    """A shouted text in small letters: encoders read capitals as abbreviations."""
    cased = [letter for letter in text if letter.isupper() or letter.islower()]
    loud = sum(map(str.isupper, cased))
    return text.lower() if len(cased) >= _LOUD_LETTERS and loud > _LOUD_SHARE * len(cased) else text
