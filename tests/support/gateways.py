"""Three Zendesks behind one handle, for the gateway's contract: in a dictionary, on paper, and over real HTTP."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from zd_automation.config import Secret
from zd_automation.engine.limiter import NoLimiter
from zd_automation.sandbox.account import SandboxSettings
from zd_automation.sandbox.control import calls, reset_account
from zd_automation.sandbox.help_center import load_articles
from zd_automation.sandbox.server import SandboxServer
from zd_automation.tickets import Article, Requester, Ticket
from zd_automation.zendesk.change import TicketChange
from zd_automation.zendesk.gateway import Gateway
from zd_automation.zendesk.memory_gateway import MemoryGateway
from zd_automation.zendesk.oauth import ClientCredentials
from zd_automation.zendesk.print_gateway import PrintGateway
from zd_automation.zendesk.zenpy_gateway import ZenpyGateway

NO_LIMITS = SandboxSettings(
    account_limit=0, ticket_update_limit=0, per_ticket_limit=0, incremental_limit=0, list_limit=0, help_center_limit=0
)
GROUPS = ("Billing", "Security")
ARTICLES = (
    Article(1, "Reset your password", "Open the login page.", "en-us"),
    Article(1, "Passwort zurücksetzen", "Öffnen Sie die Anmeldeseite.", "de"),
    Article(2, "How refunds work", "Five days.", "en-us"),
    Article(3, "Escalation rules", "For agents only.", "en-us", restricted=True),
    Article(4, "Unfinished", "Do not show.", "en-us", draft=True),
)


def a_change(ticket: Ticket, **values: Any) -> TicketChange:
    """A full write for a ticket as it was read: tags, group, priority and a note."""
    whole = {
        "ticket_id": ticket.id,
        "stamp": ticket.updated_at or "",
        "decision_id": "decision-1",
        "tags": (*ticket.tags, "zdauto_done"),
        "priority": "urgent",
        "note": "<p>Topic: refund</p>",
    }
    return TicketChange(**{**whole, **values})


class World(Protocol):
    """A Zendesk with the groups and articles above. ``writes`` is False where a write only gets printed."""

    gateway: Gateway
    writes: bool

    def ticket(
        self, *, subject: str = "Refund", body: str = "Where is my money?", tags: Sequence[str] = (), locale: str = "de"
    ) -> int:
        """Put a new ticket there."""
        ...

    def agent_changes(self, ticket_id: int) -> None:
        """An agent sets the priority to high."""
        ...

    def close(self, ticket_id: int) -> None:
        """The ticket takes no update any more."""
        ...

    def delete(self, ticket_id: int) -> None:
        """The ticket goes to the deleted ones."""
        ...

    def writes_of(self, ticket_id: int) -> list[dict[str, Any]]:
        """Our writes that reached the ticket: tags, priority, group_id, note (HTML), public, decision."""
        ...


class MemoryWorld:
    """:class:`World` in a dictionary."""

    writes = True

    def __init__(self) -> None:
        self.memory = MemoryGateway(groups={name: 100 + n for n, name in enumerate(GROUPS)}, articles=ARTICLES)
        self.gateway: Gateway = self.memory
        self._ids = iter(range(1, 1000))

    def ticket(
        self, *, subject: str = "Refund", body: str = "Where is my money?", tags: Sequence[str] = (), locale: str = "de"
    ) -> int:
        """See :class:`World`."""
        key = next(self._ids)
        stamp = "2026-11-22T03:00:00Z"
        self.memory.add(Ticket(key, subject, body, tags=tuple(tags), requester=Requester(7, locale), updated_at=stamp))
        return key

    def agent_changes(self, ticket_id: int) -> None:
        """See :class:`World`."""
        ticket = self.memory.fetch(ticket_id)
        self.memory.add(dataclasses.replace(ticket, priority="high", updated_at=f"{ticket.updated_at}-later"))

    def close(self, ticket_id: int) -> None:
        """See :class:`World`."""
        self.memory.add(dataclasses.replace(self.memory.fetch(ticket_id), status="closed"))

    def delete(self, ticket_id: int) -> None:
        """See :class:`World`."""
        self.memory.add(dataclasses.replace(self.memory.fetch(ticket_id), status="deleted"))

    def writes_of(self, ticket_id: int) -> list[dict[str, Any]]:
        """See :class:`World`."""
        return [_seen(audit) for audit in self.memory.audits.get(ticket_id, [])]


def _seen(payload: dict[str, Any]) -> dict[str, Any]:
    comment = payload.get("comment") or {}
    return {
        "tags": sorted(payload["tags"]),
        "priority": payload.get("priority"),
        "group_id": payload.get("group_id"),
        "note": comment.get("html_body"),
        "public": comment.get("public"),
        "decision": payload["metadata"]["zdauto_decision"],
    }


class PrintWorld(MemoryWorld):
    """:class:`World` on paper, over one in a dictionary."""

    writes = False

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.gateway = PrintGateway(self.memory, self.lines.append)


class SandboxWorld:
    """:class:`World` over real HTTP. The sandbox's clock stands still, so that stamps change only when told to."""

    writes = True

    def __init__(self, sandbox: SandboxServer) -> None:
        self.sandbox = sandbox
        self.http = sandbox.client()
        self.gateway: Gateway = ZenpyGateway(sandbox.url, self.tokens(), NoLimiter())
        for name in GROUPS:
            self.post("groups", {"group": {"name": name}})
        load_articles(sandbox.account, _rows(ARTICLES))
        sandbox.account.clock.freeze()

    def tokens(self) -> ClientCredentials:
        """Credentials that the sandbox mints tokens for."""
        return ClientCredentials(self.sandbox.url, "zd-automation", Secret("s3cret"))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create something as the admin."""
        answer = self.http.post(f"/api/v2/{path}", json=body, timeout=10)
        assert answer.status_code in {200, 201}, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def put(self, ticket_id: int, values: dict[str, Any]) -> None:
        """Change a ticket as the admin, a second after whatever happened last."""
        self.sandbox.account.clock.advance(1)
        answer = self.http.put(f"/api/v2/tickets/{ticket_id}", json={"ticket": values}, timeout=10)
        assert answer.status_code == 200, answer.text

    def ticket(
        self, *, subject: str = "Refund", body: str = "Where is my money?", tags: Sequence[str] = (), locale: str = "de"
    ) -> int:
        """See :class:`World`."""
        locales = {row["locale"]: row["id"] for row in self.http.get("/api/v2/locales", timeout=10).json()["locales"]}
        requester = {"name": "Kim", "email": f"{locale}@customers.example", "locale_id": locales[locale]}
        values = {"subject": subject, "comment": {"body": body}, "requester": requester, "tags": list(tags)}
        key: int = self.post("tickets", {"ticket": values})["ticket"]["id"]
        return key

    def agent_changes(self, ticket_id: int) -> None:
        """See :class:`World`."""
        self.put(ticket_id, {"priority": "high"})

    def close(self, ticket_id: int) -> None:
        """See :class:`World`."""
        self.put(ticket_id, {"status": "solved"})
        self.put(ticket_id, {"status": "closed"})

    def delete(self, ticket_id: int) -> None:
        """See :class:`World`."""
        assert self.http.delete(f"/api/v2/tickets/{ticket_id}", timeout=10).status_code == 204

    def writes_of(self, ticket_id: int) -> list[dict[str, Any]]:
        """See :class:`World`. Read from the audits, as Zendesk tells them."""
        audits = self.http.get(f"/api/v2/tickets/{ticket_id}/audits", timeout=10).json()["audits"]
        return [_told(audit) for audit in audits if "zdauto_decision" in audit["metadata"]["custom"]]

    def calls(self) -> list[tuple[str, str, int]]:
        """The API calls since the last :meth:`forget_calls`: method, path, status."""
        return [(call["method"], call["path"], call["status"]) for call in calls(self.sandbox.account)]

    def forget_calls(self) -> None:
        """Begin to count anew."""
        calls(self.sandbox.account).clear()

    def fault(self, name: str, **parameters: Any) -> None:
        """Switch a fault on."""
        assert self.http.post("/__sandbox__/faults", json={name: parameters}, timeout=10).status_code == 200


def _told(audit: dict[str, Any]) -> dict[str, Any]:
    changed = {event["field_name"]: event["value"] for event in audit["events"] if event["type"] == "Change"}
    comment: dict[str, Any] = next((event for event in audit["events"] if event["type"] == "Comment"), {})
    return {
        "tags": changed.get("tags"),
        "priority": changed.get("priority"),
        "group_id": int(changed["group_id"]) if "group_id" in changed else None,
        "note": words_of(comment) if comment else None,
        "public": comment.get("public"),
        "decision": audit["metadata"]["custom"]["zdauto_decision"],
    }


def words_of(comment: Mapping[str, Any]) -> str:
    """A comment's HTML without the frame that Zendesk puts around it."""
    html: str = comment["html_body"]
    return html.removeprefix('<div class="zd-comment" dir="auto">').removesuffix("</div>")


def _rows(articles: Sequence[Article]) -> Iterator[dict[str, Any]]:
    for key in dict.fromkeys(article.id for article in articles):
        texts = [article for article in articles if article.id == key]
        yield {
            "key": str(key),
            "section": "FAQ",
            "title": {text.locale: text.title for text in texts},
            "body": {text.locale: f"<p>{text.body}</p>" for text in texts},
            "restricted": texts[0].restricted,
            "draft": texts[0].draft,
        }


def sandbox_world(sandbox: SandboxServer) -> SandboxWorld:
    """A running sandbox as on its first day, and its world."""
    reset_account(sandbox.account)
    sandbox.account.clock.release()
    return SandboxWorld(sandbox)
