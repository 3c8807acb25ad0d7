"""``zd-automation model``: a candidate is trained, judged, promoted or refused, and the way back is open."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.support.builders import a_desk_folder
from tests.support.command import Ran, without_settings, zd, zd_process
from tests.unit.test_training import a_file, rows_of
from zd_automation.models.registry import Registry

DESK = 'name = "Little"\nlanguages = ["en", "es"]\n[topics]\nrung = "tag"\ntarget_precision = 0.5\n'
SWAPPED = {"card_problem": "delivery_late", "delivery_late": "card_problem"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_cache: Path) -> Path:
    """A working folder with a little desk and three histories: early, later, and early with two topics mixed up."""
    for name in set(os.environ) - set(without_settings(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZD_CACHE_DIR", str(model_cache))
    monkeypatch.chdir(tmp_path)
    a_desk_folder(tmp_path / "desk", DESK)
    early = [{**row, "created_at": "2026-10-05"} for row in rows_of(count=14)]
    late = [{**row, "created_at": "2026-11-05T08:30:00Z"} for row in rows_of(first=14)]
    a_file(tmp_path / "early.jsonl", early)
    a_file(tmp_path / "late.jsonl", late)
    a_file(tmp_path / "all.jsonl", [*early, *late, {"topic": "", "text": "what a lovely day"}])
    a_file(tmp_path / "mixed_up.jsonl", rows_of(count=14, **SWAPPED))
    return tmp_path


def slots(folder: Path) -> dict[str, str]:
    """The model in each slot, as the registry has it."""
    registry = Registry.of_desk(folder / "var" / "models", "Little")
    return {slot: card.model for slot, card in registry.cards().items()}


def model(*arguments: object) -> Ran:
    return zd("model", *arguments)


def test_an_admin_trains_and_promotes(folder: Path, model_cache: Path) -> None:
    """Processes of their own, told by what they print and their exit status."""

    def run(*arguments: object) -> Ran:
        return zd_process("model", *arguments, cwd=folder, environ={"ZD_CACHE_DIR": str(model_cache)}, timeout=110)

    trained = run("train")
    assert trained.status == 0, trained.err
    assert [line.split(" ", 1)[0] for line in trained.said] == ["1/5", "2/5", "3/5", "4/5", "5/5"]
    assert re.match(r"candidate topics-[0-9a-f]{16}\.skops: 3 topics from 18 messages\n", trained.out)
    assert "(cross-validation in 3 parts)" in trained.out
    assert list(slots(folder)) == ["candidate"]
    promoted = run("promote")
    assert (promoted.status, promoted.err) == (0, "")
    assert promoted.out.startswith(f"active: {slots(folder)['active']};")
    refused = run("promote", "--history", "late.jsonl")
    assert (refused.status, refused.out, len(refused.said)) == (1, "", 1)


def test_a_worse_candidate_is_refused_a_better_one_serves_and_the_way_back_is_open(folder: Path) -> None:
    model("train", "--folds", 0)
    model("promote")
    first = slots(folder)["active"]
    assert model("train", "--history", "mixed_up.jsonl", "--folds", 0).status == 0
    judged, refused = model("gate", "--history", "late.jsonl"), model("promote", "--history", "late.jsonl")
    assert (judged.status, refused.status) == (1, 1)
    assert "refused: its best topic is right less often" in judged.out
    assert refused.out == judged.out
    assert slots(folder)["active"] == first

    assert model("train", "--history", "early.jsonl", "--folds", 0).status == 0
    assert model("gate", "--history", "late.jsonl").status == 0
    passed = model("promote", "--history", "late.jsonl")
    assert (passed.status, passed.err) == (0, "")
    assert "the gate is passed\nactive: topics-" in passed.out
    assert slots(folder)["previous"] == first

    listed = model("list")
    assert listed.status == 0
    assert [line.split()[1] for line in listed.out.splitlines() if line.startswith("│")] == ["active", "previous"]
    assert model("rollback").status == 0
    assert slots(folder)["active"] == first


def test_a_card_is_enough_to_make_the_model_again(folder: Path) -> None:
    for _ in range(2):
        assert model("train", "--history", "early.jsonl", "--folds", 0).status == 0
    registry = Registry.of_desk(folder / "var" / "models", "Little")
    row = json.loads((registry.folder / "registry.json").read_text("utf-8"))["candidate"]
    assert {"model", "sha256", "trained_at", "data_hash", "definitions_hash", "format", "rows", "topics"} <= set(row)
    assert set(row["libraries"]) >= {"python", "numpy", "scikit-learn", "scipy", "skops"}
    other = zd("model", "train", "--desk", a_desk_folder(folder / "twin", DESK.replace("Little", "Twin")), "--history",
               "early.jsonl", "--folds", 0)  # fmt: skip
    assert f"candidate {row['model']}:" in other.out


def test_learning_before_a_date_and_judging_after_it(folder: Path) -> None:
    trained = model("train", "--history", "all.jsonl", "--since", "2026-11-01")
    assert (trained.status, "(67 messages since 2026-11-01)" in trained.out) == (0, False)
    assert "(66 messages since 2026-11-01)" in trained.out
    assert model("promote").status == 0
    assert model("evaluate", "--history", "all.jsonl", "--since", "2026-11-01", "--slot", "active").status == 0
    late = model("train", "--history", "all.jsonl", "--since", "2027-01-01")
    assert late.status == 1
    assert late.err.startswith("the history has no row with a created_at from 2027-01-01 on")


def test_an_evaluation_for_people_for_machines_and_as_a_page(folder: Path) -> None:
    told = model("evaluate", "--history", "all.jsonl", "--folds", 2, "--page", "page.html")
    assert told.status == 0
    assert told.out.startswith("126 messages with a topic, 3 topics\naccuracy ")
    page = (folder / "page.html").read_text("utf-8")
    assert "Topics of Little" in page
    assert not re.search(r"""(src|href)=["']?https?:""", page)
    as_json = model("evaluate", "--history", "all.jsonl", "--folds", 2, "--json")
    figures = json.loads(as_json.out)
    assert (figures["rows"], figures["accuracy"]["of"], len(figures["per_topic"])) == (126, 126, 3)
    assert figures["accuracy"]["share"] > 0.8
    assert "my parcel" not in as_json.out + as_json.err
    assert not slots(folder)  # judging changes nothing
    nowhere = model("evaluate", "--history", "late.jsonl", "--folds", 2, "--page", "no/such/page.html")
    assert (nowhere.status, "choose another --page" in nowhere.err) == (1, True)


