"""HTML to lines of text, without the parts that mail clients mark as quoted, signed or preformatted.

A small tokenizer of our own instead of ``html.parser``: the standard one changes its reading of broken markup
between patch
releases, and some of those read hostile input in quadratic time. A decision has to be the same a year later.
"""

from __future__ import annotations

import html
import re

_LOOKS_LIKE_HTML = re.compile(
    r"</?(?:html|body|head|div|p|br|span|table|tr|td|a|b|i|u|strong|em|ul|ol|li|img|font|blockquote|"
    r"h[1-6]|style|meta|pre|code|hr|"
    r"center|small|o:p)(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})(?![a-zA-Z0-9:@.])([^<>]*)>")
_DECLARATION = re.compile(r"<[!?][^<>]*>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});")
_BREAKS_TEXT = (
    "address article aside blockquote body br center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 "
    "header hr html li main nav ol "
    "p pre section table tbody tfoot thead tr ul"
)
_BREAKS = frozenset(_BREAKS_TEXT.split())
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ul", "ol", "table", "blockquote"})
_VOID_TEXT = "area base br col embed hr img input link meta param source track wbr"
_VOID = frozenset(_VOID_TEXT.split())
_SILENT = frozenset({"style", "script", "head", "title", "template", "noscript", "svg", "object"})
_QUOTE_MARKS = re.compile(
    r"gmail_quote|gmail_extra|gmail_attr|yahoo_quoted|moz-cite-prefix|moz-forward-container|"
    r"protonmail_quote|zmail_extra|"
    r"outlookmessageheader|divrplyfwdmsg|appendonsend|mail-editor-reference-message|origbody|reply_quote|"
    r"type=[\"']?cite|"
    r"quoted?[-_](?:text|reply|message)|freebirdformviewer|ms-outlook-mobile-reference-message|"
    r"stopspelling|bloop_markdown_quote",
    re.IGNORECASE,
)
_CUT_MARKS = re.compile(
    r"divrplyfwdmsg|appendonsend|mail-editor-reference-message|id=[\"']?stopspelling", re.IGNORECASE
)
_SIGNATURE_MARKS = re.compile(
    r"(?:class|id)\s*=\s*[\"']?[^\"'<>]*(?:gmail_signature|moz-signature|applemailsignature|"
    r"ms-outlook-mobile-signature|"
    r"protonmail_signature|email-?signature|(?<![a-z])signature(?![a-z]))|data-smartmail=[\"']?gmail_signature",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[ \t\r\f\v]+")


def to_text(source: str) -> tuple[str, frozenset[str]]:
    """The text that a reader of ``source`` sees, and the kinds of parts left out ("html", "quote", "signature", "log").

    Plain text comes back as it is, with character references decoded. Work grows linearly with the length of
    ``source``.
    """
    if "<" not in source or not _LOOKS_LIKE_HTML.search(source):
        return (html.unescape(source) if _ENTITY.search(source) else source), frozenset()
    source = _without_spans(source, "<!--", "-->")
    for name in ("style", "script"):
        source = _without_spans(source, f"<{name}", f"</{name}")
    source = _DECLARATION.sub("", source)
    text, kinds = _walk(source)
    return html.unescape(text), kinds | {"html"}


def _without_spans(source: str, opening: str, closing: str) -> str:
    lowered = source.lower() if opening[1].isalpha() else source
    if len(lowered) != len(source) or opening not in lowered:
        return source
    kept: list[str] = []
    position = 0
    while (start := lowered.find(opening, position)) >= 0:
        end = lowered.find(closing, start + len(opening))
        if end < 0:
            break
        kept.append(source[position:start])
        position = end + len(closing)
        if not closing.endswith(">"):
            position = max(position, lowered.find(">", position) + 1)
    kept.append(source[position:])
    return "".join(kept)


def _kind_of(name: str, attributes: str) -> str | None:
    if name in _SILENT:
        return "html"
    if name in ("pre", "code"):
        return "log"
    if name == "blockquote":
        return "quote"
    if attributes and _SIGNATURE_MARKS.search(attributes):
        return "signature"
    if attributes and _QUOTE_MARKS.search(attributes):
        return "quote"
    return None


def _walk(source: str) -> tuple[str, frozenset[str]]:
    """Text outside the skipped elements, and which kinds were skipped."""
    flows = any(mark in source.lower() for mark in ("<p", "<div", "<br", "<td", "<li"))
    out: list[str] = []
    kinds: set[str] = set()
    skipped, depth, position = "", 0, 0
    for tag in _TAG.finditer(source):
        closing, name, attributes = tag[1] == "/", tag[2].lower(), tag[3]
        if not depth:
            piece = source[position : tag.start()]
            out.append(_BLANKS.sub(" ", piece.replace("\n", " ")) if flows else piece)
        position = tag.end()
        if depth:
            if name == skipped and not attributes.endswith("/"):
                depth += -1 if closing else 1
            continue
        kind = None if closing or name in _VOID or attributes.endswith("/") else _kind_of(name, attributes)
        if kind:
            skipped, depth = name, 1
            kinds.add(kind)
            out.append("\n")
        if attributes and not closing and _CUT_MARKS.search(attributes):
            kinds.add("quote")
            return "".join(out), frozenset(kinds)
        if not kind:
            out.append(_separator(name))
    if not depth:
        piece = source[position:]
        out.append(_BLANKS.sub(" ", piece.replace("\n", " ")) if flows else piece)
    return "".join(out), frozenset(kinds)


def _separator(name: str) -> str:
    if name in _PARAGRAPHS:
        return "\n\n"
    if name in _BREAKS:
        return "\n"
    return " " if name in ("td", "th", "img", "option") else ""
