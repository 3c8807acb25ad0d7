"""Finds every problem of environment, desks, shipped files and account, each with what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zd_automation.config import Settings
from zd_automation.danger_files import load_books, load_danger_examples, load_note_texts
from zd_automation.definitions import Problems, room
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.errors import DefinitionError, ModelError, ZdAutomationError
from zd_automation.models.detectors import py3langid_detector
from zd_automation.models.encoders import encoder_is_installed
from zd_automation.vectors import desk_encoders
from zd_automation.zendesk.gateway import Gateway

_FEW = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (``is_error``) or could be better."""

    text: str
    is_error: bool = True


def check_files(folders: tuple[Path, ...]) -> tuple[list[DeskFiles], list[Finding]]:
    """Everything that can be told without an account: the shipped rooms, the desk folders and their encoders."""
    findings = [Finding(text) for text in _rooms()]
    desks: list[DeskFiles] = []
    for folder in folders:
        try:
            files = load_desk(folder)
        except DefinitionError as error:
            findings += [Finding(line) for line in str(error).splitlines()]
            continue
        desks.append(files)
        findings += list(_advice(files))
    for name, count in Counter(files.desk.name for files in desks).items():
        if count > 1:
            findings.append(Finding(f"{count} desks have the name {name!r}: their trained models would be one; rename"))
    return desks, findings


def _rooms() -> list[str]:
    problems = Problems()
    try:
        folder = room("models")
        load_books(folder / "danger" / "patterns", problems)
        load_danger_examples(folder / "danger" / "examples", problems)
        load_note_texts(folder / "notes.toml", problems)
    except DefinitionError as error:
        problems.found.append(str(error))
    return problems.found


def _advice(files: DeskFiles) -> Iterator[Finding]:
    where = str(files.folder)
    counts = Counter(example.topic for example in files.examples)
    few = [topic.id for topic in files.desk.topics if counts[topic.id] < _FEW and topic.rung != "off"]
    if few:
        yield Finding(
            f"{where}: {len(few)} topics have fewer than {_FEW} examples ({', '.join(few[:5])}); expect silence", False
        )
    topics_of: dict[str, list[str]] = {}
    for example in files.examples:
        topics_of.setdefault(" ".join(example.text.lower().split()), []).append(example.topic)
    twice = [topics for topics in topics_of.values() if len(topics) > 1 and len(set(topics)) == 1]
    if twice:
        yield Finding(
            f"{where}: {len(twice)} examples stand twice; the same text under two topics teaches nothing", False
        )
    torn = sorted({tuple(sorted(set(topics))) for topics in topics_of.values() if len(set(topics)) > 1})
    if torn:
        pairs = "; ".join(" and ".join(topics) for topics in torn[:_FEW])
        yield Finding(f"{where}: the same example stands under several topics: {pairs}; keep it under one", False)
    declared = {tag.split("-")[0] for tag in files.desk.languages}
    foreign = Counter(example.language for example in files.examples if example.language)
    undeclared = [tag for tag in foreign if tag.split("-")[0] not in declared]
    if undeclared:
        yield Finding(
            f"{where}: {sum(foreign[tag] for tag in undeclared)} examples are in {', '.join(sorted(undeclared))}, which"
            " `languages` does not list: they are learnt from, but no message is ever read as being in it",
            False,
        )
    known = py3langid_detector().rank("hello", None)
    strange = [tag for tag in files.desk.languages if tag.split("-")[0] not in {name for name, _ in known}]
    if strange:
        yield Finding(f"{where}: no detector knows {', '.join(strange)}; check the language tags", False)
    yield from _encoder(files)


def _encoder(files: DeskFiles) -> Iterator[Finding]:
    """Whether the encoder that a desk names is there and answers; what is missing where it names none."""
    if files.encoder:
        try:
            for encoder in desk_encoders(files):
                encoder.encode(["parcel"])
        except ModelError as error:
            yield Finding(f"{files.folder / 'desk.toml'}: {error}")
    elif not encoder_is_installed():
        yield Finding("the multilingual encoder is not installed: examples serve only their own language", False)


def check_account(settings: Settings, desks: list[DeskFiles], gateway: Gateway) -> list[Finding]:
    """What the account says: who we are, whether the groups and brands of the desks are there."""
    findings: list[Finding] = []
    try:
        me = gateway.me()
        groups, brands = gateway.groups(), gateway.brands()
    except ZdAutomationError as error:
        return [Finding(f"{settings.base_url}: {error}")]
    if me.get("role") not in {"admin", "agent"}:
        findings.append(Finding(f"our credentials act as {me.get('role')!r}; they need an agent or admin"))
    names = {name for brand in brands for name in (brand.subdomain, brand.name, brand.id)}
    for files in desks:
        wanted = {topic.group for topic in files.desk.topics if topic.group} | files.desk.danger.groups()
        findings += [
            Finding(f"{files.folder}: the account has no group {group!r}; create it, or change the desk")
            for group in sorted(wanted - set(groups))
        ]
        findings += [
            Finding(f"{files.folder}: the account has no brand {brand!r}")
            for brand in files.brands
            if brand not in names
        ]
    return findings
