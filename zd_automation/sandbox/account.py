"""One sandbox account: everything its parts share, passed around as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from zd_automation.sandbox.clock import SandboxClock
from zd_automation.sandbox.store import Doc, Store

ACCOUNT_ID = 22_129_848


@dataclass(frozen=True)
class SandboxSettings:
    """How a sandbox behaves. Limits are per minute unless said otherwise; 0 switches a limit off."""

    subdomain: str = "sandbox"
    seed: int = 0
    strict_auth: bool = False
    account_limit: int = 700
    ticket_update_limit: int = 100
    per_ticket_limit: int = 30  # per 10 minutes, user and ticket
    incremental_limit: int = 10
    help_center_limit: int = 700
    access_token_ttl: int = 1800  # seconds
    export_lag: int = 60  # seconds that the incremental export holds back
    list_limit: int = 100
    trial: bool = False
    webhook_retries: bool = True
    triage_double: bool = False  # Zendesk's own triage updates each ticket 2 to 20 s after creation
    routing_double: bool = False  # omnichannel routing assigns right after creation


# Limits are the one thing that a demo or a speed test does without.
LIMITS_OFF = SandboxSettings(
    account_limit=0, ticket_update_limit=0, per_ticket_limit=0, incremental_limit=0, help_center_limit=0
)


@dataclass
class Account:
    """The state that every part of the sandbox works on."""

    settings: SandboxSettings
    store: Store
    clock: SandboxClock
    base_url: str = "http://localhost"
    faults: dict[str, Doc] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict, repr=False)  # what runs beside the documents, by name

    @property
    def id(self) -> int:
        """The account's number, as webhooks carry it."""
        return ACCOUNT_ID
