"""What a secret is, and how all finders search: RE2 expressions whose first group, or whole match, is the secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import re2

Finder = Callable[[str], Iterator["Secret"]]
# How far behind its word a secret may begin, and be looked at.
_WINDOW = 160
_BLANK = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret stands in a text; the text itself is not kept here."""

    kind: str
    start: int
    end: int


def linear(expression: str) -> re2._Regexp:
    """A compiled RE2 expression. Raises ``re2.error`` for what RE2 refuses."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 32 << 20
    return re2.compile(expression, options)


def by_form(kind: str, expression: str, accept: Callable[[str], bool] = lambda _: True) -> Finder:
    """A finder of what ``expression`` matches (its first group, where it has one) and ``accept`` agrees to."""
    compiled = linear(expression)
    group = 1 if compiled.groups else 0

    def find(text: str) -> Iterator[Secret]:
        for match in compiled.finditer(text):
            if accept(match.group(group)):
                yield Secret(kind, *match.span(group))

    return find


def behind(words: re2._Regexp, form: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Places of the first group of ``form`` right behind each match of ``words``.

    ``form`` is Python's and may backtrack, but sees 160 characters at a time: the work stays linear in the text.
    """
    last = 0
    for match in words.finditer(text):
        if match.end() < last:
            continue
        found = form.match(text[match.end() : match.end() + _WINDOW])
        if found:
            start, last = match.end() + found.start(1), match.end() + found.end(1)
            if found.end(1) == _WINDOW:  # a thing longer than the window ends where its word does
                rest = _BLANK.search(text, last)
                last = rest.start() if rest else len(text)
            yield start, last


def stands_free(text: str, start: int, end: int) -> bool:
    """Whether neither a letter nor a digit touches a place: RE2 has no look-around, and its word is an ASCII one."""
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())
