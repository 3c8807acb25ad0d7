"""What all pages of the sandbox share: security headers and clean HTML."""

from __future__ import annotations

import nh3
from flask import Response

_CSP = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "img-src 'self' data:"
)
_NOTE_TAGS = {"a", "blockquote", "br", "code", "em", "li", "ol", "p", "strong", "ul"}


def secured(page: str) -> Response:
    """A page with headers that let nothing from elsewhere in."""
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def clean_html(text: str) -> str:
    """HTML of a comment with nothing left in it that could run, load or restyle anything."""
    return nh3.clean(
        text,
        tags=_NOTE_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
    )
