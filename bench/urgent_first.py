"""Measures how soon a security case leaves our side while thousands of ordinary tickets wait; markdown.

    python -m bench.urgent_first [--waiting 10000] [--urgent 20] [--url postgresql+psycopg://...]

Ordinary deliveries fill the queue of ``zd-automation run``; then urgent ones arrive, one every two seconds, and each is timed
until the local Zendesk has its write. Two kinds are told apart: those that the receiver's glance sends ahead, and those that only
the classifier finds once their turn has come.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.processes import machine, wait_for
from bench.sandbox_process import generated
from bench.sender import delivery, send_all
from bench.whole_way import environment, service, zendesk
from zd_automation.danger_hint import learnt_glance
from zd_automation.definitions import room
from zd_automation.demo.service import finished, free_port
from zd_automation.models.cache import ModelCache, default_cache_folder

_PAUSE = 2.0
_PATIENCE = 120.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--waiting", type=int, default=10_000)
    options.add_argument("--urgent", type=int, default=20)
    options.add_argument("--concurrency", type=int, default=8)
    options.add_argument("--url", default="", help="database of inbox, engine and journal; default SQLite")
    chosen = options.parse_args()
    print(f"{machine()}\n")
    hint = learnt_glance(room("models") / "danger" / "examples", ModelCache(default_cache_folder()))
    tickets = generated(int(chosen.waiting * 1.2))
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="zd-urgent-") as name, zendesk(port, len(tickets)) as stand:
        numbered = list(zip(stand.told["tickets"], tickets, strict=True))
        ordinary = [(number, row) for number, row in numbered if not row.urgent][: chosen.waiting]
        cases = [(number, row) for number, row in numbered if row.urgent]
        environ = environment(stand.told, port, Path(name) / "data", chosen)
        if "ZD_CACHE_DIR" in os.environ:
            environ["ZD_CACHE_DIR"] = os.environ["ZD_CACHE_DIR"]
        with service(environ, Path(name) / "data"):
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/readyz", 900)
            secret = stand.told["secret"]
            send_all(port, [delivery(secret, number, row.subject, row.body) for number, row in ordinary], 8)
            print(f"{len(ordinary) - sum(finished(url).values())} ordinary tickets wait\n")
            print(
                "| urgent tickets | number | written after: median | slowest | not within two minutes |\n|---|---|---|---|---|"
            )
            for told, wanted in (("seen by the receiver", True), ("not seen by it", False)):
                some = [(n, row) for n, row in cases if hint(f"{row.subject}\n{row.body}") is wanted][: chosen.urgent]
                took = _timed(stand.told, port, [(n, delivery(secret, n, row.subject, row.body)) for n, row in some])
                done = [seconds for seconds in took if seconds < _PATIENCE]
                median, slowest = (f"{value:.1f} s" for value in (np.median(took), max(took)))
                print(f"| {told} | {len(took)} | {median} | {slowest} | {len(took) - len(done)} |", flush=True)
            print(f"\n{len(ordinary) - sum(finished(url).values())} ordinary tickets still wait")


def _timed(told: dict[str, Any], port: int, requests: list[tuple[int, bytes]]) -> list[float]:
    """Seconds from each delivery to the write that reached Zendesk; the patience for those that did not."""
    sent: dict[int, float] = {}
    took: dict[int, float] = {}
    for number, request in requests:
        sent[number] = time.monotonic()
        send_all(port, [request], 1)
        _look(told, sent, took, until=lambda begun=sent[number]: time.monotonic() > begun + _PAUSE)  # type: ignore[misc]
    deadline = time.monotonic() + _PATIENCE
    _look(told, sent, took, until=lambda: len(took) == len(sent) or time.monotonic() > deadline)
    return [took.get(number, _PATIENCE) for number in sent]


def _look(told: dict[str, Any], sent: dict[int, float], took: dict[int, float], until: Callable[[], bool]) -> None:
    while not until():
        for number in [number for number in sent if number not in took and _is_written(told, number)]:
            took[number] = time.monotonic() - sent[number]
        time.sleep(0.1)


def _is_written(told: dict[str, Any], number: int) -> bool:
    with urllib.request.urlopen(f"{told['url']}/__sandbox__/requests?path=/tickets/{number}") as answer:
        calls = json.load(answer)["requests"]
    return any(call["method"] == "PUT" and call["path"].removesuffix(".json").endswith(f"/{number}") for call in calls)


if __name__ == "__main__":
    main()