def test_a_stored_model_is_judged_on_what_it_has_not_learnt(folder: Path) -> None:
    model("train", "--history", "early.jsonl", "--folds", 0)
    found = model("evaluate", "--slot", "candidate", "--history", "all.jsonl", "--json")
    assert "42 messages were learnt from and are not judged" in found.said
    assert json.loads(found.out)["rows"] == 66
    missing = model("evaluate", "--slot", "active", "--history", "all.jsonl")
    assert (missing.status, "there is no active model" in missing.err) == (1, True)


def test_a_first_model_may_be_held_to_the_gate_or_forced_through_it(folder: Path) -> None:
    model("train", "--history", "mixed_up.jsonl", "--folds", 0)
    refused = model("promote", "--history", "late.jsonl")
    assert (refused.status, "against the model that is learnt from the desk's files" in refused.out) == (1, True)
    assert list(slots(folder)) == ["candidate"]
    forced = model("promote", "--history", "late.jsonl", "--force-first")
    assert (forced.status, list(slots(folder))) == (0, ["active"])


def test_what_a_history_holds_besides_is_said(folder: Path) -> None:
    a_file(folder / "odd.jsonl", [{"topic": "surveys", "text": "how are you"}, *rows_of(count=2)])
    ran = model("train", "--history", "odd.jsonl", "--folds", 0)
    assert ran.status == 0
    assert ran.said[0] == "1 rows of topics that the desk does not have are left out: surveys (1)"


