"""The real gateway, on zenpy: its endpoints and objects, our session, our rules. The only module that imports zenpy."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import requests
from zenpy import Zenpy
from zenpy.lib.api_objects import Ticket as ZenpyTicket

from zd_automation.engine.limiter import RateLimiter
from zd_automation.errors import GatewayError, TicketGone, TryLater
from zd_automation.tickets import Article, Comment, Ticket
from zd_automation.zendesk.change import DECISION_KEY, TicketChange
from zd_automation.zendesk.gateway import Applied, Brand, article_from, ticket_from
from zd_automation.zendesk.oauth import TokenProvider
from zd_automation.zendesk.session import Observe, ZendeskSession

_WARNING = "X-Zendesk-Api-Warn"
_PLACEHOLDER = "set-by-session"


class ZenpyGateway:
    """Implements :class:`Gateway`. zenpy is not thread-safe (platform page, 10.3), so every thread has a client of its own."""

    def __init__(
        self, base_url: str, tokens: TokenProvider, limiter: RateLimiter, observe: Observe = lambda *_: None
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._tokens = tokens
        self._limiter = limiter
        self._observe = observe
        self._local = threading.local()

    def fetch(self, ticket_id: int, *, urgent: bool = False) -> Ticket:
        """See :class:`Gateway`. The requester comes along as a side-load: one call."""
        session = self._session(urgent=urgent)
        self._client().tickets(id=ticket_id, include=["users"])
        body = _body(session)
        if not isinstance(body.get("ticket"), dict):
            raise TryLater(f"Zendesk answered for ticket {ticket_id} with something that is no ticket")
        return ticket_from(body["ticket"], body.get("users") or ())

    def apply(self, change: TicketChange) -> Applied:
        """See :class:`Gateway`."""
        session = self._session(urgent=change.urgent)
        # Written as plain attributes: a datetime would become a date and lose the protection (platform page, 10.2).
        ticket = ZenpyTicket(id=change.ticket_id, **change.payload())
        try:
            answer = self._client().tickets.update(ticket)
        except GatewayError as error:
            if "422" in str(error):
                raise TicketGone(
                    f"ticket {change.ticket_id} takes no update (422): closed, or full of comments"
                ) from None
            raise
        return Applied(getattr(getattr(answer, "audit", None), "id", None), _warning(session))

    def has_landed(self, ticket_id: int, decision_id: str) -> bool:
        """See :class:`Gateway`."""
        session = self._session(urgent=True)
        url: str | None = f"{self._base_url}/api/v2/tickets/{ticket_id}/audits.json?page[size]=100"
        while url:
            body = session.get(url).json()
            for audit in body.get("audits", []):
                custom = (audit.get("metadata") or {}).get("custom") or {}
                if custom.get(DECISION_KEY) == decision_id:
                    return True
            url = (body.get("links") or {}).get("next") if (body.get("meta") or {}).get("has_more") else None
        return False

    def comments(self, ticket_id: int) -> list[Comment]:
        """See :class:`Gateway`. One page: what a customer pastes stands among the first hundred comments."""
        url = f"{self._base_url}/api/v2/tickets/{ticket_id}/comments.json?page[size]=100"
        rows = self._session().get(url).json().get("comments", [])
        return [Comment(int(row["id"]), row.get("html_body") or "") for row in rows if row.get("public")]

    def redact(self, ticket_id: int, comment_id: int, marked: str) -> None:
        """See :class:`Gateway`. zenpy knows only the older call, which Zendesk is giving up (platform page, 7.7)."""
        url = f"{self._base_url}/api/v2/comment_redactions/{comment_id}.json"
        self._session().put(url, json={"ticket_id": ticket_id, "html_body": marked})

    def groups(self) -> dict[str, int]:
        """See :class:`Gateway`. Deleted groups must never be assigned."""
        return {group.name: group.id for group in self._client().groups.assignable()}

    def brands(self) -> list[Brand]:
        """See :class:`Gateway`."""
        return [Brand(brand.id, brand.name, brand.subdomain or "") for brand in self._client().brands()]

    def articles(self, labels: Sequence[str] = ()) -> list[Article]:
        """See :class:`Gateway`.

        Asked without credentials on purpose: with them the Help Center also lists drafts and restricted articles
        (platform page, 8.2), and what an anonymous visitor is not shown cannot leak into a note.
        """
        found = [
            article_from(row)
            for locale in self._help_center_locales()
            for row in self._anonymous_pages(f"/api/v2/help_center/{locale}/articles.json", "articles")
            if not labels or set(labels) & set(row.get("label_names") or ())
        ]
        return [article for article in found if article.is_public]

    def me(self) -> dict[str, Any]:
        """See :class:`Gateway`."""
        user = self._client().users.me()
        return {"id": user.id, "name": user.name, "role": user.role}

    def _client(self) -> Zenpy:
        if not hasattr(self._local, "client"):
            # Any credentials satisfy zenpy's constructor; the session sets the real header on every call.
            self._local.client = Zenpy(
                subdomain="account", oauth_token=_PLACEHOLDER, session=self._session(), disable_cache=True
            )
        return self._local.client

    def _session(self, *, urgent: bool = False) -> ZendeskSession:
        if not hasattr(self._local, "session"):
            self._local.session = ZendeskSession(self._base_url, self._tokens, self._limiter, self._observe)
        session: ZendeskSession = self._local.session
        session.urgent.on = urgent
        return session

    def _help_center_locales(self) -> list[str]:
        body = self._anonymous("/api/v2/help_center/locales.json")
        return [str(locale) for locale in body.get("locales", [])]

    def _anonymous_pages(self, path: str, key: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        query = "?page[size]=100"
        while query:
            body = self._anonymous(path + query)
            rows += body.get(key, [])
            meta = body.get("meta") or {}
            query = f"?page[size]=100&page[after]={meta.get('after_cursor')}" if meta.get("has_more") else ""
        return rows

    def _anonymous(self, path: str) -> dict[str, Any]:
        try:
            answer = requests.get(self._base_url + path, timeout=10, allow_redirects=False)
        except requests.RequestException as error:
            raise TryLater(f"the Help Center does not answer ({type(error).__name__})") from None
        if answer.status_code in {401, 403, 404} or answer.is_redirect:
            return {}  # no Help Center, or one that asks visitors to sign in: nothing that we may suggest
        if answer.status_code >= 400:
            raise TryLater(f"the Help Center answered {answer.status_code}")
        try:
            body: dict[str, Any] = answer.json()
        except ValueError:
            raise TryLater("the Help Center answered with something that is no JSON") from None
        return body


def _warning(session: ZendeskSession) -> str:
    """Status 200 does not mean applied: a key that Zendesk does not know is only told in a header (platform, 1, row 9)."""
    told = session.last.headers.get(_WARNING) if session.last is not None else None
    return (told or "")[:200]


def _body(session: ZendeskSession) -> dict[str, Any]:
    """What the last call was answered with; the session lets JSON objects through only."""
    body: dict[str, Any] = session.last.json() if session.last is not None else {}
    return body
