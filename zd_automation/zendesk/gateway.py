"""The dozen things we ask of Zendesk, whoever answers."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Protocol

from zd_automation.tickets import Article, Comment, Requester, Ticket
from zd_automation.zendesk.change import TicketChange


@dataclass(frozen=True, slots=True)
class Applied:
    """A write that landed; ``audit_id`` is where Zendesk keeps it, ``warning`` names what it dropped of the write."""

    audit_id: int | None
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand of the account."""

    id: int
    name: str
    subdomain: str


class Gateway(Protocol):
    """What the service needs of Zendesk.

    Every call may raise TryLater (a limit, an outage), NotAllowed (credentials or scopes) or GatewayError (refused for good).
    """

    def fetch(self, ticket_id: int, *, urgent: bool = False) -> Ticket:
        """The ticket as it is now, with its requester's locale; one call. Raises TicketGone when it is not there."""
        ...

    def apply(self, change: TicketChange) -> Applied:
        """Write a change, once.

        Raises Conflict when the ticket moved on since it was read, TicketGone when it is closed or deleted, and
        DoubtfulWrite when no answer says whether it landed: ask :meth:`has_landed` before anything else.
        """
        ...

    def has_landed(self, ticket_id: int, decision_id: str) -> bool:
        """Whether the ticket's audits hold a write of this decision."""
        ...

    def comments(self, ticket_id: int) -> list[Comment]:
        """The public comments of a ticket, oldest first, up to a hundred: where customers leave secrets."""
        ...

    def redact(self, ticket_id: int, comment_id: int, marked: str) -> None:
        """Block out, for good, what stands between ``<redact>`` marks in a comment's HTML. Repeating it is harmless."""
        ...

    def groups(self) -> dict[str, int]:
        """Groups that tickets can be assigned to, by name."""
        ...

    def brands(self) -> list[Brand]:
        """The account's brands."""
        ...

    def articles(self, labels: Sequence[str] = ()) -> list[Article]:
        """Published articles that an anonymous visitor may read, in every locale; all labels or those given."""
        ...

    def me(self) -> dict[str, Any]:
        """The user that our writes will carry: id, name, role."""
        ...


def ticket_from(row: dict[str, Any], users: Sequence[dict[str, Any]] = ()) -> Ticket:
    """A ticket out of REST's JSON; unknown keys are ignored, missing ones are empty."""
    requester_id = row.get("requester_id")
    locale = next((user.get("locale") for user in users if user.get("id") == requester_id), None)
    via = row.get("via") or {}
    return Ticket(
        id=int(row["id"]),
        subject=row.get("subject") or row.get("raw_subject") or "",
        body=row.get("description") or "",
        status=row.get("status") or "new",
        priority=row.get("priority"),
        group_id=row.get("group_id"),
        assignee_id=row.get("assignee_id"),
        tags=tuple(row.get("tags") or ()),
        requester=Requester(requester_id, locale),
        channel=via.get("channel") or "other",
        created_at=row.get("created_at"),
        updated_at=row.get("updated_at"),
        brand_id=row.get("brand_id"),
    )


def article_from(row: dict[str, Any]) -> Article:
    """An article out of the Help Center's JSON, its body as text."""
    return Article(
        id=row["id"],
        title=row.get("title") or row.get("name") or "",
        body=text_of(row.get("body") or ""),
        locale=row.get("locale") or "",
        url=row.get("html_url") or "",
        restricted=bool(row.get("user_segment_id") or row.get("user_segment_ids")),
        draft=bool(row.get("draft")),
    )


class _Text(HTMLParser):
    _BLOCKS = frozenset({"p", "br", "li", "h1", "h2", "h3", "h4", "tr", "div", "ul", "ol"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - HTMLParser's shape
        if tag in self._BLOCKS:
            self.parts.append("\n")


def text_of(markup: str) -> str:
    """HTML as text, one line a block."""
    parser = _Text()
    parser.feed(markup)
    parser.close()
    lines = (" ".join(html.unescape(line).split()) for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)
