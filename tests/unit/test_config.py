"""The environment: read whole, every problem told at once, secrets never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from zd_automation.config import VARIABLES, Secret, Settings, dotenv_then, settings_from
from zd_automation.errors import SettingsError

SOUND = {
    "ZD_SUBDOMAIN": "acme",
    "ZD_OAUTH_CLIENT_ID": "triage",
    "ZD_OAUTH_CLIENT_SECRET": "s3cret-value",
    "ZD_WEBHOOK_SECRETS": "first, second",
}


def problems(**changes: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as error:
        settings_from({**SOUND, **changes})
    return error.value.problems


def test_a_small_environment_and_all_defaults() -> None:
    var = Path("var").resolve()
    assert settings_from(SOUND, worker="host-1") == Settings(
        desks=(Path("desk"),),
        base_url="https://acme.zendesk.com",
        data_dir=var,
        inbox_url=f"sqlite:///{var / 'inbox.sqlite'}",
        database_url=f"sqlite:///{var / 'zd.sqlite'}",
        webhook_secrets=(Secret("first"), Secret("second")),
        oauth_client_id="triage",
        oauth_client_secret=Secret("s3cret-value"),
        worker="host-1",
    )


def test_every_variable_is_read() -> None:
    settings = settings_from(
        {
            "ZD_DESK": "a, b,",
            "ZD_BASE_URL": "http://127.0.0.1:9000/",
            "ZD_EMAIL": "bot@acme.example",
            "ZD_API_TOKEN": "token",
            "ZD_WEBHOOK_SECRETS": "one",
            "ZD_WEBHOOK_IDS": "01A,01B",
            "ZD_ACCOUNT_ID": "42",
            "ZD_ACCEPT_TEST_SECRET": "1",
            "ZD_TIMESTAMP_WINDOW": "60",
            "ZD_MOST_BYTES": "5000",
            "ZD_DATA_DIR": "/data",
            "ZD_INBOX_URL": "sqlite:////inbox.db",
            "ZD_DATABASE_URL": "postgresql+psycopg://zd@db/zd",
            "ZD_WORKER": "blue",
            "ZD_CONCURRENCY": "3",
            "ZD_BIND": "127.0.0.1:1",
        },
        worker="ignored",
    )
    assert settings == Settings(
        desks=(Path("a"), Path("b")),
        base_url="http://127.0.0.1:9000",
        data_dir=Path("/data"),
        inbox_url="sqlite:////inbox.db",
        database_url="postgresql+psycopg://zd@db/zd",
        webhook_secrets=(Secret("one"),),
        webhook_ids=frozenset({"01A", "01B"}),
        account_id=42,
        accept_test_secret=True,
        timestamp_window=60,
        most_bytes=5000,
        email="bot@acme.example",
        api_token=Secret("token"),
        worker="blue",
        concurrency=3,
        bind="127.0.0.1:1",
    )
    assert settings.has_credentials


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"ZD_CONCURRENCY": "many"}, "ZD_CONCURRENCY='many' is not a whole number"),
        ({"ZD_CONCURRENCY": "0"}, "ZD_CONCURRENCY=0 must be at least 1"),
        ({"ZD_MOST_BYTES": "10"}, "ZD_MOST_BYTES=10 must be at least 1000"),
        ({"ZD_TIMESTAMP_WINDOW": "-1"}, "ZD_TIMESTAMP_WINDOW=-1 must be at least 1"),
        ({"ZD_ACCOUNT_ID": "0"}, "ZD_ACCOUNT_ID=0 must be at least 1"),
        ({"ZD_SUBDOMAIN": ""}, "ZD_SUBDOMAIN is missing or odd: it is the SUBDOMAIN of https://SUBDOMAIN.zendesk.com"),
        (
            {"ZD_SUBDOMAIN": "acme.zendesk.com"},
            "ZD_SUBDOMAIN is missing or odd: it is the SUBDOMAIN of https://SUBDOMAIN.zendesk.com",
        ),
        ({"ZD_BASE_URL": "acme"}, "ZD_BASE_URL='acme' is not a web address"),
        ({"ZD_BASE_URL": "ftp://acme.example"}, "ZD_BASE_URL='ftp://acme.example' is not a web address"),
        (
            {"ZD_BASE_URL": "http://acme.example"},
            "ZD_BASE_URL must be https, unless it is the sandbox on this machine",
        ),
        ({"ZD_INBOX_URL": "mysql://x"}, "ZD_INBOX_URL must start with sqlite:/// or postgresql+psycopg://"),
        ({"ZD_DATABASE_URL": "postgres://x"}, "ZD_DATABASE_URL must start with sqlite:/// or postgresql+psycopg://"),
        (
            {"ZD_WEBHOOK_SECRETS": " , "},
            "ZD_WEBHOOK_SECRETS is empty: copy the signing secret from the webhook's page in the Admin Center",
        ),
        (
            {"ZD_OAUTH_CLIENT_SECRET": ""},
            "no credentials: set ZD_OAUTH_CLIENT_ID and ZD_OAUTH_CLIENT_SECRET (Admin Center > APIs > OAuth clients)",
        ),
    ],
)
def test_one_wrong_value_is_one_problem(changes: dict[str, str], problem: str) -> None:
    assert problems(**changes) == (problem,)


def test_all_problems_are_told_together() -> None:
    with pytest.raises(SettingsError) as error:
        settings_from({"ZD_CONCURRENCY": "x", "ZD_MOST_BYTES": "1"})
    starts = [problem.split()[0] for problem in error.value.problems]
    assert starts == ["ZD_SUBDOMAIN", "ZD_MOST_BYTES=1", "ZD_CONCURRENCY='x'", "ZD_WEBHOOK_SECRETS", "no"]
    assert str(error.value) == "; ".join(error.value.problems)


def test_a_worker_needs_no_webhook_secret_and_setup_may_use_the_test_one() -> None:
    bare = {name: value for name, value in SOUND.items() if name != "ZD_WEBHOOK_SECRETS"}
    assert settings_from(bare, needs_webhooks=False).webhook_secrets == ()
    assert settings_from({**bare, "ZD_ACCEPT_TEST_SECRET": "1"}).accept_test_secret


@pytest.mark.parametrize(("said", "accepts"), [("1", True), ("0", False), ("true", False), ("", False)])
def test_only_a_one_accepts_the_public_secret(said: str, accepts: bool) -> None:
    assert settings_from({**SOUND, "ZD_ACCEPT_TEST_SECRET": said}).accept_test_secret is accepts


def test_a_secret_never_shows_itself() -> None:
    settings = settings_from(SOUND)
    for shown in (repr(settings), str(settings), f"{settings.oauth_client_secret}", repr(settings.webhook_secrets)):
        assert "s3cret-value" not in shown
        assert "first" not in shown
    assert settings.oauth_client_secret.reveal() == "s3cret-value"
    assert str(Secret("x")) == "Secret(***)"
    assert (Secret("x") == Secret("x"), Secret("x") == Secret("y"), Secret("x") == "x") == (True, False, False)
    assert (bool(Secret("")), bool(Secret("x")), len({Secret("x"), Secret("x")})) == (False, True, 1)


def test_the_table_of_variables_has_a_word_for_each_and_no_secret_default() -> None:
    names = [name for name, _, _ in VARIABLES]
    assert len(set(names)) == len(names)
    assert all(name.startswith("ZD_") and meaning for name, _, meaning in VARIABLES)
    assert all(
        not default
        for name, default, _ in VARIABLES
        if name.endswith(("_SECRET", "_SECRETS", "_TOKEN")) and "TEST" not in name
    )


def test_what_is_set_by_hand_wins_over_the_file() -> None:
    merged = dotenv_then({"A": "hand"}, lambda: {"A": "file", "B": "file", "C": None})
    assert merged == {"A": "hand", "B": "file"}
