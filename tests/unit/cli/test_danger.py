"""``danger``: what each line costs, lines drawn on unlabelled tickets, and secrets blocked out only when told so."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.support.builders import a_desk_folder
from tests.support.command import zd
from tests.support.running import Account
from zd_automation.desk_files import load_desk
from zd_automation.sandbox.server import SandboxServer

TICKETS = [
    f"{ask} {thing} number {number}?"
    for ask in ("Where is my", "How do I return the", "When will you send the")
    for thing in ("parcel", "card", "invoice", "jacket")
    for number in range(10)
]


@pytest.fixture
def tickets(folder: Path) -> Path:
    path = folder / "tickets.jsonl"
    path.write_text("".join(json.dumps({"subject": "", "body": text}) + "\n" for text in TICKETS), "utf-8")
    return path


@pytest.fixture
def own_desk(folder: Path) -> Path:
    return a_desk_folder(folder / "desk", 'name = "Little"\nlanguages = ["en", "es", "sw"]\n')


def test_lines_show_what_each_line_catches_and_costs(own_desk: Path, tickets: Path) -> None:
    ran = zd("danger", "lines", "--desk", own_desk, "--file", tickets)
    assert ran.status == 0
    for words in (
        "What each line costs",
        "0.50",
        "At probable = 0.5",
        "en",
        "without urgent examples of their own: sw",
    ):
        assert words in ran.out


def test_lines_as_json_fall_with_the_line(own_desk: Path, tickets: Path) -> None:
    ran = zd("danger", "lines", "--desk", own_desk, "--file", tickets, "--json")
    told = json.loads(ran.out)
    rows = told["lines"]["all"]
    assert [row["chance"] for row in rows] == sorted(row["chance"] for row in rows)
    for key in ("recall", "usual", "hard"):
        values = [row[key] for row in rows]
        assert values == sorted(values, reverse=True)
    assert told["languages_without_examples"] == ["sw"]
    assert 0 < rows[3]["recall"] <= 1


def test_calibrate_writes_lines_that_the_desk_reads(own_desk: Path, tickets: Path) -> None:
    ran = zd("danger", "calibrate", "--desk", own_desk, "--file", tickets, "--per-thousand", "20")
    assert ran.status == 0
    written = own_desk / "danger" / "lines.toml"
    assert tomllib.loads(written.read_text("utf-8"))["false_alarms"] == 0.02
    assert ran.out == written.read_text("utf-8")
    assert set(load_desk(own_desk).desk.danger.lines) >= {"en"}


def test_a_dry_run_writes_nothing(own_desk: Path, tickets: Path) -> None:
    assert zd("danger", "calibrate", "--desk", own_desk, "--file", tickets, "--dry-run").out.startswith("drawn_on")
    assert not (own_desk / "danger").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"body": "one ticket"}\n', "1 tickets with words are too few; at least 100 are needed"),
        ('{"body": "good"}\nnothing\n', "tickets.jsonl:2: not a JSON object in UTF-8"),
    ],
)
def test_a_file_that_will_not_do_is_one_clear_line(own_desk: Path, tickets: Path, text: str, said: str) -> None:
    tickets.write_text(text, "utf-8")
    ran = zd("danger", "calibrate", "--desk", own_desk, "--file", tickets)
    assert ran.status == 1
    assert said in ran.err


@pytest.fixture
def account(own_desk: Path, monkeypatch: pytest.MonkeyPatch):
    with SandboxServer() as sandbox:
        made = Account(sandbox)
        for name, value in made.environment(own_desk, own_desk.parent / "data", own_desk.parent / "cache").items():
            if name.startswith("ZD_") and name != "ZD_CACHE_DIR":
                monkeypatch.setenv(name, value)
        yield made


def bodies(account: Account, ticket: int) -> str:
    return json.dumps(account.http.get(f"/api/v2/tickets/{ticket}/comments", timeout=10).json())


def test_redact_shows_first_and_does_it_only_when_told(account: Account) -> None:
    ticket = account.http.post(
        "/api/v2/tickets",
        json={"ticket": {"subject": "x", "comment": {"body": "my password is hunter2!x"}}},
        timeout=10,
    ).json()["ticket"]["id"]
    asked = zd("danger", "redact", ticket, "--kind", "password")
    assert "1 places would be redacted" in asked.out
    assert "hunter2" not in asked.out + asked.err
    assert "hunter2!x" in bodies(account, ticket)
    done = zd("danger", "redact", ticket, "--kind", "password", "--yes")
    assert "1 places redacted" in done.out
    assert "hunter2!x" not in bodies(account, ticket)
    again = zd("danger", "redact", ticket, "--kind", "password", "--yes")
    assert again.out == f"ticket {ticket} holds none of: password\n"


def test_redact_wants_to_know_what(account: Account) -> None:
    ticket = account.http.post(
        "/api/v2/tickets", json={"ticket": {"subject": "x", "comment": {"body": "hello"}}}, timeout=10
    ).json()["ticket"]["id"]
    ran = zd("danger", "redact", ticket)
    assert ran.status == 2
    assert "name a --kind, or set `redact`" in ran.err
