"""``check``: every problem at once, numbered, with the files alone or with the account."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.builders import a_desk_folder
from tests.support.command import zd
from tests.support.running import Account
from zd_automation.sandbox.control import calls
from zd_automation.sandbox.server import SandboxServer

SOUND = "0 errors, 0 pieces of advice, 1 desks read"
DESK = 'name = "x"\nlanguages = ["en", "es"]\n'


@pytest.fixture
def account(folder: Path, desk: Path, models: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """A strict sandbox with the little desk's groups; the environment points at it with right credentials."""
    with SandboxServer() as sandbox:
        made = Account(sandbox)
        sandbox.account.settings = dataclasses.replace(sandbox.account.settings, strict_auth=True)
        for name, value in made.environment(desk, folder / "var", Path(models)).items():
            monkeypatch.setenv(name, value)
        yield made


# --- files alone ---------------------------------------------------------------------------------------------------


def test_a_sound_desk_has_nothing(desk: Path) -> None:
    ran = zd("check", "--offline", "--desk", desk)
    assert (ran.status, ran.out.splitlines(), ran.err) == (0, [SOUND], "")


def test_the_starter_is_sound_but_poor() -> None:
    zd("init", "mydesk")
    ran = zd("check", "--offline", "--desk", "mydesk")
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "1. advice: mydesk: 2 topics have fewer than 5 examples (password_reset, refund); expect silence",
        "0 errors, 1 pieces of advice, 1 desks read",
    ]


def test_every_problem_has_a_number_a_place_and_what_to_do(folder: Path) -> None:
    settings = (
        DESK + 'note_langage = "en"\n[danger]\nrung = "rout"\nkinds_off = ["burglary"]\n[limits]\nagents_share = 3\n'
    )
    topics = '[[topic]]\nid = "a"\nrnug = "tag"\n[[topic]]\nid = "a"\n'
    made = a_desk_folder(folder / "d", settings, topics, en='a = ["x"]\nb = ["y"]\n')
    ran = zd("check", "--offline", "--desk", made)
    assert (ran.status, ran.err) == (1, "")
    *lines, last = ran.out.splitlines()
    assert [line.split(" ", 2)[:2] for line in lines] == [[f"{n}.", "error:"] for n in range(1, len(lines) + 1)]
    for said in (
        "desk.toml: unknown key 'note_langage'; did you mean 'note_language'?",
        "desk.toml [danger]: rung = 'rout' is not known; did you mean 'route'?",
        "desk.toml [limits]: agents_share = 3.0 must lie between 0 and 1",
        "topics.toml: topic 1 (a): unknown key 'rnug'; did you mean 'rung'?",
        "topics.toml: topic id 'a' stands 2 times; ids must be unique",
        "examples/en.toml: unknown key 'b'",
    ):
        assert sum(said in line for line in lines) == 1, (said, ran.out)
    assert last == f"{len(lines)} errors, 0 pieces of advice, 0 desks read"


def test_a_kind_of_danger_that_there_is_not_is_an_error(folder: Path) -> None:
    made = a_desk_folder(folder / "d", DESK + '[danger]\nkinds_off = ["burglary"]\n')
    ran = zd("check", "--offline", "--desk", made)
    assert ran.status == 1
    assert f"1. error: {made}/desk.toml [danger]: kinds_off = 'burglary' is not known; one of self_harm," in ran.out


def test_a_danger_phrase_of_the_desk_that_matches_everything_is_refused_with_its_line(folder: Path) -> None:
    made = a_desk_folder(folder / "d", DESK)
    (made / "danger" / "patterns").mkdir(parents=True)
    (made / "danger" / "patterns" / "en.toml").write_text('[statement]\nsim_swap = ["*"]\n', "utf-8")
    ran = zd("check", "--offline", "--desk", made)
    assert ran.status == 1
    assert (
        f"1. error: {made}/danger/patterns/en.toml:2 [statement] sim_swap: '*' would match nearly everything" in ran.out
    )


def test_advice_comes_after_errors_and_does_not_fail(folder: Path) -> None:
    a_desk_folder(
        folder / "poor", 'name = "x"\nlanguages = ["en", "tlh"]\n', '[[topic]]\nid = "a"\n', en='a = ["x", "X "]\n'
    )
    ran = zd("check", "--offline", "--desk", "poor")
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "1. advice: poor: 1 topics have fewer than 5 examples (a); expect silence",
        "2. advice: poor: 1 examples stand twice; the same text under two topics teaches nothing",
        "3. advice: poor: no detector knows tlh; check the language tags",
        "0 errors, 3 pieces of advice, 1 desks read",
    ]


