"""Reads the project's own pages for the tests of documents."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")


def all_pages() -> list[Path]:
    """Every Markdown page that the project ships, sorted."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "webhooks").rglob("*.md")])


def page(name: str) -> str:
    """The text of a page, named from the checkout's root."""
    return (ROOT / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The contents of fenced blocks of one language ("" for none), without the indentation of their fence."""
    return [
        "\n".join(line.removeprefix(indent) for line in body.splitlines()) + "\n"
        for indent, kind, body in _FENCE.findall(text)
        if kind == language
    ]


def code(text: str) -> list[str]:
    """Everything that is set as code: the lines of plain blocks, and spans."""
    lines = [line for kind in ("", "sh", "text") for block in blocks(text, kind) for line in block.splitlines()]
    return [*lines, *_SPAN.findall(_FENCE.sub("", text))]


def links(text: str) -> list[str]:
    """Targets of links, but for those to the web."""
    return [target for target in _LINK.findall(_FENCE.sub("", text)) if "://" not in target]


def anchors(text: str) -> set[str]:
    """Anchors of the headings, as code hosts make them: lower case, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def first_column(text: str, heading: str) -> list[str]:
    """The code spans in the first column of the table below a heading."""
    below = re.split(rf"^#+ {re.escape(heading)}$", text, maxsplit=1, flags=re.MULTILINE)[1]
    section = re.split(r"^#+ ", below, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
