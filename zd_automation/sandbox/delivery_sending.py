"""One attempt over HTTP, and whether another one follows."""

from __future__ import annotations

import urllib3
from urllib3.util import SKIP_HEADER

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.delivery_log import Answer, Invocation
from zd_automation.sandbox.delivery_signing import request_headers, target
from zd_automation.sandbox.store import Doc

TIMEOUT = 10.0  # seconds the receiver has for its answer
WORKERS = 8
_TIMEOUT_RETRIES, _CONFLICT_RETRIES, _BUSY_RETRIES = 5, 3, 3
_RETRY_PAUSE = 1.0  # seconds before a retry for which the receiver named no time


def post(account: Account, webhook: Doc, invocation: Invocation, timeout: float = TIMEOUT) -> tuple[Doc, bytes, Answer]:
    """Send one request now; returns the headers and the body that went out and what came back."""
    url, body = target(webhook, invocation.content)
    headers = request_headers(account, webhook, invocation.id, body)
    return headers, body, _exchange(str(webhook.get("http_method", "POST")), url, headers, body, timeout)


_pool = urllib3.PoolManager(num_pools=20, maxsize=WORKERS, retries=False)


def _exchange(method: str, url: str, headers: dict[str, str], body: bytes, timeout: float) -> Answer:
    sent = {**headers, "Accept-Encoding": SKIP_HEADER}
    try:
        got = _pool.request(method, url, body=body or None, headers=sent, timeout=timeout, redirect=False)
    except urllib3.exceptions.NewConnectionError as error:  # counts as a timeout in urllib3's own family tree
        return Answer(None, payload=type(error).__name__)
    except urllib3.exceptions.TimeoutError:
        return Answer(None, timed_out=True)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return Answer(None, payload=type(error).__name__)
    return Answer(got.status, dict(got.headers.items()), got.data[:10_000].decode(errors="replace"))


def retry_pause(answer: Answer, attempts: int) -> float | None:
    """Seconds until the next attempt after ``attempts`` so far, or None when there is to be none."""
    if answer.timed_out:
        return _RETRY_PAUSE if attempts <= _TIMEOUT_RETRIES else None
    if answer.status == 409:
        return _RETRY_PAUSE if attempts <= _CONFLICT_RETRIES else None
    if answer.status in (429, 503) and attempts <= _BUSY_RETRIES:
        wait = _retry_after(answer)
        return wait if wait is not None and wait < 60 else None
    return None


def _retry_after(answer: Answer) -> float | None:
    text = next((value for name, value in answer.headers.items() if name.lower() == "retry-after"), "")
    try:
        return max(0.0, float(text))
    except ValueError:
        return None
