"""One contract for every gateway: whoever answers, the service may rely on the same behaviour."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.gateways import (
    NO_LIMITS,
    MemoryWorld,
    PrintWorld,
    SandboxWorld,
    World,
    a_change,
    sandbox_world,
    words_of,
)
from zd_automation.config import Secret
from zd_automation.engine.limiter import NoLimiter
from zd_automation.errors import Conflict, DoubtfulWrite, GatewayError, NotAllowed, TicketGone, TryLater
from zd_automation.sandbox.account import SandboxSettings
from zd_automation.sandbox.server import SandboxServer
from zd_automation.tickets import Article
from zd_automation.triage.redaction import marked
from zd_automation.zendesk.change import TicketChange
from zd_automation.zendesk.gateway import Brand
from zd_automation.zendesk.oauth import ApiToken, ClientCredentials
from zd_automation.zendesk.zenpy_gateway import ZenpyGateway

UNKNOWN_TICKET = 987_654


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(NO_LIMITS) as made:
        yield made


@pytest.fixture
def zendesk(sandbox: SandboxServer) -> SandboxWorld:
    return sandbox_world(sandbox)


@pytest.fixture(params=["memory", "print", "zenpy"])
def world(request: pytest.FixtureRequest, sandbox: SandboxServer) -> World:
    made: dict[str, Callable[[], World]] = {
        "memory": MemoryWorld,
        "print": PrintWorld,
        "zenpy": lambda: sandbox_world(sandbox),
    }
    return made[request.param]()


# --- what every gateway does ---------------------------------------------------------------------------------------


def test_a_ticket_comes_with_its_requesters_locale(world: World) -> None:
    key = world.ticket(subject="Wo ist mein Geld?", body="Ich warte.", tags=["vip"], locale="de")
    ticket = world.gateway.fetch(key)
    assert (ticket.id, ticket.subject, ticket.body, ticket.tags) == (key, "Wo ist mein Geld?", "Ich warte.", ("vip",))
    assert (ticket.requester.locale, ticket.status, ticket.priority) == ("de", "new", None)
    assert ticket.updated_at
    assert ticket.is_open_to_change


def test_one_write_carries_everything(world: World) -> None:
    key = world.ticket(tags=["vip"])
    change = a_change(world.gateway.fetch(key), group_id=world.gateway.groups()["Security"])
    world.gateway.apply(change)
    if not world.writes:
        assert world.writes_of(key) == []
        return
    after = world.gateway.fetch(key)
    assert sorted(after.tags) == ["vip", "zdauto_done"]
    assert (after.group_id, after.priority) == (world.gateway.groups()["Security"], "urgent")
    assert world.writes_of(key) == [
        {
            "tags": ["vip", "zdauto_done"],
            "priority": "urgent",
            "group_id": world.gateway.groups()["Security"],
            "note": "<p>Topic: refund</p>",
            "public": False,
            "decision": "decision-1",
        }
    ]


def test_a_write_without_note_group_and_priority_leaves_them_alone(world: World) -> None:
    key = world.ticket(tags=["vip"])
    world.agent_changes(key)
    before = world.gateway.fetch(key)
    world.gateway.apply(a_change(before, priority=None, note=None))
    after = world.gateway.fetch(key)
    assert (after.priority, after.group_id) == ("high", before.group_id)
    assert [write["note"] for write in world.writes_of(key)] == ([None] if world.writes else [])


def test_a_write_on_an_old_reading_is_a_conflict_and_changes_nothing(world: World) -> None:
    key = world.ticket()
    stale = world.gateway.fetch(key)
    world.agent_changes(key)
    with pytest.raises(Conflict):
        world.gateway.apply(a_change(stale))
    after = world.gateway.fetch(key)
    assert (after.priority, after.tags, world.writes_of(key)) == ("high", (), [])
    assert not world.gateway.has_landed(key, "decision-1")
    world.gateway.apply(a_change(after))  # the new reading goes through
    assert world.gateway.has_landed(key, "decision-1")


def test_a_closed_ticket_can_be_read_but_not_written(world: World) -> None:
    key = world.ticket()
    world.close(key)
    ticket = world.gateway.fetch(key)
    assert (ticket.status, ticket.is_open_to_change) == ("closed", False)
    with pytest.raises(TicketGone):
        world.gateway.apply(a_change(ticket))
    assert world.writes_of(key) == []


def test_a_deleted_ticket_is_gone(world: World) -> None:
    key = world.ticket()
    ticket = world.gateway.fetch(key)
    world.delete(key)
    with pytest.raises(TicketGone):
        world.gateway.fetch(key)
    with pytest.raises(TicketGone):
        world.gateway.apply(a_change(ticket))


def test_a_ticket_that_never_was_is_gone(world: World) -> None:
    with pytest.raises(TicketGone):
        world.gateway.fetch(UNKNOWN_TICKET)
    with pytest.raises(TicketGone):
        world.gateway.apply(TicketChange(UNKNOWN_TICKET, "2026-11-22T03:00:00Z", "d", tags=("zdauto_done",)))


def test_only_the_decision_that_was_written_has_landed(world: World) -> None:
    key, other = world.ticket(), world.ticket()
    assert not world.gateway.has_landed(key, "decision-1")
    world.gateway.apply(a_change(world.gateway.fetch(key)))
    assert world.gateway.has_landed(key, "decision-1")
    assert not world.gateway.has_landed(key, "decision-2")
    assert not world.gateway.has_landed(other, "decision-1")


def test_what_is_marked_in_a_comment_is_blocked_out_for_good(world: World) -> None:
    key = world.ticket(body="My password is hunter2!x, please help")
    (comment,) = world.gateway.comments(key)
    told = marked(comment.html_body, ["password"])
    assert told is not None
    for _ in range(2):  # repeating it is harmless
        world.gateway.redact(key, comment.id, told)
    (after,) = world.gateway.comments(key)
    assert ("hunter2!x" in after.html_body) is not world.writes
    assert ("hunter2!x" in world.gateway.fetch(key).body) is not world.writes
    assert "please help" in after.html_body


def test_groups_are_found_by_name(world: World) -> None:
    groups = world.gateway.groups()
    assert {"Billing", "Security"} <= set(groups)
    assert len({*groups.values()}) == len(groups)
    assert all(isinstance(key, int) for key in groups.values())


def test_brands_have_id_name_and_subdomain(world: World) -> None:
    brands = world.gateway.brands()
    assert len(brands) == 1
    assert isinstance(brands[0], Brand)
    assert brands[0].id > 0
    assert brands[0].name
    assert brands[0].subdomain


def test_drafts_and_restricted_articles_never_come(world: World) -> None:
    assert sorted((article.title, article.locale.lower(), article.body) for article in world.gateway.articles()) == [
        ("How refunds work", "en-us", "Five days."),
        ("Passwort zurücksetzen", "de", "Öffnen Sie die Anmeldeseite."),
        ("Reset your password", "en-us", "Open the login page."),
    ]
    assert all(article.is_public for article in world.gateway.articles())


def test_translations_share_their_articles_id(world: World) -> None:
    ids = {article.title: article.id for article in world.gateway.articles()}
    assert ids["Reset your password"] == ids["Passwort zurücksetzen"] != ids["How refunds work"]


def test_it_knows_whose_name_is_on_the_writes(world: World) -> None:
    me = world.gateway.me()
    assert set(me) == {"id", "name", "role"}
    assert me["role"] == "admin"
    assert isinstance(me["id"], int)


def test_of_many_writers_on_one_reading_exactly_one_wins(world: World) -> None:
    key = world.ticket()
    reading = world.gateway.fetch(key)
    if isinstance(world, SandboxWorld):
        world.sandbox.account.clock.release()
        world.sandbox.account.clock.advance(5)
    outcomes: list[str] = []

    def write(number: int) -> None:
        try:
            world.gateway.apply(a_change(reading, decision_id=f"decision-{number}"))
            outcomes.append("written")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if world.writes:
        assert sorted(outcomes) == ["conflict"] * 5 + ["written"]
        assert len(world.writes_of(key)) == 1
    else:
        assert outcomes == ["written"] * 6  # nothing is written, so nobody is in the way


# --- on paper ------------------------------------------------------------------------------------------------------


def test_paper_shows_exactly_what_would_be_sent() -> None:
    world = PrintWorld()
    key = world.ticket(tags=["vip"])
    world.gateway.apply(a_change(world.gateway.fetch(key), note="<p>Größe & Farbe</p>", versions={"model": "m1"}))
    (line,) = world.lines
    head, _, body = line.partition(" {")
    assert head == f"PUT /api/v2/tickets/{key}"
    assert "Größe" in line
    assert json.loads("{" + body) == {
        "ticket": {
            "safe_update": True,
            "updated_stamp": "2026-11-22T03:00:00Z",
            "tags": ["vip", "zdauto_done"],
            "metadata": {"zdauto_decision": "decision-1", "zdauto_model": "m1"},
            "priority": "urgent",
            "comment": {"html_body": "<p>Größe & Farbe</p>", "public": False},
        }
    }


# --- over HTTP -----------------------------------------------------------------------------------------------------


def test_a_redaction_is_printed_without_the_secret() -> None:
    paper = PrintWorld()
    key = paper.ticket(body="password: hunter2!x")
    paper.gateway.redact(key, 5, "password: <redact>hunter2!x</redact>")
    assert paper.lines == [f"PUT /api/v2/comment_redactions/5 of ticket {key}: 1 places"]


def test_our_own_notes_are_no_comments_to_redact(zendesk: SandboxWorld) -> None:
    key = zendesk.ticket(body="password: hunter2!x")
    zendesk.gateway.apply(a_change(zendesk.gateway.fetch(key)))
    assert len(zendesk.gateway.comments(key)) == 1


def test_reading_a_ticket_is_one_call(zendesk: SandboxWorld) -> None:
    key = zendesk.ticket(locale="uk")
    zendesk.gateway.me()  # the first call fetches a token
    zendesk.forget_calls()
    assert zendesk.gateway.fetch(key).requester.locale == "uk"
    assert zendesk.calls() == [("GET", f"/api/v2/tickets/{key}", 200)]


def test_writing_a_ticket_is_one_call(zendesk: SandboxWorld) -> None:
    key = zendesk.ticket()
    ticket = zendesk.gateway.fetch(key)
    zendesk.forget_calls()
    applied = zendesk.gateway.apply(a_change(ticket, group_id=zendesk.gateway.groups()["Security"]))
    assert [call for call in zendesk.calls() if call[0] != "GET"] == [("PUT", f"/api/v2/tickets/{key}", 200)]
    audits = zendesk.http.get(f"/api/v2/tickets/{key}/audits", timeout=10).json()["audits"]
    assert applied.audit_id == audits[-1]["id"]
    assert len(audits) == 2  # the creation and our one write


def test_the_customer_never_sees_the_note(zendesk: SandboxWorld) -> None:
    key = zendesk.ticket()
    zendesk.gateway.apply(a_change(zendesk.gateway.fetch(key), note="<p>internal</p>"))
    comments = zendesk.http.get(f"/api/v2/tickets/{key}/comments", timeout=10).json()["comments"]
    assert [(words_of(comment), comment["public"]) for comment in comments[1:]] == [("<p>internal</p>", False)]


def test_a_group_that_was_deleted_is_not_offered(zendesk: SandboxWorld) -> None:
    gone = zendesk.gateway.groups()["Billing"]
    assert zendesk.http.delete(f"/api/v2/groups/{gone}", timeout=10).status_code == 204
    assert set(zendesk.gateway.groups()) == {"Security", "Support"}


def test_groups_beyond_the_first_page_are_found(zendesk: SandboxWorld) -> None:
    for number in range(105):
        zendesk.post("groups", {"group": {"name": f"Team {number}"}})
    groups = zendesk.gateway.groups()
    assert len(groups) == 108
    assert {f"Team {number}" for number in range(105)} <= set(groups)


def test_every_brand_is_listed(zendesk: SandboxWorld) -> None:
    made = zendesk.post("brands", {"brand": {"name": "Liriana", "subdomain": "liriana"}})["brand"]
    assert Brand(made["id"], "Liriana", "liriana") in zendesk.gateway.brands()
    assert len(zendesk.gateway.brands()) == 2


def test_articles_are_asked_for_without_credentials(zendesk: SandboxWorld) -> None:
    assert zendesk.http.get("/api/v2/help_center/en-us/articles", timeout=10).json()["count"] == 4  # what an admin sees
    zendesk.forget_calls()
    assert len(zendesk.gateway.articles()) == 3
    assert {call[0] for call in zendesk.calls()} == {"GET"}
    asked = zendesk.http.get("/__sandbox__/requests", timeout=10).json()["requests"]
    assert {call["user"] for call in asked} == {None}


def test_articles_of_a_label_only(zendesk: SandboxWorld) -> None:
    section = zendesk.http.get("/api/v2/help_center/sections", timeout=10).json()["sections"][0]["id"]
    article = {"title": "Lipstick", "body": "<p>Red.</p>", "locale": "en-us", "label_names": ["cosmetics", "new"]}
    zendesk.post(f"help_center/sections/{section}/articles", {"article": article})
    (found,) = zendesk.gateway.articles(["cosmetics"])
    assert (found.title, found.body) == ("Lipstick", "Red.")
    assert found.url.startswith(f"{zendesk.sandbox.url}/hc/en-us/articles/{found.id}")
    assert zendesk.gateway.articles(["unknown"]) == []


def test_articles_beyond_the_first_page_are_found(zendesk: SandboxWorld) -> None:
    section = zendesk.http.get("/api/v2/help_center/sections", timeout=10).json()["sections"][0]["id"]
    for number in range(105):
        article = {"title": f"Article {number}", "body": "<p>x</p>", "locale": "en-us"}
        zendesk.post(f"help_center/sections/{section}/articles", {"article": article})
    titles = [article.title for article in zendesk.gateway.articles()]
    assert len(titles) == len(set(titles)) == 108


def test_an_empty_help_center_has_no_articles() -> None:
    with SandboxServer() as sandbox:
        found: list[Article] = ZenpyGateway(sandbox.url, ApiToken("a@example.com", Secret("x")), NoLimiter()).articles()
        assert found == []


def test_a_write_is_found_behind_a_hundred_other_audits(zendesk: SandboxWorld) -> None:
    key = zendesk.ticket()
    for number in range(104):
        zendesk.put(key, {"subject": f"Refund {number}"})
    zendesk.gateway.apply(a_change(zendesk.gateway.fetch(key)))
    assert zendesk.gateway.has_landed(key, "decision-1")
    assert not zendesk.gateway.has_landed(key, "decision-2")


def test_a_write_whose_answer_is_lost_is_in_doubt_and_found_in_the_audits(zendesk: SandboxWorld) -> None:
    key = zendesk.ticket()
    ticket = zendesk.gateway.fetch(key)
    zendesk.forget_calls()
    zendesk.fault("reset_after_commit", count=1)
    with pytest.raises(DoubtfulWrite):
        zendesk.gateway.apply(a_change(ticket))
    assert zendesk.gateway.has_landed(key, "decision-1")
    assert len(zendesk.writes_of(key)) == 1
    assert [call[0] for call in zendesk.calls() if "/audits" not in call[1]].count("PUT") == 1


def test_a_write_answered_with_half_a_body_is_in_doubt(zendesk: SandboxWorld) -> None:
    key = zendesk.ticket()
    ticket = zendesk.gateway.fetch(key)
    zendesk.fault("truncate", count=1, method="PUT")
    with pytest.raises(DoubtfulWrite):
        zendesk.gateway.apply(a_change(ticket))
    assert zendesk.gateway.has_landed(key, "decision-1")


@pytest.mark.parametrize("path", ["/tickets/", "/audits", "/groups", "/brands", "/articles", "/users/me"])
def test_a_reading_with_half_a_body_can_be_tried_again(zendesk: SandboxWorld, path: str) -> None:
    key = zendesk.ticket()
    asked: dict[str, Any] = {
        "/tickets/": lambda: zendesk.gateway.fetch(key),
        "/audits": lambda: zendesk.gateway.has_landed(key, "decision-1"),
        "/groups": zendesk.gateway.groups,
        "/brands": zendesk.gateway.brands,
        "/articles": zendesk.gateway.articles,
        "/users/me": zendesk.gateway.me,
    }
    zendesk.fault("truncate", count=1, path=path)
    with pytest.raises(TryLater):
        asked[path]()
    asked[path]()  # the second time it answers


def test_an_outage_is_later_for_a_reading_and_in_doubt_for_a_write(zendesk: SandboxWorld) -> None:
    key = zendesk.ticket()
    ticket = zendesk.gateway.fetch(key)
    zendesk.fault("unavailable", path="/tickets/")
    with pytest.raises(TryLater):
        zendesk.gateway.fetch(key)
    with pytest.raises(DoubtfulWrite):
        zendesk.gateway.apply(a_change(ticket))
    zendesk.http.delete("/__sandbox__/faults", timeout=10)
    assert not zendesk.gateway.has_landed(key, "decision-1")


@pytest.mark.parametrize(("told", "seconds"), [(2, 2.0), ("1.5", 1.5), (None, 5.0), ("soon", 5.0)])
def test_a_limit_says_how_long_to_wait(zendesk: SandboxWorld, told: object, seconds: float) -> None:
    key = zendesk.ticket()
    ticket = zendesk.gateway.fetch(key)
    zendesk.forget_calls()
    zendesk.fault("rate_limited", retry_after=told, path="/tickets/")
    for call in (lambda: zendesk.gateway.fetch(key), lambda: zendesk.gateway.apply(a_change(ticket))):
        with pytest.raises(TryLater) as caught:
            call()
        assert caught.value.retry_after == seconds
    assert [(method, status) for method, _, status in zendesk.calls()] == [("GET", 429), ("PUT", 429)]


def test_a_ticket_with_a_wrong_write_is_refused_for_good(zendesk: SandboxWorld) -> None:
    key = zendesk.ticket()
    ticket = zendesk.gateway.fetch(key)
    with pytest.raises((GatewayError, TicketGone)):
        zendesk.gateway.apply(a_change(ticket, group_id=999_999))
    assert zendesk.writes_of(key) == []


def test_wrong_credentials_are_told_as_such() -> None:
    with SandboxServer(SandboxSettings(strict_auth=True)) as sandbox:
        unknown = (ApiToken("admin@example.com", Secret("x")), ClientCredentials(sandbox.url, "nobody", Secret("x")))
        for tokens in unknown:
            with pytest.raises(NotAllowed):
                ZenpyGateway(sandbox.url, tokens, NoLimiter()).fetch(1)


def test_an_ended_token_is_minted_anew_and_the_call_goes_through(zendesk: SandboxWorld) -> None:
    key = zendesk.ticket()
    ticket = zendesk.gateway.fetch(key)
    zendesk.sandbox.account.clock.advance(1801)  # the token's life, by Zendesk's clock only
    zendesk.forget_calls()
    zendesk.gateway.apply(a_change(ticket))
    assert [call for call in zendesk.calls() if call[0] == "PUT"] == [
        ("PUT", f"/api/v2/tickets/{key}", 401),
        ("PUT", f"/api/v2/tickets/{key}", 200),
    ]
    assert len(zendesk.writes_of(key)) == 1
