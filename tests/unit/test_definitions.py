"""Files that admins write: where rooms are found and how each problem is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zd_automation.definitions import Problems, attempt_toml, check_keys, one_of, read_toml, room, take
from zd_automation.errors import DefinitionError


def test_the_operators_room_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("ZD_ROOMS", str(tmp_path))
    assert room("models") == tmp_path / "models"
    monkeypatch.setenv("ZD_ROOMS", str(tmp_path / "elsewhere"))
    assert (room("models") / "notes.toml").is_file()
    monkeypatch.delenv("ZD_ROOMS")
    assert (room("models") / "danger" / "examples" / "en" / "amber.toml").is_file()


def test_a_room_that_is_nowhere_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZD_ROOMS", str(tmp_path))
    with pytest.raises(DefinitionError, match=r"the room 'attic' is nowhere \(looked in .*attic, .*attic\)"):
        room("attic")


def test_problems_come_all_at_once() -> None:
    problems = Problems()
    problems.raise_if_any()
    problems.add("a.toml", "first")
    problems.add("b.toml", "second")
    with pytest.raises(DefinitionError) as error:
        problems.raise_if_any()
    assert str(error.value) == "a.toml: first\nb.toml: second"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "there is no such file; `zd-automation init DIR` writes one to start from"),
        (b"a = 1\nname = \xff", "not UTF-8 at byte 13; save the file as UTF-8"),
        (b"a = 1\nb = = 2\n", "not TOML: Invalid value (at line 2, column 5)"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    path = tmp_path / "desk.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DefinitionError) as error:
        read_toml(path)
    assert str(error.value) == f"{path}: {complaint}"
    problems = Problems()
    assert attempt_toml(path, problems) == {}
    assert problems.found == [f"{path}: {complaint}"]


def test_a_sound_file_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "Привет"\n[x]\ny = 1\n', "utf-8")
    assert read_toml(tmp_path / "a.toml") == {"name": "Привет", "x": {"y": 1}}


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("langauges", "unknown key 'langauges'; did you mean 'languages'?"),
        ("xyzzy", "unknown key 'xyzzy'; known keys: name, languages"),
    ],
)
def test_an_unknown_key_names_the_nearest_one(key: str, hint: str) -> None:
    problems = Problems()
    check_keys({key: 1, "name": "x"}, ("name", "languages"), "desk.toml", problems)
    assert problems.found == [f"desk.toml: {hint}"]


@pytest.mark.parametrize(
    ("value", "kind", "taken", "found"),
    [
        ("x", str, "x", []),
        (3, int, 3, []),
        (True, bool, True, []),
        (True, int, 0, ["d: 'k' must be int, not bool"]),
        ("3", int, 0, ["d: 'k' must be int, not str"]),
        (2, (int, float), 2, []),
        ([], (int, float), 0, ["d: 'k' must be int or float, not list"]),
    ],
)
def test_a_value_of_the_wrong_kind(value: Any, kind: Any, taken: Any, found: list[str]) -> None:
    problems = Problems()
    default = taken if found else None
    assert take({"k": value}, "k", kind, default, "d", problems) == taken
    assert problems.found == found


def test_a_value_that_is_missing_is_the_default() -> None:
    problems = Problems()
    assert take({}, "k", int, None, "d", problems) is None
    assert problems.found == []


@pytest.mark.parametrize(
    ("value", "taken", "found"),
    [
        ("tag", "tag", []),
        ("rout", "off", ["d: rung = 'rout' is not known; did you mean 'route'?"]),
        ("zzz", "off", ["d: rung = 'zzz' is not known; one of off, tag, route"]),
    ],
)
def test_a_word_that_is_not_in_the_list(value: str, taken: str, found: list[str]) -> None:
    problems = Problems()
    assert one_of(value, ("off", "tag", "route"), "rung", "d", problems) == taken
    assert problems.found == found
