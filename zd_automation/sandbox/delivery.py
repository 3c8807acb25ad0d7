"""The sandbox's webhook sender: really POSTs, signs, retries, throttles, breaks circuits, as Zendesk does.

Everything that waits (retries, throttled and late deliveries) waits on the sandbox's clock, so that a test that turns
the clock sees minutes go by at once.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from zd_automation.sandbox import payloads
from zd_automation.sandbox.account import Account
from zd_automation.sandbox.delivery_breaker import CircuitBreaker
from zd_automation.sandbox.delivery_log import ActivityLog, Invocation
from zd_automation.sandbox.delivery_sending import TIMEOUT, WORKERS, post, retry_pause
from zd_automation.sandbox.delivery_signing import target
from zd_automation.sandbox.rules_actions import WebhookCall
from zd_automation.sandbox.store import Doc

MOST_BYTES = 256 * 1024
TRIAL_PER_MINUTE = 60
_POLL = 0.05  # seconds of real time between looks at the sandbox's clock

_senders_lock = threading.Lock()


def deliveries(account: Account) -> Deliveries:
    """The account's one sender, made when first asked for."""
    with _senders_lock:
        sender: Deliveries | None = account.parts.get("deliveries")
        if sender is None:
            sender = account.parts["deliveries"] = Deliveries(account)
        return sender


