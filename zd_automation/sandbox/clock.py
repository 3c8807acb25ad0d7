"""The sandbox's own clock: real time plus an offset, or frozen and turned by hand in tests."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Tells the time as the sandbox sees it; thread-safe."""

    def __init__(self, frozen_at: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._frozen_at = frozen_at
        self._offset = timedelta()

    def now(self) -> datetime:
        """The current sandbox time, aware and in UTC."""
        with self._lock:
            return (self._frozen_at or datetime.now(UTC)) + self._offset

    def timestamp(self) -> int:
        """The current sandbox time in whole seconds since the epoch."""
        return int(self.now().timestamp())

    def iso(self) -> str:
        """The current time as REST shows it: second precision, ``2026-11-22T03:00:00Z``."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def advance(self, seconds: float) -> None:
        """Turn the clock forward (or back, when negative)."""
        with self._lock:
            self._offset += timedelta(seconds=seconds)

    def freeze(self) -> None:
        """Stop at the present moment; only :meth:`advance` moves it from here."""
        with self._lock:
            self._frozen_at = self._frozen_at or datetime.now(UTC)

    def release(self) -> None:
        """Let the clock run with real time again, keeping what was advanced."""
        with self._lock:
            self._frozen_at = None
