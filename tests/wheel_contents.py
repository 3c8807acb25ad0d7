"""Holds the built wheel against what git tracks, then runs it bare; CI calls this after ``make wheel``."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "zd_automation"
ROOMS = ("webhooks", "triggers", "models", "deploy")
_INFO = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
_ASK = """
import sys, zd_automation
from zd_automation.definitions import room
for name in sys.argv[1:]:
    print(room(name))
print(zd_automation.__file__)
"""


def tracked(root: Path) -> set[str]:
    """The files git tracks of package and rooms, as paths in the checkout."""
    listed = _run(["git", "ls-files", "-z", "--", PACKAGE, *ROOMS], cwd=root)
    return {name for name in listed.split("\0") if name}


def place_in_wheel(path: str) -> str:
    """Where a file of the checkout stands in the wheel: rooms move below the package."""
    return path if path.startswith(f"{PACKAGE}/") else f"{PACKAGE}/rooms/{path}"


def differences(expected: Iterable[str], held: Iterable[str], info: str) -> list[str]:
    """What the wheel lacks and what it holds besides, one line each; ``info`` is its ``.dist-info`` folder."""
    wanted = set(map(place_in_wheel, expected)) | {f"{info}/{name}" for name in _INFO}
    found = {name for name in held if not name.endswith("/")}
    return [f"missing in the wheel: {name}" for name in sorted(wanted - found)] + [
        f"not tracked by git, but in the wheel: {name}" for name in sorted(found - wanted)
    ]


def runs_bare(wheel: Path, folder: Path) -> list[str]:
    """Install the wheel alone into ``folder`` and use it from there; returns what is wrong."""
    target = folder / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    _run([*pip, "--target", str(target), str(wheel)], cwd=folder)
    # Without `site` no .pth file is read: an editable install would put the checkout onto the path.
    libraries = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(target), *libraries])}
    python = [sys.executable, "-S"]
    version = _run([*python, str(target / "bin" / "zd-automation"), "--version"], cwd=folder, env=environment).split()
    told = wheel.name.split("-")[1]
    problems = [] if version[-1:] == [told] else [f"--version says {version}, the wheel is {told}"]
    places = _run([*python, "-c", _ASK, *ROOMS], cwd=folder, env=environment).splitlines()
    inside = [str(target / PACKAGE / "rooms" / name) for name in ROOMS] + [str(target / PACKAGE / "__init__.py")]
    wrong = [f"found at {is_at}, expected at {due}" for is_at, due in zip(places, inside, strict=True) if is_at != due]
    return problems + wrong


def main() -> None:
    """Exit status 1 and a line for each thing that is wrong."""
    wheels = sorted((ROOT / "dist").glob("*.whl"))
    if len(wheels) != 1:
        sys.exit(f"dist/ must hold exactly one wheel, it holds {len(wheels)}: rm -rf dist && make wheel")
    (wheel,) = wheels
    with zipfile.ZipFile(wheel) as archive:
        held = archive.namelist()
    info = "-".join(wheel.name.split("-")[:2]) + ".dist-info"
    problems = differences(tracked(ROOT), held, info)
    with tempfile.TemporaryDirectory() as folder:
        problems += runs_bare(wheel, Path(folder).resolve())
    if problems:
        sys.exit("\n".join(problems))
    sys.stdout.write(f"{wheel.name}: {len(held)} files, all that git tracks and nothing else; it runs bare\n")


def _run(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} ... ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