class Deliveries:
    """Sends one account's webhooks from a few threads of its own; thread-safe. ``timeout`` is in real seconds."""

    def __init__(self, account: Account, timeout: float = TIMEOUT, workers: int = WORKERS) -> None:
        self.log = ActivityLog(account)
        self._account = account
        self._timeout = timeout
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._wake = threading.Condition()
        self._waiting: list[tuple[datetime, int, Invocation]] = []
        self._number = count()
        self._busy = 0
        self._closed = False
        self._held: Invocation | None = None
        self._breakers: dict[str, CircuitBreaker] = {}
        self._recent: deque[datetime] = deque()

    def ticket_event(self, kind: str, ticket: Doc, actor: Doc, event: Doc) -> None:
        """Deliver a ticket event, such as "ticket.created", to every active webhook subscribed to it."""
        webhooks = self._subscribed(kind)
        if webhooks:
            self._deliver(webhooks, payloads.ticket_event_body(self._account, kind, ticket, actor, event))

    def user_event(self, kind: str, user: Doc, event: Doc) -> None:
        """Deliver a user event, such as "user.deleted"."""
        webhooks = self._subscribed(kind)
        if webhooks:
            self._deliver(webhooks, payloads.user_event_body(self._account, kind, user, event))

    def article_event(self, kind: str, article: Doc, event: Doc) -> None:
        """Deliver an article event, such as "article.published"."""
        webhooks = self._subscribed(kind)
        if webhooks:
            self._deliver(webhooks, payloads.article_event_body(self._account, kind, article, event))

    def message_event(self, ticket: Doc, event: Doc) -> None:
        """Deliver "messaging_ticket.message_added"."""
        webhooks = self._subscribed("messaging_ticket.message_added")
        if webhooks:
            self._deliver(webhooks, payloads.message_event_body(self._account, ticket, event))

    def call(self, webhook_call: WebhookCall, _ticket: Doc | None = None) -> None:
        """Call the webhook that a trigger or automation named; one that is gone or inactive is passed over."""
        webhook = self._account.store.collection("webhooks").get(webhook_call.webhook_id)
        if webhook is not None and webhook.get("status") == "active":
            self._deliver([webhook], webhook_call.body)

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until everything is sent that falls due within ``timeout`` seconds; whether that came to pass.

        On a frozen clock only what is due at this moment is waited for.
        """
        horizon = timedelta(seconds=timeout if self._clock_runs() else 0)
        limit = self._account.clock.now() + horizon
        end = time.monotonic() + timeout
        with self._wake:
            self._release_held()
            while self._busy or any(due <= limit for due, _, _ in self._waiting):
                if time.monotonic() >= end:
                    return False
                self._wake.wait(_POLL)
        return True

    def close(self) -> None:
        """Stop sending; what has not been sent is lost."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(timeout=self._timeout + 1)

    def _clock_runs(self) -> bool:
        before = self._account.clock.now()
        time.sleep(0.002)
        return self._account.clock.now() != before

    def _subscribed(self, kind: str) -> list[Doc]:
        wanted = payloads.EVENT_PREFIX + kind
        webhooks = self._account.store.collection("webhooks")
        return [w for w in webhooks if w.get("status") == "active" and wanted in (w.get("subscriptions") or ())]

    def _deliver(self, webhooks: Iterable[Doc], content: str | bytes | list[tuple[str, str]]) -> None:
        for webhook in webhooks:
            invocation = Invocation(payloads.ulid(self._account), str(webhook["id"]), content)
            if len(target(webhook, content)[1]) >= MOST_BYTES:
                self.log.invocation(invocation, "failed")
            else:
                self._admit(invocation)

    def _admit(self, invocation: Invocation) -> None:
        """Put an invocation on its way, past the faults that are set."""
        if self._fault("drop") is not None:
            return
        late = self._fault("late")
        delay = float(late.get("seconds", 240)) if late is not None else 0.0
        if self._fault("duplicate") is not None:
            self._queue(replace(invocation, id=payloads.ulid(self._account), held=[]), delay)
        reorder = self._fault("reorder")
        with self._wake:
            if reorder is not None and self._held is None:
                self._held = invocation
                return
            if self._held is not None:
                invocation.held.append(self._held)
                self._held = None
        self._queue(invocation, delay)

    def _fault(self, name: str) -> Doc | None:
        """The parameters of a fault if it strikes now; one with a ``count`` wears out."""
        if not self._account.faults:
            return None
        with self._account.store.lock:
            fault = self._account.faults.get(name)
            if fault is None or self._account.store.random.random() >= float(fault.get("probability", 1)):
                return None
            if fault.get("count") is not None:
                fault["count"] -= 1
                if fault["count"] <= 0:
                    del self._account.faults[name]
            return fault

    def _queue(self, invocation: Invocation, delay: float = 0.0) -> None:
        due = self._account.clock.now() + timedelta(seconds=delay)
        with self._wake:
            if self._closed:
                return
            heapq.heappush(self._waiting, (due, next(self._number), invocation))
            if len(self._threads) < self._workers:
                self._start_worker()
            self._wake.notify()

    def _start_worker(self) -> None:
        thread = threading.Thread(target=self._work, name=f"webhooks-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _release_held(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            heapq.heappush(self._waiting, (self._account.clock.now(), next(self._number), held))
            self._wake.notify()

    def _work(self) -> None:
        while (invocation := self._next()) is not None:
            try:
                self._handle(invocation)
            finally:
                for held in invocation.held:
                    self._queue(held)
                invocation.held = []
                with self._wake:
                    self._busy -= 1
                    self._wake.notify_all()

    def _next(self) -> Invocation | None:
        with self._wake:
            while not self._closed:
                if self._waiting and self._waiting[0][0] <= self._account.clock.now():
                    self._busy += 1
                    return heapq.heappop(self._waiting)[2]
                self._wake.wait(_POLL if self._waiting else None)
        return None

    def _handle(self, invocation: Invocation) -> None:
        webhook = self._account.store.collection("webhooks").get(invocation.webhook_id)
        if webhook is None:
            return
        if self._throttles(invocation):
            self.log.invocation(invocation, "throttled")
            self._queue(invocation, self._account.store.random.uniform(30, 490))
        elif not self._circuit_allows(invocation.webhook_id):
            self.log.invocation(invocation, "circuit broken")
        else:
            self._attempt(webhook, invocation)

    def _throttles(self, invocation: Invocation) -> bool:
        """Whether a trial account's minute is full; a throttled delivery is made later, once."""
        if not self._account.settings.trial or invocation.throttled or invocation.attempts:
            return False
        now = self._account.clock.now()
        with self._wake:
            while self._recent and self._recent[0] <= now - timedelta(minutes=1):
                self._recent.popleft()
            if len(self._recent) < TRIAL_PER_MINUTE:
                self._recent.append(now)
                return False
        invocation.throttled = True
        return True

    def _circuit_allows(self, webhook_id: str) -> bool:
        with self._wake:
            breaker = self._breakers.setdefault(webhook_id, CircuitBreaker())
            return breaker.allows(self._account.clock.now())

    def _attempt(self, webhook: Doc, invocation: Invocation) -> None:
        invocation.attempts += 1
        headers, body, answer = post(self._account, webhook, invocation, self._timeout)
        with self._wake:
            self._breakers[invocation.webhook_id].record(self._account.clock.now(), answer.failed)
        pause = retry_pause(answer, invocation.attempts) if self._account.settings.webhook_retries else None
        status = "retrying" if pause is not None else "terminated" if answer.failed else "success"
        self.log.attempt(invocation, headers, body, answer, status)
        self.log.invocation(invocation, status, answer.status)
        if pause is not None:
            self._queue(invocation, pause)
