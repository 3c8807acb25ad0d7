"""The account as commands see it: gateway and desks from the environment."""

from __future__ import annotations

from pathlib import Path

import click

from zd_automation.cli.environment import settings
from zd_automation.config import Settings
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.desks import DeskRegistry
from zd_automation.errors import ZdAutomationError
from zd_automation.log import configure_logging
from zd_automation.metrics import Metrics
from zd_automation.models.cache import ModelCache, default_cache_folder
from zd_automation.service import Stores, open_gateway, open_stores
from zd_automation.tickets import Ticket
from zd_automation.triage.decide import Triage
from zd_automation.zendesk.zenpy_gateway import ZenpyGateway


def open_account(desk: Path | None = None) -> tuple[Settings, Stores, ZenpyGateway, list[DeskFiles]]:
    """Settings, stores, gateway and desk files for a command that talks to Zendesk."""
    configure_logging("WARNING")  # standard output is the answer's
    found = settings(needs_webhooks=False)
    files = [load_desk(folder) for folder in ((desk,) if desk else found.desks)]
    stores = open_stores(found)
    return found, stores, open_gateway(found, files[0], stores.engine, Metrics()), files


def fetch_with_triage(ticket_id: int, desk: Path | None = None) -> tuple[Ticket, Triage]:
    """A ticket of the account and the desk that serves it. Raises ZdAutomationError when no desk does."""
    found, _, gateway, files = open_account(desk)
    models = ModelCache(found.cache_dir or default_cache_folder())
    registry = DeskRegistry(files, gateway, models, models_dir=found.registries)
    registry.load()
    for trouble in registry.not_ready():
        click.echo(f"warning: {trouble}", err=True)
    ticket = gateway.fetch(ticket_id)
    triage = registry.for_ticket(ticket)
    if triage is None:
        raise ZdAutomationError(f"no desk of ZD_DESK serves the brand of ticket {ticket_id}")
    return ticket, triage
