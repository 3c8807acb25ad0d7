"""What a reader copies out of a how-to works as it stands."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, first_column, page
from zd_automation.danger_files import load_books, load_danger_examples, load_own_danger_examples
from zd_automation.definitions import Problems
from zd_automation.desk_danger import DANGER_KEYS
from zd_automation.desk_files import _DESK_KEYS, _TOPIC_KEYS, DeskFiles, Limits, load_desk
from zd_automation.errors import DefinitionError
from zd_automation.triage.danger import KINDS, DangerText, judge
from zd_automation.triage.danger_phrases import read_phrases
from zd_automation.triage.desk import RUNGS, ArticlePolicy, DangerPolicy, Topic
from zd_automation.triage.patterns import PhraseBook

_DESK_PAGE = "docs/how-to/desk.md"
# Defaults of [danger] that are tables, or follow from two keys.
_SAID_IN_WORDS = ("safety", "legal", "false_alarms", "lines", "first_steps")
_SECTIONS = ("language", "topics", "danger", "articles", "limits", "account")


@pytest.fixture
def desk(tmp_path: Path) -> DeskFiles:
    """The desk that the page shows, written as the page says."""
    house, topics, examples = blocks(page(_DESK_PAGE), "toml")
    (tmp_path / "desk.toml").write_text(house, "utf-8")
    (tmp_path / "topics.toml").write_text(topics, "utf-8")
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "pt.toml").write_text(examples, "utf-8")
    return load_desk(tmp_path)


def test_the_desk_on_the_page_loads_without_a_problem(desk: DeskFiles) -> None:
    assert (desk.desk.name, desk.desk.languages, desk.desk.note_language) == ("Shop support", ("en", "de", "pt"), "de")
    assert (desk.desk.tag_prefix, desk.desk.language_rung) == ("shop_", "tag")
    assert desk.brands == ("shop", 360001234567)
    assert desk.article_labels == ("shop",)
    assert [(topic.id, topic.rung, topic.target_precision) for topic in desk.desk.topics] == [
        ("late_delivery", "route", 0.9),
        ("lost_parcel", "note", 0.95),
    ]
    assert [(example.topic, example.language) for example in desk.examples] == [
        ("late_delivery", None),
        ("late_delivery", None),
        ("lost_parcel", None),
        ("lost_parcel", None),
        ("late_delivery", "pt"),
        ("late_delivery", "pt"),
    ]


def test_every_key_of_a_policy_is_shown_with_another_value_than_its_default(desk: DeskFiles) -> None:
    for shown, plain in (
        (desk.desk.danger, DangerPolicy()),
        (desk.desk.articles, ArticlePolicy()),
        (desk.limits, Limits()),
    ):
        for field in dataclasses.fields(plain):
            if field.name != "lines":  # drawn by `danger calibrate`, in a file of its own
                assert getattr(shown, field.name) != getattr(plain, field.name), field.name


def test_the_key_tables_hold_exactly_the_keys_that_are_read() -> None:
    text = page(_DESK_PAGE)
    top = first_column(text, "desk.toml")
    assert set(top) | set(_SECTIONS) == set(_DESK_KEYS)
    assert set(first_column(text, "topics.toml")) == set(_TOPIC_KEYS)
    assert set(first_column(text, "[danger]")) == set(DANGER_KEYS)
    assert set(first_column(text, "[limits]")) == {field.name for field in dataclasses.fields(Limits)}
    assert set(first_column(text, "[articles]")) == {field.name for field in dataclasses.fields(ArticlePolicy)} | {
        "labels"
    }
    assert first_column(text, "The ladder") == list(RUNGS)


def test_the_defaults_in_the_tables_are_the_defaults_of_the_code() -> None:
    text = page(_DESK_PAGE)
    for plain in (DangerPolicy(), ArticlePolicy(), Limits()):
        for field in dataclasses.fields(plain):
            value = getattr(plain, field.name)
            if field.name in _SAID_IN_WORDS:
                continue
            shown = json.dumps(list(value) if isinstance(value, tuple) else value)
            assert re.search(rf"^\| `{field.name}` \| `{re.escape(shown)}` \|", text, re.MULTILINE), field.name
    assert (Topic("x", {}).rung, Topic("x", {}).target_precision) == ("shadow", 0.9)


def test_the_sections_on_the_page_take_no_other_key(tmp_path: Path) -> None:
    house, topics, _ = blocks(page(_DESK_PAGE), "toml")
    for section in _SECTIONS:
        spoilt = house.replace(f"[{section}]\n", f"[{section}]\nnot_a_key = 1\n")
        (tmp_path / "desk.toml").write_text(spoilt, "utf-8")
        (tmp_path / "topics.toml").write_text(topics, "utf-8")
        with pytest.raises(DefinitionError, match="unknown key 'not_a_key'"):
            load_desk(tmp_path)


def test_the_page_names_every_kind_of_danger() -> None:
    for name in KINDS:
        assert name in page(_DESK_PAGE)


def test_the_watch_only_lines_of_the_zendesk_page_put_danger_and_articles_on_shadow(tmp_path: Path) -> None:
    (lines,) = blocks(page("docs/how-to/zendesk.md"), "toml")
    (tmp_path / "desk.toml").write_text('languages = ["en"]\n' + lines, "utf-8")
    (tmp_path / "topics.toml").write_text("", "utf-8")
    files = load_desk(tmp_path)
    assert (files.desk.danger.rung, files.desk.articles.rung, files.desk.language_rung) == ("shadow",) * 3


def test_the_topic_in_contributing_loads(tmp_path: Path) -> None:
    topic, examples, *_ = blocks(page("CONTRIBUTING.md"), "toml")
    (tmp_path / "desk.toml").write_text('languages = ["en"]\n', "utf-8")
    (tmp_path / "topics.toml").write_text(topic, "utf-8")
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "en.toml").write_text(examples, "utf-8")
    files = load_desk(tmp_path)
    assert [topic.id for topic in files.desk.topics] == ["gift_card_lost"]
    assert len(files.examples) == 2


def test_the_danger_phrase_in_contributing_passes_its_own_tests(tmp_path: Path) -> None:
    text = blocks(page("CONTRIBUTING.md"), "toml")[2]
    (tmp_path / "en.toml").write_text(text, "utf-8")
    problems = Problems()
    books = load_books(tmp_path, problems)
    assert problems.found == []
    expected = {row["text"]: row["expect"] for row in tomllib.loads(text)["test"]}
    found = {text: _kind_of(text, books.values()) for text in expected}
    assert found == expected
    assert sorted(set(expected.values())) == ["account_takeover", "none"]


def _kind_of(text: str, books: Iterable[PhraseBook]) -> str:
    return judge(DangerText((), read_phrases(text, books)), None, DangerPolicy()).kind or "none"


def test_the_danger_example_in_contributing_loads(tmp_path: Path) -> None:
    problems = Problems()
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "newcomer.toml").write_text(blocks(page("CONTRIBUTING.md"), "toml")[3], "utf-8")
    rows = load_danger_examples(tmp_path, problems)
    assert problems.found == []
    assert [(row.urgent, row.sort, row.desk) for row in rows] == [(True, "card_fraud", "bank"), (False, "twin", "bank")]


def test_the_desks_own_danger_examples_on_the_danger_page_load(tmp_path: Path) -> None:
    problems = Problems()
    (tmp_path / "pt.toml").write_text(blocks(page("docs/how-to/danger.md"), "toml")[0], "utf-8")
    rows = load_own_danger_examples(tmp_path, problems, "lines.toml")
    assert problems.found == []
    assert [(row.urgent, row.sort) for row in rows] == [(True, "sim_swap"), (False, "twin"), (False, "")]


def test_the_trigger_in_contributing_has_the_shape_of_the_installed_one() -> None:
    shown = tomllib.loads(blocks(page("CONTRIBUTING.md"), "toml")[4])
    installed = tomllib.loads(page("triggers/ticket-created.toml"))
    assert (shown["kind"], shown["needs"]) == (installed["kind"], installed["needs"])
    assert shown["object"]["conditions"] == installed["object"]["conditions"]
    assert shown["object"]["actions"] == installed["object"]["actions"]


def test_the_group_of_the_topic_in_contributing_is_one_of_the_demo_desk() -> None:
    shown = tomllib.loads(blocks(page("CONTRIBUTING.md"), "toml")[0])["topic"][0]
    rows = tomllib.loads(page("models/cosmetics/topics.toml"))["topic"]
    assert shown["group"] in {row["group"] for row in rows}
    assert shown["area"] in {row["area"] for row in rows}
    assert shown["id"] not in {row["id"] for row in rows}
    assert (ROOT / "models" / "cosmetics" / "examples" / "en.toml").exists()
