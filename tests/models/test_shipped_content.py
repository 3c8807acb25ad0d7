"""What ships in the ``models`` room: enough of it, in enough languages, and every reference points somewhere."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.danger_copies import near_copies
from zd_automation.assembly import seed_lists
from zd_automation.danger_files import CASES, EVERYDAY, load_books, load_danger_examples, load_note_texts
from zd_automation.danger_files import DESKS as DESK_KINDS
from zd_automation.definitions import Problems, read_toml
from zd_automation.demo.content import DESKS, articles, demo_tickets, desk_folder
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.triage.danger import KINDS
from zd_automation.triage.patterns import fold, sentences
from zd_automation.triage.secrets import find_secrets

MODELS = Path(__file__).parents[2] / "models"
FILES: dict[str, DeskFiles] = {name: load_desk(desk_folder(name)) for name in DESKS}
TICKETS = demo_tickets()
ARTICLES: list[tuple[str, dict[str, Any]]] = [(name, row) for name in DESKS for row in articles(name)]


@pytest.mark.parametrize("path", sorted(MODELS.rglob("*.toml")), ids=lambda path: str(path.relative_to(MODELS)))
def test_every_file_parses(path: Path) -> None:
    assert read_toml(path)


@pytest.mark.parametrize(("name", "topics"), [("exchange", 42), ("cosmetics", 113)])
def test_topics_groups_and_languages(name: str, topics: int) -> None:
    desk = FILES[name].desk
    assert len(desk.topics) == topics
    assert len(desk.languages) >= 18
    assert all(topic.description and topic.group and topic.area for topic in desk.topics)


@pytest.mark.parametrize("name", DESKS)
def test_examples_for_every_topic_in_at_least_sixteen_languages(name: str) -> None:
    files = FILES[name]
    counts = Counter(example.topic for example in files.examples)
    assert set(counts) == {topic.id for topic in files.desk.topics}
    assert min(counts.values()) >= 5
    assert len({example.language for example in files.examples}) >= 16
    english = Counter(example.topic for example in files.examples if example.language == "en")
    assert min(english[topic.id] for topic in files.desk.topics) >= 3


@pytest.mark.parametrize("name", DESKS)
def test_no_example_stands_under_two_topics(name: str) -> None:
    owners: dict[str, set[str]] = {}
    for example in FILES[name].examples:
        owners.setdefault(example.text.strip().lower(), set()).add(example.topic)
    assert [text for text, topics in owners.items() if len(topics) > 1] == []


def test_demo_tickets() -> None:
    assert len(TICKETS) >= 200
    languages = Counter(ticket.language for ticket in TICKETS)
    assert len(set(languages) - {"und", "mul"}) >= 16
    assert languages["und"] >= 1
    assert 10 <= sum(ticket.urgent for ticket in TICKETS) <= len(TICKETS) // 3
    assert sum(ticket.html for ticket in TICKETS) >= 10
    assert any(find_secrets(f"{ticket.subject}\n{ticket.body}") for ticket in TICKETS)


@pytest.mark.parametrize("name", DESKS)
def test_every_demo_ticket_names_a_topic_of_its_desk_or_none(name: str) -> None:
    known = {topic.id for topic in FILES[name].desk.topics} | {""}
    assert {ticket.topic for ticket in TICKETS if ticket.desk == name} <= known


def test_the_desks_take_turns() -> None:
    assert [ticket.desk for ticket in TICKETS[:4]] == ["exchange", "cosmetics", "exchange", "cosmetics"]


def test_help_centres() -> None:
    assert len(ARTICLES) >= 60
    locales = Counter(locale for _, row in ARTICLES for locale in row["title"])
    assert len(locales) >= 4
    assert sum(bool(row["restricted"]) for _, row in ARTICLES) >= 4
    assert sum(bool(row["draft"]) for _, row in ARTICLES) >= 4
    keys = [row["key"] for _, row in ARTICLES]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("name", "row"), [pytest.param(*pair, id=pair[1]["key"]) for pair in ARTICLES])
def test_an_article_has_a_title_and_a_body_in_each_of_its_languages(name: str, row: dict[str, Any]) -> None:
    assert set(row["title"]) == set(row["body"])
    assert "en-us" in row["title"]
    assert all(text.strip() for text in (*row["title"].values(), *row["body"].values()))
    assert row["label_names"][0] == name


SHIPPED = load_danger_examples(MODELS / "danger" / "examples", PROBLEMS := Problems())
EXAMPLES = [row for row in SHIPPED if row.hand != EVERYDAY]
LANGUAGES = sorted(path.stem for path in (MODELS / "danger" / "patterns").glob("*.toml"))


def test_the_danger_examples_are_sound_and_cover_every_language_of_the_books() -> None:
    assert PROBLEMS.found == []
    assert sorted({row.language for row in EXAMPLES}) == LANGUAGES
    assert len(LANGUAGES) >= 24


def test_everyday_messages_are_many_and_none_of_a_topic_near_a_case() -> None:
    everyday = [row for row in SHIPPED if row.hand == EVERYDAY]
    assert len(everyday) >= 2_500
    assert not any(row.urgent for row in everyday)
    named = read_toml(MODELS / "danger" / "everyday.toml")
    security = {"account_takeover", "suspicious_login", "phishing_report", "unknown_charge", "others_data_visible"}
    for desk, row in named.items():
        topics = {topic.id for topic in load_desk(MODELS / desk).desk.topics}
        assert set(row["topics"]) <= topics - security


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_enough_danger_examples_of_every_sort_and_several_hands(language: str) -> None:
    own = [row for row in EXAMPLES if row.language == language]
    urgent, ordinary = [row for row in own if row.urgent], [row for row in own if not row.urgent]
    assert len(urgent) >= 60
    assert len(ordinary) >= 100
    assert {row.sort for row in urgent} == set(KINDS)
    assert {row.sort for row in ordinary} >= set(CASES)
    assert {row.desk for row in own} >= set(DESK_KINDS)
    assert len({row.hand for row in own}) >= 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_half_of_the_urgent_messages_have_no_alarm_word(language: str) -> None:
    problems = Problems()
    books = load_books(MODELS / "danger" / "patterns", problems)
    urgent = [row.text for row in EXAMPLES if row.language == language and row.urgent]
    alarmed = sum(
        any(phrase.find(part) for phrase in books[language].alarms for part in sentences(fold(text))) for text in urgent
    )
    assert alarmed <= len(urgent) / 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_danger_examples_of_a_language_are_near_copies(language: str) -> None:
    # bench/danger_copies.py also finds translations, and needs an encoder for that.
    texts = [row.text for row in EXAMPLES if row.language == language]
    assert near_copies(texts) == []


def test_no_danger_example_holds_a_secret() -> None:
    found = {row.text: find_secrets(row.text, seed_lists()) for row in EXAMPLES}
    kinds = {place.kind for places in found.values() for place in places}
    assert kinds <= {"password", "otp"}  # invented ones, as people write them


def test_the_note_has_every_word_it_uses() -> None:
    problems = Problems()
    texts = load_note_texts(MODELS / "notes.toml", problems)
    english = texts["en"]
    assert problems.found == []
    assert set(english.kinds) == set(english.first_steps) == set(KINDS)
    kinds = [
        "seed_phrase",
        "private_key",
        "api_key",
        "password",
        "otp",
        "card_number",
        "iban",
        "id_number",
        "session_token",
    ]
    assert set(english.words) >= {f"secret_{kind}" for kind in kinds}
    assert set(english.words) >= {
        "danger",
        "certain",
        "probable",
        "evidence",
        "first_steps",
        "secrets",
        "secrets_advice",
        "language",
        "topic",
        "articles",
    }
    assert all(set(own.words) == set(english.words) for own in texts.values())
