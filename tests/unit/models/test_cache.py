"""Models on disk: found by content, built once, and never believed when the file is not what was written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io

from zd_automation.errors import ModelError
from zd_automation.models.cache import ModelCache, content_hash, default_cache_folder

STATE = {"name": "topics", "share": 0.3, "ids": ["a", "b"], "rows": np.arange(6, dtype=np.float32).reshape(2, 3)}


def never() -> dict[str, Any]:
    pytest.fail("built although the file is there")


def test_what_was_built_is_found_again(tmp_path: Path) -> None:
    ModelCache(tmp_path / "models").get_or_build("topics", "abc", lambda: STATE)
    found = ModelCache(tmp_path / "models").get_or_build("topics", "abc", never)
    assert {key: found[key] for key in ("name", "share", "ids")} == {"name": "topics", "share": 0.3, "ids": ["a", "b"]}
    assert found["rows"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["topics-abc.skops"]


def test_another_key_or_kind_is_another_model(tmp_path: Path) -> None:
    cache = ModelCache(tmp_path)
    for kind, key, value in [("topics", "a", 1), ("topics", "b", 2), ("danger", "a", 3)]:
        assert cache.get_or_build(kind, key, lambda value=value: {"value": value}) == {"value": value}
    assert cache.get_or_build("topics", "b", never) == {"value": 2}


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for place in range(len(data) // 4, len(data) // 2):
        data[place] ^= 0xFF
    path.write_bytes(bytes(data))


def a_pickle(path: Path) -> None:
    path.write_bytes(b"\x80\x04\x95\x15\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.")


def a_text(path: Path) -> None:
    path.write_text("no model", "utf-8")


def a_list(path: Path) -> None:
    skops.io.dump(["no", "dictionary"], path)


def a_foreign_type(path: Path) -> None:
    skops.io.dump({"value": Fraction(1, 2)}, path)


@pytest.mark.parametrize("spoil", [truncated, emptied, flipped, a_pickle, a_text, a_list, a_foreign_type])
def test_a_file_that_is_not_ours_is_built_anew(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    cache = ModelCache(tmp_path)
    cache.get_or_build("topics", "abc", lambda: STATE)
    spoil(tmp_path / "topics-abc.skops")
    assert cache.get_or_build("topics", "abc", lambda: {"value": "new"}) == {"value": "new"}
    assert cache.get_or_build("topics", "abc", never) == {"value": "new"}


def the_rows(state: dict[str, Any]) -> list[list[float]]:
    """Reads a state as a model does; a state of another shape makes it raise whatever reading raises."""
    if isinstance(state["rows"], str):
        raise ModelError("rows are no text")
    rows: list[list[float]] = np.array([state["rows"][0], state["rows"][1]]).reshape(2, 3).tolist()
    return rows


def test_what_was_stored_is_restored_without_building(tmp_path: Path) -> None:
    cache = ModelCache(tmp_path)
    assert cache.restored("topics", "abc", lambda: STATE, the_rows) == [[0, 1, 2], [3, 4, 5]]
    assert cache.restored("topics", "abc", never, the_rows) == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("odd", [{}, {"rows": None}, {"rows": [[1, 2, 3]]}, {"rows": [[1], [2]]}, {"rows": "text"}])
def test_a_stored_state_of_another_shape_is_built_anew(tmp_path: Path, odd: dict[str, Any]) -> None:
    cache = ModelCache(tmp_path)
    cache.get_or_build("topics", "abc", lambda: odd)
    assert cache.restored("topics", "abc", lambda: STATE, the_rows) == [[0, 1, 2], [3, 4, 5]]
    assert cache.restored("topics", "abc", never, the_rows) == [[0, 1, 2], [3, 4, 5]]


def test_a_fresh_state_that_cannot_be_read_is_our_own_fault_and_told(tmp_path: Path) -> None:
    built: list[int] = []

    def wrong() -> dict[str, Any]:
        built.append(1)
        return {}

    with pytest.raises(KeyError):
        ModelCache(tmp_path).restored("topics", "abc", wrong, the_rows)
    assert built == [1]


def test_a_build_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken() -> dict[str, Any]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        ModelCache(tmp_path).get_or_build("topics", "abc", broken)
    assert list(tmp_path.iterdir()) == []


def test_several_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    results: list[dict[str, Any]] = []
    threads = [
        threading.Thread(target=lambda: results.append(ModelCache(tmp_path).get_or_build("topics", "k", lambda: STATE)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result["ids"] for result in results] == [["a", "b"]] * 6
    assert [path.name for path in tmp_path.iterdir()] == ["topics-k.skops"]


def test_a_hash_follows_the_content_only() -> None:
    assert content_hash({"a": 1, "b": [1, 2]}) == content_hash({"b": [1, 2], "a": 1})
    assert len(content_hash("x")) == 16
    different = [
        content_hash("x"),
        content_hash("y"),
        content_hash("x", "y"),
        content_hash(["x", "y"]),
        content_hash(None),
    ]
    assert len(set(different)) == 5
    assert content_hash(frozenset({"a"})) == content_hash(["a"])


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"ZD_CACHE_DIR": "/c/zd"}, "/c/zd"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/zd-automation"),
        ({"HOME": "/home/a"}, "/home/a/.cache/zd-automation"),
        ({"ZD_CACHE_DIR": "/c/zd", "XDG_CACHE_HOME": "/x"}, "/c/zd"),
    ],
)
def test_where_models_are_kept(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str) -> None:
    for name in ("ZD_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_cache_folder() == Path(folder)