def test_the_desks_of_the_environment_are_all_checked(
    folder: Path, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZD_DESK", f"{desk}, nowhere ,elsewhere")
    ran = zd("check", "--offline")
    assert (ran.status, ran.out.splitlines()) == (
        1,
        [
            "1. error: nowhere: there is no such desk folder; `zd-automation init nowhere` writes one",
            "2. error: elsewhere: there is no such desk folder; `zd-automation init elsewhere` writes one",
            "2 errors, 0 pieces of advice, 1 desks read",
        ],
    )


def test_offline_asks_neither_environment_nor_account(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZD_BASE_URL", "http://127.0.0.1:9/nobody")
    monkeypatch.setenv("ZD_CONCURRENCY", "many")
    assert zd("check", "--offline", "--desk", desk).status == 0
    assert not Path("var").exists()


def test_the_encoder_that_a_desk_names_is_tried(folder: Path) -> None:
    made = a_desk_folder(folder / "d", DESK + '[encoder]\nkind = "python"\nfunction = "no_such_package:f"\nsize = 3\n')
    ran = zd("check", "--offline", "--desk", made)
    assert (ran.status, ran.err) == (1, "")
    assert f"1. error: {made}/desk.toml: [encoder]: function = 'no_such_package:f' cannot be imported" in ran.out


# --- the environment -----------------------------------------------------------------------------------------------


def test_the_environment_and_the_files_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZD_CONCURRENCY", "many")
    ran = zd("check")
    assert ran.status == 1
    assert ran.out.splitlines() == [
        "1. error: desk: there is no such desk folder; `zd-automation init desk` writes one",
        "2. error: ZD_SUBDOMAIN is missing or odd: it is the SUBDOMAIN of https://SUBDOMAIN.zendesk.com",
        "3. error: ZD_CONCURRENCY='many' is not a whole number",
        "4. error: ZD_WEBHOOK_SECRETS is empty: copy the signing secret from the webhook's page in the Admin Center",
        "5. error: no credentials: set ZD_OAUTH_CLIENT_ID and ZD_OAUTH_CLIENT_SECRET (Admin Center > APIs > OAuth clients)",
        "5 errors, 0 pieces of advice, 0 desks read",
    ]


def test_a_database_that_cannot_be_opened_is_a_finding(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a-file").write_text("x", "utf-8")
    monkeypatch.setenv("ZD_DATA_DIR", "a-file/below")
    ran = zd("check")
    assert (ran.status, ran.err) == (1, "")
    assert "1. error: the databases cannot be opened (NotADirectoryError); look at ZD_DATA_DIR" in ran.out


# --- the account ---------------------------------------------------------------------------------------------------


def test_a_sound_account_has_nothing(account: Account) -> None:
    ran = zd("check")
    assert (ran.status, ran.out.splitlines(), ran.err) == (0, [SOUND], "")


def test_groups_and_brands_that_are_missing_are_named(account: Account, folder: Path) -> None:
    topics = '[[topic]]\nid = "a"\ngroup = "Cards"\n[[topic]]\nid = "b"\ngroup = "Nobody"\nrung = "off"\n'
    examples = "".join(f'{name} = ["{name} 1", "{name} 2", "{name} 3", "{name} 4", "{name} 5"]\n' for name in "ab")
    settings = DESK + '[danger]\ngroup = "Seniors"\n[account]\nbrands = ["ghost", 404]\n'
    made = a_desk_folder(folder / "d", settings, topics, en=examples)
    ran = zd("check", "--desk", made)
    assert ran.status == 1
    assert ran.out.splitlines() == [
        f"1. error: {made}: the account has no group 'Nobody'; create it, or change the desk",
        f"2. error: {made}: the account has no group 'Seniors'; create it, or change the desk",
        f"3. error: {made}: the account has no brand 'ghost'",
        f"4. error: {made}: the account has no brand 404",
        "4 errors, 0 pieces of advice, 1 desks read",
    ]


def test_wrong_credentials_are_one_finding(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZD_OAUTH_CLIENT_SECRET", "wrong-secret-value")
    ran = zd("check")
    assert (ran.status, ran.err) == (1, "")
    first, last = ran.out.splitlines()
    assert first.startswith(f"1. error: {account.sandbox.url}: ")
    assert "wrong-secret-value" not in ran.out
    assert last == "1 errors, 0 pieces of advice, 1 desks read"


def test_an_account_that_does_not_answer_is_one_finding(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZD_BASE_URL", "http://127.0.0.1:9")
    ran = zd("check")
    assert (ran.status, ran.err) == (1, "")
    first, last = ran.out.splitlines()
    assert first.startswith("1. error: http://127.0.0.1:9: ")
    assert last == "1 errors, 0 pieces of advice, 1 desks read"


def test_check_only_reads(account: Account) -> None:
    before = len(calls(account.sandbox.account))
    assert zd("check").status == 0
    asked = list(calls(account.sandbox.account))[before:]
    assert {call["method"] for call in asked if call["path"] != "/oauth/tokens"} == {"GET"}
    assert {call["path"].split("/")[3].removesuffix(".json") for call in asked if "/api/v2/" in call["path"]} == {
        "users",
        "groups",
        "brands",
    }
