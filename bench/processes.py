"""Processes under measurement: start, wait, CPU seconds and memory of a whole tree, from /proc."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def running(command: Sequence[str], environ: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with its output in ``log``; ended with SIGTERM, killed when that is not enough."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for(url: str, timeout: float = 120.0) -> float:
    """Seconds until ``url`` answers 200. Raises TimeoutError when it does not."""
    started = time.monotonic()
    while time.monotonic() - started < timeout:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return time.monotonic() - started
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.05)
    raise TimeoutError(f"{url} did not answer within {timeout:.0f} s")


def tree(pid: int) -> list[int]:
    """A process and everything below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    below = children.read_text().split() if children.exists() else []
    return [pid, *(found for child in below for found in tree(int(child)))]


def cpu_seconds(pid: int) -> float:
    """User and system time that the tree has used so far."""
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in tree(pid)]
    return sum(int(row[11]) + int(row[12]) for row in fields) / _TICKS


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident and proportional memory of the tree in MB: pages that processes share count once in the second."""
    resident = proportional = 0
    for one in tree(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            resident += int(rest.split()[0]) if name == "Rss" else 0
            proportional += int(rest.split()[0]) if name == "Pss" else 0
    return resident / 1024, proportional / 1024


def machine() -> str:
    """One line about where this ran."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    load = os.getloadavg()[0]
    return f"{cpu}, {os.cpu_count()} CPUs, Python {platform.python_version()}, load {load:.1f} at the start"
