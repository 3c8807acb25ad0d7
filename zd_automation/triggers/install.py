"""Creates the objects of the ``triggers`` room in an account, in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from zd_automation.config import Secret
from zd_automation.definitions import Problems, attempt_toml, check_keys, one_of, take
from zd_automation.errors import DefinitionError, GatewayError

_PLACES = {
    "webhook": ("webhooks", "webhook"),
    "trigger_category": ("trigger_categories", "trigger_category"),
    "trigger": ("triggers", "trigger"),
    "view": ("views", "view"),
}


@dataclass
class Installed:
    """What was created: ids by key, and the signing secrets of the webhooks."""

    ids: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)


def install(folder: Path, session: requests.Session, base_url: str, values: Mapping[str, str]) -> Installed:
    """Create every object defined in ``folder``; ``values`` fills the ``{name}`` places of the definitions.

    Raises DefinitionError for a file that cannot be used and GatewayError when Zendesk refuses an object.
    """
    waiting = _definitions(folder)
    done = Installed()
    while waiting:
        ready = [key for key, table in waiting.items() if set(table.get("needs", ())) <= set(done.ids)]
        if not ready:
            raise DefinitionError(
                f"{folder}: these objects wait for one another or for one that is not there: {sorted(waiting)}"
            )
        for key in ready:
            _create(key, waiting.pop(key), session, base_url, {**values, **done.ids}, done)
    return done


def _definitions(folder: Path) -> dict[str, dict[str, Any]]:
    """The definitions of the room by their keys. Raises DefinitionError with every problem."""
    problems = Problems()
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.toml")):
        table, where = attempt_toml(path, problems), str(path)
        if not table:
            continue
        check_keys(table, ("kind", "key", "needs", "object"), where, problems)
        for part in ("kind", "key", "object"):
            if part not in table:
                problems.add(where, f"needs `{part}`")
        one_of(str(table.get("kind", "webhook")), _PLACES, "kind", where, problems)
        take(table, "object", dict, {}, where, problems)
        if (key := str(table.get("key"))) in found:
            problems.add(where, f"key {key!r} stands in another file too; keys must be unique")
        found[key] = table
    problems.raise_if_any()
    return found


def _create(
    key: str,
    table: Mapping[str, Any],
    session: requests.Session,
    base_url: str,
    values: Mapping[str, str],
    done: Installed,
) -> None:
    place, singular = _PLACES[table["kind"]]
    answer = session.post(f"{base_url}/api/v2/{place}", json={singular: filled(table["object"], values)}, timeout=10)
    if answer.status_code not in {200, 201}:
        raise GatewayError(
            f"Zendesk refused {key} ({answer.status_code}); look at triggers/{key}.toml and the account's limits"
        )
    done.ids[key] = str(answer.json()[singular]["id"])
    if table["kind"] == "webhook":
        secret = session.get(f"{base_url}/api/v2/webhooks/{done.ids[key]}/signing_secret", timeout=10).json()
        done.secrets[key] = Secret(secret["signing_secret"]["secret"])


def filled(value: Any, values: Mapping[str, str]) -> Any:
    """A definition with its ``{name}`` places filled; Zendesk's own ``{{placeholders}}`` stay as they are."""
    if isinstance(value, str):
        for name, known in values.items():
            value = value.replace("{" + name + "}", known) if "{{" + name + "}}" not in value else value
        return value
    if isinstance(value, dict):
        return {key: filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, values) for inner in value]
    return value
