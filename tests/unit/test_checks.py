"""Findings about desks and account, without the command around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import a_desk_folder
from tests.support.embedding_server import EmbeddingServer
from zd_automation.checks import Finding, check_account, check_files
from zd_automation.config import Settings
from zd_automation.desk_files import DeskFiles
from zd_automation.errors import NotAllowed, TicketGone, TryLater, ZdAutomationError
from zd_automation.zendesk.gateway import Brand
from zd_automation.zendesk.memory_gateway import MemoryGateway

DESK = 'name = "x"\nlanguages = ["en"]\n'
SETTINGS = Settings((), "https://desk.example", Path("var"), "sqlite:///i", "sqlite:///d")
GROUPS = {"Cards": 1, "Delivery": 2, "Access": 3, "Security": 4}


class Someone(MemoryGateway):
    """An account that knows us as ``role``, with two brands of its own; or that fails."""

    def __init__(self, role: str = "admin", error: ZdAutomationError | None = None, **more: Any) -> None:
        super().__init__(**{"groups": GROUPS, **more})
        self.role, self.error = role, error

    def me(self) -> dict[str, Any]:
        if self.error:
            raise self.error
        return {"id": 1, "name": "bot", "role": self.role}

    def brands(self) -> list[Brand]:
        return [Brand(11, "Shop", "shop"), Brand(12, "Exchange", "xchg")]


def a_desk(folder: Path, desk: str = DESK) -> DeskFiles:
    (files,), findings = check_files((a_desk_folder(folder / "d", desk),))
    assert findings == []
    return files


def test_a_sound_account_has_no_findings(tmp_path: Path) -> None:
    assert check_account(SETTINGS, [a_desk(tmp_path)], Someone()) == []


@pytest.mark.parametrize(("role", "found"), [("admin", 0), ("agent", 0), ("end-user", 1), (None, 1)])
def test_who_we_are_matters(tmp_path: Path, role: str, found: int) -> None:
    findings = check_account(SETTINGS, [a_desk(tmp_path)], Someone(role))
    assert findings == [Finding(f"our credentials act as {role!r}; they need an agent or admin")] * found


@pytest.mark.parametrize(
    "error", [NotAllowed("credentials refused (401)"), TryLater("no answer"), TicketGone("nothing there (404)")]
)
def test_an_account_that_refuses_is_one_finding(tmp_path: Path, error: ZdAutomationError) -> None:
    findings = check_account(SETTINGS, [a_desk(tmp_path)], Someone(error=error))
    assert findings == [Finding(f"https://desk.example: {error}")]


def test_each_desk_has_its_own_missing_groups(tmp_path: Path) -> None:
    first, second = a_desk(tmp_path / "1"), a_desk(tmp_path / "2", DESK + '[danger]\ngroup = "Seniors"\n')
    findings = check_account(SETTINGS, [first, second], Someone(groups={"Cards": 1, "Delivery": 2, "Security": 4}))
    assert [finding.text for finding in findings] == [
        f"{first.folder}: the account has no group 'Access'; create it, or change the desk",
        f"{second.folder}: the account has no group 'Access'; create it, or change the desk",
        f"{second.folder}: the account has no group 'Seniors'; create it, or change the desk",
    ]
    assert all(finding.is_error for finding in findings)


@pytest.mark.parametrize(("brand", "known"), [('"shop"', True), ('"Exchange"', True), ("12", True), ('"12"', False)])
def test_brands_are_known_by_subdomain_name_or_number(tmp_path: Path, brand: str, known: bool) -> None:
    files = a_desk(tmp_path, DESK + f"[account]\nbrands = [{brand}]\n")
    findings = check_account(SETTINGS, [files], Someone())
    assert [finding.text for finding in findings] == (
        [] if known else [f"{files.folder}: the account has no brand '12'"]
    )


def test_one_broken_desk_does_not_hide_another(tmp_path: Path) -> None:
    sound, broken = a_desk_folder(tmp_path / "sound", DESK), a_desk_folder(tmp_path / "broken", "name = 5\n")
    desks, findings = check_files((broken, sound))
    assert [files.folder for files in desks] == [sound]
    assert [finding.text for finding in findings] == [
        f'{broken}/desk.toml: languages must list at least one BCP 47 tag, such as ["en", "pt"]',
        f"{broken}/desk.toml: 'name' must be str, not int",
    ]


# --- the encoder that a desk names ---------------------------------------------------------------------------------


def found_in(folder: Path, *encoder: str) -> list[Finding]:
    lines = "\n".join(("[encoder]", *encoder))
    _, findings = check_files((a_desk_folder(folder / "d", f"{DESK}{lines}\n"),))
    return findings


def test_an_encoder_that_answers_has_no_finding_and_sees_no_example(tmp_path: Path) -> None:
    with EmbeddingServer() as server:
        assert found_in(tmp_path, 'kind = "endpoint"', f'url = "{server.url}"', 'model = "m"') == []
        assert set(server.texts) <= {"size", "parcel"}
        assert "parcel" in server.texts


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (('kind = "python"', 'function = "no_such_package:f"', "size = 2"), "cannot be imported (ModuleNotFoundError"),
        (
            ('kind = "python"', 'function = "builtins:len"', "size = 2"),
            "gave no table of numbers|gave an array of shape",
        ),
        (('kind = "endpoint"', 'model = "m"'), "[encoder] of kind 'endpoint': 'url' must be given"),
        (('kind = "endpoint"', 'url = "http://8.8.8.8/v1"', 'model = "m"'), "outside the desk's networks"),
        (('kind = "sentence-transformers"', 'model = "/no/such/folder"'), "there is no such folder"),
    ],
)
def test_an_encoder_that_does_not_work_is_an_error(tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    (finding,) = found_in(tmp_path, *lines)
    assert finding.is_error
    assert finding.text.startswith(f"{tmp_path / 'd' / 'desk.toml'}: ")
    assert any(part in finding.text for part in said.split("|")), finding.text


def test_an_endpoint_that_is_away_is_one_finding(tmp_path: Path) -> None:
    away = (503, {"Retry-After": "60"}, {}, 0.0)
    with EmbeddingServer(*[away] * 4) as server:
        (finding,) = found_in(tmp_path, 'kind = "endpoint"', f'url = "{server.url}"', 'model = "m"')
    assert finding.is_error
    assert "does not answer (status 503)" in finding.text
