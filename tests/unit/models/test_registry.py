"""The registry of trained models: three slots, whole files only, and no model that is not what was trained."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from zd_automation.errors import ModelError
from zd_automation.models.cache import FORMAT
from zd_automation.models.model_files import Card, Stored, state_hash
from zd_automation.models.registry import Registry

CARD = Card("2026-11-22T10:00:00+00:00", "data1", "defs1", {"numpy": "2.4"}, rows=12, topics=3, encoders="e")


def a_state(number: int = 1) -> dict[str, Any]:
    return {"topics": {"weights": np.arange(6, dtype=np.float32).reshape(2, 3) * number}, "seen": np.array([number])}


def number_of(stored: Stored) -> int:
    return int(stored.state["seen"][0])


def serves(registry: Registry) -> int | None:
    return registry.serving(number_of).model


def with_active(folder: Path, *numbers: int) -> Registry:
    """A registry in which these models were promoted, one after the other."""
    registry = Registry(folder)
    for number in numbers:
        registry.candidate(a_state(number), CARD)
        registry.promote()
    return registry


def file_of(registry: Registry, slot: str) -> Path:
    return registry.folder / registry.cards()[slot].model


def change_table(registry: Registry, slot: str, **values: object) -> None:
    path = registry.folder / "registry.json"
    table = json.loads(path.read_text("utf-8"))
    table[slot] |= values
    path.write_text(json.dumps(table), "utf-8")


# --- slots ---------------------------------------------------------------------------------------------------------


def test_an_empty_registry_has_nothing_and_makes_no_folder(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "none")
    assert (registry.cards(), serves(registry)) == ({}, None)
    assert not registry.folder.exists()
    with pytest.raises(ModelError, match="there is no active model; zd-automation model list"):
        registry.load("active")


def test_a_candidate_does_not_serve(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    card = registry.candidate(a_state(), CARD)
    assert list(registry.cards()) == ["candidate"]
    assert serves(registry) is None
    assert (card.rows, card.data_hash, card.libraries, card.format) == (12, "data1", {"numpy": "2.4"}, FORMAT)
    assert card.model == f"topics-{state_hash(a_state())}.skops"
    assert Registry(tmp_path).cards()["candidate"] == card
    assert registry.load("candidate").state["topics"]["weights"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_promotions_and_going_back(tmp_path: Path) -> None:
    registry = with_active(tmp_path, 1)
    assert (list(registry.cards()), serves(registry)) == (["active"], 1)
    with_active(tmp_path, 2)
    assert (list(registry.cards()), serves(registry)) == (["active", "previous"], 2)
    assert registry.rollback() == registry.cards()["active"]
    assert serves(registry) == 1
    registry.rollback()
    assert serves(registry) == 2


def test_what_cannot_be_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    registry = with_active(tmp_path, 1)
    with pytest.raises(ModelError, match="no candidate to promote; zd-automation model train"):
        registry.promote()
    with pytest.raises(ModelError, match="no previous model"):
        registry.rollback()
    judged = registry.candidate(a_state(2), CARD)
    registry.candidate(a_state(3), CARD)
    with pytest.raises(ModelError, match=f"has replaced the candidate {judged.model}; judge it first"):
        registry.promote(judged.model)
    assert serves(registry) == 1


def test_files_that_no_slot_names_go(tmp_path: Path) -> None:
    registry = with_active(tmp_path, 1, 2)
    (tmp_path / "topics-0000000000000000.skops.part").write_bytes(b"half")
    registry.candidate(a_state(3), CARD)
    registry.candidate(a_state(4), CARD)
    registry.promote()
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {"registry.json", ".lock", file_of(registry, "active").name, file_of(registry, "previous").name}
    assert (serves(registry), number_of(registry.load("previous"))) == (4, 2)


def test_the_same_model_again_stays_one_file_and_keeps_the_previous(tmp_path: Path) -> None:
    registry = with_active(tmp_path, 1, 2)
    before = file_of(registry, "active").read_bytes()
    registry.candidate(a_state(2), CARD)
    assert file_of(registry, "active").read_bytes() == before
    registry.promote()
    assert (serves(registry), number_of(registry.load("previous"))) == (2, 1)


def test_training_the_same_again_mends_a_damaged_file(tmp_path: Path) -> None:
    registry = with_active(tmp_path, 1, 2)
    file_of(registry, "active").write_bytes(b"damaged")
    assert serves(registry) == 1
    registry.candidate(a_state(2), CARD)
    assert (serves(registry), registry.serving(number_of).troubles) == (2, ())


def test_a_damaged_active_model_is_not_kept_as_previous(tmp_path: Path) -> None:
    registry = with_active(tmp_path, 1, 2)
    file_of(registry, "active").write_bytes(b"damaged")
    with_active(tmp_path, 3)
    assert number_of(registry.load("previous")) == 1


# --- files that are not what was trained -----------------------------------------------------------------------------


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def one_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def another_model(path: Path) -> None:
    skops.io.dump(a_state(666), path)


def a_pickle(path: Path) -> None:
    path.write_bytes(b"\x80\x04\x95\x15\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.")


def gone(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (truncated, "is not the file that was trained (truncated or changed)"),
        (one_bit, "is not the file that was trained (truncated or changed)"),
        (another_model, "is not the file that was trained (truncated or changed)"),
        (a_pickle, "is not the file that was trained (truncated or changed)"),
        (gone, "cannot be read (No such file or directory)"),
        (a_folder, "cannot be read (Is a directory)"),
    ],
)
def test_a_bad_active_file_is_named_and_the_previous_serves(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    registry = with_active(tmp_path, 1, 2)
    path = file_of(registry, "active")
    spoil(path)
    serving = registry.serving(number_of)
    assert (serving.model, serving.card) == (1, registry.cards()["previous"])
    way_out = "zd-automation model rollback, or train anew: zd-automation model train, then zd-automation model promote"
    assert serving.troubles == (f"{path}: the active model {said}; {way_out}",)


def test_with_both_bad_nothing_serves_and_both_are_named(tmp_path: Path) -> None:
    registry = with_active(tmp_path, 1, 2)
    for slot in ("active", "previous"):
        truncated(file_of(registry, slot))
    serving = registry.serving(number_of)
    assert (serving.model, serving.card, len(serving.troubles)) == (None, None, 2)


def test_a_model_of_another_version_is_named_with_both_numbers(tmp_path: Path) -> None:
    registry = with_active(tmp_path, 1, 2)
    change_table(registry, "active", format=FORMAT + 1, a_key_of_tomorrow=[1])
    with pytest.raises(ModelError, match=rf"of another version \(format {FORMAT + 1}, this one reads {FORMAT}\)"):
        registry.load("active")
    assert serves(registry) == 1


def test_even_with_the_right_sum_foreign_types_are_not_loaded(tmp_path: Path) -> None:
    registry = with_active(tmp_path, 1)
    path = file_of(registry, "active")
    for content, said in (({"seen": Fraction(1, 2)}, "cannot be trusted"), (["a list"], "holds no model")):
        skops.io.dump(content, path)
        change_table(registry, "active", sha256=_sha256(path))
        with pytest.raises(ModelError, match=said):
            registry.load("active")


def test_what_cannot_use_the_active_model_gets_the_previous(tmp_path: Path) -> None:
    def not_two(stored: Stored) -> int:
        if number_of(stored) == 2:
            raise ModelError("needs another encoder")
        return number_of(stored)

    serving = with_active(tmp_path, 1, 2).serving(not_two)
    assert (serving.model, serving.troubles) == (1, ("needs another encoder",))


@pytest.mark.parametrize("slot", ["candidate", "previous"])
def test_a_bad_file_is_neither_promoted_nor_gone_back_to(tmp_path: Path, slot: str) -> None:
    registry = with_active(tmp_path, 1, 2)
    registry.candidate(a_state(3), CARD)
    one_bit(file_of(registry, slot))
    with pytest.raises(ModelError, match=f"the {slot} model is not the file that was trained"):
        registry.promote() if slot == "candidate" else registry.rollback()
    assert serves(registry) == 2


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", '{"active": 5}', '{"active": {"model": "x"}}', "\udcff", '{"active": {"rows": 1}}'],
)
def test_a_table_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    registry = with_active(tmp_path, 1)
    path = tmp_path / "registry.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    serving = registry.serving(number_of)
    assert serving.model is None
    assert serving.troubles[0].startswith(f"{path}: cannot be read as the table of models (")
    with pytest.raises(ModelError, match="move it away"):
        registry.candidate(a_state(2), CARD)
    assert path.read_bytes() == text.encode("utf-8", "surrogateescape")


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    registry = with_active(tmp_path / "r", 1)
    change_table(registry, "active", model="../topics-0123456789abcdef.skops")
    with pytest.raises(ModelError, match="cannot be read as the table"):
        registry.load("active")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(ModelError, match=r"cannot be written \(Not a directory\); .* set ZD_MODELS_DIR"):
        Registry(tmp_path / "file" / "desk").candidate(a_state(), CARD)


# --- power cuts and company -------------------------------------------------------------------------------------------


class PowerCut(BaseException):
    """The machine stops here: nothing that follows is done."""


@pytest.mark.parametrize("call", ["fsync", "rename"])
@pytest.mark.parametrize("at", range(4))
def test_whenever_the_power_goes_a_whole_model_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, at: int
) -> None:
    with_active(tmp_path, 1, 2)
    left = [at]

    def until_it_goes(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any) -> Any:
            if not left[0]:
                raise PowerCut
            left[0] -= 1
            return real(*args)

        return step

    with monkeypatch.context() as patch:
        if call == "fsync":
            patch.setattr(os, "fsync", until_it_goes(os.fsync))
        else:
            patch.setattr(Path, "replace", until_it_goes(Path.replace))
        with suppress(PowerCut):
            with_active(tmp_path, 3)
    serving = Registry(tmp_path).serving(number_of)
    assert serving.model in {2, 3}
    assert serving.troubles == ()
    assert serves(with_active(tmp_path, 4)) == 4


def test_nothing_is_renamed_before_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def told(what: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any) -> Any:
            done.append(what)
            return real(*args)

        return step

    monkeypatch.setattr(os, "fsync", told("disk", os.fsync))
    monkeypatch.setattr(Path, "replace", told("rename", Path.replace))
    Registry(tmp_path).candidate(a_state(), CARD)
    assert done == ["disk", "rename", "disk"] * 2  # file, name, folder: of the model, then of the table


def test_many_at_once_leave_a_whole_registry(tmp_path: Path) -> None:
    with_active(tmp_path, 100)
    threads = [
        threading.Thread(target=lambda number=number: Registry(tmp_path).candidate(a_state(number), CARD))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    registry = Registry(tmp_path)
    assert serves(registry) == 100
    assert number_of(registry.load("candidate")) in range(8)
    assert len(list(tmp_path.glob("topics-*"))) == 2


class Registrar(RuleBasedStateMachine):
    """Whatever is done in whatever order: the slots hold what a list of three says."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.registry = Registry(Path(self._folder.name))
        self.active: int | None = None
        self.previous: int | None = None
        self.candidate: int | None = None

    @rule(number=st.integers(1, 4))
    def train(self, number: int) -> None:
        self.registry.candidate(a_state(number), CARD)
        self.candidate = number

    @precondition(lambda self: self.candidate)
    @rule()
    def promote(self) -> None:
        self.registry.promote()
        if self.active not in {None, self.candidate}:
            self.previous = self.active
        self.active, self.candidate = self.candidate, None

    @precondition(lambda self: self.previous)
    @rule()
    def roll_back(self) -> None:
        self.registry.rollback()
        self.active, self.previous = self.previous, self.active

    @invariant()
    def every_slot_holds_its_model(self) -> None:
        said = {"active": self.active, "previous": self.previous, "candidate": self.candidate}
        found = {slot: number_of(self.registry.load(slot)) for slot in self.registry.cards()}
        assert found == {slot: number for slot, number in said.items() if number is not None}
        assert len(list(self.registry.folder.glob("topics-*"))) == len(set(found.values()))

    def teardown(self) -> None:
        self._folder.cleanup()


