"""Reads a desk folder: ``desk.toml``, ``topics.toml``, ``examples/`` and, offline, ``articles.jsonl``."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zd_automation.definitions import Problems, attempt_toml, check_keys, fraction_in, one_of, rung_in, section_of, take
from zd_automation.desk_danger import DANGER_KEYS, OwnDanger, danger_policy, own_danger
from zd_automation.errors import DefinitionError
from zd_automation.models.cache import content_hash
from zd_automation.tickets import Article
from zd_automation.triage.desk import RUNGS, ArticlePolicy, Desk, Example, Topic, tag_of

_DESK_KEYS = (
    "name",
    "languages",
    "note_language",
    "tag_prefix",
    "language",
    "topics",
    "danger",
    "articles",
    "limits",
    "account",
    "encoder",
)
_TOPIC_KEYS = ("id", "name", "description", "group", "area", "rung", "target_precision", "examples")
# Language detectors that a desk may choose; "pooled" needs the extra "fast".
_LANGUAGE_KEYS = ("rung", "backend")
BACKENDS = ("py3langid", "pooled", "langdetect")
# What [encoder] may say, by kind; `models.plugged` judges the values when it builds the encoder.
_SHARED = ("languages", "most_characters", "batch")
ENCODER_KEYS: Mapping[str, tuple[str, ...]] = {
    "bundled": (),
    "wide": (),
    "sentence-transformers": ("model", "prefix", *_SHARED),
    "endpoint": (
        "url", "model", "key_env", "timeout", "prefix", "allow_public", "networks", "ca_file", "revision", *_SHARED,
    ),
    "python": ("function", "size", "name", *_SHARED),
}  # fmt: skip
LONGEST_EXAMPLE = 10_000


@dataclass(frozen=True)
class Limits:
    """How much of the account's allowance we take; the rest is the agents' (platform page, 3.3)."""

    updates_per_minute: int = 100
    agents_share: float = 0.3
    requests_per_minute: int = 400
    urgent_reserve: float = 0.1


@dataclass(frozen=True)
class DeskFiles:
    """A desk as its files say it."""

    folder: Path
    desk: Desk
    examples: tuple[Example, ...]
    articles: tuple[Article, ...]
    limits: Limits
    brands: tuple[int | str, ...] = ()
    article_labels: tuple[str, ...] = ()
    topics_with_rung: frozenset[str] = frozenset()
    language_backend: str = BACKENDS[0]
    encoder: Mapping[str, Any] = field(default_factory=dict)
    """The table ``[encoder]``; empty where the desk names none."""
    danger: OwnDanger = field(default_factory=OwnDanger)
    """What the folder ``danger/`` of the desk adds to the shipped phrases and examples."""


def load_desk(folder: Path) -> DeskFiles:
    """Read a desk folder.

    Raises DefinitionError that lists every problem of every file, one a line.
    """
    problems = Problems()
    if not folder.is_dir():
        raise DefinitionError(f"{folder}: there is no such desk folder; `zd-automation init {folder}` writes one")
    table = attempt_toml(folder / "desk.toml", problems)
    where = str(folder / "desk.toml")
    check_keys(table, _DESK_KEYS, where, problems)
    defaults = section_of(table, "topics", ("rung", "target_precision"), where, problems)
    topics, inline, ruled = _topics(folder / "topics.toml", defaults, problems)
    examples = (*inline, *_examples(folder / "examples", {topic.id for topic in topics}, problems))
    articles = tuple(_articles(folder / "articles.jsonl", problems))
    desk = _desk(table, topics, where, problems)
    limits = _limits(table, where, problems)
    said = take(_plain(table.get("language")), "backend", str, BACKENDS[0], f"{where} [language]", problems)
    backend = one_of(said, BACKENDS, "backend", f"{where} [language]", problems)
    account = section_of(table, "account", ("brands",), where, problems)
    brands = tuple(take(account, "brands", list, [], f"{where} [account]", problems))
    labels = tuple(take(_plain(table.get("articles")), "labels", list, [], f"{where} [articles]", problems))
    encoder = _encoder(table, where, problems)
    own = own_danger(folder / "danger", problems)
    desk = dataclasses.replace(desk, danger=dataclasses.replace(desk.danger, lines=own.lines))
    problems.raise_if_any()
    return DeskFiles(folder, desk, examples, articles, limits, brands, labels, ruled, backend, encoder, own)


def _plain(section: object) -> dict[str, Any]:
    """A section that was checked before, or nothing when it is no table."""
    return section if isinstance(section, dict) else {}


def _desk(table: Mapping[str, Any], topics: tuple[Topic, ...], where: str, problems: Problems) -> Desk:
    language = section_of(table, "language", _LANGUAGE_KEYS, where, problems)
    languages = take(table, "languages", list, [], where, problems)
    if not languages or not all(isinstance(tag, str) and tag for tag in languages):
        problems.add(where, 'languages must list at least one BCP 47 tag, such as ["en", "pt"]')
    prefix = take(table, "tag_prefix", str, "zdauto_", where, problems)
    if prefix != tag_of(prefix) + "_":
        problems.add(where, f"tag_prefix {prefix!r} must be lower-case letters and digits ending in one underscore")
    return Desk(
        name=take(table, "name", str, "desk", where, problems),
        languages=tuple(str(tag) for tag in languages),
        topics=topics,
        tag_prefix=prefix,
        note_language=take(table, "note_language", str, "en", where, problems),
        language_rung=rung_in(language, "shadow", f"{where} [language]", problems),
        danger=danger_policy(section_of(table, "danger", DANGER_KEYS, where, problems), f"{where} [danger]", problems),
        articles=_article_policy(table, where, problems),
        definitions_hash=content_hash(dict(table), [[t.id, dict(t.name), t.group, t.rung] for t in topics]),
        topics_by_id={topic.id: topic for topic in topics},
    )


def _article_policy(table: Mapping[str, Any], where: str, problems: Problems) -> ArticlePolicy:
    section, place = (
        section_of(table, "articles", ("rung", "at_most", "threshold", "labels"), where, problems),
        f"{where} [articles]",
    )
    plain = ArticlePolicy()
    return ArticlePolicy(
        rung=rung_in(section, plain.rung, place, problems),
        at_most=take(section, "at_most", int, plain.at_most, place, problems),
        threshold=fraction_in(section, "threshold", plain.threshold, place, problems),
    )


def _limits(table: Mapping[str, Any], where: str, problems: Problems) -> Limits:
    known, place = tuple(Limits.__dataclass_fields__), f"{where} [limits]"
    section, plain = section_of(table, "limits", known, where, problems), Limits()
    return Limits(
        updates_per_minute=take(section, "updates_per_minute", int, plain.updates_per_minute, place, problems),
        agents_share=fraction_in(section, "agents_share", plain.agents_share, place, problems),
        requests_per_minute=take(section, "requests_per_minute", int, plain.requests_per_minute, place, problems),
        urgent_reserve=fraction_in(section, "urgent_reserve", plain.urgent_reserve, place, problems),
    )


def _encoder(table: Mapping[str, Any], where: str, problems: Problems) -> dict[str, Any]:
    spec: dict[str, Any] = take(table, "encoder", dict, {}, where, problems)
    if isinstance(table.get("encoder"), dict):
        place, kind = f"{where} [encoder]", str(spec.get("kind", ""))
        if one_of(kind, ENCODER_KEYS, "kind", place, problems) == kind:
            check_keys(spec, ("kind", *ENCODER_KEYS[kind]), place, problems)
    return spec


def _topics(
    path: Path, defaults: Mapping[str, Any], problems: Problems
) -> tuple[tuple[Topic, ...], list[Example], frozenset[str]]:
    """Topics, the examples that stand with them, and the ids of those whose rung somebody has set."""
    table = attempt_toml(path, problems)
    check_keys(table, ("topic",), str(path), problems)
    topics: list[Topic] = []
    examples: list[Example] = []
    ruled: set[str] = set()
    for number, row in enumerate(take(table, "topic", list, [], str(path), problems), start=1):
        where = f"{path}: topic {number}"
        if not isinstance(row, dict):
            problems.add(where, "must be a [[topic]] table")
            continue
        topics.append(_topic(row, defaults, where, problems))
        ruled |= {topics[-1].id} if "rung" in row or "rung" in defaults else set()
        told = take(row, "examples", list, [], where, problems)
        examples += [Example(topics[-1].id, str(text)[:LONGEST_EXAMPLE]) for text in told]
    for topic_id, count in Counter(topic.id for topic in topics).items():
        if count > 1:
            problems.add(str(path), f"topic id {topic_id!r} stands {count} times; ids must be unique")
    for tag, count in Counter({topic.id: topic.tag for topic in topics}.values()).items():
        if count > 1:
            problems.add(
                str(path), f"{count} topics would share the tag {tag!r}; make their ids differ in letters or digits"
            )
    return tuple(topics), examples, frozenset(ruled)


def _topic(row: Mapping[str, Any], defaults: Mapping[str, Any], where: str, problems: Problems) -> Topic:
    topic_id = take(row, "id", str, "", where, problems)
    where = f"{where} ({topic_id})" if topic_id else where
    check_keys(row, _TOPIC_KEYS, where, problems)
    if not tag_of(topic_id):
        problems.add(where, "id must hold a letter or digit: it becomes a Zendesk tag")
    name = row.get("name", topic_id)
    if not isinstance(name, str | dict):
        problems.add(where, "name must be text, or a table from language to text")
        name = topic_id
    rung = take(row, "rung", str, str(defaults.get("rung", "shadow")), where, problems)
    target = {"target_precision": row.get("target_precision", defaults.get("target_precision", 0.9))}
    return Topic(
        id=topic_id,
        name={"": name} if isinstance(name, str) else {"": next(iter(name.values()), topic_id), **name},
        description=take(row, "description", str, "", where, problems),
        group=take(row, "group", str, "", where, problems),
        area=take(row, "area", str, "", where, problems),
        rung=one_of(rung, RUNGS, "rung", where, problems),
        target_precision=fraction_in(target, "target_precision", 0.9, where, problems),
    )


def _examples(folder: Path, known: set[str], problems: Problems) -> Iterator[Example]:
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        table = attempt_toml(path, problems)
        check_keys(table, sorted(known), str(path), problems)
        for topic, texts in table.items():
            for text in texts if isinstance(texts, list) else [texts]:
                yield Example(topic, str(text)[:LONGEST_EXAMPLE], path.stem)
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        for number, row in read_jsonl(path, problems):
            name, text = row.get("topic"), row.get("text")
            if name not in known or not isinstance(text, str):
                problems.add(f"{path}:{number}", f"needs `text` and a `topic` of topics.toml, has topic {name!r}")
                continue
            yield Example(str(name), text[:LONGEST_EXAMPLE], row.get("language") or None)


def read_jsonl(path: Path, problems: Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file with their line numbers; lines that are none are reported and left out."""
    try:
        # Not splitlines: a line separator inside a text is no end of a line of JSON.
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        problems.add(str(path), f"cannot be read as UTF-8 text ({type(error).__name__}); save it as UTF-8")
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            yield number, row
        else:
            problems.add(f"{path}:{number}", "not a JSON object; each line must be one")


def text_in(row: Mapping[str, Any], key: str) -> str:
    """The text under a key of such an object; "" where there is none."""
    value = row.get(key)
    return value if isinstance(value, str) else ""


def _articles(path: Path, problems: Problems) -> Iterator[Article]:
    if not path.exists():
        return
    for number, row in read_jsonl(path, problems):
        if row.get("id") in (None, "") or not isinstance(row.get("title"), str) or not isinstance(row.get("body"), str):
            problems.add(f"{path}:{number}", "an article needs `id`, `title` and `body`")
            continue
        yield Article(
            id=row["id"],
            title=row["title"],
            body=row["body"],
            locale=str(row.get("locale") or "en"),
            url=str(row.get("url") or ""),
            restricted=bool(row.get("restricted")),
            draft=bool(row.get("draft")),
        )
