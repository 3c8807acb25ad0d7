"""Conditions that are more than comparing one key of the ticket: tags, channels, people, words, comments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zd_automation.sandbox.rules_facts import Facts, as_text, compared, rank, some_word

# Numbers of the channels that conditions name, by the REST spelling of ``via.channel``.
VIA_IDS = {
    "web": 0,
    "web_form": 0,
    "email": 4,
    "mail": 4,
    "api": 5,
    "web_service": 5,
    "rule": 8,
    "linked_problem": 9,
    "dropbox": 17,
    "merge": 19,
    "batch": 20,
    "recovered_from_suspended_tickets": 21,
    "twitter_favorite": 23,
    "chat": 29,
    "voice": 44,
    "voicemail": 44,
    "phone_call_inbound": 45,
    "phone_call_outbound": 46,
    "mobile_sdk": 49,
    "native_messaging": 75,
}


def _update_type(operator: str, value: Any, facts: Facts) -> bool:
    return (facts.update_type == value) is (operator != "is_not")


def _tags(operator: str, value: Any, facts: Facts) -> bool:
    included = some_word(facts.ticket.get("tags") or [], [as_text(value)])
    return included is not operator.startswith("not_")


def _channel_id(channel: str) -> str:
    return str(VIA_IDS.get(channel, -1))


def _via(operator: str, value: Any, facts: Facts) -> bool:
    channel = (facts.ticket.get("via") or {}).get("channel") or ""
    return (_via_matches(channel, value)) is (operator != "is_not")


def _current_via(operator: str, value: Any, facts: Facts) -> bool:
    own = facts.ticket if facts.update_type == "Create" else facts.comment or {}
    channel = facts.via_channel or (own.get("via") or {}).get("channel") or "api"
    return _via_matches(channel, value) is (operator != "is_not")


def _via_matches(channel: str, value: Any) -> bool:
    return as_text(value) in (channel, _channel_id(channel))


def _role(operator: str, value: Any, facts: Facts) -> bool:
    role = facts.actor.get("role") or ""
    wanted = as_text(value)
    agent = role in ("agent", "admin")
    if wanted == "agent":
        same = agent
    elif wanted in ("end_user", "end-user"):
        same = not agent
    else:
        same = wanted == as_text(facts.actor.get("id"))
    return same is (operator != "is_not")


def _comment_is_public(operator: str, value: Any, facts: Facts) -> bool:
    wanted = as_text(value)
    if facts.comment is None:
        return operator == "is_not"
    public = bool(facts.comment.get("public"))
    same = {"true": public, "requester_can_see_comment": public, "false": not public, "not_relevant": True}.get(wanted)
    return bool(same) is (operator != "is_not")


def _ticket_is_public(operator: str, value: Any, facts: Facts) -> bool:
    now = "public" if facts.ticket.get("is_public", True) else "private"
    return (now == as_text(value)) is (operator != "is_not")


def _locale(operator: str, value: Any, facts: Facts) -> bool:
    requester = facts.account.store.collection("users").get(facts.ticket.get("requester_id") or 0) or {}
    return (as_text(requester.get("locale_id")) == as_text(value)) is (operator != "is_not")


def _words_in(read: Callable[[Facts], str]) -> Callable[[str, Any, Facts], bool]:
    def condition(operator: str, value: Any, facts: Facts) -> bool:
        text = read(facts).lower()
        wanted = as_text(value).lower()
        if operator in ("is", "is_not"):
            return (wanted in text) is (operator == "is")
        # Zendesk counts a part of a word too: "none" is found in "nonexistent".
        return any(word in text for word in wanted.split()) is (operator == "includes")

    return condition


def _comment_text(facts: Facts) -> str:
    return as_text((facts.comment or {}).get("plain_body") or (facts.comment or {}).get("body"))


def _subject_text(facts: Facts) -> str:
    return as_text(facts.ticket.get("subject"))


def _description_text(facts: Facts) -> str:
    return as_text(facts.ticket.get("description"))


def _attachment(operator: str, value: Any, facts: Facts) -> bool:
    present = bool((facts.comment or {}).get("attachments"))
    return (present is (as_text(value) in ("present", "true", "yes"))) is (operator != "is_not")


def _cc(operator: str, value: Any, facts: Facts) -> bool:
    present = bool(facts.ticket.get("email_cc_ids"))
    return (present is (as_text(value) not in ("not_present", "false"))) is (operator != "is_not")


def _satisfaction(operator: str, value: Any, facts: Facts) -> bool:
    score = as_text((facts.ticket.get("satisfaction_rating") or {}).get("score"))
    return (score == as_text(value)) is (operator != "is_not")


def _business_hours(operator: str, value: Any, _facts: Facts) -> bool:
    # The sandbox's desk has no schedule, and without one every hour is a business hour.
    return (as_text(value) != "false") is (operator != "is_not")


def _metric(key: str) -> Callable[[str, Any, Facts], bool]:
    def condition(operator: str, value: Any, facts: Facts) -> bool:
        ticket_id = facts.ticket.get("id")
        metrics = facts.account.store.collection("ticket_metrics")
        found = metrics.newest("ticket_id", ticket_id) or {}
        return compared(operator, float(found.get(key) or 0), rank("", as_text(value)))

    return condition


SPECIAL: dict[str, Callable[[str, Any, Facts], bool]] = {
    "update_type": _update_type,
    "current_tags": _tags,
    "via_id": _via,
    "current_via_id": _current_via,
    "role": _role,
    "comment_is_public": _comment_is_public,
    "ticket_is_public": _ticket_is_public,
    "locale_id": _locale,
    "subject_includes_word": _words_in(_subject_text),
    "comment_includes_word": _words_in(_comment_text),
    "description_includes_word": _words_in(_description_text),
    "attachment": _attachment,
    "cc": _cc,
    "satisfaction_score": _satisfaction,
    "in_business_hours": _business_hours,
    "reopens": _metric("reopens"),
    "replies": _metric("replies"),
    "agent_stations": _metric("assignee_stations"),
    "group_stations": _metric("group_stations"),
}
