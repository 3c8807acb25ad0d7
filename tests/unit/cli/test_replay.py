"""``replay``: what was decided, as it was; and what would be decided today."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import a_plan
from tests.support.command import zd, zd_process
from tests.support.running import Account
from zd_automation.cli.environment import settings
from zd_automation.journal.journal import Decision
from zd_automation.sandbox.server import SandboxServer
from zd_automation.service import open_stores
from zd_automation.triage.plan import Reason, Scored
from zd_automation.triage.plan_json import plan_as_json

NOON = 1_795_348_800.0  # 2026-11-22 12:00 UTC


@pytest.fixture(autouse=True)
def environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that nobody needs to reach, and a journal in the working folder."""
    monkeypatch.setenv("ZD_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ZD_OAUTH_CLIENT_ID", "x")
    monkeypatch.setenv("ZD_OAUTH_CLIENT_SECRET", "y")


def remembered(decision_id: str = "d1", at: float = NOON, ticket_id: int = 17, **changes: Any) -> dict[str, Any]:
    """A decision in the journal; gives its plan as JSON."""
    plan = plan_as_json(a_plan(reasons=(Reason("topic", "card_problem at 0.93"),), **changes))
    decision = Decision(decision_id, f"1:ticket.created:{ticket_id}", ticket_id, "Little", "hash", plan, False, at)
    open_stores(settings(needs_webhooks=False)).journal.record_decision(decision)
    return plan


def test_a_past_decision_is_shown_as_it_was() -> None:
    remembered()
    ran = zd("replay", 17)
    assert (ran.status, ran.err) == (0, "")
    for words in ("Ticket 17", "2026-11-22 12:00:00 UTC", "id card_problem", "Cards", "topic: card_problem at 0.93"):
        assert words in ran.out
    assert "Topic: Card problem" not in ran.out  # the note itself stays in Zendesk


def test_every_decision_on_the_ticket_has_a_column() -> None:
    first = remembered("d1", NOON)
    second = remembered("d2", NOON + 60, topic=Scored("delivery_late", 0.8), group="Delivery")
    remembered("d3", NOON, ticket_id=18)
    ran = zd("replay", "17", "--json")
    assert json.loads(ran.out) == {"2026-11-22 12:00:00 UTC": first, "2026-11-22 12:01:00 UTC": second}
    assert list(json.loads(ran.out)) == ["2026-11-22 12:00:00 UTC", "2026-11-22 12:01:00 UTC"]


def test_an_unknown_ticket_is_one_line() -> None:
    remembered()
    ran = zd("replay", 99)
    assert (ran.status, ran.out) == (1, "")
    assert ran.said == ["the journal holds no decision on ticket 99; is ZD_DATA_DIR or ZD_DATABASE_URL right?"]


@pytest.mark.parametrize("given", [[], ["seventeen"], ["17", "18"]])
def test_used_wrongly(given: list[str]) -> None:
    ran = zd("replay", *given)
    assert (ran.status, ran.out) == (2, "")


def test_a_wrong_environment_is_told_in_numbered_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZD_BASE_URL")
    monkeypatch.setenv("ZD_TIMESTAMP_WINDOW", "0")
    ran = zd("replay", 17)
    assert (ran.status, ran.out) == (1, "")
    assert ran.said == [
        "1. ZD_SUBDOMAIN is missing or odd: it is the SUBDOMAIN of https://SUBDOMAIN.zendesk.com",
        "2. ZD_TIMESTAMP_WINDOW=0 must be at least 1",
    ]


def test_a_database_that_does_not_answer_is_one_line_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZD_DATABASE_URL", "postgresql+psycopg://zd:hunter2@127.0.0.1:9/zd")
    ran = zd("replay", 17)
    assert (ran.status, ran.out, len(ran.said)) == (1, "", 1)
    assert ran.err.startswith("the databases cannot be opened (OperationalError); look at ZD_DATA_DIR")
    assert "hunter2" not in ran.err


def test_today_stands_beside_the_past(folder: Path, desk: Path, models: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZD_DATA_DIR", str(folder / "var"))
    with SandboxServer() as sandbox:
        account = Account(sandbox)
        key = account.arrives("Parcel", "where is my parcel, it is late")
        environ = account.environment(desk, folder / "var", Path(models))
        past = remembered(ticket_id=key)
        columns = json.loads(zd_process("replay", key, "--today", "--json", cwd=folder, environ=environ).out)
        shown = zd_process("replay", key, "--today", cwd=folder, environ=environ)
    assert columns["2026-11-22 12:00:00 UTC"] == past
    assert (columns["today"]["id"], columns["today"]["topic"]["id"]) == (str(key), "delivery_late")
    assert "today" in shown.out
    assert "delivery_late" in shown.out
