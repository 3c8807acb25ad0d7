"""The local Zendesk in a process of its own: the demo's account, full of tickets, its webhooks switched off.

    python -m bench.sandbox_process SERVICE_PORT TICKETS

Prints one line of JSON, what the service needs to know, then serves until SIGTERM. whole_way.py starts it.
"""

from __future__ import annotations

import dataclasses
import json
import signal
import sys
import threading

from zd_automation.demo.account import arrive, prepare
from zd_automation.demo.content import DemoTicket, demo_tickets
from zd_automation.sandbox.account import LIMITS_OFF
from zd_automation.sandbox.server import SandboxServer


def generated(count: int) -> list[DemoTicket]:
    """The demo's tickets over and over, each opening with the words of another one in its language: few texts come twice."""
    known = demo_tickets()
    same = {row.language: [other for other in known if other.language == row.language] for row in known}
    made = []
    for number in range(count):
        row, turn = known[number % len(known)], number // len(known)
        others = same[row.language]
        other = others[(number * 31 + turn * 7) % len(others)]
        made.append(
            dataclasses.replace(row, body=f"{other.body[:120]}\n{row.body}"[:50_000].strip() if turn else row.body)
        )
    return made


def main() -> None:
    port, count = map(int, sys.argv[1:])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with SandboxServer(LIMITS_OFF) as sandbox:
        account = prepare(sandbox, f"http://127.0.0.1:{port}/zendesk/events")
        client = sandbox.client()
        for webhook in client.get("/api/v2/webhooks", timeout=10).json()["webhooks"]:
            change = {"webhook": {"status": "inactive"}}
            client.patch(f"/api/v2/webhooks/{webhook['id']}", json=change, timeout=10).raise_for_status()
        tickets = generated(count)
        for _ in arrive(sandbox, account, tickets):
            pass
        ids = [row["id"] for row in sandbox.account.store.collection("tickets")][-count:]
        told = {
            "url": sandbox.url, "client_id": account.client_id, "client_secret": account.client_secret.reveal(),
            "secret": account.webhook_secrets[0].reveal(), "tickets": ids,
        }  # fmt: skip
        client.delete("/__sandbox__/requests", timeout=10)
        print(json.dumps(told), flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
