"""Every command explains itself, and fails in one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.command import zd
from zd_automation import __version__

COMMANDS = (
    "demo",
    "sandbox",
    "init",
    "check",
    "decide",
    "danger",
    "articles",
    "model",
    "replay",
    "run",
    "serve",
    "work",
)
OPTIONS = {
    "demo": ("--wait / --no-wait", "--port", "--all"),
    "sandbox": ("--host", "--port", "--seed", "--database", "--strict-auth", "--trial", "--no-limits"),
    "init": ("FOLDER", "--topics", "--examples", "--articles"),
    "check": ("--desk", "--offline"),
    "decide": ("[TEXT]", "--desk", "--jsonl", "--ticket", "--locale", "--json"),
    "danger": ("lines", "calibrate", "redact"),
    "articles": ("search", "evaluate", "gaps"),
    "model": ("train", "evaluate", "gate", "promote", "rollback", "list"),
    "replay": ("TICKET", "--today", "--json"),
    "run": ("--log-level",),
    "serve": ("--log-level",),
    "work": ("--log-level",),
}


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_the_help_names_every_command(flag: str) -> None:
    ran = zd(flag)
    assert (ran.status, ran.err) == (0, "")
    listed = re.findall(r"^  (\w+)  +\S", ran.out.split("Commands:")[1], re.MULTILINE)
    assert tuple(listed) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_its_options(command: str) -> None:
    ran = zd(command, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: zd-automation {command} ")
    for option in OPTIONS[command]:
        assert option in ran.out


def test_the_version() -> None:
    assert zd("--version").out == f"zd-automation, version {__version__}\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["dmo"], "No such command 'dmo'"),
        (["demo", "--nowait"], "No such option"),
        (["sandbox", "--port", "eighty"], "'eighty' is not a valid integer"),
        (["init"], "Missing argument 'FOLDER'"),
        (["decide", "--ticket", "x"], "'x' is not a valid integer"),
    ],
)
def test_wrong_use_ends_with_two(given: list[str], said: str) -> None:
    ran = zd(*given)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", ["run", "serve", "work"])
def test_the_service_does_not_start_with_a_wrong_environment(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZD_CONCURRENCY", "0")
    monkeypatch.setenv("ZD_BASE_URL", "http://support.example.com")
    ran = zd(command)
    assert (ran.status, ran.out) == (1, "")
    assert ran.said[0] == "1. ZD_BASE_URL must be https, unless it is the sandbox on this machine"
    assert any(line.endswith("ZD_CONCURRENCY=0 must be at least 1") for line in ran.said)
    assert [line.split(".")[0] for line in ran.said] == [str(n) for n in range(1, len(ran.said) + 1)]
    secrets = any("ZD_WEBHOOK_SECRETS is empty" in line for line in ran.said)
    credentials = any("no credentials" in line for line in ran.said)
    assert (secrets, credentials) == {"run": (True, True), "serve": (True, False), "work": (False, True)}[command]
    assert list(folder.iterdir()) == []
