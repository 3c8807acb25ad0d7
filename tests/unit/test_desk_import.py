"""Building a desk folder: whatever the rows hold, the folder loads and says what the rows said."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zd_automation.desk_files import load_desk
from zd_automation.desk_import import read_sources, write_desk
from zd_automation.desk_writing import CORE_LANGUAGES, desk_toml, topics_toml, write_new
from zd_automation.errors import DefinitionError
from zd_automation.triage.desk import tag_of

ANYTHING = st.text(st.characters(), max_size=40)
VALUE = ANYTHING | st.none() | st.integers() | st.booleans() | st.lists(ANYTHING, max_size=2)
NAME = VALUE | st.dictionaries(ANYTHING, ANYTHING, max_size=3)


def imported(folder: Path, topics: object, examples: object, articles: object = None, language: str = "en") -> Path:
    """The desk built from these values, each written as a JSON file."""
    paths = []
    for name, rows in (("topics", topics), ("examples", examples), ("articles", articles)):
        if rows is not None:
            paths.append(folder / f"{name}.json")
            paths[-1].write_text(json.dumps(rows), "utf-8")
    sources = read_sources(paths[0], paths[1], paths[2] if articles is not None else None)
    write_desk(folder / "desk", sources, lambda _: language)
    return folder / "desk"


@settings(max_examples=150, deadline=None)
@given(name=NAME, description=VALUE, group=VALUE, area=VALUE, text=ANYTHING, language=VALUE, title=VALUE, url=VALUE)
def test_whatever_the_words_the_folder_loads(
    name: Any, description: Any, group: Any, area: Any, text: str, language: Any, title: Any, url: Any
) -> None:
    topic = {"id": "refund", "name": name, "description": description, "group": group, "area": area}
    example = {"topic": "refund", "text": f"{text}x", "language": language}
    article = {"id": 1, "title": title, "body": text, "locale": language, "url": url, "restricted": title, "draft": url}
    with TemporaryDirectory() as folder:
        files = load_desk(imported(Path(folder), [topic], [example], [article]))
    assert [known.id for known in files.desk.topics] == ["refund"]
    assert [known.topic for known in files.examples] == ["refund"]
    assert files.examples[0].text.endswith("x")
    assert len(files.articles) == 1
    assert all(tag.isascii() and tag for tag in files.desk.languages)


@settings(max_examples=100, deadline=None)
@given(ids=st.lists(ANYTHING | st.integers(), min_size=1, max_size=4))
def test_whatever_the_ids_it_loads_or_says_why(ids: list[str | int]) -> None:
    examples = [{"topic": topic, "text": "words"} for topic in ids]
    with TemporaryDirectory() as folder:
        try:
            made = imported(Path(folder), [{"id": topic} for topic in ids], examples)
        except DefinitionError as error:
            said = str(error).splitlines()
        else:
            said, files = [], load_desk(made)
    if said:
        assert all(line.startswith(folder) for line in said)
        return
    assert len({tag_of(topic.id) for topic in files.desk.topics}) == len(ids)
    assert [example.topic for example in files.examples] == [topic.id for topic in files.desk.topics]


@settings(max_examples=80, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_the_bytes_nothing_escapes_the_error_tree(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        path.write_bytes(content)
        try:
            sources = read_sources(path, path, path)
        except DefinitionError:
            return
    assert sources.topics
    assert sources.examples


@pytest.mark.parametrize(
    ("groups", "senior"),
    [
        (["Billing", "Security"], "Security"),
        (["Billing", "Fraud & risk"], "Fraud & risk"),
        (["Служба безопасности"], "Служба безопасности"),
        (["Sicherheit"], "Sicherheit"),
        (["セキュリティ"], "セキュリティ"),
        (["Billing", "Shipping"], "Security"),
        ([], "Security"),
    ],
)
def test_the_senior_group_is_the_one_that_sounds_like_it(tmp_path: Path, groups: list[str], senior: str) -> None:
    topics = [{"id": f"t{number}", "group": group} for number, group in enumerate(groups)] or [{"id": "t0"}]
    files = load_desk(imported(tmp_path, topics, [{"topic": "t0", "text": "x"}]))
    assert files.desk.danger.group == senior


def test_texts_without_a_language_are_asked(tmp_path: Path) -> None:
    rows = [{"topic": "a", "text": "x"}]
    files = load_desk(imported(tmp_path, [{"id": "a"}], rows, language="kk-Cyrl"))
    assert files.desk.languages == ("kk", *CORE_LANGUAGES)


@pytest.mark.parametrize("language", ["und", "mul"])
def test_texts_that_tell_nothing_leave_the_core_languages(tmp_path: Path, language: str) -> None:
    files = load_desk(imported(tmp_path, [{"id": "a"}], [{"topic": "a", "text": "x"}], language=language))
    assert files.desk.languages == CORE_LANGUAGES


def test_a_new_desk_writes_nothing_to_zendesk(tmp_path: Path) -> None:
    files = load_desk(imported(tmp_path, [{"id": "a", "group": "G"}], [{"topic": "a", "text": "x"}]))
    desk = files.desk
    assert (desk.language_rung, desk.danger.rung, desk.articles.rung) == ("shadow", "shadow", "shadow")
    assert {topic.rung for topic in desk.topics} == {"shadow"}
    assert files.topics_with_rung == frozenset()


def test_topics_are_written_as_an_admin_would(tmp_path: Path) -> None:
    rows = [{"id": "refund", "name": {"en": "Refund", "de": "Erstattung"}, "description": 'Says "money back"'}]
    text = topics_toml(rows)
    assert '[[topic]]\nid = "refund"\nname = { "en" = "Refund", "de" = "Erstattung" }\n' in text
    assert 'description = "Says \\"money back\\""\n' in text
    assert tomllib.loads(text) == {"topic": rows}


def test_the_desk_file_is_toml_with_what_was_given() -> None:
    table = tomllib.loads(desk_toml('My "desk"', ["en", "pt"], "Sénior"))
    assert (table["name"], table["languages"], table["danger"]["group"]) == ('My "desk"', ["en", "pt"], "Sénior")


def test_files_are_written_all_or_none(tmp_path: Path) -> None:
    (tmp_path / "topics.toml").write_text("mine", "utf-8")
    with pytest.raises(DefinitionError, match=r"topics.toml is there already"):
        write_new(tmp_path, {"desk.toml": "a", "topics.toml": "b"})
    assert [path.name for path in tmp_path.iterdir()] == ["topics.toml"]