def test_what_is_wrong_with_the_stored_models_is_said(folder: Path) -> None:
    model("train", "--folds", 0)
    model("promote")
    active = folder / "var" / "models" / Registry.of_desk(folder, "Little").folder.name / slots(folder)["active"]
    active.write_bytes(active.read_bytes()[:500])
    (folder / "desk" / "examples" / "es.toml").write_text('card_problem = ["mi tarjeta"]\n', "utf-8")
    listed = model("list")
    assert listed.status == 0
    assert listed.out.splitlines()[-2:] == [
        f"active: {active.name} is missing, truncated or changed",
        "definitions changed since the active model was trained; run zd-automation model train",
    ]
    again = model("rollback")
    assert (again.status, "there is no previous model to go back to" in again.err) == (1, True)


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        (["train", "--folds", 1], 2, "--folds 1 leaves nothing to learn from"),
        (["train", "--since", "soon"], 2, "'soon' does not match the formats"),
        (["train", "--history", "none.jsonl"], 1, "none.jsonl: there is no such file"),
        (["train", "--desk", "nowhere"], 1, "nowhere: there is no such desk folder"),
        (["evaluate", "--slot", "active"], 2, "--slot needs --history"),
        (["evaluate", "--since", "2026-01-01"], 2, "--since needs --history"),
        (["gate"], 2, "Missing option '--history'"),
        (["gate", "--history", "late.jsonl"], 1, "there is no candidate model"),
        (["promote"], 1, "there is no candidate to promote; zd-automation model train makes one"),
        (["rollback"], 1, "there is no previous model to go back to"),
        (["demote"], 2, "No such command 'demote'"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(folder: Path, given: list[object], status: int, said: str) -> None:
    ran = model(*given)
    assert (ran.status, said in ran.err, "Traceback" in ran.err) == (status, True, False), ran.err


def test_once_a_model_serves_only_the_gate_lets_another_in(folder: Path) -> None:
    model("train", "--folds", 0)
    model("promote")
    model("train", "--history", "early.jsonl", "--folds", 0)
    for given, said in ((["promote"], "give --history FILE"), (["promote", "--force-first"], "first model; this desk")):
        ran = model(*given)
        assert (ran.status, said in ran.err) == (2, True), ran.err
    few = model("promote", "--history", a_file(folder / "few.jsonl", rows_of(first=30)))
    assert (few.status, "refused: too few to judge: 18 messages" in few.out) == (1, True)


def test_decide_speaks_with_the_promoted_model(folder: Path) -> None:
    learnt = json.loads(zd("decide", "--json", "my card is refused").out)["versions"]["topic_model"]
    model("train", "--history", "early.jsonl", "--folds", 0)
    model("promote")
    told = zd("decide", "--json", "my card is refused")
    version = slots(folder)["active"].removeprefix("topics-").removesuffix(".skops")
    assert json.loads(told.out)["versions"]["topic_model"] == version != learnt
    (folder / "desk" / "examples" / "es.toml").write_text('card_problem = ["mi tarjeta"]\n', "utf-8")
    changed = zd("decide", "--json", "my card is refused")
    assert "definitions changed since the active model was trained; run zd-automation model train" in changed.said
    assert json.loads(changed.out)["versions"]["topic_model"] == version


def test_an_empty_registry_is_listed(folder: Path) -> None:
    ran = model("list")
    assert (ran.status, ran.out.startswith("no models in ")) == (0, True)
    assert "learnt from the desk's files at each start" in ran.out


def test_the_folder_of_models_follows_the_settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZD_MODELS_DIR", str(folder / "kept"))
    model("train", "--folds", 0)
    assert [path.name for path in (folder / "kept").iterdir()] == [Registry.of_desk(folder, "Little").folder.name]
    assert not (folder / "var").exists()


def test_a_bar_is_drawn_where_it_is_asked_for(folder: Path) -> None:
    ran = model("train", "--folds", 0, "--progress")
    assert (ran.status, "2/2 3 topics learnt" in ran.err) == (0, True)
    assert model("train", "--folds", 0).said == ["1/2 18 messages read", "2/2 3 topics learnt"]
