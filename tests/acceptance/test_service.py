"""A ticket's whole way: real webhooks into the real process, and what an agent finds on the ticket afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.running import Account, Running, a_running_service, until

CARD = "My card was declined in the shop"
PARCEL = "where is my parcel, it is late"
ON_TICKETS = r"^/api/v2/tickets/\d+$"
THEFT = "Someone logged into my account and stole my money, it was not me"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Running]:
    with a_running_service(tmp_path_factory.mktemp("service"), model_cache) as made:
        yield made


@pytest.fixture
def account(service: Running) -> Iterator[Account]:
    """The account, without faults before and after."""
    service.account.heal()
    yield service.account
    service.account.heal()
    assert service.process.poll() is None, "the service must outlive every test"


# --- the way -------------------------------------------------------------------------------------------------------


def test_a_new_ticket_gets_tags_group_and_one_internal_note(service: Running, account: Account) -> None:
    key = account.arrives("Payment", CARD, tags=["vip"])
    assert service.outcome(key) == "written"
    ticket = account.ticket(key)
    assert set(ticket["tags"]) == {"vip", "zdauto_lang_en", "zdauto_topic_card_problem", "zdauto_done"}
    assert (account.group_of(key), ticket["priority"], ticket["status"]) == ("Cards", None, "new")
    (note,) = account.notes(key)
    assert "Card problem" in note
    assert account.public_comments(key) == 1  # the customer's own


def test_a_security_case_goes_to_the_senior_queue(service: Running, account: Account) -> None:
    ordinary, urgent = account.arrives("Parcel", PARCEL), account.arrives("Help", THEFT)
    assert (service.outcome(ordinary), service.outcome(urgent)) == ("written", "written")
    ticket = account.ticket(urgent)
    assert (account.group_of(urgent), ticket["priority"]) == ("Security", "urgent")
    assert {"zdauto_security_urgent", "zdauto_danger_account_takeover", "zdauto_done"} <= set(ticket["tags"])
    (note,) = account.notes(urgent)
    assert "account takeover" in note
    assert urgent in account.senior_queue()
    assert ordinary not in account.senior_queue()


def test_a_higher_priority_than_the_desk_asks_for_stays(service: Running, account: Account) -> None:
    key = account.arrives("Payment", CARD, priority="high")
    assert service.outcome(key) == "written"
    assert account.ticket(key)["priority"] == "high"


def test_trigger_and_event_tell_of_the_same_ticket_and_it_is_written_once(service: Running, account: Account) -> None:
    accepted = service.metric("zd_deliveries_total", 'outcome="accepted"')
    duplicates = service.metric("zd_deliveries_total", 'outcome="duplicate"')
    key = account.arrives("Payment", CARD)
    assert service.outcome(key) == "written"
    service.rest()
    assert service.metric("zd_deliveries_total", 'outcome="accepted"') == accepted + 1
    assert service.metric("zd_deliveries_total", 'outcome="duplicate"') == duplicates + 1
    assert len(account.our_audits(key)) == len(account.notes(key)) == 1
    assert service.outcomes(key) == ["written"]


def test_deliveries_that_come_twice_and_late_are_written_once(service: Running, account: Account) -> None:
    account.fault("duplicate")
    account.fault("reorder")
    keys = [account.arrives("Payment", CARD) for _ in range(5)]
    assert [service.outcome(key) for key in keys] == ["written"] * 5
    service.rest()
    assert [len(account.notes(key)) for key in keys] == [1] * 5


def test_a_ticket_is_read_once_and_written_once(service: Running, account: Account) -> None:
    keys = [account.arrives("Ticket", text) for text in (CARD, PARCEL, THEFT) for _ in range(5)]
    assert {service.outcome(key) for key in keys} == {"written"}
    service.rest()
    assert [account.calls_on(key) for key in keys] == [[("GET", 200), ("PUT", 200)]] * len(keys)


def test_our_own_update_does_not_start_a_second_round(service: Running, account: Account) -> None:
    key = account.arrives("Help", THEFT)
    assert service.outcome(key) == "written"
    service.rest()
    account.agent_sets(key, status="open", comment={"body": "We are on it", "public": True})
    service.rest()
    assert len(account.our_audits(key)) == 1


# --- people who are faster -----------------------------------------------------------------------------------------


def test_what_an_agent_changed_meanwhile_is_kept(service: Running, account: Account) -> None:
    account.fault("latency", ms=1500, count=1, method="PUT", path=ON_TICKETS)
    key = account.arrives("Payment", CARD)
    account.fault_struck("latency")  # our write is on its way and held up
    agent = next(u for u in account.http.get("/api/v2/users?role=agent", timeout=10).json()["users"])
    account.agent_sets(key, assignee_id=agent["id"], priority="low", tags=["agent_was_here"])
    assert service.outcome(key) == "written"
    ticket = account.ticket(key)
    assert (ticket["assignee_id"], ticket["priority"]) == (agent["id"], "low")
    assert {"agent_was_here", "zdauto_topic_card_problem", "zdauto_done"} <= set(ticket["tags"])
    assert account.group_of(key) == "Support"  # where the agent put it
    assert len(account.notes(key)) == 1
    assert ("PUT", 409) in account.calls_on(key)


def test_a_ticket_deleted_before_we_read_it_is_left(service: Running, account: Account) -> None:
    account.fault("latency", ms=1000, count=1, method="GET", path=ON_TICKETS)
    key = account.arrives("Payment", CARD)
    account.fault_struck("latency")
    assert account.http.delete(f"/api/v2/tickets/{key}", timeout=10).status_code == 204
    assert service.outcome(key) == "gone"


def test_a_ticket_deleted_before_we_write_it_is_left(service: Running, account: Account) -> None:
    account.fault("latency", ms=1000, count=1, method="PUT", path=ON_TICKETS)
    key = account.arrives("Payment", CARD)
    account.fault_struck("latency")
    assert account.http.delete(f"/api/v2/tickets/{key}", timeout=10).status_code == 204
    assert service.outcome(key) == "gone"


def test_a_ticket_closed_before_we_write_it_is_left(service: Running, account: Account) -> None:
    account.fault("latency", ms=1500, count=1, method="PUT", path=ON_TICKETS)
    key = account.arrives("Payment", CARD)
    account.fault_struck("latency")
    account.agent_sets(key, status="solved")
    account.agent_sets(key, status="closed")
    assert service.outcome(key) == "gone"
    assert account.notes(key) == []
    assert account.ticket(key)["tags"] == []


def test_a_ticket_that_carries_our_tag_is_not_done_again(service: Running, account: Account) -> None:
    key = account.arrives("Payment", CARD, tags=["zdauto_done"])
    assert service.outcome(key) == "already_done"
    assert account.notes(key) == []


# --- what goes wrong on the way ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "parameters"),
    [
        ("reset_after_commit", {"method": "PUT"}),
        ("truncate", {"method": "PUT"}),
        ("unavailable", {"method": "PUT"}),
        ("server_error", {"method": "PUT"}),
        ("rate_limited", {"method": "PUT", "retry_after": 1}),
        ("rate_limited", {"method": "GET", "retry_after": "0.5"}),
        ("stale_stamp", {"method": "PUT"}),
        ("database_conflict", {"method": "PUT"}),
    ],
    ids=lambda value: value if isinstance(value, str) else value["method"],
)
def test_after_trouble_there_is_exactly_one_note(
    service: Running, account: Account, fault: str, parameters: dict[str, Any]
) -> None:
    account.fault(fault, count=1, path=ON_TICKETS, **parameters)
    key = account.arrives("Payment", CARD)
    account.fault_struck(fault)
    assert service.outcome(key) == "written"
    assert len(account.notes(key)) == len(account.our_audits(key)) == 1
    assert set(account.ticket(key)["tags"]) == {"zdauto_lang_en", "zdauto_topic_card_problem", "zdauto_done"}
    assert account.group_of(key) == "Cards"


def test_it_accepts_while_zendesk_is_away_and_works_when_it_is_back(service: Running, account: Account) -> None:
    account.fault("unavailable", method="GET", path=ON_TICKETS)
    accepted = service.metric("zd_deliveries_total", 'outcome="accepted"')
    keys = [account.arrives("Payment", CARD) for _ in range(3)]
    until(lambda: all(account.calls_on(key) == [("GET", 503)] for key in keys), "every ticket was asked for in vain")
    assert service.metric("zd_deliveries_total", 'outcome="accepted"') == accepted + 3
    assert [service.outcomes(key) for key in keys] == [[]] * 3
    account.heal()
    assert [service.outcome(key) for key in keys] == ["written"] * 3
    assert [len(account.notes(key)) for key in keys] == [1] * 3


def test_many_lost_answers_still_give_one_note_a_ticket(service: Running, account: Account) -> None:
    account.fault("reset_after_commit", count=4, method="PUT", path=ON_TICKETS)
    keys = [account.arrives("Parcel", PARCEL) for _ in range(8)]
    assert [service.outcome(key) for key in keys] == ["written"] * 8
    service.rest()
    assert [len(account.notes(key)) for key in keys] == [1] * 8


# --- odd tickets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "body"),
    [("", "."), ("", "   \u200b "), ("😀", "😀😀😀 🎉"), ("12345", "0987654321"), ("-", "https://example.com/a?b=c")],
    ids=["a dot", "blanks", "emoji", "digits", "a link"],
)
def test_a_ticket_without_words_is_left_in_silence(service: Running, account: Account, subject: str, body: str) -> None:
    key = account.arrives(subject, body)
    assert service.outcome(key) == "silent"
    assert (account.notes(key), account.ticket(key)["tags"], account.our_audits(key)) == ([], [], [])


def test_markup_of_a_ticket_never_becomes_markup_of_a_note(service: Running, account: Account) -> None:
    hostile = "<p>Someone <b>logged into my account</b> <img src=x onerror=alert(1)> and <script>steal()</script> stole it</p>"
    key = account.arrives('<script>alert("subject")</script>', hostile, html=True)
    assert service.outcome(key) == "written"
    (note,) = account.notes(key)
    assert "account takeover" in note
    for piece in ("<script", "<img", "onerror", "<b>"):
        assert piece not in note


@pytest.mark.parametrize("word", ["My card was declined in the shop. ", "карта ", "a", "<b>", "😀", "私のカード"])
def test_a_ticket_as_long_as_zendesk_takes_is_worked_on_in_time(service: Running, account: Account, word: str) -> None:
    body = (word * 65_000).encode()[:65_000].decode(errors="ignore")  # Zendesk's limit is 65,535 bytes
    key = account.arrives("Long", body)
    assert service.outcome(key, timeout=30) in {"written", "silent"}
    assert len(account.notes(key)) <= 1


# --- the door ------------------------------------------------------------------------------------------------------


def test_it_tells_that_it_lives_and_is_ready(service: Running, account: Account) -> None:
    assert requests.get(f"{account.url}/healthz", timeout=5).json() == {"status": "alive"}
    assert requests.get(f"{account.url}/readyz", timeout=5).json() == {"status": "ready", "troubles": []}


def test_a_delivery_that_is_not_zendesks_changes_nothing(service: Running, account: Account) -> None:
    key = account.arrives("Payment", CARD, tags=["zdauto_done"])  # known, and left alone
    assert service.outcome(key) == "already_done"
    refused = service.metric("zd_deliveries_total", 'outcome="bad_signature"')
    body = {"ticket_id": str(key), "event": "ticket_created"}
    headers = {
        "X-Zendesk-Webhook-Signature": "AAAA",
        "X-Zendesk-Webhook-Signature-Timestamp": account.sandbox.account.clock.iso(),
    }
    for sent in ({}, headers):
        answer = requests.post(f"{account.url}/zendesk/events", json=body, headers=sent, timeout=5)
        assert (answer.status_code, answer.json()["error"]) == (401, "bad_signature")
    assert service.metric("zd_deliveries_total", 'outcome="bad_signature"') == refused + 2


def test_the_log_holds_no_word_of_a_ticket_and_no_secret(service: Running, account: Account) -> None:
    key = account.arrives("Quokkasubject", f"{THEFT}. My password is Wombat77secret, card 4111 1111 1111 1111")
    assert service.outcome(key) == "written"
    service.rest()
    log = service.log.read_text("utf-8")
    assert f'"ticket": {key}' in log
    words = [
        "Quokkasubject",
        "Wombat77secret",
        "4111 1111",
        "41111111",
        "logged into my account",
        "kim@customers.example",
    ]
    secrets = [account.client["secret"], *(secret.reveal() for secret in account.installed.secrets.values())]
    for piece in words + secrets:
        assert piece not in log
