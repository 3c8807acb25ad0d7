"""The files in ``deploy/``: they name commands, variables and paths that exist, and run as nobody in particular."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.docs.pages import ROOT, page
from zd_automation.cli import _COMMANDS
from zd_automation.config import VARIABLES

yaml = pytest.importorskip("yaml")

_KNOWN = {name for name, _, _ in VARIABLES} | {"ZD_CACHE_DIR", "ZD_ROOMS"}
_FILES = ("Dockerfile", "compose.yaml", "zd-automation.service", ".env.example")


def _compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(page("deploy/compose.yaml"))
    return found


@pytest.mark.parametrize("name", _FILES)
def test_only_variables_that_exist_are_named(name: str) -> None:
    assert set(re.findall(r"\bZD_[A-Z_]+\b", page(f"deploy/{name}"))) - _KNOWN == set()


def test_the_image_holds_every_folder_that_the_wheel_is_made_of() -> None:
    wheel = tomllib.loads(page("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    recipe, ignored = page("deploy/Dockerfile"), page("deploy/Dockerfile.dockerignore").splitlines()
    for folder in wheel["only-include"]:
        assert f"COPY {folder} {folder}\n" in recipe
        assert f"!{folder}" in ignored
    for file in ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "requirements.txt"):
        assert f"!{file}" in ignored


def test_what_the_image_copies_is_in_the_checkout() -> None:
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", page("deploy/Dockerfile"), re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source


def test_the_image_is_no_root_has_a_health_check_and_starts_a_command() -> None:
    last = page("deploy/Dockerfile").split("\nFROM ")[-1]
    assert "\nUSER 10001:10001\n" in last
    assert "/healthz" in last[last.index("HEALTHCHECK") :].splitlines()[1]
    assert last.index("USER ") < last.index("ENTRYPOINT")
    (command,) = re.findall(r'^CMD \["(\w+)"\]$', last, re.MULTILINE)
    assert command in _COMMANDS


def test_the_image_carries_the_licence_texts_that_zenpys_wheel_lacks() -> None:
    last = page("deploy/Dockerfile").split("\nFROM ")[-1]
    for text in ("GPL-3 ", "LGPL-3 ", "LGPL-2.1 "):
        assert f"/usr/share/common-licenses/{text}" in last
    assert "COPY LICENSE NOTICE /usr/share/licenses/zd-automation/" in last


def test_compose_services_run_commands_that_exist() -> None:
    services = _compose()["services"]
    assert {name: service.get("command") for name, service in services.items()} == {
        "zd": ["run"],
        "db": None,
        "receiver": ["serve"],
        "worker": ["work"],
    }
    assert {name: service["profiles"] for name, service in services.items()} == {
        "zd": ["one"],
        "db": ["several"],
        "receiver": ["several"],
        "worker": ["several"],
    }


def test_compose_services_write_nothing_but_their_data_and_may_do_nothing_special() -> None:
    for name, service in _compose()["services"].items():
        if name == "db":
            continue
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "./desk:/desk:ro" in service["volumes"]


def test_the_halves_share_one_postgres_and_the_single_process_uses_none() -> None:
    services = _compose()["services"]
    for half in ("receiver", "worker"):
        environment = services[half]["environment"]
        assert environment["ZD_INBOX_URL"] == environment["ZD_DATABASE_URL"]
        assert environment["ZD_INBOX_URL"].startswith("postgresql+psycopg://zd:")
    assert services["zd"]["environment"] == {"ZD_DESK": "/desk", "ZD_DATA_DIR": "/data", "ZD_BIND": "0.0.0.0:8080"}


def test_every_worker_finds_the_same_models_and_keeps_them() -> None:
    compose = _compose()
    worker, single = compose["services"]["worker"], compose["services"]["zd"]
    # The image's /data belongs to the service's user; models are below it unless somebody says otherwise.
    assert (worker["environment"]["ZD_DATA_DIR"], single["environment"]["ZD_DATA_DIR"]) == ("/data", "/data")
    assert ("models:/data" in worker["volumes"], "data:/data" in single["volumes"]) == (True, True)
    assert worker["tmpfs"] == ["/tmp"]
    assert {"models", "data"} <= set(compose["volumes"])


def test_a_port_is_open_to_this_machine_only() -> None:
    ports = [port for service in _compose()["services"].values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8080:8080"] * 2


def test_the_unit_runs_a_command_that_exists_as_its_own_user_and_gives_it_time_to_end() -> None:
    unit = dict(re.findall(r"^(\w+)=(.*)$", page("deploy/zd-automation.service"), re.MULTILINE))
    (command,) = re.findall(r"^/opt/zd-automation/bin/zd-automation (\w+)$", unit["ExecStart"])
    assert command in _COMMANDS
    assert unit["User"] == "zd-automation"
    assert int(unit["TimeoutStopSec"]) > 10
    assert unit["WorkingDirectory"] == f"/var/lib/{unit['StateDirectory']}"


def test_every_way_of_stopping_leaves_longer_than_the_service_takes() -> None:
    services = _compose()["services"]
    assert {service.get("stop_grace_period") for name, service in services.items() if name != "db"} == {"20s"}
