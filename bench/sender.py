"""A load generator in one thread: kept-open connections, one delivery in flight on each, time of every answer."""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from zd_automation.webhooks.verify import SIGNATURE, TIMESTAMP, sign

ACCOUNT = 22129848
WEBHOOK = "01JD8PZZ3N5Q7R9T1V3X5Z7B9D"
_PATH = "/zendesk/events"


@dataclass
class Answers:
    """Seconds of every answer, in the order of their coming, and how often each status came."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wall: float = 0.0


def delivery(secret: str, ticket_id: int, subject: str, body: str) -> bytes:
    """A signed ``ticket.created`` event as the bytes of a whole HTTP request."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    detail = {
        "id": str(ticket_id), "subject": subject, "description": body, "status": "NEW", "tags": [], "type": None,
        "brand_id": "360002783572", "group_id": "0", "priority": None, "is_public": True, "created_at": now,
        "updated_at": now, "requester_id": "387642178311", "submitter_id": "387642178311",
        "via": {"channel": "web_form"},
    }  # fmt: skip
    event = {
        "account_id": ACCOUNT, "detail": detail, "event": {}, "id": f"1c2f6f4e-0c55-4f0e-9b5e-{ticket_id:012d}",
        "subject": f"zen:ticket:{ticket_id}", "time": now, "type": "zen:event-type:ticket.created",
        "zendesk_event_version": "2022-11-06",
    }  # fmt: skip
    raw = json.dumps(event).encode()
    headers = {
        "Host": "127.0.0.1", "User-Agent": "Zendesk Webhook", "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(raw)), "X-Zendesk-Account-Id": str(ACCOUNT), "X-Zendesk-Webhook-Id": WEBHOOK,
        "X-Zendesk-Webhook-Invocation-Id": f"01JD8Q{ticket_id:020d}", SIGNATURE: sign(secret, now, raw), TIMESTAMP: now,
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {_PATH} HTTP/1.1\r\n{head}\r\n".encode() + raw


class _Connection:
    def __init__(self, port: int) -> None:
        self._port = port
        self.socket = self._open()
        self.sent_at = 0.0
        self.answer = b""

    def _open(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def send(self, request: bytes) -> None:
        self.answer = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> int | None:
        """The status once the answer is whole, else None."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the receiver closed a connection in the middle of an answer")
        self.answer += piece
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found:
            return None
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        return int(lines[0].split()[1]) if len(body) >= length else None


def send_all(port: int, requests: Sequence[bytes], senders: int) -> Answers:
    """Send every request once over ``senders`` connections, the next on each as soon as its answer is there."""
    waiting: Iterator[bytes] = iter(requests)
    answers = Answers()
    with selectors.DefaultSelector() as selector:
        started = time.perf_counter()
        for _ in range(min(senders, len(requests))):
            connection = _Connection(port)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(waiting))
        while len(answers.seconds) < len(requests):
            ready = selector.select(timeout=30)
            if not ready:
                raise TimeoutError("no answer for 30 seconds")
            for key, _ in ready:
                _go_on(key.data, waiting, answers)
        answers.wall = time.perf_counter() - started
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return answers


def _go_on(connection: _Connection, waiting: Iterator[bytes], answers: Answers) -> None:
    status = connection.read()
    if status is None:
        return
    answers.seconds.append(time.perf_counter() - connection.sent_at)
    answers.statuses[status] += 1
    following = next(waiting, None)
    if following is not None:
        connection.send(following)
