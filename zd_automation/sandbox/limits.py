"""Rate limits: counted per minute (or per ten), told in every answer's headers in both spellings, 429 beyond them."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from flask import Response, g

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError

_OWN_COUNTER = ("/api/v2/help_center", "/api/v2/guide", "/api/v2/community", "/api/v2/webhooks")


@dataclass(frozen=True)
class Reading:
    """One limit after a call was counted against it; ``resets`` in seconds."""

    name: str
    total: int
    remaining: int
    resets: int


class Limits:
    """Counters in fixed windows of sandbox time; thread-safe."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._windows: dict[tuple[object, ...], tuple[int, int]] = {}

    def charge(self, name: str, total: int, *key: object, seconds: int = 60) -> Reading | None:
        """Count one call against a limit; None when the limit is off. Raises 429 when it is used up."""
        if total <= 0:
            return None
        now = self._account.clock.timestamp()
        with self._lock:
            window = now // seconds
            started, count = self._windows.get((name, *key), (window, 0))
            count = count + 1 if started == window else 1
            self._windows[(name, *key)] = (window, min(count, total + 1))
            if len(self._windows) > 20_000:
                self._windows = {k: v for k, v in self._windows.items() if v[0] == window}
        reading = Reading(name, total, max(0, total - count), seconds - now % seconds)
        g.setdefault("readings", []).append(reading)
        if count > total:
            raise exceeded(reading)
        return reading

    def reset(self) -> None:
        """Forget all counts."""
        with self._lock:
            self._windows.clear()


def exceeded(reading: Reading) -> ApiError:
    """The 429 of a limit that is used up."""
    if reading.name.startswith("incremental"):
        text = "Number of allowed incremental export API requests per minute exceeded"
    else:
        text = "Number of allowed API requests per minute exceeded"
    body = {"error": "APIRateLimitExceeded", "description": text}
    return ApiError(429, body, {"Retry-After": str(reading.resets)})


def limits(account: Account) -> Limits:
    """The account's counters."""
    found: Limits = account.parts.setdefault("limits", Limits(account))
    return found


def charge_account(account: Account, path: str) -> None:
    """Count a call against the account's limit; Help Center and webhooks have counters of their own."""
    if not path.startswith(_OWN_COUNTER):
        limits(account).charge("account", account.settings.account_limit)


def charge_ticket_update(account: Account, user: Doc, ticket: int) -> None:
    """Count one Update Ticket call: per account and minute, per user and ticket in ten minutes."""
    counted = limits(account)
    counted.charge("per-ticket-updates", account.settings.per_ticket_limit, user["id"], ticket, seconds=600)
    total = (
        min(account.settings.ticket_update_limit, 20)
        if account.settings.trial
        else account.settings.ticket_update_limit
    )
    counted.charge("tickets-update", total)


def charge_export(account: Account, name: str) -> None:
    """Count one incremental export call."""
    limits(account).charge(f"incremental-exports-{name}", account.settings.incremental_limit, "all")


def tell(response: Response) -> None:
    """Write the readings of this request into the answer's headers."""
    for reading in g.get("readings", ()):
        if reading.name == "account":
            total, remaining, resets = str(reading.total), str(reading.remaining), str(reading.resets)
            response.headers.update({
                "X-Rate-Limit": total, "X-Rate-Limit-Remaining": remaining,
                "RateLimit-Limit": total, "RateLimit-Remaining": remaining, "RateLimit-Reset": resets,
                "Rate-Limit": total, "Rate-Limit-Remaining": remaining, "Rate-Limit-Reset": resets,
            })  # fmt: skip
        else:
            text = f"total={reading.total}; remaining={reading.remaining}; resets={reading.resets}"
            response.headers[f"Zendesk-RateLimit-{reading.name}"] = text
            response.headers[f"Zendesk-Rate-Limit-{reading.name}"] = text
