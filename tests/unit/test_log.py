"""Log lines as a process writes them; in a process of their own, since logging is set up once for all."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest

_SETUP = """
import logging, structlog
from zd_automation.log import configure_logging
configure_logging({level!r})
log = structlog.get_logger("test")
"""


def lines(code: str, level: str = "INFO") -> list[dict[str, Any]]:
    """What ``code`` logs: JSON lines on standard error, nothing on standard output."""
    script = _SETUP.format(level=level) + code
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_line_is_a_json_object_with_time_and_level() -> None:
    (line,) = lines('log.info("ticket_finished", ticket=5, outcome="written")')
    told = datetime.fromisoformat(line.pop("timestamp").replace("Z", "+00:00"))
    assert told.utcoffset() is not None
    assert line == {"event": "ticket_finished", "ticket": 5, "outcome": "written", "level": "info"}


def test_what_is_bound_to_the_delivery_is_on_every_line() -> None:
    code = """
with structlog.contextvars.bound_contextvars(delivery="abc"):
    log.warning("one")
    structlog.get_logger("other").error("two")
log.info("three")
"""
    assert [(line["event"], line.get("delivery")) for line in lines(code)] == [
        ("one", "abc"),
        ("two", "abc"),
        ("three", None),
    ]


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("DEBUG", ["debug", "info", "warning"]),
        ("info", ["info", "warning"]),
        ("WARNING", ["warning"]),
        ("ERROR", []),
        ("loudly", ["info", "warning"]),
    ],
)
def test_the_level_is_the_one_asked_for(level: str, heard: list[str]) -> None:
    assert [
        line["event"] for line in lines('for n in ("debug", "info", "warning"): getattr(log, n)(n)', level)
    ] == heard


def test_text_stays_on_one_line_and_readable() -> None:
    (line,) = lines('log.info("x", name="Größe\\nвторая 🙂")')
    assert line["name"] == "Größe\nвторая 🙂"


@pytest.mark.parametrize("library", ["zenpy", "urllib3.connectionpool", "requests", "sqlalchemy.engine", "dbos"])
def test_libraries_that_log_bodies_are_held_at_warning(library: str) -> None:
    code = f'logging.getLogger({library!r}).debug("a body"); logging.getLogger({library!r}).info("an address")'
    assert lines(code, "DEBUG") == []
