"""Finds the declarative rooms and reads what admins wrote, with every problem named by file, key and nearest right key."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zd_automation.errors import DefinitionError
from zd_automation.triage.desk import RUNGS

_PACKAGE = Path(__file__).resolve().parent


def room(name: str) -> Path:
    """The folder of a declarative room: the operator's own below ``$ZD_ROOMS``, else the wheel's, else the checkout's.

    Raises DefinitionError when none has it.
    """
    operator = os.environ.get("ZD_ROOMS")
    places = [Path(operator) / name] if operator else []
    places += [_PACKAGE / "rooms" / name, _PACKAGE.parent / name]
    for place in places:
        if place.is_dir():
            return place
    looked = ", ".join(str(place) for place in places)
    raise DefinitionError(f"the room {name!r} is nowhere (looked in {looked}); reinstall the package")


@dataclass
class Problems:
    """Collects what is wrong over many files, so that an admin sees all of it at once."""

    found: list[str] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        """One problem; ``where`` names file and place, ``what`` says what to do."""
        self.found.append(f"{where}: {what}")

    def raise_if_any(self) -> None:
        """Raises DefinitionError with every problem, one a line."""
        if self.found:
            raise DefinitionError("\n".join(self.found))


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a table. Raises DefinitionError that names file and line."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DefinitionError(
            f"{path}: there is no such file; `zd-automation init DIR` writes one to start from"
        ) from None
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{path}: not TOML: {error}") from None


def check_keys(table: Mapping[str, Any], known: Iterable[str], where: str, problems: Problems) -> None:
    """Report keys that nobody reads, with the nearest one that somebody does."""
    allowed = list(known)
    for key in table:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(allowed)}"
            problems.add(where, f"unknown key {key!r}; {hint}")


def take(
    table: Mapping[str, Any], key: str, kind: type | tuple[type, ...], default: Any, where: str, problems: Problems
) -> Any:
    """``table[key]`` when it is of the right kind; otherwise the default, with a problem reported."""
    value = table.get(key, default)
    wrong_bool = isinstance(value, bool) and kind is not bool
    if value is default or (isinstance(value, kind) and not wrong_bool):
        return value
    named = kind.__name__ if isinstance(kind, type) else " or ".join(part.__name__ for part in kind)
    problems.add(where, f"{key!r} must be {named}, not {type(value).__name__}")
    return default


def one_of(value: str, allowed: Iterable[str], key: str, where: str, problems: Problems) -> str:
    """The value when it is allowed; otherwise the first allowed one, with a problem reported."""
    choices = list(allowed)
    if value in choices:
        return value
    near = difflib.get_close_matches(value, choices, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(choices)}"
    problems.add(where, f"{key} = {value!r} is not known; {hint}")
    return choices[0]


def section_of(
    table: Mapping[str, Any], key: str, known: Iterable[str], where: str, problems: Problems
) -> dict[str, Any]:
    """A table within a table, its unknown keys reported; empty when it is missing or no table."""
    section: dict[str, Any] = take(table, key, dict, {}, where, problems)
    check_keys(section, known, f"{where} [{key}]", problems)
    return section


def rung_in(section: Mapping[str, Any], default: str, where: str, problems: Problems) -> str:
    """The section's ``rung``, one of the ladder's."""
    value: str = take(section, "rung", str, default, where, problems)
    return one_of(value, RUNGS, "rung", where, problems)


def fraction_in(section: Mapping[str, Any], key: str, default: float, where: str, problems: Problems) -> float:
    """A number between 0 and 1; otherwise the default, with a problem reported."""
    value = float(take(section, key, (int, float), default, where, problems))
    if not 0 <= value <= 1:
        problems.add(where, f"{key} = {value} must lie between 0 and 1")
        return default
    return value


def attempt_toml(path: Path, problems: Problems) -> dict[str, Any]:
    """The table of a TOML file; when it cannot be read, a problem and an empty table."""
    try:
        return read_toml(path)
    except DefinitionError as error:
        problems.found.extend(str(error).splitlines())
        return {}
