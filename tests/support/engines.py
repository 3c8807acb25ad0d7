"""An engine under test: what its jobs were called with, what it gave up, and a worker process that can be killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.waiting import until
from zd_automation.engine.dbos_engine import DbosEngine
from zd_automation.engine.jobs import Job, JobEngine

_PROGRAM = Path(__file__).with_name("engine_process.py")


class Bench:
    """One engine, what its jobs were called with and what it gave up."""

    def __init__(self, engine: JobEngine, job: Job | None = None) -> None:
        self.engine = engine
        self.job = job
        self.calls: list[str] = []
        self.dead: list[tuple[str, str]] = []

    def start(self) -> Bench:
        self.engine.start(self._noted, lambda key, why: self.dead.append((key, why)))
        return self

    def use(self, job: Job | None) -> None:
        """Forget what was, and do ``job`` from now on."""
        self.job, self.calls, self.dead = job, [], []

    def called(self, *keys: str) -> bool:
        """Whether all these keys were called, within a deadline."""
        return until(lambda: set(keys) <= set(self.calls))

    def _noted(self, key: str) -> float | None:
        self.calls.append(key)
        return self.job(key) if self.job else None


def dbos(url: str, name: str, job: Job | None = None, *, at_once: int = 3) -> Bench:
    """A started DBOS engine. DBOS is one a process: stop it before the next."""
    return Bench(DbosEngine(url, name, at_once), job).start()


class Process:
    """``engine_process.py`` at work under a worker's name, with keys that it submits."""

    def __init__(self, url: str, name: str, folder: Path, *keys: str) -> None:
        self.folder = folder
        command = [sys.executable, str(_PROGRAM), url, name, str(folder), *keys]
        self.popen = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_PROGRAM.parents[2])
        assert self.popen.stdout.readline() == b"submitted\n"

    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def end_jobs(self) -> None:
        """Let the jobs end that would go on for ever."""
        self._tell()

    def leave(self) -> int:
        """Stop the engine and let the process leave; its exit status."""
        self._tell()
        return self.popen.wait(40)

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait(10)
        self.popen.stdin.close()
        self.popen.stdout.close()

    def _tell(self) -> None:
        self.popen.stdin.write(b"\n")
        self.popen.stdin.flush()
