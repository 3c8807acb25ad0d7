"""The nouns of a desk: tickets, people and articles as the core sees them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks. ``locale`` is a profile setting (BCP 47), not the language of the message."""

    id: int | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as read from Zendesk just now.

    ``updated_at`` is the string that Zendesk sent: it goes back unchanged as the safe-update stamp.
    ``body`` is the first comment, as text or HTML.
    """

    id: int
    subject: str = ""
    body: str = ""
    status: str = "new"
    priority: str | None = None
    group_id: int | None = None
    assignee_id: int | None = None
    tags: tuple[str, ...] = ()
    requester: Requester = Requester()
    channel: str = "other"
    created_at: str | None = None
    updated_at: str | None = None
    brand_id: int | None = None

    @property
    def is_open_to_change(self) -> bool:
        """False for closed and deleted tickets, which reject every update (platform page, 7.3)."""
        return self.status not in {"closed", "deleted"}


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of a ticket, as HTML."""

    id: int
    html_body: str


@dataclass(frozen=True, slots=True)
class Article:
    """One translation of a help-centre article. ``body`` is plain text; articles with the same ``id`` are translations."""

    id: int | str
    title: str
    body: str
    locale: str
    url: str = ""
    restricted: bool = False
    draft: bool = False

    @property
    def is_public(self) -> bool:
        """Whether an anonymous visitor may read it: only these are ever suggested."""
        return not self.restricted and not self.draft