TestRegistrar = Registrar.TestCase
# Every step is brought to the disk: a few long walks do.
TestRegistrar.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)


# --- names -----------------------------------------------------------------------------------------------------------


def test_every_desk_has_a_folder_of_its_own(tmp_path: Path) -> None:
    names = ["shop", "Shop", "shop!", "Поддержка", "Обмен", "", "../etc", "a/b", "x" * 300]
    folders = [Registry.of_desk(tmp_path, name).folder for name in names]
    assert folders[0].name == "shop"
    assert len(set(folders)) == len(names)
    assert {folder.parent for folder in folders} == {tmp_path}
    assert all(len(folder.name) < 100 for folder in folders)


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(_PLAIN, _PLAIN)
def test_equal_states_and_only_those_have_equal_names(one: Any, other: Any) -> None:
    assert state_hash(one) == state_hash(json.loads(json.dumps(one)))
    if repr(one) != repr(other) and one != other:
        assert state_hash(one) != state_hash(other)


def test_the_name_follows_every_value_type_and_shape_of_an_array() -> None:
    plain = np.arange(4, dtype=np.float32)
    others = [plain.astype(np.float64), plain.reshape(2, 2), plain + np.float32(1e-6), plain[::-1], plain.tolist()]
    assert len({state_hash({"a": value}) for value in [plain, *others]}) == 6
    assert state_hash({"a": plain, "b": 1}) == state_hash({"b": 1, "a": np.asfortranarray(plain.copy())})
    with pytest.raises(TypeError, match="holds a Fraction"):
        state_hash({"a": Fraction(1, 2)})


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
