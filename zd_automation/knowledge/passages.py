"""An article in passages: its title, and stretches of its body, so that a long article is found by its right paragraph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zd_automation.tickets import Article

# Characters of a stretch: about what both encoders read of one text.
STRETCH = 600
# Stretches of one article. An article of 300 KB is a list or a contract: its first 36,000 characters say what it is about.
MOST_STRETCHES = 60
SENTENCE = re.compile(r"(?<=[.!?。！？؟।])\s*(?=\S)|\n+")
_WORD = re.compile(r"\w\w")


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of the article at place ``article`` in its list; ``body`` is its part of the body, "" for the title alone."""

    article: int
    text: str
    body: str


def passages(articles: Sequence[Article]) -> list[Passage]:
    """The passages of articles in order, each with its title in front: without it a paragraph seldom says what it is about.

    What has no word is left out.
    """
    return [
        passage
        for number, article in enumerate(articles)
        for passage in _of(number, article)
        if _WORD.search(passage.text)
    ]


def sentences(text: str) -> list[str]:
    """The sentences of a text, without empty ones."""
    return [sentence for part in SENTENCE.split(text) if (sentence := " ".join(part.split()))]


def _of(number: int, article: Article) -> list[Passage]:
    title = article.title.strip()
    told = [Passage(number, f"{title}\n{body}".strip(), body) for body in _stretches(article.body)]
    return [Passage(number, title, ""), *told]


def _stretches(body: str) -> list[str]:
    found, current = [], ""
    for piece in _pieces(body):
        if current and len(current) + len(piece) >= STRETCH:
            found.append(current)
            current = ""
            if len(found) == MOST_STRETCHES:
                return found
        current = f"{current}\n{piece}".strip()
    return [*found, current] if current else found


def _pieces(body: str) -> list[str]:
    """Paragraphs, and the sentences of those that are longer than a stretch; a longer sentence is cut."""
    pieces = []
    for paragraph in filter(None, map(str.strip, body[: STRETCH * MOST_STRETCHES * 2].split("\n"))):
        for part in [paragraph] if len(paragraph) <= STRETCH else sentences(paragraph):
            pieces += [part[start : start + STRETCH] for start in range(0, len(part), STRETCH)]
    return pieces
