"""A worker process for the engine's tests: ``python engine_process.py URL NAME FOLDER KEY...``.

Every call of a job appends a line to ``FOLDER/calls``; a job whose key begins with ``done`` ends, others go on for ever.
At a line of input those jobs end, at the next the engine stops and the process leaves.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from zd_automation.engine.dbos_engine import DbosEngine
from zd_automation.engine.jobs import NORMAL


def main(url: str, name: str, folder: Path, keys: list[str]) -> None:
    the_end = threading.Event()

    def job(key: str) -> float | None:
        with (folder / "calls").open("a") as calls:
            calls.write(f"{name} {key}\n")
        if not key.startswith("done"):
            the_end.wait()
        return None

    engine = DbosEngine(url, name, concurrency=2)
    engine.start(job, lambda key, why: None)
    for key in keys:
        engine.submit(key, NORMAL)
    sys.stdout.write("submitted\n")
    sys.stdout.flush()
    sys.stdin.readline()
    the_end.set()
    sys.stdin.readline()
    engine.stop(1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
