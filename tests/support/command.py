"""The command line as a shell sees it: arguments and standard input in, exit status and two streams out."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from zd_automation.cli import main


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output, as JSON lines."""
        return [json.loads(line) for line in self.out.split("\n") if line]

    @property
    def said(self) -> list[str]:
        """The lines of standard error."""
        return self.err.splitlines()


def zd(*arguments: object, stdin: str | bytes = b"") -> Ran:
    """``zd-automation`` with these arguments, in this process, with this process's environment and folder."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors=errors) for errors in ("strict", "backslashreplace"))
    given = io.TextIOWrapper(io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin), "utf-8")
    status: object = 0
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        patch.object(sys, "stdin", given),
        patch.object(sys, "argv", ["zd-automation", *map(str, arguments)]),
    ):
        try:
            main()
        except SystemExit as ended:
            status = ended.code
    return Ran(int(str(status or 0)), *(_text(stream) for stream in (out, err)))


def zd_process(
    *arguments: object, cwd: Path, environ: Mapping[str, str] | None = None, stdin: bytes = b"", timeout: float = 60
) -> Ran:
    """``python -m zd_automation`` as a process of its own, knowing only these settings."""
    done = subprocess.run(
        [sys.executable, "-m", "zd_automation", *map(str, arguments)],
        cwd=cwd,
        env=without_settings(os.environ) | dict(environ or {}),
        input=stdin,
        capture_output=True,
        timeout=timeout,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without any of our variables."""
    return {name: value for name, value in environ.items() if not name.startswith("ZD_") or name == "ZD_ROOMS"}


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
