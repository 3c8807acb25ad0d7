"""Builds a desk folder from what a desk has: topics, labelled messages and articles, as JSON, JSON Lines or CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zd_automation.definitions import Problems
from zd_automation.desk_writing import CORE_LANGUAGES, desk_toml, plain, topics_toml, write_new
from zd_automation.triage.desk import tag_of

_FEW_LANGUAGES = 3
_TOPIC_KEYS = ("id", "name", "description", "group", "area")
_EXAMPLE_KEYS = ("topic", "text", "subject", "body", "language")
_ARTICLE_KEYS = ("id", "title", "body", "locale", "restricted", "draft", "url")
_SECURITY = re.compile(r"(?i)secur|fraud|risk|abuse|безопас|мошен|segur|sicher|sécur|güven|bảo mật|安全|セキュ|보안")
_LANGUAGE = re.compile(r"(?i)[a-z]{2,3}(-[a-z0-9]{1,8})*")
_TRUE = {"1", "true", "yes", "y", "x"}
# An article with pictures in its markup is longer than the 131,072 characters that the csv module takes.
csv.field_size_limit(10_000_000)


@dataclass
class Sources:
    """Rows as read, and which columns nobody asked for."""

    topics: list[dict[str, Any]] = field(default_factory=list)
    examples: list[dict[str, Any]] = field(default_factory=list)
    articles: list[dict[str, Any]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def read_sources(topics: Path, examples: Path, articles: Path | None) -> Sources:
    """Read and check the files. Raises DefinitionError that lists what is wrong, one a line."""
    problems = Problems()
    found = Sources()
    found.topics = [_topic(row) for row in read_rows(topics, _TOPIC_KEYS, ("id",), found, problems, inside="topics")]
    found.examples = [example_from(row) for row in read_rows(examples, _EXAMPLE_KEYS, ("topic",), found, problems)]
    if articles:
        found.articles = [
            _article(row) for row in read_rows(articles, _ARTICLE_KEYS, ("id", "title", "body"), found, problems)
        ]
    _check(found, topics, examples, articles, problems)
    problems.raise_if_any()
    return found


def write_desk(folder: Path, sources: Sources, detect: Callable[[str], str]) -> list[str]:
    """Write the desk folder; returns its languages. ``detect`` names the language of a text.

    Raises DefinitionError when the folder holds a part of a desk already, or cannot be written.
    """
    languages = _languages(sources, detect)
    texts = {
        "desk.toml": desk_toml(folder.resolve().name, languages, _security_group(sources.topics)),
        "topics.toml": topics_toml(sources.topics),
        "examples/imported.jsonl": _lines(sources.examples),
    }
    write_new(folder, texts | ({"articles.jsonl": _lines(sources.articles)} if sources.articles else {}))
    return languages


def read_rows(
    path: Path, known: tuple[str, ...], needed: tuple[str, ...], found: Sources, problems: Problems, inside: str = ""
) -> list[dict[str, Any]]:
    """The rows of a JSON, JSON Lines or CSV file that hold anything; columns that nobody asked for are noted in ``found``."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        problems.add(str(path), "there is no such file")
        return []
    except (OSError, UnicodeDecodeError) as error:
        problems.add(str(path), f"cannot be read as UTF-8 text ({type(error).__name__}); save it as UTF-8")
        return []
    rows = [
        row for row in _parsed(path, text, inside, problems) if any(value not in (None, "") for value in row.values())
    ]
    if not rows:
        problems.add(str(path), "holds no rows")
        return []
    columns = {str(key) for row in rows for key in row}
    missing = [key for key in needed if key not in columns]
    if missing:
        problems.add(str(path), f"has no column {', '.join(missing)}; it has {', '.join(sorted(columns))}")
        return []
    extra = sorted(key for key in columns - set(known) if not key.startswith("name_"))
    if extra:
        found.ignored.append(f"{path.name}: ignored columns {', '.join(extra)}")
    return rows


