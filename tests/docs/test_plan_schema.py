"""The schema of a ``decide --jsonl`` line against what the package really writes."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.docs.pages import page
from zd_automation.assembly import language_reader, seed_lists
from zd_automation.danger_files import load_books, load_note_texts
from zd_automation.definitions import Problems, room
from zd_automation.tickets import Ticket
from zd_automation.triage.danger import KINDS
from zd_automation.triage.decide import Triage
from zd_automation.triage.desk import Desk
from zd_automation.triage.language import Language
from zd_automation.triage.plan import TIERS, Danger, Plan, Reason, Scored, Suggestion, Versions
from zd_automation.triage.plan_json import plan_as_json

SCHEMA: Mapping[str, Any] = json.loads(page("docs/reference/plan.schema.json"))
_VALIDATOR = Draft202012Validator(SCHEMA)


def a_plan() -> Plan:
    return Plan(
        ticket_id="17",
        language=Language("pt", 0.98765, "model", (("es", 0.01),), ""),
        topic=Scored("late_delivery", 0.91),
        candidates=(Scored("late_delivery", 0.91), Scored("lost_parcel", 0.05)),
        danger=Danger("certain", "account_takeover", "critical", 0.92, ("was not me",)),
        secrets=("otp", "password"),
        articles=(Suggestion("9001", 0.8, "Where is my order?"),),
        article_candidates=(Suggestion("9001", 0.8), Suggestion("9002", 0.3)),
        group="Security",
        priority="urgent",
        tags=("zdauto_lang_pt", "zdauto_done"),
        note="<p>Language: pt</p>",
        reasons=(Reason("language", "pt at 0.99 by model"), Reason("danger", "certain: account_takeover at 0.92")),
        versions=Versions("d", "t", "m", "a", "0.1.0"),
        writes=frozenset({"note", "tags", "group", "priority"}),
    )


def _errors(row: Mapping[str, Any]) -> list[str]:
    return [error.message for error in _VALIDATOR.iter_errors(row)]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_full_plan_is_valid_and_reads_as_the_schema_says() -> None:
    row = plan_as_json(a_plan())
    assert _errors(row) == []
    assert list(row) == SCHEMA["required"]
    assert row["writes"] == ["group", "note", "priority", "tags"]
    assert row["language"] == {"tag": "pt", "confidence": 0.9877, "others": [{"tag": "es", "confidence": 0.01}]}
    assert row["articles"] == [{"id": "9001", "score": 0.8}]


def test_the_required_keys_are_all_keys_at_every_level() -> None:
    row = plan_as_json(a_plan())
    assert set(SCHEMA["properties"]) == set(row)
    for key in ("language", "danger", "versions"):
        part = SCHEMA["properties"][key]
        assert set(part["properties"]) == set(part["required"]) == set(row[key])


def test_the_words_of_the_schema_are_the_words_of_the_code() -> None:
    danger = SCHEMA["properties"]["danger"]["properties"]
    assert sorted(danger["tier"]["enum"]) == sorted(TIERS)
    assert danger["kind"]["enum"] == [*KINDS, None]


@pytest.fixture(scope="module")
def triage() -> Triage:
    """The shipped phrases and words on a desk without models: what a broken install would still do."""
    desk = Desk("test", ("en", "de", "zh", "ru"), language_rung="tag")
    return Triage(
        desk=desk,
        identify=language_reader(desk),
        books=load_books(room("models") / "danger" / "patterns", Problems()),
        note_texts=load_note_texts(room("models") / "notes.toml", Problems()),
        seed_lists=seed_lists(),
        package="0.1.0",
    )


@pytest.mark.parametrize(
    ("subject", "body", "tier"),
    [
        ("", "", "none"),
        ("", "🙂🙂🙂", "none"),
        ("Order", "Where is my parcel? It should have been here on Monday.", "none"),
        ("HELP", "Somebody changed my password and it was not me. Someone is in my account!", "certain"),
        ("", "My password is Hunter2-Blue and my card 4111 1111 1111 1111", "none"),
        ("", "<p>Guten Tag,</p><script>alert(1)</script><p>wo bleibt mein Paket?</p>", "none"),
        ("你好", "我的包裹在哪里？已经一个星期了。", "none"),
    ],
)
def test_real_decisions_are_valid(triage: Triage, subject: str, body: str, tier: str) -> None:
    row = plan_as_json(triage.decide(Ticket(5, subject, body)))
    assert _errors(json.loads(json.dumps(row))) == []
    assert (row["id"], row["danger"]["tier"]) == ("5", tier)


@settings(max_examples=60, deadline=None)
@given(subject=st.text(max_size=60), body=st.text(max_size=300))
def test_whatever_the_text_the_plan_is_valid(triage: Triage, subject: str, body: str) -> None:
    assert _errors(plan_as_json(triage.decide(Ticket(5, subject, body)))) == []


def _without(*path: str) -> dict[str, Any]:
    row = copy.deepcopy(plan_as_json(a_plan()))
    inner = row
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return row


def _with(value: Any, *path: str) -> dict[str, Any]:
    row = copy.deepcopy(plan_as_json(a_plan()))
    inner = row
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return row


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_a_line_without_a_key_is_refused(key: str) -> None:
    assert _errors(_without(key)) == [f"'{key}' is a required property"]


@pytest.mark.parametrize(
    "row",
    [
        _with(None, "id"),
        _with(["17"], "id"),
        _with("something", "extra"),
        _with("", "language", "tag"),
        _with(1.2, "language", "confidence"),
        _without("language", "others"),
        _with("late_delivery", "topic"),
        _with([{"id": "x", "confidence": 0.1}] * 11, "candidates"),
        _with("urgent", "danger", "tier"),
        _with("hacked", "danger", "kind"),
        _with(None, "danger", "kind"),
        _with(None, "danger", "severity"),
        _with("grave", "danger", "severity"),
        _with(["pin"], "secrets"),
        _with(["otp", "otp"], "secrets"),
        _with([{"id": "1"}], "articles"),
        _with("low", "priority"),
        _with([], "tags"),
        _with(["Zdauto Done"], "tags"),
        _with(["status"], "writes"),
        _with([{"part": "weather", "text": "rain"}], "reasons"),
        _without("versions", "package"),
    ],
)
def test_a_line_that_says_something_else_is_refused(row: Mapping[str, Any]) -> None:
    assert _errors(row)
