"""Writes the files of a new desk folder, as an admin would have written them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from zd_automation.errors import DefinitionError

# What a desk's customers write in when its examples do not tell: the languages that the shipped content serves.
CORE_LANGUAGES = (
    "en", "ru", "es", "pt", "tr", "vi", "id", "zh", "ar", "fr", "de", "uk", "hi", "ko", "ja", "it", "th", "pl"
)  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def write_new(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files of a desk folder that must not be there yet. Raises DefinitionError before anything is overwritten."""
    there = next((folder / name for name in texts if (folder / name).exists()), None)
    if there is not None:
        raise DefinitionError(f"{there} is there already; choose another folder, or move that one away")
    try:
        (folder / "examples").mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise DefinitionError(f"{folder} cannot be written ({error.strerror}); choose another folder") from None


def plain(value: object) -> str:
    """A value as text that TOML, JSON and UTF-8 can hold: nothing for None, no control characters, no half emoji."""
    return "" if value is None else _CONTROL.sub("", str(value))


def topics_toml(topics: Iterable[Mapping[str, Any]]) -> str:
    """Topics as an admin edits them."""
    blocks = [
        "# The desk's topics. An id becomes a Zendesk tag; rung and target_precision may be set for each topic.\n"
    ]
    for row in topics:
        names = row.get("name") or {key[5:]: value for key, value in row.items() if key.startswith("name_") and value}
        lines = ["[[topic]]", f"id = {_toml(row['id'])}", f"name = {_name(names or row['id'])}"]
        lines += [f"{key} = {_toml(row[key])}" for key in ("description", "group", "area") if row.get(key)]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _name(name: object) -> str:
    if isinstance(name, dict):
        told = {plain(key): value for key, value in name.items() if value}
        return "{ " + ", ".join(f"{_toml(key)} = {_toml(value)}" for key, value in told.items()) + " }"
    return _toml(name)


def _toml(value: object) -> str:
    # A JSON string is a TOML string, once control characters are gone.
    return json.dumps(plain(value), ensure_ascii=False)


def desk_toml(name: str, languages: Iterable[str], security_group: str) -> str:
    """A commented ``desk.toml`` to start from: nothing is written to Zendesk until a rung says so."""
    listed = ", ".join(_toml(tag) for tag in languages)
    return f"""# The desk. `zd-automation check` finds what is wrong; every key: docs/how-to/desk.md.
name = {_toml(name)}

# The languages that your customers write in (BCP 47).
languages = [{listed}]

# The language of the internal note: your agents', or "requester".
note_language = "en"

# Every tag of ours begins with this.
tag_prefix = "zdauto_"

# The ladder: off, shadow (decide and remember, write nothing), note, tag, route. Start low, climb topic by topic.
[language]
rung = "shadow"

[topics]
# rung = "shadow"          # for every topic that has none of its own in topics.toml
target_precision = 0.85    # a topic is named only where this share of such readings is right

[danger]
rung = "shadow"            # "route" raises security cases to the group below
group = {_toml(security_group)}
priority = "urgent"

[articles]
rung = "shadow"            # "note" suggests articles in the internal note
at_most = 3
# threshold = 0.75
# labels = ["public"]      # only articles with one of these labels

[limits]
updates_per_minute = 100   # what your Zendesk plan allows the whole account
agents_share = 0.3         # what is left to your agents' own clicks

# [account]
# brands = ["mybrand"]     # only tickets of these brands
"""
