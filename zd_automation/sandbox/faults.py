"""Faults on purpose: what goes wrong on the way to a real Zendesk, switched on by ``/__sandbox__/faults``.

Every fault is a name with parameters in ``account.faults``; ``path`` (regular expression, searched), ``method``,
``count`` (how many times, then it is gone) and ``probability`` (drawn from the account's seed) narrow it down.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import time
from typing import Any

from flask import Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError

NAMES = (
    "latency", "rate_limited", "unavailable", "server_error", "reset_after_commit", "stale_stamp", "database_conflict",
    "truncate", "drop", "duplicate", "reorder", "late",
)  # fmt: skip
_UNAVAILABLE = (
    "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
    "<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


def strike(account: Account, name: str) -> Doc | None:
    """The parameters of a fault when it hits this request, else None; counts the hit."""
    fault = account.faults.get(name)
    if fault is None or not _applies(account, fault):
        return None
    with account.store.lock:
        if account.faults.get(name) is not fault:
            return None
        left = fault.get("count")
        if left is not None:
            fault["count"] = left - 1
            if left <= 1:
                account.faults.pop(name, None)
    return fault


def _applies(account: Account, fault: Doc) -> bool:
    if fault.get("path") and not re.search(str(fault["path"]), request.path):
        return False
    if fault.get("method") and str(fault["method"]).upper() != request.method:
        return False
    probability = fault.get("probability")
    if probability is None:
        return True
    with account.store.lock:
        return bool(account.store.random.random() < float(probability))


def before(account: Account) -> None:
    """Faults that hit before anything is done. Raises the faulty answer."""
    if not account.faults:
        return
    if (fault := strike(account, "latency")) is not None:
        time.sleep(float(fault.get("ms", 100)) / 1000)
    if (fault := strike(account, "rate_limited")) is not None:
        wait = fault.get("retry_after", 1)
        headers = {} if wait is None or wait == "" else {"Retry-After": str(wait)}
        text = "Number of allowed API requests per minute exceeded"
        raise ApiError(429, {"error": "APIRateLimitExceeded", "description": text}, headers)
    if strike(account, "unavailable") is not None:
        raise ApiError(503, _UNAVAILABLE, content_type="text/html")
    if strike(account, "server_error") is not None:
        text = "An error occurred while processing your request"
        raise ApiError(500, {"error": "InternalError", "description": text})
    if request.method in {"PUT", "POST", "PATCH", "DELETE"} and "/tickets" in request.path:
        _conflicts(account)


def _conflicts(account: Account) -> None:
    if strike(account, "stale_stamp") is not None:
        text = "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again."
        raise ApiError(409, {"error": "UpdateConflict", "description": text})
    if strike(account, "database_conflict") is not None:
        raise ApiError(409, {"error": "DatabaseConflict", "description": "Database collision"})


def after(account: Account, response: Response) -> Response:
    """Faults that hit when everything is done: the connection is cut, or half of the body is missing."""
    if not account.faults:
        return response
    changing = request.method in {"PUT", "POST", "PATCH", "DELETE"}
    if changing and "reset_after_commit" in account.faults and strike(account, "reset_after_commit") is not None:
        request.environ["sandbox.cut"] = True
    if strike(account, "truncate") is not None:
        body = response.get_data()
        response.set_data(body[: len(body) // 2])
    return response


def cut(environ: dict[str, Any]) -> None:
    """Reset the TCP connection under this request; nothing of the answer reaches the client."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("the sandbox cut this connection on purpose")


def put_fault(account: Account, name: str, parameters: Doc) -> None:
    """Switch a fault on. Raises 422 for an unknown name or a pattern that does not compile."""
    if name not in NAMES:
        raise ApiError(422, {"error": "UnknownFault", "description": f"{name}; known are {', '.join(NAMES)}"})
    try:
        re.compile(str(parameters.get("path") or ""))
    except re.error as error:
        raise ApiError(422, {"error": "BadPattern", "description": str(error)}) from None
    with account.store.lock:
        account.faults[name] = dict(parameters)
