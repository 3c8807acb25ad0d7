"""The journal over both databases: what was delivered, decided, written and how it ended."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa

from tests.support.databases import START, Clock, in_processes, in_threads
from zd_automation.engine.inbox import Inbox
from zd_automation.journal.database import open_database
from zd_automation.journal.journal import OUTCOMES, Decision, Journal, decision_id
from zd_automation.journal.tables import deliveries, outcomes, writes

FACT = "7:ticket.created:1"
DELIVERY = {
    "fact": FACT,
    "account_id": 7,
    "ticket_id": 1,
    "kind": "ticket.created",
    "webhook_id": "wh-1",
    "invocation_id": "inv-1",
    "event_id": None,
    "received_at": START,
}
CHANGE = {"tags": ["zdauto_done"], "group_id": 12, "comment": {"public": False, "length": 80}}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(database_url: str):
    engine = open_database(database_url, synchronous="NORMAL")
    yield engine
    engine.dispose()


@pytest.fixture
def journal(engine: sa.Engine, clock: Clock) -> Journal:
    journal = Journal(engine, clock)
    journal.prepare()
    return journal


def a_decision(inputs: str = "a" * 64, *, fact: str = FACT, ticket_id: int = 1, **changes: object) -> Decision:
    decision = Decision(
        id=decision_id(fact, inputs),
        fact=fact,
        ticket_id=ticket_id,
        desk="main",
        inputs_hash=inputs,
        plan={"id": str(ticket_id), "tags": ["zdauto_done"], "danger": {"tier": "none", "score": 0.25}},
        urgent=False,
        decided_at=START,
    )
    return dataclasses.replace(decision, **changes)


def rows(engine: sa.Engine, table: sa.Table) -> list[dict[str, object]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def test_a_decisions_id_depends_on_the_delivery_and_on_what_was_read() -> None:
    assert decision_id(FACT, "a" * 64) == "a6fd1160-14a4-5985-90a7-7d07c89275cf"
    assert decision_id(FACT, "b" * 64) != decision_id(FACT, "a" * 64)
    assert decision_id("7:ticket.created:2", "a" * 64) != decision_id(FACT, "a" * 64)


def test_deliveries_are_kept_once_and_as_they_came_first(journal: Journal, engine: sa.Engine) -> None:
    journal.record_deliveries([{**DELIVERY, "urgent": True, "state": "new"}])
    journal.record_deliveries([{**DELIVERY, "invocation_id": "inv-2"}, {**DELIVERY, "fact": "7:ticket.created:2"}])
    journal.record_deliveries([])
    assert sorted(rows(engine, deliveries), key=lambda row: str(row["fact"])) == [
        DELIVERY,
        {**DELIVERY, "fact": "7:ticket.created:2"},
    ]


def test_a_decision_comes_back_as_it_was_made(journal: Journal) -> None:
    decision = a_decision()
    journal.record_decision(decision)
    assert journal.decisions_of(1) == [decision]
    assert journal.decisions_of(2) == []


def test_deciding_the_same_again_changes_nothing(journal: Journal) -> None:
    journal.record_decision(a_decision())
    journal.record_decision(a_decision(decided_at=START + 60))
    assert journal.decisions_of(1) == [a_decision()]


def test_decisions_of_a_ticket_come_oldest_first(journal: Journal) -> None:
    late, early = a_decision("b" * 64, decided_at=START + 9), a_decision("a" * 64)
    for decision in (late, early, a_decision(fact="7:ticket.created:2", ticket_id=2)):
        journal.record_decision(decision)
    assert journal.decisions_of(1) == [early, late]


def test_the_last_decisions_since_a_time_are_one_a_ticket_and_of_one_desk(journal: Journal) -> None:
    def on(ticket_id: int, after: float, **changes: object) -> Decision:
        fact = f"7:ticket.created:{ticket_id}"
        return a_decision(f"{after:064}", fact=fact, ticket_id=ticket_id, decided_at=START + after, **changes)

    first, again, second = on(1, 10), on(1, 30), on(2, 20)
    for decision in (on(3, -1), again, first, second, on(4, 25, desk="other"), on(5, 0)):
        journal.record_decision(decision)
    assert list(journal.decisions_since(START, "main")) == [on(5, 0), second, again]
    assert list(journal.decisions_since(START + 31, "main")) == []


@pytest.mark.parametrize(
    "text",
    [
        "quote ' and \" and \\",
        "nul \x00 inside",
        "лист 📦 قائمة",
        "half an emoji \ud83d",
        "%(at)s :name ?",
        "x" * 20_000,
    ],
    ids=["quotes", "nul", "scripts", "surrogate", "parameters", "long"],
)
def test_a_plan_holds_any_text(journal: Journal, text: str) -> None:
    decision = a_decision(plan={"danger": {"evidence": [text]}})
    journal.record_decision(decision)
    (kept,) = journal.decisions_of(1)
    assert kept.plan == {"danger": {"evidence": [text]}}


def test_a_write_begins_once(journal: Journal, engine: sa.Engine, clock: Clock) -> None:
    assert journal.begin_write(a_decision(), CHANGE) is True
    clock.advance(5)
    assert journal.begin_write(a_decision(), {"tags": []}) is False
    assert rows(engine, writes) == [
        {
            "decision_id": a_decision().id,
            "ticket_id": 1,
            "change": CHANGE,
            "state": "started",
            "audit_id": None,
            "at": START,
        }
    ]


def test_beginning_a_write_keeps_its_decision(journal: Journal) -> None:
    journal.begin_write(a_decision(), CHANGE)
    assert journal.decisions_of(1) == [a_decision()]


def test_a_started_write_is_unfinished_until_its_end_is_known(journal: Journal) -> None:
    first, second = a_decision("a" * 64), a_decision("b" * 64)
    journal.begin_write(first, CHANGE)
    journal.begin_write(second, CHANGE)
    journal.begin_write(a_decision(fact="7:ticket.created:2", ticket_id=2), CHANGE)
    assert sorted(journal.unfinished_writes(1)) == sorted([first.id, second.id])
    journal.forget_write(first.id)
    assert journal.unfinished_writes(1) == [second.id]
    journal.finish(FACT, 1, "written", decision=second.id, audit_id=991)
    assert journal.unfinished_writes(1) == []
    assert journal.unfinished_writes(3) == []


def test_a_forgotten_write_may_begin_again(journal: Journal) -> None:
    journal.begin_write(a_decision(), CHANGE)
    journal.forget_write(a_decision().id)
    assert journal.begin_write(a_decision(), CHANGE) is True


def test_finishing_closes_delivery_and_write_together(journal: Journal, engine: sa.Engine, clock: Clock) -> None:
    journal.begin_write(a_decision(), CHANGE)
    clock.advance(2)
    journal.finish(FACT, 1, "written", "", decision=a_decision().id, audit_id=991)
    (write,) = rows(engine, writes)
    assert (write["state"], write["audit_id"], write["at"]) == ("applied", 991, START + 2)
    assert rows(engine, outcomes) == [
        {"fact": FACT, "ticket_id": 1, "outcome": "written", "detail": "", "at": START + 2}
    ]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_can_be_asked_for(journal: Journal, outcome: str) -> None:
    assert journal.outcome(FACT) is None
    journal.finish(FACT, None, outcome, "why")
    assert journal.outcome(FACT) == outcome
    assert journal.outcome("7:ticket.created:2") is None


def test_a_later_end_replaces_an_earlier_one(journal: Journal, clock: Clock) -> None:
    journal.finish(FACT, 1, "dead", "KeyError")
    clock.advance(1)
    journal.finish(FACT, 1, "written")
    assert journal.finished_since(0) == [(FACT, "written", START + 1)]
    assert journal.counts() == {"written": 1}


def test_a_long_detail_is_cut_to_its_column(journal: Journal, engine: sa.Engine) -> None:
    journal.finish(FACT, 1, "refused", "x" * 2_000)
    assert rows(engine, outcomes)[0]["detail"] == "x" * 500


def test_finished_since_is_oldest_first_includes_its_moment_and_is_limited(journal: Journal, clock: Clock) -> None:
    for ticket in range(1, 6):
        journal.finish(f"7:ticket.created:{ticket}", ticket, "written" if ticket % 2 else "silent")
        clock.advance(10)
    assert journal.finished_since(START + 20) == [
        ("7:ticket.created:3", "written", START + 20),
        ("7:ticket.created:4", "silent", START + 30),
        ("7:ticket.created:5", "written", START + 40),
    ]
    assert [fact for fact, _, _ in journal.finished_since(0, limit=2)] == ["7:ticket.created:1", "7:ticket.created:2"]
    assert journal.finished_since(START + 41) == []


def test_counts_by_outcome(journal: Journal) -> None:
    assert journal.counts() == {}
    for ticket, outcome in enumerate(("written", "silent", "written", "gone")):
        journal.finish(f"7:ticket.created:{ticket}", ticket, outcome)
    assert journal.counts() == {"written": 2, "silent": 1, "gone": 1}


def test_one_of_many_threads_begins_a_write(journal: Journal) -> None:
    begun = in_threads(8, lambda _: journal.begin_write(a_decision(), CHANGE))
    assert sorted(begun) == [False] * 7 + [True]


def test_the_journal_is_there_when_the_database_is_opened_again(database_url: str, journal: Journal) -> None:
    journal.begin_write(a_decision(), CHANGE)
    again = open_database(database_url, synchronous="NORMAL")
    assert Journal(again).unfinished_writes(1) == [a_decision().id]
    again.dispose()


def test_preparing_twice_keeps_what_is_there(journal: Journal) -> None:
    journal.finish(FACT, 1, "written")
    journal.prepare()
    assert journal.counts() == {"written": 1}


def prepare_in_a_process(url: str, number: int) -> int:
    engine = open_database(url, synchronous="NORMAL")
    journal = Journal(engine)
    journal.prepare()
    journal.finish(f"7:ticket.created:{number}", number, "written")
    return sum(journal.counts().values())


def test_processes_that_migrate_at_once_all_find_the_tables(database_url: str) -> None:
    counts = in_processes(prepare_in_a_process, [(database_url, number) for number in range(4)])
    assert max(counts) == 4
    engine = open_database(database_url)
    names = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    assert names == {
        "zd_deliveries",
        "zd_decisions",
        "zd_writes",
        "zd_outcomes",
        "zd_workers",
        "zd_buckets",
        "zd_journal_version",
    }


def test_inbox_and_journal_share_a_database_without_disturbing_each_other(database_url: str, journal: Journal) -> None:
    engine = open_database(database_url)
    Inbox(engine).prepare()
    journal.prepare()
    assert Inbox(engine).depth() == {}
    assert journal.counts() == {}
    engine.dispose()


def test_no_column_of_the_journal_is_meant_for_ticket_text() -> None:
    names = {column.name for table in (deliveries, outcomes, writes) for column in table.columns}
    assert names & {"subject", "body", "text", "description", "comment", "note"} == set()
