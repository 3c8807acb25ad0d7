"""Pieces inside a line that are not words: addresses, ids, hashes, numbers, emoji, invisible characters; and
lines of logs or code."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
_JOINERS = re.compile(
    "(?<![\u0590-\u0dff\u1000-\u109f])[\u200c\u200d]+|[\u200c\u200d]+(?![\u0590-\u0dff\u1000-\u109f])"
)
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\U0001fb00-\U0001fbff\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff\ufe00-\ufe0f"
    "\u20e3\U000e0000-\U000e007f\ufffd\ue000-\uf8ff]+"
)
_INLINE: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "url",
        re.compile(
            r"(?<![\w@])(?:https?|ftp)://[^\s<>\"'()\[\]{}（）「」，。、]{1,2000}|(?<![\w@.])www\.[^\s<>\"'()\[\]{}，。、]{3,500}",
            re.IGNORECASE,
        ),
    ),
    (
        "email",
        re.compile(
            r"(?:mailto:)?(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
        ),
    ),
    (
        "url",
        re.compile(
            r"(?<![A-Za-z0-9.-])[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,3}\.(?:com|net|org|io|co|ru|"
            r"de|fr|cn|jp|br|uk|vn|id|tr|app|dev|info|xyz)(?:/[\w./?=&%#+-]{0,300})?"
            r"(?![A-Za-z0-9-])"
        ),
    ),
    (
        "file",
        re.compile(
            r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{1,80}\.(?:jpe?g|png|gif|webp|heic|bmp|svg|pdf|docx?|xlsx?|"
            r"pptx?|csv|txt|zip|rar|7z|mp4|mov|avi|mp3|log|json|xml|eml|apk|exe)(?![A-Za-z0-9])",
            re.IGNORECASE,
        ),
    ),
    (
        "id",
        re.compile(
            r"(?<![A-Za-z0-9])[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![A-Za-z0-9])"
        ),
    ),
    ("id", re.compile(r"(?<![A-Za-z0-9])0x[0-9a-fA-F]{6,128}(?![A-Za-z0-9])")),
    (
        "id",
        re.compile(
            r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{0,200}[0-9])(?=[A-Za-z0-9]{0,200}[A-Za-z])[A-Za-z0-9]{12,200}(?![A-Za-z0-9])"
        ),
    ),
    ("id", re.compile(r"(?<![A-Za-z0-9])(?:[A-Z]{1,6}[-_#/]{1,2})?[A-Z]{0,6}[-_#]\d[\dA-Z_-]{2,40}(?![A-Za-z0-9])")),
    ("number", re.compile(r"(?<![\w.,])[+(]?\d(?:[\d ().-]{5,30})\d(?![\w])")),
    ("number", re.compile(r"#?(?<![A-Za-z0-9])\d{5,40}(?![A-Za-z0-9])")),
)
_HAS_TOKEN = re.compile(r"[\d@]|://|\w\.\w")
_LABEL = re.compile(r"(?:tx ?id|txn|hash|uid|uuid|order id|ip)\s?[:#=]\s*(?=$|\s)", re.IGNORECASE)
_LOG_LINE = re.compile(
    r"^\s*(?:Traceback \(most recent call|File \"[^\"]{1,200}\", line \d|at [\w$.<>/]{2,200}\(|"
    r"Caused by: [\w$.]{3,}|\.\.\. \d+ more|"
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?[\w.,:+ -]{0,14}\]?\s+[\[(]?(?:TRACE|DEBUG|INFO|"
    r"WARN(?:ING)?|ERROR|FATAL|CRITICAL)\b|"
    r"(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\s*[\[(:]\s*[\w\[(-]|npm ERR!|HTTP/\d(?:\.\d)? \d{3}|(?:GET|"
    r"POST|PUT|DELETE|PATCH|HEAD) /\S*|"
    r"curl (?:-|http)|\$ \w+|SELECT .{1,300} FROM |(?:INSERT INTO|UPDATE|DELETE FROM) \w+ |"
    r"(?:Server|Content-Type|Content-Length|User-Agent|Accept|Set-Cookie|Cache-Control|Connection|"
    r"X-[A-Za-z-]{2,30}): \S|"
    r"(?:import|from) [\w.]{1,60}(?: import [\w., ]{1,100})?;?$|(?:const|let|var) \w+ ?=|(?:public|"
    r"private|protected) (?:static )?\w+ \w+|def \w+\(|function \w*\(|"
    r"[\w.$]{0,100}(?:Error|Exception)\b(?::|$| -)|[\w.]{1,60}\([\w., '\"]{0,80}\);?$|#include <|<\?xml|"
    r"return [\w.(]+\)?;)",
)
_CLASS_NAME = re.compile(r"(?<![\w.])(?:[a-z]\w{0,30}\.){2,8}[A-Z]\w{2,60}(?:Exception|Error)\b")
_ERROR_PROSE = re.compile(
    r"^\s*(?:HTTP )?(?:error|err|fehler|erreur|ошибка)\s?(?:code)?\s?[#:]?\s?[A-Z_-]{0,12}\d{3,6}\s?[:\-–.]",
    re.IGNORECASE,
)
_CODE_SIGN = re.compile(r"[{}\[\];=<>\\|_$`]|\(\)|\"\s?:|::|&&|->|=>|/\*|\*/")
_JSON_LINE = re.compile(r"^\s*[{\[].*[}\]],?\s*$|^\s*\"[\w.-]{1,60}\"\s*:\s*")


def normalised(line: str) -> str:
    """``line`` in compatibility form, for matching only."""
    return line if line.isascii() else unicodedata.normalize("NFKC", line)


def strip_invisible(text: str) -> str:
    """``text`` without zero-width, bidirectional and other control characters; joiners stay inside words that
    are spelled with them."""
    text = _INVISIBLE.sub("", text.replace("\u2028", "\n").replace("\u2029", "\n"))
    return _JOINERS.sub("", text) if "\u200c" in text or "\u200d" in text else text


def is_log_line(line: str) -> bool:
    """Whether ``line`` is machine output or source code."""
    head = line[:400]
    if _LOG_LINE.match(head) or _CLASS_NAME.search(head):
        return True
    signs = len(_CODE_SIGN.findall(head))
    return signs >= 3 and (signs * 12 >= len(head.strip()) or _JSON_LINE.match(head) is not None)


def is_error_prose(line: str) -> bool:
    """Whether ``line`` is an error message in a program's words: left out while the customer wrote anything else."""
    return _ERROR_PROSE.match(line[:120]) is not None


def without_tokens(line: str) -> tuple[str, set[str]]:
    """``line`` with every address, id, long number and emoji replaced by a space, and the kinds that were there."""
    kinds: set[str] = set()
    if not line.isascii():
        line, count = _EMOJI.subn(" ", line)
        if count:
            kinds.add("emoji")
    if not _HAS_TOKEN.search(line):
        return " ".join(line.split()), kinds
    for kind, pattern in _INLINE:
        line, count = pattern.subn(" ", line)
        if count:
            kinds.add(kind)
    if kinds:
        line = _LABEL.sub(" ", line)
    return " ".join(line.split()), kinds
