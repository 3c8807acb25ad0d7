"""What the product asks of a job engine, small enough that another one could take its place."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

URGENT, NORMAL = "urgent", "normal"
MOST_ATTEMPTS = 5

# A job gets its key and answers None when it is finished, or the seconds after which to call it again.
Job = Callable[[str], float | None]
# Told once when a job has used up its attempts: the key and the name of the last error.
OnDead = Callable[[str, str], None]


class JobEngine(Protocol):
    """Runs jobs at least once, remembers them over crashes, never runs one key twice at a time."""

    def start(self, job: Job, on_dead: OnDead) -> None:
        """Begin to work. ``job`` is called for every submitted key until it answers None."""
        ...

    def submit(self, key: str, queue: str) -> None:
        """Hand a key to a queue. A key that was submitted before is not run again."""
        ...

    def holds(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys whose jobs wait or run: however long they take, they are not lost."""
        ...

    def take_over(self, worker: str) -> int:
        """Start the jobs again that a dead worker left; returns how many."""
        ...

    def forget_older_than(self, seconds: float) -> int:
        """Delete what is kept of jobs that ended longer ago than this; returns how many."""
        ...

    def stop(self, timeout: float) -> None:
        """Take nothing new, let running jobs finish for at most ``timeout`` seconds, and end."""
        ...


class InProcessEngine:
    """Jobs in threads of this process, in memory: for tests and one-shot commands. A crash forgets what waited."""

    def __init__(self, workers: int = 4) -> None:
        self._queue: queue.PriorityQueue[tuple[int, int, str]] = queue.PriorityQueue()
        self._seen: set[str] = set()
        self._open: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._count = 0
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        self._job: Job | None = None
        self._on_dead: OnDead | None = None

    def start(self, job: Job, on_dead: OnDead) -> None:
        """See :class:`JobEngine`."""
        self._job, self._on_dead = job, on_dead
        for thread in self._threads:
            thread.start()

    def submit(self, key: str, queue: str) -> None:
        """See :class:`JobEngine`."""
        with self._lock:
            if key in self._seen:
                return
            self._seen.add(key)
            self._open.add(key)
            self._count += 1
            place = (0 if queue == URGENT else 1, self._count, key)
        self._queue.put(place)

    def holds(self, keys: Sequence[str]) -> set[str]:
        """See :class:`JobEngine`."""
        with self._lock:
            return self._open & set(keys)

    def take_over(self, worker: str) -> int:  # noqa: ARG002 - nothing of another process is in this memory
        """See :class:`JobEngine`."""
        return 0

    def forget_older_than(self, seconds: float) -> int:  # noqa: ARG002 - keys are all that is kept
        """See :class:`JobEngine`."""
        return 0

    def stop(self, timeout: float) -> None:
        """See :class:`JobEngine`."""
        self._stopping.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                _, _, key = self._queue.get(timeout=0.05)
            except queue.Empty:
                continue
            self._run(key)
            with self._lock:
                self._open.discard(key)

    def _run(self, key: str) -> None:
        errors = 0
        while self._job and not self._stopping.is_set():
            try:
                wait = self._job(key)
            except Exception as error:  # noqa: BLE001 - whatever a job raises counts as a failed attempt
                errors += 1
                if errors >= MOST_ATTEMPTS:
                    if self._on_dead:
                        self._on_dead(key, type(error).__name__)
                    return
                wait = 0.05 * errors
            if wait is None:
                return
            self._stopping.wait(wait)
