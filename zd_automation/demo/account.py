"""Makes a fresh sandbox the account of the demo's company: brands, groups, articles, webhooks, trigger and view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zd_automation.config import Secret
from zd_automation.definitions import room
from zd_automation.demo.content import DESKS, DemoTicket, articles, desk_folder, with_real_links
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.sandbox.help_center import load_articles
from zd_automation.sandbox.seed import SERVICE_EMAIL
from zd_automation.sandbox.server import SandboxServer
from zd_automation.triggers.install import install

_MANY = 50


@dataclass(frozen=True)
class DemoAccount:
    """What the service needs to know of the account."""

    client_id: str
    client_secret: Secret
    webhook_secrets: tuple[Secret, ...]
    brand_ids: dict[str, int]
    view_id: str


def prepare(sandbox: SandboxServer, endpoint: str) -> DemoAccount:
    """Set the account up as an admin would, over its API; the articles go in directly, being many."""
    client = sandbox.client()
    desks = {name: load_desk(desk_folder(name)) for name in DESKS}
    brands = {name: _brand(sandbox, str(files.brands[0])) for name, files in desks.items()}
    for group in sorted({group for files in desks.values() for group in _groups(files)}):
        client.post("/api/v2/groups", json={"group": {"name": group}}, timeout=10).raise_for_status()
    _load_articles(sandbox)
    oauth = {"name": "zd-automation", "identifier": "zd-automation", "kind": "confidential"}
    bot = (f"{SERVICE_EMAIL}/token", "sandbox")  # a client acts as the user who makes it: notes are signed by the bot
    made = client.post("/api/v2/oauth/clients", json={"client": oauth}, auth=bot, timeout=10).json()["client"]
    values = {"endpoint": endpoint, "tag_prefix": "zdauto_"}
    installed = install(room("triggers"), client, sandbox.url, values)
    return DemoAccount(
        client_id=made["identifier"],
        client_secret=Secret(made["secret"]),
        webhook_secrets=tuple(installed.secrets.values()),
        brand_ids=brands,
        view_id=installed.ids["view-senior-queue"],
    )


def _groups(files: DeskFiles) -> Iterator[str]:
    yield files.desk.danger.group
    yield from (topic.group for topic in files.desk.topics if topic.group)


def _brand(sandbox: SandboxServer, subdomain: str) -> int:
    body = {"brand": {"name": subdomain.title(), "subdomain": subdomain}}
    brand: int = sandbox.client().post("/api/v2/brands", json=body, timeout=10).json()["brand"]["id"]
    return brand


def _load_articles(sandbox: SandboxServer) -> None:
    rows = [(desk, row) for desk in DESKS for row in articles(desk)]
    ids = load_articles(sandbox.account, [row for _, row in rows])
    translations = sandbox.account.store.collection("hc_translations")
    for translation in translations:
        desk = next((name for name, row in rows if ids[row["key"]] == translation.get("source_id")), "")
        body = with_real_links(translation.get("body") or "", desk, ids)
        if body != translation.get("body"):
            translations.save({**translation, "body": body})


def arrive(sandbox: SandboxServer, account: DemoAccount, tickets: list[DemoTicket]) -> Iterator[int]:
    """Create the tickets one by one, as customers would; yields how many are there."""
    client = sandbox.client()
    locales = {row["locale"].lower(): row["id"] for row in client.get("/api/v2/locales", timeout=10).json()["locales"]}
    for number, ticket in enumerate(tickets, start=1):
        locale = locales.get(ticket.requester_locale.lower()) or locales.get(
            ticket.requester_locale.split("-")[0].lower()
        )
        requester = {"name": ticket.requester_name, "email": f"customer{number}@example.com", "locale_id": locale or 1}
        # The API refuses an empty comment; mail without text is a lone zero-width space here.
        words = {"html_body" if ticket.html else "body": ticket.body or "\u200b"}
        body = {
            "subject": ticket.subject,
            "comment": words,
            "requester": requester,
            "brand_id": account.brand_ids[ticket.desk],
        }
        client.post("/api/v2/tickets", json={"ticket": body}, timeout=30).raise_for_status()
        yield number
