"""The way of one ticket: written once or not at all, whatever goes wrong and wherever it is begun again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.builders import TopicsByWord, a_desk, a_ticket, a_topic, a_triage
from tests.support.databases import START, Clock
from zd_automation.engine.ticket_job import TicketJob
from zd_automation.errors import Conflict, DoubtfulWrite, GatewayError, NotAllowed, TicketGone, TryLater
from zd_automation.journal.database import open_database
from zd_automation.journal.journal import Journal
from zd_automation.metrics import Metrics
from zd_automation.tickets import Ticket
from zd_automation.triage.decide import Triage
from zd_automation.triage.desk import DangerPolicy, Desk
from zd_automation.zendesk.change import TicketChange
from zd_automation.zendesk.gateway import Applied
from zd_automation.zendesk.memory_gateway import MemoryGateway

FACT = "7:ticket.created:17"
GROUPS = {"Cards": 31, "Security": 99}
SAID = a_ticket("My card does not work")


class OneDesk:
    """The desk of every ticket but those of brand 404."""

    def __init__(self, triage: Triage) -> None:
        self._triage = triage

    def for_ticket(self, ticket: Ticket) -> Triage | None:
        return None if ticket.brand_id == 404 else self._triage

    def groups(self) -> dict[str, int]:
        return GROUPS

    def redacts(self) -> bool:
        return bool(self._triage.desk.danger.redact)


class TroubledGateway(MemoryGateway):
    """Zendesk on a bad day: raises what is planned, before or after the call takes effect."""

    def __init__(self, *tickets: Ticket) -> None:
        super().__init__(tickets, GROUPS)
        self.before: list[BaseException | None] = []
        self.after: list[BaseException | None] = []
        self.meanwhile: Callable[[], None] | None = None
        self.calls: list[str] = []

    def fetch(self, ticket_id: int, *, urgent: bool = False) -> Ticket:
        if not self._lock.locked():  # a write looks the ticket up as well
            self.calls.append("fetch")
        ticket = super().fetch(ticket_id, urgent=urgent)
        change, self.meanwhile = self.meanwhile, None
        if change:
            change()
        return ticket

    def apply(self, change: TicketChange) -> Applied:
        self.calls.append("apply")
        _raise_next(self.before)
        applied = super().apply(change)
        _raise_next(self.after)
        return applied

    def has_landed(self, ticket_id: int, decision_id: str) -> bool:
        self.calls.append("has_landed")
        return super().has_landed(ticket_id, decision_id)


def _raise_next(errors: list[BaseException | None]) -> None:
    error = errors.pop(0) if errors else None
    if error:
        raise error


@pytest.fixture
def journal(tmp_path: Path):
    engine = open_database(f"sqlite:///{tmp_path / 'journal.sqlite'}", synchronous="OFF")
    journal = Journal(engine, Clock())
    journal.prepare()
    yield journal
    engine.dispose()


def a_job(gateway: MemoryGateway, journal: Journal, triage: Triage | None = None) -> TicketJob:
    return TicketJob(gateway, OneDesk(triage or the_triage()), journal, Metrics(), Clock())


def the_triage(desk: Desk | None = None) -> Triage:
    return a_triage(desk, topics=TopicsByWord({"card": ("card_problem", 0.93)}))


def writes(gateway: MemoryGateway) -> int:
    return len(gateway.audits.get(17, []))


def test_a_ticket_is_read_once_and_written_once(journal: Journal) -> None:
    gateway = TroubledGateway(SAID)
    assert a_job(gateway, journal)(FACT) is None
    assert gateway.calls == ["fetch", "apply"]
    (sent,) = gateway.audits[17]
    assert sent["group_id"] == 31
    assert sent["tags"] == ["zdauto_lang_en", "zdauto_topic_card_problem", "zdauto_done"]
    assert sent["comment"]["public"] is False
    assert (sent["safe_update"], sent["updated_stamp"]) == (True, "2026-11-22T10:00:00Z")
    assert journal.outcome(FACT) == "written"
    assert journal.unfinished_writes(17) == []


def test_the_decision_is_kept_with_what_decided_and_without_the_note(journal: Journal) -> None:
    gateway = TroubledGateway(SAID)
    a_job(gateway, journal)(FACT)
    (decision,) = journal.decisions_of(17)
    assert (decision.fact, decision.ticket_id, decision.desk, decision.urgent) == (FACT, 17, "Little desk", False)
    assert decision.decided_at == START
    assert decision.plan["topic"]["id"] == "card_problem"
    assert "note" not in decision.plan
    assert gateway.audits[17][0]["metadata"]["zdauto_decision"] == decision.id


@pytest.mark.parametrize("key", [FACT, f"{FACT}#1", f"{FACT}#5"])
def test_called_again_in_any_way_nothing_more_happens(journal: Journal, key: str) -> None:
    gateway = TroubledGateway(SAID)
    job = a_job(gateway, journal)
    job(FACT)
    assert job(key) is None
    assert gateway.calls == ["fetch", "apply"]


def test_a_resubmitted_key_stands_for_the_same_fact(journal: Journal) -> None:
    gateway = TroubledGateway(SAID)
    assert a_job(gateway, journal)(f"{FACT}#2") is None
    assert journal.outcome(FACT) == "written"


@pytest.mark.parametrize("key", ["7:ticket.updated:abc", "nonsense", ""])
def test_a_key_without_a_ticket_is_left_alone(journal: Journal, key: str) -> None:
    gateway = TroubledGateway(SAID)
    assert a_job(gateway, journal)(key) is None
    assert gateway.calls == []


def test_a_silent_plan_writes_nothing_and_is_recorded(journal: Journal) -> None:
    desk = a_desk(a_topic(rung="shadow"), language_rung="shadow")
    gateway = TroubledGateway(SAID)
    assert a_job(gateway, journal, the_triage(desk))(FACT) is None
    assert gateway.calls == ["fetch"]
    assert journal.outcome(FACT) == "silent"
    assert [decision.plan["writes"] for decision in journal.decisions_of(17)] == [[]]


@pytest.mark.parametrize(
    ("ticket", "outcome"),
    [
        (a_ticket(status="closed"), "gone"),
        (a_ticket(status="deleted"), "gone"),
        (a_ticket(id=18), "gone"),
        (a_ticket(tags=("vip", "zdauto_done")), "already_done"),
        (a_ticket(brand_id=404), "silent"),
    ],
    ids=["closed", "deleted", "unknown", "our tag is there", "nobody's brand"],
)
def test_a_ticket_that_is_not_ours_to_change_is_recorded_and_left(
    journal: Journal, ticket: Ticket, outcome: str
) -> None:
    gateway = TroubledGateway(ticket)
    assert a_job(gateway, journal)(FACT) is None
    assert gateway.calls == ["fetch"]
    assert journal.outcome(FACT) == outcome
    assert journal.unfinished_writes(17) == []


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (TryLater("429", 7.5), 7.5),
        (Conflict("409"), 0.2),
        (NotAllowed("403"), 60.0),
    ],
    ids=["limit", "conflict", "credentials"],
)
def test_a_refusal_that_may_pass_is_tried_again_later_and_then_written_once(
    journal: Journal, error: Exception, wait: float
) -> None:
    gateway = TroubledGateway(SAID)
    gateway.before = [error]
    job = a_job(gateway, journal)
    assert job(FACT) == wait
    assert (writes(gateway), journal.outcome(FACT), journal.unfinished_writes(17)) == (0, None, [])
    assert job(FACT) is None
    assert (writes(gateway), journal.outcome(FACT)) == (1, "written")
    assert gateway.calls == ["fetch", "apply", "fetch", "apply"]


@pytest.mark.parametrize(
    ("error", "outcome"), [(GatewayError("422"), "refused"), (TicketGone("404"), "gone")], ids=["422", "gone"]
)
def test_a_refusal_for_good_ends_the_delivery(journal: Journal, error: Exception, outcome: str) -> None:
    gateway = TroubledGateway(SAID)
    gateway.before = [error]
    job = a_job(gateway, journal)
    assert job(FACT) is None
    assert job(FACT) is None
    assert (writes(gateway), journal.outcome(FACT), journal.unfinished_writes(17)) == (0, outcome, [])


def test_an_agent_who_was_faster_keeps_what_she_did(journal: Journal) -> None:
    gateway = TroubledGateway(SAID)
    hers = a_ticket(SAID.body, tags=("vip",), assignee_id=5, group_id=44, updated_at="2026-11-22T10:00:01Z")
    gateway.meanwhile = lambda: gateway.add(hers)
    job = a_job(gateway, journal)
    assert job(FACT) == 0.2
    assert job(FACT) is None
    assert gateway.audits[17][0]["tags"] == ["vip", "zdauto_lang_en", "zdauto_topic_card_problem", "zdauto_done"]
    assert "group_id" not in gateway.audits[17][0]
    assert gateway.fetch(17).group_id == 44


def test_a_doubtful_write_that_landed_is_found_in_the_audits(journal: Journal) -> None:
    gateway = TroubledGateway(SAID)
    gateway.after = [DoubtfulWrite("reset")]
    job = a_job(gateway, journal)
    assert job(FACT) == 2.0
    assert len(journal.unfinished_writes(17)) == 1
    assert job(FACT) is None
    assert gateway.calls == ["fetch", "apply", "has_landed"]
    assert (writes(gateway), journal.outcome(FACT), journal.unfinished_writes(17)) == (1, "written", [])


def test_a_doubtful_write_that_did_not_land_is_written_again(journal: Journal) -> None:
    gateway = TroubledGateway(SAID)
    gateway.before = [DoubtfulWrite("timeout")]
    job = a_job(gateway, journal)
    assert job(FACT) == 2.0
    assert job(FACT) is None
    assert gateway.calls == ["fetch", "apply", "has_landed", "fetch", "apply"]
    assert (writes(gateway), journal.outcome(FACT), journal.unfinished_writes(17)) == (1, "written", [])


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_around_the_write_leaves_exactly_one(journal: Journal, moment: str) -> None:
    gateway = TroubledGateway(SAID)
    setattr(gateway, moment, [KeyboardInterrupt()])
    with pytest.raises(KeyboardInterrupt):
        a_job(gateway, journal)(FACT)
    assert len(journal.unfinished_writes(17)) == 1
    assert a_job(gateway, journal)(FACT) is None
    assert (writes(gateway), journal.outcome(FACT), journal.unfinished_writes(17)) == (1, "written", [])


def test_a_crash_and_an_agents_change_after_it_still_leave_one_write(journal: Journal) -> None:
    gateway = TroubledGateway(SAID)
    gateway.after = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        a_job(gateway, journal)(FACT)
    gateway.add(a_ticket(SAID.body, tags=(), updated_at="2026-11-22T11:00:00Z"))  # she took our tags off again
    assert a_job(gateway, journal)(FACT) is None
    assert (writes(gateway), journal.outcome(FACT)) == (1, "written")


def test_an_error_of_our_own_goes_to_the_engine_and_nothing_is_written(journal: Journal) -> None:
    gateway = TroubledGateway(SAID)
    gateway.before = [ZeroDivisionError()]
    with pytest.raises(ZeroDivisionError):
        a_job(gateway, journal)(FACT)
    assert journal.outcome(FACT) is None
    assert a_job(gateway, journal)(FACT) is None
    assert writes(gateway) == 1


def test_nothing_of_the_ticket_is_in_the_journal(journal: Journal, tmp_path: Path) -> None:
    gateway = TroubledGateway(a_ticket("My card does not work xyzzy-plugh", subject="about quuxly"))
    a_job(gateway, journal)(FACT)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("journal.sqlite*"))
    assert FACT.encode() in kept
    assert b"xyzzy" not in kept
    assert b"quuxly" not in kept


def test_outcomes_are_counted(journal: Journal) -> None:
    metrics = Metrics()
    gateway = TroubledGateway(SAID)
    TicketJob(gateway, OneDesk(the_triage()), journal, metrics, Clock())(FACT)
    text = metrics.exposition().decode()
    assert 'zd_tickets_total{outcome="written"} 1.0' in text
    assert 'zd_stage_seconds_count{stage="write"} 1.0' in text


# --- secrets blocked out -------------------------------------------------------------------------------------------

LEAKY = a_ticket("<p>My card does not work, password: hunter2!x, card 4111 1111 1111 1111</p>")


class RedactingGateway(TroubledGateway):
    """Raises what is planned before a redaction, and remembers what was marked."""

    def __init__(self, *tickets: Ticket) -> None:
        super().__init__(*tickets)
        self.refusals: list[BaseException | None] = []
        self.marked: list[str] = []

    def redact(self, ticket_id: int, comment_id: int, marked: str) -> None:
        _raise_next(self.refusals)
        self.marked.append(marked)
        super().redact(ticket_id, comment_id, marked)


def redacting(*kinds: str) -> Triage:
    return the_triage(a_desk(danger=DangerPolicy(redact=kinds)))


def test_nothing_is_blocked_out_unless_the_desk_says_so(journal: Journal) -> None:
    gateway = RedactingGateway(LEAKY)
    assert a_job(gateway, journal)(FACT) is None
    assert (gateway.marked, writes(gateway)) == ([], 1)


def test_the_kinds_that_the_desk_names_are_blocked_out_after_the_note(journal: Journal) -> None:
    gateway = RedactingGateway(LEAKY)
    assert a_job(gateway, journal, redacting("password"))(FACT) is None
    assert gateway.marked == [LEAKY.body.replace("hunter2!x", "<redact>hunter2!x</redact>")]
    assert (writes(gateway), journal.outcome(FACT)) == (1, "written")
    (comment,) = gateway.comments(17)
    assert "hunter2!x" not in comment.html_body
    assert "4111 1111 1111 1111" in comment.html_body


@pytest.mark.parametrize("trouble", [TryLater("busy", 7.0), DoubtfulWrite("reset")])
def test_an_outage_is_waited_out_and_the_note_is_not_written_twice(journal: Journal, trouble: Exception) -> None:
    gateway = RedactingGateway(LEAKY)
    gateway.refusals = [trouble]
    job = a_job(gateway, journal, redacting("password", "card_number"))
    assert job(FACT) in (7.0, 2.0)
    assert journal.outcome(FACT) is None
    assert job(FACT) is None
    assert (writes(gateway), len(gateway.marked), journal.outcome(FACT)) == (1, 1, "written")
    assert "hunter2!x" not in gateway.comments(17)[0].html_body


@pytest.mark.parametrize("refusal", [NotAllowed("no scope"), GatewayError("not in this plan"), TicketGone("deleted")])
def test_a_refusal_leaves_the_ticket_written(journal: Journal, refusal: Exception) -> None:
    gateway = RedactingGateway(LEAKY)
    gateway.refusals = [refusal]
    assert a_job(gateway, journal, redacting("password"))(FACT) is None
    assert (writes(gateway), gateway.marked, journal.outcome(FACT)) == (1, [], "written")
