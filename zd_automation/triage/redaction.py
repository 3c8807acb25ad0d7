"""Which parts of a comment Zendesk should block out for good: marked as its redaction API wants them."""

from __future__ import annotations

import html
import re
from collections.abc import Collection

from zd_automation.triage.clean import everything
from zd_automation.triage.secrets import SeedLists, find_secrets

# A piece this short is no secret of its own, and stands elsewhere in the comment too.
_LEAST = 4
_TAG = re.compile(r"<[^<>]*>")


def marked(html_body: str, kinds: Collection[str], seed_lists: SeedLists | None = None) -> str | None:
    """The comment's HTML with ``<redact>`` around every secret of these kinds; None when it holds none.

    What Zendesk is sent is the comment as it stands, with nothing else changed (platform page, 7.7). A secret that runs over
    several lines is marked line by line; one that markup cuts within a line is left, for a person to see to.
    """
    text = everything(html_body)
    found = [text[place.start : place.end] for place in find_secrets(text, seed_lists) if place.kind in kinds]
    pieces = {piece.strip() for secret in found for piece in re.split(r"\s*\n\s*", secret)}
    marks = [html.escape(piece, quote=False) for piece in pieces if len(piece) >= _LEAST]
    if not marks:
        return None
    wanted = re.compile("|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True)))
    parts, last, count = [], 0, 0
    for tag in [*_TAG.finditer(html_body), None]:
        stop = tag.start() if tag else len(html_body)
        told, times = wanted.subn(lambda piece: f"<redact>{piece.group()}</redact>", html_body[last:stop])
        parts += [told, tag.group() if tag else ""]
        last, count = tag.end() if tag else stop, count + times
    return "".join(parts) if count else None
