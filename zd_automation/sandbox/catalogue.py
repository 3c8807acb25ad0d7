"""All blueprints of the sandbox's API in the order of registration."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint

from zd_automation.sandbox import (
    attachments,
    business_rules,
    doubles,
    fields,
    groups,
    help_center,
    incremental,
    jobs,
    metrics,
    oauth,
    organizations,
    pages,
    plain,
    requests_api,
    search,
    suspended,
    tags,
    ticket_bulk,
    ticket_deletion,
    ticket_merge,
    ticket_parts,
    tickets,
    user_parts,
    users,
    voice_and_chat,
    webhooks,
)
from zd_automation.sandbox.account import Account

Maker = Callable[[Account], Blueprint]
MAKERS: tuple[Maker, ...] = (
    tickets.blueprint,
    ticket_bulk.blueprint,
    ticket_parts.blueprint,
    ticket_deletion.blueprint,
    ticket_merge.blueprint,
    fields.blueprint,
    groups.blueprint,
    users.blueprint,
    user_parts.blueprint,
    organizations.blueprint,
    jobs.blueprint,
    incremental.blueprint,
    metrics.blueprint,
    search.blueprint,
    tags.blueprint,
    oauth.blueprint,
    attachments.blueprint,
    suspended.blueprint,
    requests_api.blueprint,
    plain.blueprint,
    business_rules.blueprint,
    webhooks.blueprint,
    help_center.blueprint,
    pages.blueprint,
    voice_and_chat.blueprint,
)


def blueprints(account: Account) -> Iterable[Blueprint]:
    """Every blueprint; the doubles of Zendesk's own automatisms are installed on the way."""
    doubles.install(account)
    for make in MAKERS:
        yield make(account)
