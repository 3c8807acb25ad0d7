"""The activity log of webhooks: invocations and attempts, kept for seven days."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.payloads import ulid
from zd_automation.sandbox.store import Doc

KEPT = 10_000  # invocations; older ones are forgotten first


@dataclass
class Invocation:
    """One delivery to one webhook: its id stays the same over all attempts.

    ``content`` is the body as it goes out, or name and value pairs; ``held`` are invocations that a fault keeps
    back until this one has been sent.
    """

    id: str
    webhook_id: str
    content: str | bytes | list[tuple[str, str]]
    attempts: int = 0
    throttled: bool = False
    held: list[Invocation] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """What came back from the receiver; ``status`` is None when nothing did."""

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: str = ""
    timed_out: bool = False

    @property
    def failed(self) -> bool:
        """Whether this counts against the webhook."""
        return self.status is None or self.status >= 400


class ActivityLog:
    """Writes invocations and attempts into the account's store, in the shape in which the API lists them."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._invocations = account.store.collection("webhook_invocations")
        self._attempts = account.store.collection("webhook_attempts")
        self._order: deque[str] = deque(str(doc["id"]) for doc in self._invocations)
        self._attempt_ids: dict[str, list[str]] = {}
        for attempt in self._attempts:
            self._attempt_ids.setdefault(attempt["invocation_id"], []).append(attempt["id"])

    def invocation(self, invocation: Invocation, status: str, status_code: int | None = None) -> None:
        """Note where an invocation stands; ``status`` such as "throttled", "circuit broken" or "terminated"."""
        with self._account.store.lock:
            if invocation.id not in self._invocations:
                self._order.append(invocation.id)
            doc: Doc = {
                "id": invocation.id,
                "webhook_id": invocation.webhook_id,
                "status": status,
                "latest_completed_at": self._account.clock.iso(),
            }
            if status_code is not None:
                doc["status_code"] = status_code
            self._invocations.save(doc)
            self._forget()

    def attempt(
        self, invocation: Invocation, sent: Mapping[str, str], body: bytes, answer: Answer, status: str
    ) -> None:
        """Note one attempt with everything that was sent and came back."""
        attempt_id = ulid(self._account)
        doc: Doc = {
            "id": attempt_id,
            "webhook_id": invocation.webhook_id,
            "invocation_id": invocation.id,
            "status_code": answer.status,
            "status": status,
            "request": {"headers": _listed(sent), "payload": body.decode(errors="replace")},
            "response": {"headers": _listed(answer.headers), "payload": answer.payload},
            "completed_at": self._account.clock.iso(),
        }
        with self._account.store.lock:
            self._attempts.save(doc)
            self._attempt_ids.setdefault(invocation.id, []).append(attempt_id)

    def invocations_of(self, webhook_id: str) -> list[Doc]:
        """A webhook's invocations, latest first."""
        found = self._invocations.where(lambda doc: doc["webhook_id"] == webhook_id)
        return sorted(found, key=lambda doc: str(doc["id"]), reverse=True)

    def attempts_of(self, invocation_id: str) -> list[Doc]:
        """An invocation's attempts, first to last."""
        found = [self._attempts.get(key) for key in self._attempt_ids.get(invocation_id, [])]
        return [doc for doc in found if doc is not None]

    def _forget(self) -> None:
        while len(self._order) > KEPT:
            oldest = self._order.popleft()
            self._invocations.delete(oldest)
            for attempt_id in self._attempt_ids.pop(oldest, []):
                self._attempts.delete(attempt_id)


def _listed(headers: Mapping[str, str]) -> list[Doc]:
    return [{"key": key, "value": value} for key, value in headers.items()]
