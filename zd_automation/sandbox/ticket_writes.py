"""Creating and updating tickets: the one path that REST, bulk jobs, imports, merges and the agent's page all take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from zd_automation.sandbox import ticket_events
from zd_automation.sandbox.account import Account
from zd_automation.sandbox.audits import api_via, change_events, create_events, save_audit
from zd_automation.sandbox.comments import comment_event, new_comment
from zd_automation.sandbox.people import organization_for
from zd_automation.sandbox.rules import RuleContext, WebhookCall, run_triggers
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_draft import blank_ticket, channel_of, link_problem, place, set_people, settle_status
from zd_automation.sandbox.ticket_model import (
    BULK_ONLY,
    apply_custom_fields,
    clean_plain,
    clean_tags,
    follow_tags,
    unknown_keys,
)
from zd_automation.sandbox.web import ApiError, invalid_field, truthy, warn_unpermitted


@dataclass
class Written:
    """What one write did. ``previous`` is None for a new ticket; ``changed`` is False when nothing was different."""

    ticket: Doc
    audit: Doc
    previous: Doc | None = None
    comment: Doc | None = None
    changed: bool = True
    calls: list[WebhookCall] = field(default_factory=list)


def create_ticket(account: Account, values: Mapping[str, Any], actor: Doc, *, imported: bool = False) -> Written:
    """Create a ticket as ``actor`` from what the API's ``ticket`` object holds, and announce it.

    An import runs no triggers and announces nothing. Raises 422 when a value is wrong or there is no first comment.
    """
    with account.store.lock:
        warn_unpermitted("ticket", unknown_keys(values))
        given = values.get("comment", values.get("description"))
        if given in (None, "", {}):
            raise invalid_field("base", "Description: cannot be blank", "BlankValue")
        written = _create(account, values, actor, given, run_rules=not imported)
    if not imported:
        ticket_events.announce_created(account, written.ticket, actor, written.calls)
    return written


def _create(account: Account, values: Mapping[str, Any], actor: Doc, given: object, run_rules: bool) -> Written:
    ticket = blank_ticket(account, channel_of(values))
    ticket.update(clean_plain(account, values))
    set_people(account, ticket, values, actor)
    ticket["tags"] = sorted({*clean_tags(values.get("tags")), *_inherited_tags(account, ticket)})
    apply_custom_fields(account, ticket, values.get("custom_fields", values.get("fields")))
    place(account, ticket, None, values)
    settle_status(account, ticket, None, values, actor)
    ticket["raw_subject"] = ticket["subject"]
    author = {"author_id": ticket["requester_id"]} | (given if isinstance(given, dict) else {"body": given})
    ids = account.store.next_ids("events", 2)
    # The id is taken last: a refused ticket must leave no gap.
    comment = new_comment(
        account, author, actor=actor, ticket=ticket, default_public=True, key=ids + 1, audit=ids, via=ticket["via"]
    )
    ticket["id"] = comment["ticket_id"] = account.store.next_id("tickets", 1)
    ticket["description"], ticket["is_public"] = comment["body"], comment["public"]
    events = [comment_event(comment), *create_events(ticket)]
    written = _commit(account, ticket, None, comment, events, values, actor, ids, run_rules)
    link_problem(account, ticket)
    return written


def _inherited_tags(account: Account, ticket: Doc) -> list[str]:
    """Tags of the requester and of the organization are copied onto a new ticket."""
    requester = account.store.collection("users").get(ticket["requester_id"])
    key = organization_for(requester) if requester else None
    organization = account.store.collection("organizations").get(key) if key is not None else None
    return [*(requester or {}).get("tags", ()), *(organization or {}).get("tags", ())]


def update_ticket(
    account: Account, key: int, values: Mapping[str, Any], actor: Doc, *, bulk: bool = False, via: Doc | None = None,
    quiet: bool = False,
) -> Written:  # fmt: skip
    """Apply one update to a ticket, run triggers over it, and announce what changed; ``quiet`` does neither.

    Nothing is written when anything is wrong. Raises 404, 409 (safe update with a stale stamp), 422 (closed ticket or
    bad values).
    """
    with account.store.lock:
        before = account.store.collection("tickets").get(key)
        if before is None:
            raise ApiError(404, {"error": "RecordNotFound", "description": "Not found"})
        _check_stamp(before, values)
        _check_open(before, values, bulk)
        warn_unpermitted("ticket", unknown_keys(values, bulk))
        written = _update(account, before, values, actor, bulk, via or api_via(channel_of(values)), not quiet)
    if written.changed and written.previous is not None and not quiet:
        ticket_events.announce_changed(account, written.previous, written.ticket, actor, written.comment, written.calls)
    return written


def _update(
    account: Account, before: Doc, values: Mapping[str, Any], actor: Doc, bulk: bool, via: Doc, run_rules: bool
) -> Written:
    after = dict(before)
    after.update({k: v for k, v in clean_plain(account, values).items() if k not in ("submitter_id", "recipient")})
    set_people(account, after, values, None)
    _set_tags(account, after, values, bulk)
    place(account, after, before, values)
    settle_status(account, after, before, values, actor)
    after["raw_subject"] = after["subject"]
    ids = account.store.next_ids("events", 2)
    comment = None
    if values.get("comment") not in (None, "", {}):
        comment = new_comment(
            account, values["comment"], actor=actor, ticket=before, default_public=bool(before["is_public"]),
            key=ids + 1, audit=ids, via=via,
        )  # fmt: skip
        after["is_public"] = after["is_public"] or comment["public"]
    events = [comment_event(comment)] if comment else []
    events += change_events(before, after)
    if not events:
        return _unchanged(account, before)
    written = _commit(account, after, before, comment, events, values, actor, ids, run_rules, via)
    link_problem(account, after)
    return written


def _set_tags(account: Account, ticket: Doc, values: Mapping[str, Any], bulk: bool) -> None:
    if "tags" in values:
        ticket["tags"] = clean_tags(values["tags"])
    if bulk and BULK_ONLY & values.keys():
        kept = set(ticket["tags"]) - set(clean_tags(values.get("remove_tags")))
        ticket["tags"] = sorted(kept | set(clean_tags(values.get("additional_tags"))))
    follow_tags(account, ticket)
    apply_custom_fields(account, ticket, values.get("custom_fields", values.get("fields")))


def _unchanged(account: Account, ticket: Doc) -> Written:
    """An update that changes nothing answers with the audit that is there already, as recorded."""
    latest = account.store.collection("audits").newest("ticket_id", ticket["id"])
    return Written(ticket, latest or {}, previous=ticket, changed=False)


def _commit(
    account: Account, ticket: Doc, before: Doc | None, comment: Doc | None, events: list[Doc],
    values: Mapping[str, Any], actor: Doc, ids: int, run_rules: bool, via: Doc | None = None,
) -> Written:  # fmt: skip
    calls: list[WebhookCall] = []
    shown_via = via or ticket["via"]
    if run_rules:
        update_type = "Create" if before is None else "Change"
        run = run_triggers(
            account, RuleContext(ticket, before, update_type, actor, comment, via_channel=shown_via["channel"])
        )
        ticket.update(run.changes)
        events = events + run.events
        calls = run.webhook_calls
    ticket["updated_at"] = account.clock.iso()
    ticket["generated_timestamp"] = account.clock.timestamp()
    audit = save_audit(account, ticket["id"], actor["id"], shown_via, events, values.get("metadata"), ids)
    if comment is not None:
        account.store.collection("comments").save(comment)
    account.store.collection("tickets").save(ticket)
    return Written(ticket, audit, before, comment, True, calls)


def _check_stamp(ticket: Doc, values: Mapping[str, Any]) -> None:
    if not truthy(values.get("safe_update")) or values.get("updated_stamp") is None:
        return
    if _instant(values["updated_stamp"]) != _instant(ticket["updated_at"]):
        raise stale_stamp()


def stale_stamp() -> ApiError:
    """The 409 of a safe update that came too late."""
    text = "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again."
    return ApiError(409, {"error": "UpdateConflict", "description": text})


def _instant(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(microsecond=0)


def _check_open(ticket: Doc, values: Mapping[str, Any], bulk: bool) -> None:
    if ticket["status"] != "closed":
        return
    if bulk and values.keys() <= BULK_ONLY | {"id", "tags"}:
        return
    raise invalid_field("status", "closed prevents ticket update")
