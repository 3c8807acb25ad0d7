"""Measures accepting: our receiver and a bare Flask view that writes one row, taking turns in one run; prints markdown.

    python -m bench.accept [--rounds 6] [--each 400] [--folder FOLDER]

Both run under gunicorn with deploy/gunicorn.conf.py and an SQLite file with the inbox's settings, each in processes of
its own. Senders keep their connections open. Every delivery is new, signed, and holds a ticket of the demo.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.processes import cpu_seconds, machine, running, wait_for
from bench.sender import ACCOUNT, delivery, send_all
from zd_automation.definitions import room
from zd_automation.demo.content import demo_tickets
from zd_automation.demo.service import free_port

SECRET = "q1J7mB3n8wTzC0yXkLr5vP2sUe9hFdGa4iOoWbNtRjM="
SENDERS = (1, 8, 32)


@dataclass
class Side:
    """One of the two receivers and what was measured of it, by number of senders."""

    port: int
    pid: int
    seconds: dict[int, list[float]] = field(default_factory=dict)
    wall: dict[int, float] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)

    def take_turn(self, requests: list[bytes], senders: int) -> None:
        before = cpu_seconds(self.pid)
        answers = send_all(self.port, requests, senders)
        if set(answers.statuses) != {202}:
            raise RuntimeError(f"not every delivery was accepted: {dict(answers.statuses)}")
        self.seconds.setdefault(senders, []).extend(answers.seconds)
        self.wall[senders] = self.wall.get(senders, 0.0) + answers.wall
        self.cpu[senders] = self.cpu.get(senders, 0.0) + cpu_seconds(self.pid) - before


@contextmanager
def both_sides(folder: Path) -> Iterator[tuple[Side, Side]]:
    with ExitStack() as stack:
        ours, bare = free_port(), free_port()
        environ = {
            "ZD_WEBHOOK_SECRETS": SECRET, "ZD_ACCOUNT_ID": str(ACCOUNT), "ZD_BASE_URL": "http://127.0.0.1:9",
            "ZD_DATA_DIR": str(folder / "ours"), "ZD_BIND": f"127.0.0.1:{ours}",
        }  # fmt: skip
        first = running([sys.executable, "-m", "zd_automation", "serve"], environ, folder / "ours.log")
        config = ["--config", str(room("deploy") / "gunicorn.conf.py")]
        environ = {"BARE_URL": f"sqlite:///{folder / 'bare.sqlite'}", "ZD_BIND": f"127.0.0.1:{bare}"}
        command = [sys.executable, "-m", "gunicorn", *config, "bench.bare_view:create_app()"]
        second = running(command, environ, folder / "bare.log")
        pids = [stack.enter_context(process).pid for process in (first, second)]
        for port in (ours, bare):
            wait_for(f"http://127.0.0.1:{port}/healthz", 60)
        yield Side(ours, pids[0]), Side(bare, pids[1])


def measure(sides: tuple[Side, Side], rounds: int, each: int) -> None:
    tickets, numbers = demo_tickets(), itertools.count(1)

    def fresh(count: int) -> list[bytes]:
        chosen = ((number, tickets[number % len(tickets)]) for number in itertools.islice(numbers, count))
        return [delivery(SECRET, number, ticket.subject, ticket.body) for number, ticket in chosen]

    for side in sides:
        send_all(side.port, fresh(2 * len(tickets)), 8)  # warm: connections, compiled phrases, pages
    for turn in range(rounds):
        for senders in SENDERS:
            for side in sides if turn % 2 else reversed(sides):
                side.take_turn(fresh(each), senders)


def at(values: list[float], share: float) -> float:
    """A quantile in milliseconds."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1000


def print_table(ours: Side, bare: Side) -> None:
    print("| senders | | p50 ms | p99 ms | deliveries/s | CPU ms each |")
    print("|---|---|---|---|---|---|")
    for senders in SENDERS:
        rows = []
        for name, side in (("receiver", ours), ("bare view", bare)):
            found, count = side.seconds[senders], len(side.seconds[senders])
            row = (at(found, 0.5), at(found, 0.99), count / side.wall[senders], side.cpu[senders] / count * 1000)
            rows.append(row)
            print(f"| {senders} | {name} | {row[0]:.2f} | {row[1]:.2f} | {row[2]:.0f} | {row[3]:.2f} |")
        ratio = [mine / other for mine, other in zip(*rows, strict=True)]
        print(f"| {senders} | **ratio** | **{ratio[0]:.2f}** | {ratio[1]:.2f} | {ratio[2]:.2f} | {ratio[3]:.2f} |")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=6)
    options.add_argument("--each", type=int, default=400, help="deliveries a round, side and number of senders")
    options.add_argument("--folder", type=Path, help="where the databases lie: an fsync costs what its disk takes")
    chosen = options.parse_args()
    print(f"{machine()}; {chosen.rounds} rounds of {chosen.each}\n")
    with tempfile.TemporaryDirectory(prefix="zd-accept-", dir=chosen.folder) as name, both_sides(Path(name)) as sides:
        measure(sides, chosen.rounds, chosen.each)
        print_table(*sides)


if __name__ == "__main__":
    main()
