"""Starting and stopping: clear words for what is wrong, a quick end, and nothing lost in between."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.builders import a_desk_folder
from tests.support.gateways import NO_LIMITS
from tests.support.running import DESK, Account, running, until
from zd_automation.sandbox.server import SandboxServer

CARD = "My card was declined in the shop"
ON_TICKETS = r"^/api/v2/tickets/\d+$"


@pytest.fixture
def account() -> Iterator[Account]:
    with SandboxServer(NO_LIMITS) as sandbox:
        yield Account(sandbox)


def test_sigterm_ends_it_within_ten_seconds_and_a_restart_finishes_the_rest(
    account: Account, tmp_path: Path, model_cache: Path
) -> None:
    desk = a_desk_folder(tmp_path / "desk", DESK)
    with running(account, desk, tmp_path / "var", model_cache) as service:
        account.fault("latency", ms=1000, method="PUT", path=ON_TICKETS)
        keys = [account.arrives("Payment", CARD) for _ in range(30)]
        until(lambda: len(service.lines("ticket_finished")) >= 3, "some are done")
        assert service.stop(10) == 0
    account.heal()
    done = [key for key in keys if account.notes(key)]
    assert 3 <= len(done) < len(keys)
    with running(account, desk, tmp_path / "var", model_cache) as service:
        service.rest()
        assert [len(account.notes(key)) for key in keys] == [1] * len(keys)
        assert [len(account.our_audits(key)) for key in keys] == [1] * len(keys)
        assert service.stop(10) == 0


def test_a_call_that_hangs_does_not_keep_it_from_ending_in_time(
    account: Account, tmp_path: Path, model_cache: Path
) -> None:
    with running(account, a_desk_folder(tmp_path / "desk", DESK), tmp_path / "var", model_cache) as service:
        account.fault("latency", ms=20_000, count=2, path=ON_TICKETS)
        account.arrives("Payment", CARD)
        account.arrives("Payment", CARD)
        account.fault_struck("latency")
        assert service.stop(10) == 0


def test_a_dry_run_prints_what_it_would_write_and_writes_nothing(
    account: Account, tmp_path: Path, model_cache: Path
) -> None:
    desk = a_desk_folder(tmp_path / "desk", DESK)
    with running(account, desk, tmp_path / "var", model_cache, "--dry-run") as service:
        key = account.arrives("Payment", CARD)
        service.rest()
        printed = [line for line in service.log.read_text("utf-8").splitlines() if line.startswith("PUT ")]
        assert [line.split(" ", 2)[1] for line in printed] == [f"/api/v2/tickets/{key}"]
        change = json.loads(printed[0].split(" ", 2)[2])["ticket"]
        assert "zdauto_topic_card_problem" in change["tags"]
        assert change["comment"]["public"] is False
        assert account.notes(key) == []
        assert account.ticket(key)["tags"] == []


def run_and_end(environ: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zd_automation", "run"]
    return subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_an_empty_environment_is_told_as_a_numbered_list(tmp_path: Path) -> None:
    ended = run_and_end({"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2])}, tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    told = dict(line.split(". ", maxsplit=1) for line in ended.stderr.splitlines())
    assert list(told) == ["1", "2", "3", "4"]
    for number, name in zip(told, ("ZD_SUBDOMAIN", "ZD_WEBHOOK_SECRETS", "ZD_OAUTH_CLIENT_ID", "desk"), strict=True):
        assert name in told[number]


def test_a_wrong_desk_is_told_before_anything_starts(account: Account, tmp_path: Path) -> None:
    desk = a_desk_folder(
        tmp_path / "desk", 'name = "x"\nlanguages = ["en"]\nlangages = ["de"]\n[danger]\nrung = "rout"\n'
    )
    environ = account.environment(desk, tmp_path / "var", tmp_path / "models")
    ended = run_and_end({**environ, "PYTHONPATH": str(Path(__file__).parents[2])}, tmp_path)
    assert ended.returncode == 1
    assert "unknown key 'langages'; did you mean 'languages'?" in ended.stderr
    assert "rung = 'rout' is not known; did you mean 'route'?" in ended.stderr
    assert "Traceback" not in ended.stderr
