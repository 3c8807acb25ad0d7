"""zenpy, an independent client of the real Zendesk, drives the sandbox over HTTP."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from zenpy import Zenpy
from zenpy.lib.api_objects import (
    Automation,
    Comment,
    CustomFieldOption,
    Group,
    GroupMembership,
    Identity,
    Item,
    Macro,
    Organization,
    OrganizationField,
    OrganizationMembership,
    PolicyMetric,
    RecipientAddress,
    SatisfactionRating,
    SlaPolicy,
    Target,
    Ticket,
    TicketAudit,
    TicketField,
    TicketForm,
    Trigger,
    User,
    UserField,
    Variant,
    View,
)
from zenpy.lib.exception import APIException, RecordNotFoundException, TooManyValuesException

from zd_automation.sandbox.account import SandboxSettings
from zd_automation.sandbox.server import SandboxServer
from zd_automation.sandbox.suspended import add_suspended

NO_LIMITS = SandboxSettings(
    account_limit=0, ticket_update_limit=0, per_ticket_limit=0, incremental_limit=0, list_limit=0, help_center_limit=0
)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    with SandboxServer(NO_LIMITS) as server:
        monkeypatch.setenv("ZENPY_FORCE_NETLOC", server.netloc)
        monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
        yield server


@pytest.fixture
def zenpy(sandbox: SandboxServer) -> Zenpy:
    return Zenpy(subdomain="sandbox", email="admin@example.com", token="t", disable_cache=True)


def finished(zenpy: Zenpy, job: Any) -> Any:
    assert job.status == "queued"
    assert job.results is None
    done = zenpy.job_status(id=job.id)
    assert done.status == "completed"
    assert done.progress == done.total
    return done


def test_a_ticket_from_creation_to_restoring(zenpy: Zenpy) -> None:
    made = zenpy.tickets.create(Ticket(subject="Cannot log in", description="Help", tags=["b", "a"]))
    assert isinstance(made, TicketAudit)
    ticket = zenpy.tickets(id=made.ticket.id)
    assert (ticket.subject, ticket.description, ticket.tags) == ("Cannot log in", "Help", ["a", "b"])
    ticket.comment = Comment(body="note", public=False)
    ticket.priority = "urgent"
    changed = zenpy.tickets.update(ticket)
    assert changed.ticket.priority == "urgent"
    assert [event["type"] for event in changed.audit.events] == ["Comment", "Change"]
    assert [comment.public for comment in zenpy.tickets.comments(ticket)] == [True, False]
    assert len(list(zenpy.tickets.audits(ticket))) == 2
    zenpy.tickets.delete(ticket)
    with pytest.raises(RecordNotFoundException):
        zenpy.tickets(id=ticket.id)
    assert [gone.id for gone in zenpy.tickets.deleted()] == [ticket.id]
    zenpy.tickets.restore(ticket)
    assert zenpy.tickets(id=ticket.id).subject == "Cannot log in"


def test_purged_tickets_cannot_be_restored(zenpy: Zenpy) -> None:
    ticket = zenpy.tickets.create(Ticket(subject="x", description="y")).ticket
    zenpy.tickets.delete(ticket)
    finished(zenpy, zenpy.tickets.permanently_delete(ticket))
    with pytest.raises(RecordNotFoundException):
        zenpy.tickets.restore(ticket)


def test_many_tickets_at_once(zenpy: Zenpy) -> None:
    job = finished(zenpy, zenpy.tickets.create([Ticket(subject=f"t{n}", description="d") for n in range(100)]))
    assert len(job.results) == 100
    tickets = list(zenpy.tickets(ids=[result.id for result in job.results]))
    assert [ticket.subject for ticket in tickets] == [f"t{n}" for n in range(100)]
    for ticket in tickets[:3]:
        ticket.priority = "low"
    finished(zenpy, zenpy.tickets.update(tickets[:3]))
    assert [t.priority for t in zenpy.tickets(ids=[1, 2, 3, 4])] == ["low", "low", "low", None]
    finished(zenpy, zenpy.tickets.delete(tickets[:2]))
    assert len(zenpy.tickets(cursor_pagination=False)) == 98
    with pytest.raises(TooManyValuesException):
        zenpy.tickets.create([Ticket(subject="x", description="d")] * 101)


def test_both_paginations_see_every_ticket_once(zenpy: Zenpy) -> None:
    zenpy.tickets.create([Ticket(subject=f"t{n}", description="d") for n in range(25)])
    by_page = [ticket.id for ticket in zenpy.tickets(cursor_pagination=False)]
    by_cursor = [ticket.id for ticket in zenpy.tickets(cursor_pagination=10)]
    assert by_page == by_cursor == list(range(1, 26))
    assert [ticket.id for ticket in zenpy.tickets()[3:5]] == [4, 5]


def test_tags_of_a_ticket(zenpy: Zenpy) -> None:
    ticket = zenpy.tickets.create(Ticket(subject="x", description="y", tags=["one"])).ticket
    assert list(zenpy.tickets.add_tags(ticket.id, ["two"])) == ["one", "two"]
    assert list(zenpy.tickets.set_tags(ticket.id, ["three"])) == ["three"]
    zenpy.tickets.delete_tags(ticket.id, ["three"])
    assert zenpy.tickets(id=ticket.id).tags == []


def test_closed_tickets_and_stale_stamps_are_refused(zenpy: Zenpy) -> None:
    ticket = zenpy.tickets.create(Ticket(subject="x", description="y")).ticket
    ticket.safe_update, ticket.updated_stamp, ticket.priority = True, "2020-01-01T00:00:00Z", "low"
    with pytest.raises(APIException) as stale:
        zenpy.tickets.update(ticket)
    assert stale.value.response.status_code == 409
    zenpy.tickets.update(Ticket(id=ticket.id, status="closed"))
    with pytest.raises(APIException) as closed:
        zenpy.tickets.update(Ticket(id=ticket.id, priority="low"))
    assert closed.value.response.status_code == 422


def test_merging_tickets(zenpy: Zenpy) -> None:
    target, source = (zenpy.tickets.create(Ticket(subject=s, description=s)).ticket for s in ("target", "source"))
    finished(zenpy, zenpy.tickets.merge(target, source, source_comment="moved", target_comment="came in"))
    assert zenpy.tickets(id=source.id).status == "closed"
    assert [c.body for c in zenpy.tickets.comments(target)] == ["target", "came in"]


def test_other_views_of_tickets(zenpy: Zenpy) -> None:
    user = zenpy.users.create(User(name="Rita", email="rita@example.com"))
    problem = zenpy.tickets.create(Ticket(subject="p", description="d", type="problem", requester_id=user.id)).ticket
    incident = Ticket(subject="i", description="d", type="incident", problem_id=problem.id, requester_id=user.id)
    incident_id = zenpy.tickets.create(incident).ticket.id
    assert [t.id for t in zenpy.tickets.incidents(problem)] == [incident_id]
    assert [t.id for t in zenpy.users.requested(user)] == [problem.id, incident_id]
    assert list(zenpy.users.cced(user)) == []
    assert zenpy.users.related(user).requested_tickets == 2
    assert zenpy.tickets.metrics(problem).ticket_id == problem.id
    assert len(list(zenpy.ticket_metrics())) == 2
    assert len(list(zenpy.users.requests(id=user.id))) == 2


def test_a_comment_is_redacted(zenpy: Zenpy) -> None:
    ticket = zenpy.tickets.create(Ticket(subject="x", description="card 4111")).ticket
    comment = next(iter(zenpy.tickets.comments(ticket)))
    zenpy.tickets.comment_redact(ticket, comment, "4111")
    assert next(iter(zenpy.tickets.comments(ticket))).body == "card ▇▇▇▇"


def test_incremental_exports(sandbox: SandboxServer, zenpy: Zenpy) -> None:
    sandbox.account.clock.advance(-600)
    zenpy.tickets.create([Ticket(subject=f"t{n}", description="d") for n in range(5)])
    zenpy.tickets.delete(Ticket(id=2))
    sandbox.account.clock.advance(700)
    start = datetime.now(UTC) - timedelta(hours=2)
    for cursor in (False, True):
        found = {
            ticket.id: ticket.status
            for ticket in zenpy.tickets.incremental(start_time=start, paginate_by_time=not cursor)
        }
        assert found == {1: "new", 2: "deleted", 3: "new", 4: "new", 5: "new"}
    assert len(list(zenpy.tickets.events(start_time=start))) == 5
    assert len(list(zenpy.users.incremental(start_time=start))) == 4
    assert list(zenpy.organizations.incremental(start_time=start)) == []
    assert len(list(zenpy.ticket_metric_events(start_time=start))) == 12


def test_users_and_identities(zenpy: Zenpy) -> None:
    user = zenpy.users.create(User(name="Rita", email="Rita@Example.com"))
    assert user.email == "rita@example.com"
    user.name = "Rita Two"
    assert zenpy.users.update(user).name == "Rita Two"
    assert zenpy.users.create_or_update(User(name="Rita Three", email="rita@example.com")).id == user.id
    assert [found.id for found in zenpy.users.search(query="rita@example.com")] == [user.id]
    assert zenpy.users.me().email == "admin@example.com"
    zenpy.users.identities.create(user, Identity(type="email", value="r2@example.com"))
    first, second = zenpy.users.identities(id=user.id)
    assert (first.primary, second.primary) == (True, False)
    zenpy.users.identities.make_primary(user, second)
    assert zenpy.users(id=user.id).email == "r2@example.com"
    with pytest.raises(APIException):
        zenpy.users.create(User(name="Double", email="r2@example.com"))
    zenpy.users.delete(user)
    assert [gone.id for gone in zenpy.users.deleted()] == [user.id]


def test_many_users(zenpy: Zenpy) -> None:
    job = finished(zenpy, zenpy.users.create([User(name=f"u{n}", email=f"u{n}@example.com") for n in range(3)]))
    users = list(zenpy.users(ids=[result.id for result in job.results]))
    assert [user.name for user in users] == ["u0", "u1", "u2"]
    finished(zenpy, zenpy.users.create_or_update([User(name="u0 new", email="u0@example.com")]))
    assert zenpy.users(id=users[0].id).name == "u0 new"
    merged = zenpy.users.merge(users[2], users[1])
    assert merged.id == users[1].id


def test_groups_and_memberships(zenpy: Zenpy) -> None:
    group = zenpy.groups.create(Group(name="Security"))
    agent = next(user for user in zenpy.users(role="agent"))
    membership = zenpy.group_memberships.create(GroupMembership(user_id=agent.id, group_id=group.id))
    assert [m.id for m in zenpy.groups.memberships(group)] == [membership.id]
    assert {found.name for found in zenpy.users.groups(agent)} == {"Support", "Security"}
    assert [user.id for user in zenpy.groups.users(group)] == [agent.id]
    assert {found.name for found in zenpy.groups.assignable()} == {"Support", "Security"}
    group.name = "Security 2"
    assert zenpy.groups.update(group).name == "Security 2"
    zenpy.groups.delete(group)
    assert [found.name for found in zenpy.groups()] == ["Support"]


def test_organizations(zenpy: Zenpy) -> None:
    organization = zenpy.organizations.create(Organization(name="Acme", tags=["vip"], external_id="e1"))
    assert [found.name for found in zenpy.organizations(external_ids=["e1"])] == ["Acme"]
    user = zenpy.users.create(User(name="Rita"))
    zenpy.organization_memberships.create(OrganizationMembership(user_id=user.id, organization_id=organization.id))
    assert [found.id for found in zenpy.users.organizations(user)] == [organization.id]
    assert [found.id for found in zenpy.organizations.users(organization)] == [user.id]
    ticket = zenpy.tickets.create(Ticket(subject="x", description="y", requester_id=user.id)).ticket
    assert ticket.tags == ["vip"]
    assert ticket.organization_id == organization.id
    with pytest.raises(APIException):
        zenpy.organizations.create(Organization(name="acme"))


def test_fields_options_and_forms(zenpy: Zenpy) -> None:
    field = zenpy.ticket_fields.create(
        TicketField(type="tagger", title="Topic", custom_field_options=[{"name": "Login", "value": "login"}])
    )
    zenpy.ticket_fields.options.create_or_update(field, CustomFieldOption(name="Refund", value="refund"))
    assert [option.value for option in zenpy.ticket_fields.options(id=field.id)] == ["login", "refund"]
    ticket = zenpy.tickets.create(
        Ticket(subject="x", description="y", custom_fields=[{"id": field.id, "value": "refund"}])
    ).ticket
    assert ticket.tags == ["refund"]
    assert ticket.custom_fields == [{"id": field.id, "value": "refund"}]
    zenpy.ticket_fields.delete(field)
    assert zenpy.tickets(id=ticket.id).custom_fields == []
    form = zenpy.ticket_forms.create(TicketForm(name="Short"))
    assert {found.name for found in zenpy.ticket_forms()} == {"Default Ticket Form", "Short"}
    zenpy.ticket_forms.delete(form)
    assert zenpy.user_fields.create(UserField(key="vip", title="VIP")).type == "text"
    assert zenpy.users.me().user_fields == {"vip": None}
    assert zenpy.organization_fields.create(OrganizationField(key="plan", title="Plan")).active is True


def test_search(zenpy: Zenpy) -> None:
    zenpy.tickets.create(Ticket(subject="Login broken", description="first", tags=["one"], priority="high"))
    zenpy.tickets.create(Ticket(subject="Refund please", description="second", tags=["two"]))
    assert [t.id for t in zenpy.search("login", type="ticket")] == [1]
    assert [t.id for t in zenpy.search(type="ticket", tags="two")] == [2]
    assert [t.id for t in zenpy.search(type="ticket", minus="login")] == [2]
    assert [t.id for t in zenpy.search(type="ticket", priority="high")] == [1]
    today = datetime.now(UTC)
    assert len(zenpy.search(type="ticket", created_between=[today - timedelta(days=1), today + timedelta(days=1)])) == 2
    assert zenpy.search.count(type="ticket") == 2
    assert [t.id for t in zenpy.search_export(type="ticket", cursor_pagination=1)] == [1, 2]
    assert [g.name for g in zenpy.search(type="group")] == ["Support"]
    assert [u.name for u in zenpy.search("ada@example.com", type="user")] == ["Ada Agent"]


def test_uploads_hang_on_comments(zenpy: Zenpy) -> None:
    upload = zenpy.attachments.upload(io.BytesIO(b"abc"), target_name="a.txt")
    ticket = zenpy.tickets.create(Ticket(subject="x", comment=Comment(body="see file", uploads=[upload.token]))).ticket
    comment = next(iter(zenpy.tickets.comments(ticket)))
    assert [(a.file_name, a.size) for a in comment.attachments] == [("a.txt", 3)]
    assert zenpy.attachments(id=comment.attachments[0].id).file_name == "a.txt"


def test_suspended_tickets(sandbox: SandboxServer, zenpy: Zenpy) -> None:
    for name in ("first", "second", "third"):
        add_suspended(sandbox.account, name, "text", name=name, email=f"{name}@example.com")
    first, second, third = zenpy.suspended_tickets()
    zenpy.suspended_tickets.recover(first)
    zenpy.suspended_tickets.recover([second])
    zenpy.suspended_tickets.delete(third)
    assert list(zenpy.suspended_tickets()) == []
    assert [ticket.subject for ticket in zenpy.tickets()] == ["first", "second"]


def test_business_rules(zenpy: Zenpy) -> None:
    condition = [{"field": "status", "operator": "less_than", "value": "solved"}]
    actions = [{"field": "status", "value": "open"}]
    trigger = zenpy.triggers.create(Trigger(title="T", all=condition, actions=actions))
    assert zenpy.triggers(id=trigger.id).title == "T"
    zenpy.triggers.delete(trigger)
    macro = zenpy.macros.create(Macro(title="M", actions=actions))
    assert [found.id for found in zenpy.macros()] == [macro.id]
    ticket = zenpy.tickets.create(Ticket(subject="x", description="y")).ticket
    assert zenpy.tickets.show_macro_effect(ticket, macro).ticket.status == "open"
    view = zenpy.views.create(View(title="V", all=condition))
    assert [found.id for found in zenpy.views.tickets(view)] == [ticket.id]
    assert zenpy.views.count(view).value == 1
    both = [
        {"field": "status", "operator": "is", "value": "pending"},
        {"field": "PENDING", "operator": "is", "value": "24"},
    ]
    assert zenpy.automations.create(Automation(title="A", all=both, actions=actions)).title == "A"


def test_plain_resources(zenpy: Zenpy) -> None:
    assert [brand.name for brand in zenpy.brands()] == ["Sandbox"]
    assert {locale.locale for locale in zenpy.locales()} >= {"en-US", "de", "ja"}
    assert zenpy.locales.current().locale == "en-US"
    assert [status.status_category for status in zenpy.custom_statuses()] == [
        "new",
        "open",
        "pending",
        "hold",
        "solved",
    ]
    assert len(list(zenpy.custom_agent_roles())) == 4
    assert list(zenpy.sharing_agreements()) == []
    metric = PolicyMetric(priority="urgent", metric="first_reply_time", target=15, business_hours=False)
    zenpy.sla_policies.create(SlaPolicy(title="Security", filter={"all": [], "any": []}, policy_metrics=[metric]))
    assert [found.title for found in zenpy.sla_policies()] == ["Security"]
    assert zenpy.sla_policies.definitions() is not None
    assert zenpy.targets.create(Target(title="t", type="email_target", email="a@example.com")).active is True
    assert zenpy.recipient_addresses.create(RecipientAddress(name="Sales", email="sales@example.com")).name == "Sales"
    item = zenpy.dynamic_content.create(
        Item(name="Greeting", default_locale_id=1, variants=[Variant(locale_id=1, default=True, content="Hello")])
    )
    assert [found.name for found in zenpy.dynamic_content()] == ["Greeting"]
    assert zenpy.dynamic_content.variants.create(item, Variant(locale_id=8, content="Hallo")).content == "Hallo"


def test_satisfaction_ratings(zenpy: Zenpy) -> None:
    ticket = zenpy.tickets.create(Ticket(subject="x", description="y")).ticket
    zenpy.satisfaction_ratings.create(ticket, SatisfactionRating(score="good"))
    assert [rating.score for rating in zenpy.satisfaction_ratings()] == ["good"]


def test_side_loads(zenpy: Zenpy) -> None:
    user = zenpy.users.create(User(name="Rita"))
    zenpy.tickets.create(Ticket(subject="x", description="y", requester_id=user.id))
    assert [ticket.requester.name for ticket in zenpy.tickets(include=["users"])] == ["Rita"]


def test_unknown_records(zenpy: Zenpy) -> None:
    for endpoint in (zenpy.tickets, zenpy.users, zenpy.groups, zenpy.organizations, zenpy.ticket_fields, zenpy.brands):
        with pytest.raises(RecordNotFoundException):
            endpoint(id=123456789)
