"""Measures the whole way: signed deliveries in a burst to ``zd-automation run``, until every ticket is written; markdown.

    python -m bench.whole_way [--tickets 1000] [--url postgresql+psycopg://...] [--cold] [--folder FOLDER]

The local Zendesk runs in a process of its own, its limits off; it holds all tickets before the service starts, so what
is measured is receiving, fetching, deciding, writing and the journal. ``--cold`` first starts once on an empty cache.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import cpu_seconds, machine, memory_mb, running, wait_for
from bench.sandbox_process import generated
from bench.sender import delivery, send_all
from zd_automation.demo.content import DESKS, desk_folder
from zd_automation.demo.service import finished, free_port

_STAGE = re.compile(r'^zd_stage_seconds_(sum|count)\{stage="(\w+)"\} ([\d.e+-]+)', re.MULTILINE)
_CALLS = re.compile(r'^zd_zendesk_call_seconds_(sum|count)\{method="(\w+)",status="(\d+)"\} ([\d.e+-]+)', re.MULTILINE)
_PATIENCE = 300.0


@dataclass(frozen=True)
class Zendesk:
    """The local Zendesk: its process and what it told about itself."""

    pid: int
    told: dict[str, Any]


@contextmanager
def zendesk(port: int, count: int) -> Iterator[Zendesk]:
    command = [sys.executable, "-m", "bench.sandbox_process", str(port), str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        line = process.stdout.readline() if process.stdout else b""
        yield Zendesk(process.pid, json.loads(line))
    finally:
        process.terminate()
        process.wait(15)


def environment(told: dict[str, Any], port: int, folder: Path, chosen: argparse.Namespace) -> dict[str, str]:
    databases = {"ZD_INBOX_URL": chosen.url, "ZD_DATABASE_URL": chosen.url} if chosen.url else {}
    return {
        "ZD_DESK": ",".join(str(desk_folder(desk)) for desk in DESKS),
        "ZD_BASE_URL": told["url"], "ZD_OAUTH_CLIENT_ID": told["client_id"],
        "ZD_OAUTH_CLIENT_SECRET": told["client_secret"], "ZD_WEBHOOK_SECRETS": told["secret"],
        "ZD_DATA_DIR": str(folder), "ZD_BIND": f"127.0.0.1:{port}", "ZD_CONCURRENCY": str(chosen.concurrency), **databases,
    }  # fmt: skip


@contextmanager
def service(environ: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    folder.mkdir(parents=True, exist_ok=True)
    with running([sys.executable, "-m", "zd_automation", "run"], environ, folder / "service.log") as process:
        yield process


def until(url: str, count: int) -> None:
    """Wait until so many tickets have ended."""
    deadline = time.monotonic() + _PATIENCE
    while sum(finished(url).values()) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {finished(url)} of {count} tickets ended")
        time.sleep(0.1)


def first_decision(environ: dict[str, str], folder: Path, port: int, request: bytes) -> tuple[float, float]:
    """Seconds from the start of the process to readiness, and to the end of a ticket that was sent at once."""
    started, url = time.monotonic(), f"http://127.0.0.1:{port}"
    with service(environ, folder):
        wait_for(f"{url}/healthz")
        send_all(port, [request], 1)
        wait_for(f"{url}/readyz")
        ready = time.monotonic() - started
        until(url, 1)
        return ready, time.monotonic() - started


def calls(told: dict[str, Any], *, forget: bool = False) -> Counter[str]:
    """Zendesk calls since the last forgetting, by method."""
    address = f"{told['url']}/__sandbox__/requests"
    with urllib.request.urlopen(address) as answer:
        found = Counter(call["method"] for call in json.load(answer)["requests"])
    if forget:
        with urllib.request.urlopen(urllib.request.Request(address, method="DELETE")):
            pass
    return found


def burst(environ: dict[str, str], folder: Path, port: int, stand: Zendesk, requests: list[bytes]) -> None:
    """Warm the service with a tenth of the tickets, then measure the rest and print the tables."""
    url, warm = f"http://127.0.0.1:{port}", len(requests) // 10
    with service(environ, folder) as process:
        wait_for(f"{url}/readyz")
        send_all(port, requests[:warm], 8)
        until(url, warm)
        calls(stand.told, forget=True)
        before = stages(url)
        cpu, other = cpu_seconds(process.pid), cpu_seconds(stand.pid)
        started = time.monotonic()
        accepted = send_all(port, requests[warm:], 8)
        until(url, len(requests))
        wall, count = time.monotonic() - started, len(requests) - warm
        cpu, other = cpu_seconds(process.pid) - cpu, cpu_seconds(stand.pid) - other
        used = memory_mb(process.pid)
        after = stages(url)
        outcomes = finished(url)
    made = calls(stand.told)
    print(f"| {count} tickets in a burst | |\n|---|---|")
    print(f"| all accepted after | {accepted.wall:.1f} s |")
    print(f"| all written after | {wall:.1f} s: **{count / wall:.0f} tickets/s** |")
    print(f"| CPU of the service | {cpu:.1f} s: {cpu / count * 1000:.1f} ms a ticket, {cpu / wall:.2f} cores |")
    print(f"| CPU of the local Zendesk beside it | {other:.1f} s: {other / count * 1000:.1f} ms a ticket |")
    print(f"| memory of the service (RSS, all processes) | {used[0]:.0f} MB; shared pages once: {used[1]:.0f} MB |")
    print("| Zendesk calls a ticket | " + ", ".join(f"{n / count:.3f} {verb}" for verb, n in made.items()) + " |")
    print("| outcomes | " + ", ".join(f"{name} {number}" for name, number in outcomes.items()) + " |")
    print("\n| stage | calls | mean ms, waiting for the GIL included |\n|---|---|---|")
    for name in after:
        seconds, times = (new - old for new, old in zip(after[name], before.get(name, (0.0, 0.0)), strict=True))
        if times:
            print(f"| {name} | {times:.0f} | {seconds / times * 1000:.1f} |")


def stages(url: str) -> dict[str, tuple[float, float]]:
    """Seconds and calls of every stage and of the calls to Zendesk so far."""
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        text = answer.read().decode()
    found: dict[str, dict[str, float]] = {}
    for kind, name, value in _STAGE.findall(text):
        found.setdefault(name, {})[kind] = float(value)
    for kind, method, status, value in _CALLS.findall(text):
        found.setdefault(f"{method} {status}", {})[kind] = float(value)
    return {name: (both["sum"], both["count"]) for name, both in found.items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tickets", type=int, default=1000)
    options.add_argument("--concurrency", type=int, default=8)
    options.add_argument("--url", default="", help="database of inbox, engine and journal; default SQLite")
    options.add_argument("--cold", action="store_true", help="measure the start on an empty cache and on a warm one")
    options.add_argument("--folder", type=Path, help="where the databases lie")
    chosen = options.parse_args()
    print(f"{machine()}\n")
    port, count = free_port(), chosen.tickets + chosen.tickets // 10
    with tempfile.TemporaryDirectory(prefix="zd-way-", dir=chosen.folder) as name, zendesk(port, count + 2) as stand:
        folder, tickets = Path(name), generated(count + 2)
        numbered = zip(stand.told["tickets"], tickets, strict=True)
        requests = [delivery(stand.told["secret"], number, row.subject, row.body) for number, row in numbered]
        environ = environment(stand.told, port, folder / "data", chosen)
        if chosen.cold:
            print("| start | ready after s | first ticket written after s |\n|---|---|---|")
            cache = {"ZD_CACHE_DIR": str(folder / "cache")}
            for turn, said in enumerate(("cold cache", "warm cache")):
                own = {**environ, **cache, "ZD_DATA_DIR": str(folder / f"start{turn}")}
                ready, first = first_decision(own, folder / f"start{turn}", port, requests[-1 - turn])
                print(f"| {said} | {ready:.1f} | {first:.1f} |", flush=True)
            environ = {**environ, **cache}
            print()
        elif "ZD_CACHE_DIR" in os.environ:
            environ["ZD_CACHE_DIR"] = os.environ["ZD_CACHE_DIR"]
        burst(environ, folder / "data", port, stand, requests[:count])


if __name__ == "__main__":
    main()
