"""Waiting for what other threads and processes do, with a deadline instead of a guess."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(condition: Callable[[], object], timeout: float = 20.0, *, every: float = 0.02) -> bool:
    """Whether the condition came true within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(every)
    return bool(condition())
