"""What the customer wrote, out of what the mail program sent: ``clean`` takes a subject and a body and keeps
the own words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zd_automation.triage.clean import history, markup, signature, tokens

__all__ = ["CleanText", "clean", "everything"]

_LONGEST_SOURCE = 1_000_000
_LONGEST_TEXT = 60_000
_LONGEST_LINE = 4_000
_LONGEST_FOOTER = 400
_WRAPPED_FROM = 50
_SUBJECT_PREFIX = re.compile(
    r"^\s*(?:\[[^\[\]]{0,60}\]|(?:re|fwd?|fw|aw|wg|antw|antwort|tr|réf|rv|res|enc|r|i|sv|vs|vb|vl|ynt|ilt|"
    r"odp|pd|отв|пер|на|回复|回覆|转发|轉寄|答复|返信|転送|답장|전달|trả lời|bls|trs|"
    r"rif|ref|sq|σχετ|πρθ|atb|yt)(?:\[\d{1,3}\])?\s?[:：])\s*",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？؟।])(?:\s+|(?<=[。！？]))|\n+")


@dataclass(frozen=True, slots=True)
class CleanText:
    """The customer's own words.

    ``text`` is subject and body joined by a newline; ``sentences`` are the pieces of the body (of the subject
    when the body holds
    no words) that are language rather than logs, ids or numbers, and empty when there are none; ``dropped``
    names, sorted, the kinds
    of parts that were left out: html, quote, signature, legal, greeting, log, url, email, file, id, number,
    emoji, length.
    """

    text: str
    subject: str
    body: str
    sentences: tuple[str, ...]
    dropped: tuple[str, ...]


def clean(subject: str, body: str) -> CleanText:
    """The own words of the customer in ``subject`` and ``body`` (plain text or HTML).

    Where every line would go (a forwarded mail, a lone log paste), the best of what was there stays in
    ``text``. Work grows linearly
    with the input; of a body longer than 60,000 visible characters only the beginning is read.
    """
    dropped: set[str] = set()
    lines = _visible_lines(body, dropped)
    own, words = _own_lines(lines, dropped)
    head = _clean_subject(subject, dropped)
    text_lines, kinds = _inline(own)
    dropped |= kinds
    shown = "\n".join(line for line in text_lines if line)
    source = "\n".join(_inline(words)[0]) if words is not own else shown
    sentences = _sentences(source) or _sentences(head)
    joined = head if not shown or shown == head else f"{head}\n{shown}" if head else shown
    return CleanText(joined, head, shown, sentences, tuple(sorted(dropped)))


def everything(body: str) -> str:
    """All that a reader of ``body`` sees, quotations, code and numbers included: where secrets are looked for."""
    return markup.to_text(_unmarked(body[:_LONGEST_SOURCE]))[0]


def _clean_subject(subject: str, dropped: set[str]) -> str:
    line = tokens.strip_invisible(subject[:_LONGEST_LINE]).replace("\n", " ")
    for _ in range(5):
        shorter = _SUBJECT_PREFIX.sub("", line, count=1)
        if shorter == line or not shorter.strip():
            break
        line = shorter
    text, kinds = tokens.without_tokens(line)
    dropped |= kinds
    return text


def _visible_lines(body: str, dropped: set[str]) -> list[str]:
    if len(body) > _LONGEST_SOURCE:
        dropped.add("length")
    text, kinds = markup.to_text(body[:_LONGEST_SOURCE])
    if kinds and not _LETTER.search(text[:_LONGEST_TEXT]):
        text, kinds = markup.to_text(_unmarked(body[:_LONGEST_SOURCE]))
    dropped |= kinds
    text = tokens.strip_invisible(text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > _LONGEST_TEXT:
        dropped.add("length")
    lines = text[:_LONGEST_TEXT].split("\n")
    return [
        line[start : start + _LONGEST_LINE] for line in lines for start in range(0, max(len(line), 1), _LONGEST_LINE)
    ]


def _unmarked(body: str) -> str:
    """``body`` with the marks taken off that make quotations, signatures and code: a mail that holds nothing
    else is read whole."""
    body = re.sub(r"<(/?)(?:blockquote|pre|code)\b", r"<\1div", body, flags=re.IGNORECASE)
    return re.sub(r"(<div)\s[^<>]*(?=>)", r"\1", body, flags=re.IGNORECASE)


def _own_lines(lines: list[str], dropped: set[str]) -> tuple[list[str], list[str]]:
    """The lines to keep, and those of them that are the customer's language rather than machine output."""
    kinds: set[str] = set()
    unquoted = _without_history(lines, kinds)
    if not _has_words(unquoted):
        kinds.clear()
        unquoted = _quoted_words(lines)
    unsigned = _without_footer(unquoted, kinds)
    if not _has_words(unsigned):
        unsigned = unquoted
        kinds -= {"signature", "legal", "greeting"}
    own = _without_logs(unsigned)
    spoken = [line for line in own if not tokens.is_error_prose(line)]
    dropped |= kinds
    if len(own) < len(unsigned) or len(spoken) < len(own):
        dropped.add("log")
    if _has_words(spoken):
        return spoken, spoken
    if _has_words(own):
        return own, own
    return unsigned, []


