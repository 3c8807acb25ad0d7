"""Starts the real service beside the sandbox, as its own process with its own environment, and watches it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from zd_automation.demo.account import DemoAccount
from zd_automation.demo.content import DESKS, desk_folder
from zd_automation.errors import ZdAutomationError

_OUTCOME = re.compile(r'^zd_tickets_total\{outcome="(\w+)"\} ([\d.]+)', re.MULTILINE)

# Where models and rooms are; everything else of ours is set below.
_KEPT = ("ZD_CACHE_DIR", "ZD_ROOMS")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_service(sandbox_url: str, account: DemoAccount, port: int, folder: Path) -> Iterator[RunningService]:
    """``zd-automation run`` pointed at the sandbox; yields it. Its log goes to ``service.log`` in ``folder``."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ZD_") or name in _KEPT},
        "ZD_DESK": ",".join(str(desk_folder(desk)) for desk in DESKS),
        "ZD_BASE_URL": sandbox_url,
        "ZD_OAUTH_CLIENT_ID": account.client_id,
        "ZD_OAUTH_CLIENT_SECRET": account.client_secret.reveal(),
        "ZD_WEBHOOK_SECRETS": ",".join(secret.reveal() for secret in account.webhook_secrets),
        "ZD_DATA_DIR": str(folder),
        "ZD_BIND": f"127.0.0.1:{port}",
    }
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "zd_automation", "run"], env=environ, cwd=folder, stdout=log, stderr=log
        )
        try:
            yield RunningService(f"http://127.0.0.1:{port}", process, Path(log.name))
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass(frozen=True)
class RunningService:
    """The service's address, process and log."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


def wait_until_ready(service: RunningService, timeout: float = 1800.0) -> Iterator[str]:
    """Yields what the service is busy with until it is ready; the first time it learns for some minutes.

    Raises ZdAutomationError when it does not get there.
    """
    deadline = time.monotonic() + timeout
    said, url = "starting", service.url
    while time.monotonic() < deadline and service.process.poll() is None:
        yield said
        try:
            answer = requests.get(f"{url}/readyz", timeout=2)
        except requests.RequestException:
            time.sleep(0.1)
            continue
        if answer.status_code == 200:
            return
        said = "; ".join(answer.json().get("troubles", [])) or said
        time.sleep(0.1)
    last = service.log.read_text("utf-8", "replace").strip().splitlines()[-3:]
    raise ZdAutomationError("the service did not get ready; its log ends with:\n" + "\n".join(last))


def finished(url: str) -> dict[str, int]:
    """How many tickets ended in each way so far."""
    text = requests.get(f"{url}/metrics", timeout=5).text
    return {outcome: int(float(count)) for outcome, count in _OUTCOME.findall(text)}
