"""The circuit breaker in front of each webhook."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=5)
PROBE_EVERY = timedelta(seconds=5)
MOST_ERRORS = 1000
FAILING_SHARE = 0.7
FEWEST_REQUESTS = 20  # below this many in five minutes a share means nothing


class CircuitBreaker:
    """Trips when most of a webhook's requests fail, then lets one probe through every five seconds.

    Not thread-safe: whoever asks holds a lock.
    """

    def __init__(self) -> None:
        self._results: deque[tuple[datetime, bool]] = deque()
        self._errors = 0
        self._next_probe: datetime | None = None

    @property
    def broken(self) -> bool:
        """Whether deliveries are being given up at present."""
        return self._next_probe is not None

    def allows(self, now: datetime) -> bool:
        """Whether a request may go out now; while broken, only a probe may."""
        if self._next_probe is None:
            return True
        if now < self._next_probe:
            return False
        self._next_probe = now + PROBE_EVERY
        return True

    def record(self, now: datetime, failed: bool) -> None:
        """Note how a request ended; a success while broken closes the circuit."""
        if self._next_probe is not None:
            if not failed:
                self._close()
            return
        self._results.append((now, failed))
        self._errors += failed
        self._forget(now)
        if self._too_many():
            self._next_probe = now + PROBE_EVERY

    def _close(self) -> None:
        self._next_probe = None
        self._results.clear()
        self._errors = 0

    def _forget(self, now: datetime) -> None:
        while self._results and self._results[0][0] < now - WINDOW:
            self._errors -= self._results.popleft()[1]

    def _too_many(self) -> bool:
        if self._errors > MOST_ERRORS:
            return True
        return len(self._results) >= FEWEST_REQUESTS and self._errors / len(self._results) >= FAILING_SHARE