def _without_logs(lines: list[str]) -> list[str]:
    kept: list[str] = []
    inside = False
    for line in lines:
        inside = tokens.is_log_line(line) or (inside and line[:1] in "\t " and bool(line.strip()))
        if not inside:
            kept.append(line)
    return kept


def _has_words(lines: list[str]) -> bool:
    return any(_LETTER.search(line) and _LETTER.search(tokens.without_tokens(line)[0]) for line in lines)


def _without_history(lines: list[str], kinds: set[str]) -> list[str]:
    kept: list[str] = []
    index = 0
    while index < len(lines):
        line = tokens.normalised(lines[index])
        if history.is_quoted(line) or _continues_quotation(lines, index):
            kinds.add("quote")
        elif history.is_reply_above(line):
            kinds.add("quote")
            if _has_words(kept):
                break
        elif length := history.header_length(lines, index):
            kinds.add("quote")
            index += length
            following = next((part for part in lines[index : index + 4] if part.strip()), "")
            if not history.is_quoted(following):
                break
            continue
        else:
            kept.append(lines[index])
        index += 1
    return kept


def _continues_quotation(lines: list[str], index: int) -> bool:
    """Whether a line without the mark is the rest of a quoted line that a mail program broke in two."""
    if not 0 < index < len(lines) - 1 or not lines[index].strip():
        return False
    before, after = lines[index - 1], lines[index + 1]
    broken = len(before) >= _WRAPPED_FROM and before.rstrip()[-1:] not in ".?!:;"
    return broken and history.is_quoted(before) and history.is_quoted(after)


def _quoted_words(lines: list[str]) -> list[str]:
    """For a mail that is nothing but quotation: its words without marks and headers, up to the next header
    below them."""
    kept: list[str] = []
    index = 0
    bare = [re.sub(r"^(?:\s{0,8}>){1,20}\s?", "", line) for line in lines]
    while index < len(bare):
        length = history.header_length(bare, index)
        if length and _has_words(kept):
            break
        if not length and not history.is_reply_above(bare[index]):
            kept.append(bare[index])
        index += length or 1
    return kept


def _without_footer(lines: list[str], kinds: set[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if signature.is_device_line(tokens.normalised(line[:_LONGEST_FOOTER])):
            kinds.add("signature")
            if _has_words(kept):  # mail programs put it below the reply: what follows is the mail replied to
                break
        elif signature.is_legal(line):
            kinds.add("legal")
            if _has_words(kept):
                break
        else:
            kept.append(line)
    while kept and not kept[-1].strip():
        kept.pop()
    end = signature.signature_start(kept)
    if end < len(kept) and _has_words(kept[:end]):
        kinds.add("signature")
        kept = kept[:end]
    start = signature.greeting_length(kept)
    if start and _has_words(kept[start:]):
        kinds.add("greeting")
        kept = kept[start:]
    return kept


def _inline(lines: list[str]) -> tuple[list[str], set[str]]:
    texts: list[str] = []
    kinds: set[str] = set()
    for line in lines:
        text, found = tokens.without_tokens(line)
        texts.append(text)
        kinds |= found
    return texts, kinds


def _sentences(text: str) -> tuple[str, ...]:
    pieces = (piece.strip() for piece in _SENTENCE_END.split(text))
    return tuple(piece for piece in pieces if _LETTER.search(piece))