def _parsed(path: Path, text: str, inside: str, problems: Problems) -> list[dict[str, Any]]:
    start = text.lstrip()[:1]
    if path.suffix.lower() == ".csv" or start not in {"[", "{"}:
        return _csv(path, text, problems)
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return _json_lines(path, text, problems)
    if isinstance(whole, dict):
        whole = whole.get(inside, [whole]) if inside else [whole]
    rows = [row for row in whole if isinstance(row, dict)] if isinstance(whole, list) else []
    if not isinstance(whole, list) or len(rows) != len(whole):
        problems.add(str(path), "must be a JSON list of objects")
    return rows


def _json_lines(path: Path, text: str, problems: Problems) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            rows.append(row)
        else:
            problems.add(f"{path}:{number}", "is no JSON object")
    return rows


def _csv(path: Path, text: str, problems: Problems) -> list[dict[str, Any]]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    try:
        return [{str(key).strip(): value for key, value in row.items() if key} for row in reader]
    except csv.Error as error:
        problems.add(f"{path}:{reader.line_num}", f"is no CSV ({error})")
        return []


def _topic(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "id": plain(row.get("id"))}


def example_from(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as an example: topic, text (or subject and body) and language."""
    text = row.get("text") or "\n".join(str(row[key]) for key in ("subject", "body") if row.get(key))
    return {"topic": plain(row.get("topic")), "text": plain(text), "language": _language(row.get("language"))}


def _article(row: Mapping[str, Any]) -> dict[str, Any]:
    flags = {key: plain(row.get(key)).strip().lower() in _TRUE for key in ("restricted", "draft")}
    return {**{key: plain(row.get(key)) for key in ("id", "title", "body", "locale", "url")}, **flags}


def _language(value: object) -> str | None:
    """A language tag, however its parts are joined; None for what is none, so that the text is asked instead."""
    tag = plain(value).strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else None


def _check(found: Sources, topics: Path, examples: Path, articles: Path | None, problems: Problems) -> None:
    ids = [row["id"] for row in found.topics]
    tags = Counter(map(tag_of, dict.fromkeys(ids)))
    for topic, count in Counter(ids).items():
        if not tag_of(topic):
            problems.add(str(topics), f"id {topic!r} holds no letter or digit: it becomes a Zendesk tag")
        elif count > 1:
            problems.add(str(topics), f"id {topic!r} stands {count} times; ids must be unique")
        elif tags[tag_of(topic)] > 1:
            problems.add(str(topics), f"id {topic!r} shares its tag {tag_of(topic)!r} with another; make them differ")
    known = set(ids)
    strange = Counter(row["topic"] for row in found.examples if row["topic"] not in known) if ids else {}
    for topic, count in list(strange.items())[:10]:
        problems.add(str(examples), f"{count} rows have the topic {topic!r}, which {topics.name} does not have")
    empty = sum(not row["text"].strip() for row in found.examples)
    if empty:
        problems.add(str(examples), f"{empty} rows have no text (neither `text` nor `subject` and `body`)")
    nameless = sum(not row["id"].strip() for row in found.articles)
    if nameless:
        problems.add(str(articles), f"{nameless} rows have no id")


def _languages(sources: Sources, detect: Callable[[str], str]) -> list[str]:
    said = Counter(str(row["language"]).split("-")[0].lower() for row in sources.examples if row["language"])
    if not said:
        said = Counter(detect(row["text"]).split("-")[0] for row in sources.examples[:500])
    seen = [tag for tag, count in said.most_common() if tag and tag not in {"und", "mul"}]
    wider = [tag for tag in CORE_LANGUAGES if tag not in seen] if len(seen) <= _FEW_LANGUAGES else []
    return [*seen, *wider] if seen else list(CORE_LANGUAGES)


def _security_group(topics: Iterable[Mapping[str, Any]]) -> str:
    groups = dict.fromkeys(str(row.get("group") or "") for row in topics)
    return next((group for group in groups if _SECURITY.search(group)), "Security")


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
