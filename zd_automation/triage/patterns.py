"""Danger phrases: a small grammar that reviewers can read, compiled to RE2 so that no text can make it slow.

Grammar of a phrase: literal words; ``(a|b|)`` alternatives; ``*`` a gap of at most 40 characters inside one
sentence; ``~`` after a word for any ending. Texts and phrases are folded alike before they meet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import re2

GAP = 40
MOST_GAPS = 2
_NO_WORD_BREAKS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]"
)
_DROPPED = dict.fromkeys(map(ord, "'’‘ʼ`´\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"), None)
_FLAT = str.maketrans({"ı": "i", "đ": "d", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "ё": "е"})
_SENTENCE_ENDS = str.maketrans(
    {"。": ".", "！": ".", "？": ".", "!": ".", "?": ".", "؟": ".", "।": ".", "\n": ".", "…": "."}
)
# Marks belong to the letters of Indic, Thai and other scripts: taking them away would make other words.
_NOT_TEXT = re.compile(r"[^\w.\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")
# Accents go where people leave them out when they type: Latin, Greek, Cyrillic, Hebrew and Arabic.
_ACCENTED = re.compile(r"[\u0080-\u06ff\u0750-\u077f\u1e00-\u1fff]+")
_SPECIAL = set("()|*~")


def fold(text: str) -> str:
    """Text as phrases meet it: NFKC, lower case, no accents, no apostrophes, sentences ending in a full stop."""
    flat = unicodedata.normalize("NFKC", text).translate(_DROPPED).lower()
    flat = flat.translate(_FLAT).translate(_SENTENCE_ENDS).replace("e-mail", "email")
    bare = _ACCENTED.sub(_without_accents, flat)
    return _NOT_TEXT.sub(" ", bare).strip()


def _without_accents(match: re.Match[str]) -> str:
    apart = unicodedata.normalize("NFD", match.group())
    return unicodedata.normalize("NFC", "".join(ch for ch in apart if unicodedata.category(ch) != "Mn"))


def sentences(folded: str) -> list[str]:
    """The sentences of a folded text, without empty ones."""
    return [part.strip() for part in folded.split(".") if part.strip()]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase. Every match contains one of ``anchors``; ``expression`` is what RE2 searches for."""

    source: str
    anchors: tuple[str, ...]
    expression: str

    def is_near(self, folded: str) -> bool:
        """Whether a folded text can hold a match at all: a cheap look before the search."""
        return any(anchor in folded for anchor in self.anchors)

    def find(self, sentence: str) -> str | None:
        """The matched words of a folded sentence, or None."""
        if not self.is_near(sentence):
            return None
        match = _compiled(self.expression).search(sentence)
        return match.group().strip() if match else None


@cache
def _compiled(expression: str) -> re2._Regexp:
    """Compiled when first needed: two thousand phrases at once would cost seconds at every start."""
    return re2.compile(expression, _options())


def compile_phrase(source: str) -> Phrase:
    """Compile one phrase.

    The grammar leaves nothing that RE2 could refuse. Raises ValueError that says what is wrong: brackets, too many gaps, or a phrase that matches everything.
    """
    _check_brackets(source)
    if source.count("*") > MOST_GAPS:
        raise ValueError(f"more than {MOST_GAPS} gaps in {source!r}; split it into two phrases")
    tokens = _tokens(source)
    if sum(len(token) for token in tokens if token not in _SPECIAL) < 2:
        raise ValueError(f"{source!r} would match nearly everything; write at least two letters")
    spaced = not _NO_WORD_BREAKS.search(source)
    expression = "".join(_expressions(tokens, spaced=spaced))
    # A folded sentence holds words and single spaces only, so a space is all that can stand beside a word.
    bounded = f"(?:^| )(?:{expression})(?:$| )" if spaced else expression
    return Phrase(source, _anchors(tokens), bounded)


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = 64 << 20  # a gap makes many states; with too little memory RE2 falls back to a slower way
    options.log_errors = False
    return options


def _check_brackets(source: str) -> None:
    depth = 0
    for sign in source:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
        if sign == "|" and not depth:
            raise ValueError(f"'|' outside brackets in {source!r}; write (a|b), or two phrases")
    if depth:
        raise ValueError(f"brackets do not balance in {source!r}")


def compile_phrases(sources: Iterable[str]) -> tuple[Phrase, ...]:
    """Compile several phrases; raises ValueError for the first that is wrong."""
    return tuple(compile_phrase(source) for source in sources)


def _tokens(source: str) -> list[str]:
    """Literals (folded) and the grammar's own signs, in order; a literal keeps the spaces at its edges."""
    tokens: list[str] = []
    for piece in re.split(r"([()|*~])", source):
        if piece in _SPECIAL:
            tokens.append(piece)
        elif piece:
            lead, tail = piece[:1].isspace(), piece[-1:].isspace()
            literal = fold(piece).replace(".", "")
            tokens.append((" " if lead else "") + literal + (" " if tail and literal else ""))
    return [token for token in tokens if token]


def _expressions(tokens: list[str], *, spaced: bool) -> list[str]:
    gap = rf" ?(?:[^.]{{0,{GAP}}} )?" if spaced else rf"[^.]{{0,{GAP}}}"
    table = {"(": "(?:", ")": ")", "|": "|", "*": gap, "~": "[^ ]*"}
    # A space beside an alternative that may be empty must be allowed to vanish.
    return [table.get(token) or re.escape(token).replace(r"\ ", " ?") for token in tokens]


def _anchors(tokens: list[str]) -> tuple[str, ...]:
    """Literals of which every match contains one: a word outside brackets, or one of each alternative of a group."""
    depth = 0
    outside = [""]
    groups: list[list[list[str]]] = []
    for piece in tokens:
        if piece == "(":
            depth += 1
            groups += [[[""]]] if depth == 1 else []
        elif piece == ")":
            depth -= 1
        elif piece == "|":
            if depth == 1:
                groups[-1].append([""])
        elif piece not in _SPECIAL and depth <= 1:
            (groups[-1][-1] if depth else outside).extend(piece.split())
    choices: list[tuple[str, ...]] = [(max(outside, key=len),)]
    choices += [tuple(max(words, key=len) for words in group) for group in groups]
    return max(choices, key=lambda literals: min(map(len, literals)))


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """The reviewed danger phrases of one language."""

    language: str
    statements: Mapping[str, tuple[Phrase, ...]]
    alarms: tuple[Phrase, ...] = ()
    denials: tuple[Phrase, ...] = ()
    hypotheses: tuple[Phrase, ...] = ()
    news: tuple[Phrase, ...] = ()
