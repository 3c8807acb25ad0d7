"""The command line as its users run it: processes that start, answer, and end with the right status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.command import Ran, without_settings, zd_process
from tests.support.running import Running, a_running_service, until
from zd_automation.demo.service import free_port


def test_from_what_a_desk_has_to_a_plan(tmp_path: Path, model_cache: Path) -> None:
    (tmp_path / "topics.csv").write_text(
        "id;name;group;owner\nrefund;Refund;Billing;Kim\nlogin;Sign in;Access;Kim\n", "utf-8"
    )
    texts = {
        "refund": ["please refund my order", "I want my money back", "where is my refund", "refund not arrived yet"],
        "login": ["I cannot sign in", "my password is lost", "login does not work", "the code for login never comes"],
    }
    rows = [{"topic": topic, "text": text, "language": "en"} for topic, several in texts.items() for text in several]
    (tmp_path / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    made = _run(tmp_path, "init", "desk", "--topics", "topics.csv", "--examples", "examples.jsonl")
    assert (made.status, made.said) == (0, ["topics.csv: ignored columns owner"])
    assert _run(tmp_path, "check", "--offline").status == 0
    stdin = b'{"id": 7, "body": "I want a refund for my order"}\nno ticket\n{"id": "x", "body": "cannot sign in"}\n'
    decided = _run(tmp_path, "decide", "--jsonl", stdin=stdin, ZD_CACHE_DIR=str(model_cache))
    assert decided.status == 1
    assert [row["id"] for row in decided.rows] == [7, None, "x"]
    assert [row["candidates"][0]["id"] for row in decided.rows[::2]] == ["refund", "login"]
    assert decided.said[-1] == "1 lines were no tickets; their lines in the output say why"


def test_what_a_run_decided_can_be_replayed(tmp_path: Path, model_cache: Path) -> None:
    with a_running_service(tmp_path, model_cache) as service:
        key = service.account.arrives("Payment", "My card was declined in the shop")
        assert service.outcome(key) == "written"
        past, today = (_replay(service, tmp_path, model_cache, key, *more) for more in ((), ("--today",)))
        unknown = zd_process("replay", 999_999, cwd=tmp_path, environ=_environ(service, tmp_path, model_cache))
        service.rest()
        assert len(service.account.our_audits(key)) == 1
    ((when, plan),) = past.items()
    assert when.endswith(" UTC")
    assert (plan["id"], plan["topic"]["id"], plan["group"]) == (str(key), "card_problem", "Cards")
    assert list(today) == [when, "today"]
    assert today["today"]["topic"]["id"] == "card_problem"
    assert (unknown.status, unknown.out, len(unknown.said)) == (1, "", 1)


def test_the_sandbox_answers_on_its_port(tmp_path: Path) -> None:
    port = free_port()
    process = _start(tmp_path, "sandbox", "--port", str(port), "--seed", "3")
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _status(f"{url}/agent") == 200, "the sandbox answers", 30)
        me = requests.get(f"{url}/api/v2/users/me", auth=("any@example.com/token", "thing"), timeout=10).json()["user"]
        assert me["role"] == "admin"
        assert _status(f"{url}/api/v2/tickets", Host="desk.zendesk.example", Authorization="Bearer any") == 200
        busy = _run(tmp_path, "sandbox", "--port", str(port))
        assert busy.status == 1
        assert "Traceback" not in busy.err
    finally:
        process.terminate()
        out, err = process.communicate(timeout=15)
    assert out.decode().startswith(f"Local Zendesk at {url} (agent pages: /agent); any credentials do.")
    assert b"Traceback" not in err


def test_the_strict_sandbox_refuses_what_was_not_minted(tmp_path: Path) -> None:
    port = free_port()
    process = _start(tmp_path, "sandbox", "--port", str(port), "--strict-auth", "--database", "zendesk.db")
    try:
        users = f"http://127.0.0.1:{port}/api/v2/users/me"
        until(lambda: _status(users, Authorization="Bearer made-up") == 401, "the sandbox refuses", 30)
    finally:
        process.terminate()
        process.wait(15)
    assert (tmp_path / "zendesk.db").stat().st_size > 0


@pytest.mark.timeout(330)
def test_the_demo_ends_by_itself(tmp_path: Path) -> None:
    """The newcomer's first command: 200 tickets and more, all triaged, status 0."""
    cache = os.environ.get("ZD_CACHE_DIR", str(tmp_path / "cache"))
    ran = zd_process("demo", "--no-wait", cwd=tmp_path, timeout=300, environ={"ZD_CACHE_DIR": cache, "COLUMNS": "160"})
    assert (ran.status, "Traceback" in ran.err) == (0, False), ran.err[-2000:]
    assert "Service ready after" in ran.out
    told = re.search(r"(\d+) tickets in (\d+) languages: (\d+) with a topic, (\d+) urgent,", " ".join(ran.out.split()))
    assert told is not None, ran.out[-2000:]
    tickets, languages, with_topic, urgent = map(int, told.groups())
    assert tickets >= 200
    assert languages >= 16
    assert with_topic > tickets / 3
    assert 0 < urgent < tickets / 3
    assert "Senior queue: http://127.0.0.1:" in ran.out
    assert not any(path.name.startswith("zd-demo-") for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        (("decide", "--desk", "nowhere", "hello"), 1, "nowhere: there is no such desk folder; "),
        (("check",), 1, ""),
        (("replay", "5"), 1, "1. ZD_SUBDOMAIN is missing or odd"),
        (("run",), 1, "1. ZD_SUBDOMAIN is missing or odd"),
        (("nothing",), 2, "Usage: zd-automation [OPTIONS] COMMAND"),
    ],
)
def test_errors_are_lines_without_a_traceback(tmp_path: Path, given: tuple[str, ...], status: int, said: str) -> None:
    ran = _run(tmp_path, *given)
    assert ran.status == status
    assert ran.err.startswith(said)
    assert "Traceback" not in ran.out + ran.err


def test_a_reader_that_stops_reading_ends_it_quietly(tmp_path: Path, model_cache: Path) -> None:
    assert _run(tmp_path, "init", "desk").status == 0
    process = _start(tmp_path, "decide", "--jsonl", ZD_CACHE_DIR=str(model_cache))
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    process.stdin.write(b'{"body": "hello"}\n')
    process.stdin.close()
    assert process.stderr is not None
    said = process.stderr.read()
    assert process.wait(60) == 1
    assert b"Traceback" not in said
    assert b"BrokenPipe" not in said


def _run(folder: Path, *arguments: object, stdin: bytes = b"", **environ: str) -> Ran:
    return zd_process(*arguments, cwd=folder, stdin=stdin, timeout=90, environ=environ)


def _start(folder: Path, *arguments: str, **environ: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "zd_automation", *arguments],
        cwd=folder,
        env=without_settings(os.environ) | environ | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _status(url: str, **headers: str) -> int:
    try:
        return requests.get(url, headers=headers, timeout=5).status_code
    except requests.RequestException:
        time.sleep(0.1)
        return 0


def _environ(service: Running, folder: Path, cache: Path) -> dict[str, str]:
    return service.account.environment(folder / "desk", folder / "var", cache)


def _replay(service: Running, folder: Path, cache: Path, key: int, *more: str) -> dict[str, dict[str, Any]]:
    ran = zd_process("replay", key, "--json", *more, cwd=folder, environ=_environ(service, folder, cache))
    assert (ran.status, ran.err) == (0, "")
    columns: dict[str, dict[str, Any]] = json.loads(ran.out)
    return columns
