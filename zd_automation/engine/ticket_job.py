"""The way of a ticket behind the inbox: fetch, decide, one write, journal; safe to begin again at any point."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Protocol

import structlog

from zd_automation.engine.worker import fact_of, ticket_of
from zd_automation.errors import Conflict, DoubtfulWrite, GatewayError, NotAllowed, TicketGone, TryLater
from zd_automation.journal.journal import Decision, Journal, decision_id
from zd_automation.metrics import Metrics
from zd_automation.tickets import Ticket
from zd_automation.triage.decide import Triage
from zd_automation.triage.plan import Plan
from zd_automation.triage.plan_json import plan_as_json
from zd_automation.triage.redaction import marked
from zd_automation.zendesk.change import TicketChange, change_for
from zd_automation.zendesk.gateway import Applied, Gateway

# An agent was faster: look again soon. Credentials are wrong: an admin must act, which takes longer.
_AFTER_CONFLICT, _AFTER_DOUBT, _AFTER_REFUSAL = 0.2, 2.0, 60.0

log = structlog.get_logger("zd_automation.tickets")


class Desks(Protocol):
    """Which desk a ticket belongs to."""

    def for_ticket(self, ticket: Ticket) -> Triage | None:
        """The desk's triage, or None when no desk of ours serves the ticket's brand."""
        ...

    def groups(self) -> dict[str, int]:
        """Groups by name."""
        ...

    def redacts(self) -> bool:
        """Whether any desk wants secrets blocked out in Zendesk."""
        ...


class TicketJob:
    """Called with an engine key; answers None when the ticket is finished, or the seconds to wait."""

    def __init__(
        self, gateway: Gateway, desks: Desks, journal: Journal, metrics: Metrics, clock: Callable[[], float] = time.time
    ) -> None:
        self._gateway = gateway
        self._desks = desks
        self._journal = journal
        self._metrics = metrics
        self._clock = clock

    def __call__(self, key: str) -> float | None:
        """See the class. Errors that a repeat may cure become seconds; others propagate and count as attempts."""
        fact = fact_of(key)
        ticket_id = ticket_of(fact)
        if ticket_id is None or self._journal.outcome(fact) is not None:
            return None
        with structlog.contextvars.bound_contextvars(delivery=fact, ticket=ticket_id):
            try:
                self._work(fact, ticket_id)
            except TryLater as error:
                return error.retry_after
            except Conflict:
                return _AFTER_CONFLICT
            except DoubtfulWrite:
                log.warning("write_in_doubt")
                return _AFTER_DOUBT
            except NotAllowed as error:
                log.error("zendesk_refuses_us", problem=str(error))  # noqa: TRY400 - an admin's matter, not a bug
                return _AFTER_REFUSAL
            except TicketGone as error:
                self._finish(fact, ticket_id, "gone", str(error))
            except GatewayError as error:
                self._finish(fact, ticket_id, "refused", str(error))
        return None

    def _work(self, fact: str, ticket_id: int) -> None:
        if self._has_landed_before(fact, ticket_id):
            return None
        with self._timed("fetch"):
            ticket = self._gateway.fetch(ticket_id)
        triage = self._desks.for_ticket(ticket)
        if triage is None:
            return self._finish(fact, ticket_id, "silent", "no desk serves this brand")
        if not ticket.is_open_to_change:
            raise TicketGone(f"the ticket is {ticket.status}")
        if triage.desk.done_tag in ticket.tags:
            return self._finish(fact, ticket_id, "already_done", "our tag is on it")
        with self._timed("decide"):
            plan = triage.decide(ticket)
        self._carry_out(fact, ticket, triage, plan)
        return None

    def _has_landed_before(self, fact: str, ticket_id: int) -> bool:
        """After a crash or a doubtful answer: the audits know whether our write is there (platform page, 7.2)."""
        for unfinished in self._journal.unfinished_writes(ticket_id):
            if self._gateway.has_landed(ticket_id, unfinished):
                told = self._redact_again(ticket_id)
                self._finish(fact, ticket_id, "written", f"found in the audits{told}", decision=unfinished)
                return True
            self._journal.forget_write(unfinished)
        return False

    def _carry_out(self, fact: str, ticket: Ticket, triage: Triage, plan: Plan) -> None:
        decision = self._decision(fact, ticket, triage, plan)
        change = change_for(ticket, plan, triage.desk, self._desks.groups(), decision.id)
        if change is None:
            self._journal.record_decision(decision)
            self._finish(fact, ticket.id, "silent", "nothing to say", plan=plan)
            return
        self._journal.begin_write(decision, change.without_text())
        applied = self._write(change)
        if applied.warning:
            # The write is there, but not whole, and perhaps without its protection: somebody must look.
            log.error("write_not_whole", dropped=applied.warning)
        dropped = f"Zendesk dropped: {applied.warning}" if applied.warning else ""
        dropped += self._redact(ticket.id, triage, plan.secrets)
        self._finish(fact, ticket.id, "written", dropped, decision=decision.id, audit_id=applied.audit_id, plan=plan)

    def _redact_again(self, ticket_id: int) -> str:
        """What a crash may have kept us from; what is blocked out already is no secret any more."""
        if not self._desks.redacts():
            return ""
        ticket = self._gateway.fetch(ticket_id)
        triage = self._desks.for_ticket(ticket)
        return self._redact(ticket_id, triage, triage.secrets(ticket)) if triage else ""

    def _redact(self, ticket_id: int, triage: Triage, secrets: Collection[str]) -> str:
        """Block out in Zendesk the kinds of secrets that the desk wants gone; what came of it, for the journal.

        After the note, whose warning needs the secret. An outage is waited out; a refusal is told and left to people.
        """
        kinds = set(triage.desk.danger.redact) & set(secrets)
        if not kinds:
            return ""
        try:
            comments = self._gateway.comments(ticket_id)
            todo = [(one.id, told) for one in comments if (told := marked(one.html_body, kinds, triage.seed_lists))]
            for comment_id, told in todo:
                self._gateway.redact(ticket_id, comment_id, told)
        except DoubtfulWrite:
            raise TryLater("a redaction is in doubt; repeating it is harmless", _AFTER_DOUBT) from None
        except (NotAllowed, GatewayError, TicketGone) as error:
            log.error("redaction_refused", problem=str(error))  # noqa: TRY400 - an admin's matter, not a bug
            return f" redaction refused: {error}"
        return f" redacted {len(todo)} comments" if todo else ""

    def _write(self, change: TicketChange) -> Applied:
        try:
            with self._timed("write"):
                return self._gateway.apply(change)
        except (TryLater, Conflict, TicketGone, GatewayError, NotAllowed):
            # Zendesk said no, so nothing landed. Only DoubtfulWrite leaves the question open.
            self._journal.forget_write(change.decision_id)
            raise

    def _decision(self, fact: str, ticket: Ticket, triage: Triage, plan: Plan) -> Decision:
        state = "\x00".join((ticket.subject, ticket.body, ticket.updated_at or "", triage.desk.definitions_hash))
        inputs = hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
        row = plan_as_json(plan)
        row.pop("note")
        return Decision(
            id=decision_id(fact, inputs),
            fact=fact,
            ticket_id=ticket.id,
            desk=triage.desk.name,
            inputs_hash=inputs,
            plan=row,
            urgent=plan.danger.is_urgent,
            decided_at=self._clock(),
        )

    def _finish(
        self, fact: str, ticket_id: int, outcome: str, detail: str, *, decision: str | None = None,
        audit_id: int | None = None, plan: Plan | None = None,
    ) -> None:  # fmt: skip
        self._journal.finish(fact, ticket_id, outcome, detail, decision=decision, audit_id=audit_id)
        self._metrics.decided.labels(outcome).inc()
        if plan is not None and plan.danger.is_urgent:
            self._metrics.urgent.inc()
        log.info("ticket_finished", outcome=outcome, detail=detail, decision=decision, **_labels(plan))

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self._metrics.stage.labels(stage).observe(time.perf_counter() - started)


def _labels(plan: Plan | None) -> dict[str, object]:
    if plan is None:
        return {}
    return {
        "language": plan.language.tag,
        "topic": plan.topic.id if plan.topic else None,
        "confidence": plan.topic.score if plan.topic else None,
        "danger": plan.danger.tier,
        "articles": len(plan.articles),
    }
