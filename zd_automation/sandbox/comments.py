"""Comments: what a written comment becomes, and how its text is turned into HTML and back."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import nh3

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError, as_int, blank, invalid_field, is_staff

COMMENT_LIMIT = 5000
BODY_LIMIT = 65_536
_BREAKS = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6]|blockquote|pre|tr)>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_MANY_LINES = re.compile(r"\n{3,}")
_TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol",
    "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_NO_SPACE: dict[str, set[str]] = {"*": {"dir", "title"}, "a": {"href", "rel", "target"}, "img": {"src", "alt"}}


def new_comment(
    account: Account, given: object, *, actor: Doc, ticket: Doc, default_public: bool, key: int, audit: int, via: Doc
) -> Doc:
    """The comment document that a write's ``comment`` becomes (a text or an object with body or html_body).

    Raises 422 when it is empty, too long, or the ticket has 5,000 already.
    """
    values: Mapping[str, Any] = given if isinstance(given, dict) else {"body": given}
    if len(account.store.collection("comments").by("ticket_id", ticket["id"])) >= COMMENT_LIMIT:
        raise invalid_field("base", f"Ticket has reached the limit of {COMMENT_LIMIT} comments", "TooManyComments")
    body, html_body = texts(values)
    attachments = _attachments(account, values.get("uploads"))
    if not body.strip() and not attachments:
        raise blank("comment")
    if len(body.encode()) > BODY_LIMIT:
        raise invalid_field("comment", "Comment: body is too long", "TooLong")
    author = account.store.collection("users").get(as_int(values.get("author_id")) or actor["id"])
    if author is None:
        raise invalid_field("author", "Author: is not a valid user", "InvalidValue")
    return {
        "id": key,
        "type": "Comment",
        "author_id": author["id"],
        "body": body,
        "html_body": html_body,
        "plain_body": plain_text(html_body),
        "public": _public(values, actor, default_public),
        "attachments": attachments,
        "audit_id": audit,
        "via": via,
        "created_at": account.clock.iso(),
        "metadata": {"system": system_metadata(), "custom": {}},
        "ticket_id": ticket["id"],
    }


def _public(values: Mapping[str, Any], actor: Doc, default: bool) -> bool:
    if not is_staff(actor):
        return True
    given = values.get("public")
    return default if given is None else str(given).lower() in {"true", "1"}


def system_metadata() -> Doc:
    """What Zendesk notes about the machine that wrote; the sandbox has one invented place."""
    return {
        "client": "sandbox",
        "ip_address": "192.0.2.1",
        "location": "Example City, EX, Country",
        "latitude": 0.0,
        "longitude": 0.0,
    }


def texts(values: Mapping[str, Any]) -> tuple[str, str]:
    """``(body, html_body)`` of a comment given by body, value or html_body."""
    if values.get("html_body"):
        cleaned = nh3.clean(str(values["html_body"]), tags=_TAGS, attributes=_NO_SPACE, link_rel=None)
        return plain_text(cleaned), f'<div class="zd-comment" dir="auto">{cleaned}</div>'
    body = str(values.get("body") or values.get("value") or "").replace("\r\n", "\n")
    return body, html_of(body)


def html_of(body: str) -> str:
    """Plain text as the API shows it in HTML: a paragraph per blank line, a break per line."""
    paragraphs = [part for part in body.split("\n\n") if part.strip()]
    inner = "".join(
        f'<p dir="auto">{html.escape(part, quote=False).replace(chr(10), "<br>")}</p>' for part in paragraphs
    )
    return f'<div class="zd-comment" dir="auto">{inner}</div>'


def plain_text(markup: str) -> str:
    """HTML as text: a line per block, entities resolved."""
    if "<" not in markup:
        return html.unescape(markup)
    text = _BREAKS.sub(lambda found: "\n" if found[0].lower().startswith("<br") else "\n\n", markup)
    return _MANY_LINES.sub("\n\n", html.unescape(_TAG.sub("", text))).strip()


def _attachments(account: Account, tokens: object) -> list[Doc]:
    """The files behind upload tokens; a token is used up by the comment that names it."""
    if not tokens:
        return []
    uploads = account.store.collection("uploads")
    found: list[Doc] = []
    for token in [tokens] if isinstance(tokens, str) else list(tokens) if isinstance(tokens, list) else []:
        upload = uploads.delete(str(token))
        if upload is None:
            raise ApiError(422, {"error": "AttachmentUnprocessable", "description": f"Upload {token} not found"})
        found += [dict(doc) for key in upload["attachment_ids"] if (doc := _attachment(account, key))]
    return found


def _attachment(account: Account, key: int) -> Doc | None:
    return account.store.collection("attachments").get(key)


def present_comment(doc: Doc) -> Doc:
    """The comment as the API shows it."""
    return {name: value for name, value in doc.items() if name != "ticket_id"}


def comment_event(comment: Doc) -> Doc:
    """The comment as an audit's event shows it."""
    names = ("id", "type", "author_id", "body", "html_body", "plain_body", "public", "attachments", "audit_id")
    return {name: comment[name] for name in names}
