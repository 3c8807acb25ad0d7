"""Reference pages against the code that they describe."""

from __future__ import annotations

import inspect
import re
import sqlite3
import tomllib
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tests.docs.generated import NEEDED
from tests.docs.pages import ROOT, blocks, first_column, page
from zd_automation import errors
from zd_automation.config import VARIABLES, settings_from
from zd_automation.engine.inbox import Inbox
from zd_automation.errors import Refused, SettingsError, ZdAutomationError
from zd_automation.events import Delivery, TicketCreated
from zd_automation.journal.database import open_database
from zd_automation.journal.journal import Journal
from zd_automation.metrics import Metrics
from zd_automation.zendesk.oauth import SCOPES

_PACKAGE = ROOT / "zd_automation"
_NAMES = {name for name, _, _ in VARIABLES}


def test_the_environment_page_has_every_variable_in_its_order() -> None:
    assert first_column(page("docs/reference/environment.md"), "Environment") == [name for name, _, _ in VARIABLES]


def test_the_example_file_is_read_as_the_defaults() -> None:
    given = dotenv_values(ROOT / "deploy" / ".env.example")
    assert given == dict.fromkeys(NEEDED, "")
    commented = dict(re.findall(r"^# (ZD_\w+)=(.*)$", page("deploy/.env.example"), re.MULTILINE))
    assert commented == {name: default for name, default, _ in VARIABLES if name not in NEEDED}


def test_with_the_needed_variables_filled_in_the_settings_are_whole() -> None:
    filled = dict(zip(NEEDED, ("shop", "client", "a-secret", "b-secret"), strict=True))
    settings = settings_from(filled)
    assert settings.base_url == "https://shop.zendesk.com"
    for name in NEEDED:
        with pytest.raises(SettingsError):
            settings_from({**filled, name: ""})


def test_every_variable_that_the_package_reads_is_on_the_environment_page() -> None:
    text = page("docs/reference/environment.md")
    sources = [path for path in _PACKAGE.rglob("*.py") if "sandbox" not in path.parts]
    read = {
        name
        for path in sources
        for name in re.findall(r"""environ(?:\.get\(|\[)["'](ZD_\w+)["']""", path.read_text("utf-8"))
    }
    assert read - {name for name in read if f"`{name}`" in text} == set()


def _error_classes() -> list[type[ZdAutomationError]]:
    return [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ZdAutomationError)]


def test_the_errors_page_has_the_whole_tree() -> None:
    assert set(first_column(page("docs/reference/errors.md"), "The tree")) == {
        kind.__name__ for kind in _error_classes()
    }


@pytest.mark.parametrize(
    "kind", [kind for kind in _error_classes() if issubclass(kind, Refused) and kind is not Refused]
)
def test_the_errors_page_says_how_a_refusal_is_answered(kind: type[Refused]) -> None:
    assert f"| {kind.status} | `{kind.reason}` |" in page("docs/reference/errors.md")


def test_every_log_event_is_on_the_operating_page() -> None:
    listed = set(re.findall(r"`([a-z_]+)`", page("docs/how-to/operate.md")))
    calls = re.compile(r"""\blog\.(?:debug|info|warning|error)\(\s*f?["']([^"']+)["']""")
    logged = {
        event
        for path in _PACKAGE.rglob("*.py")
        if "sandbox" not in path.parts
        for event in calls.findall(path.read_text("utf-8"))
    }
    assert "ticket_finished" in logged
    plain = {event for event in logged if "{" not in event} | {
        "delivery_accepted",
        "delivery_duplicate",
        "delivery_ignored",
    }
    assert plain - listed == set()


def test_every_metric_is_on_the_operating_page_and_the_page_names_no_other() -> None:
    metrics = Metrics()
    metrics.watch_queue(lambda: {"new": 1}, lambda: 0.0)
    families = list(metrics.registry.collect())
    named = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    assert set(first_column(page("docs/how-to/operate.md"), "Numbers")) == named


def test_the_alert_rules_use_metrics_that_exist() -> None:
    yaml = pytest.importorskip("yaml")
    (rules,) = blocks(page("docs/how-to/operate.md"), "yaml")
    listed = set(first_column(page("docs/how-to/operate.md"), "Numbers"))
    for rule in yaml.safe_load(rules)["groups"][0]["rules"]:
        for name in re.findall(r"\bzd_\w+", rule["expr"]):
            assert name.removesuffix("_count") in listed


def test_the_recipe_for_dead_letters_works(tmp_path: Path) -> None:
    inbox = Inbox(open_database(f"sqlite:///{tmp_path / 'inbox.sqlite'}"))
    journal = Journal(open_database(f"sqlite:///{tmp_path / 'zd.sqlite'}"))
    inbox.prepare()
    journal.prepare()
    for ticket in (7, 8):
        inbox.accept(TicketCreated(Delivery(1, "w", f"i{ticket}", None, None), ticket))
    inbox.claim()
    journal.finish("1:ticket.created:7", 7, "dead", "ValueError")
    journal.finish("1:ticket.created:8", 8, "written")
    inbox.finish({"1:ticket.created:7": "dead", "1:ticket.created:8": "done"})
    find, forget, again = blocks(page("docs/how-to/operate.md"), "sql")
    in_inbox, in_journal = find.strip().splitlines()

    assert _run(tmp_path / "inbox.sqlite", in_inbox) == [("1:ticket.created:7", 7, 0)]
    assert _run(tmp_path / "zd.sqlite", in_journal) == [("1:ticket.created:7", "ValueError")]
    _run(tmp_path / "zd.sqlite", forget)
    _run(tmp_path / "inbox.sqlite", again)

    assert journal.outcome("1:ticket.created:7") is None
    assert journal.outcome("1:ticket.created:8") == "written"
    assert [(row.ticket_id, row.attempts) for row in inbox.claim()] == [(7, 1)]


def _run(database: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(database)
    try:
        with connection:
            return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_the_scopes_on_the_zendesk_page_are_those_that_are_asked_for() -> None:
    assert f"{SCOPES}\n" in blocks(page("docs/how-to/zendesk.md"), "text")


def test_the_trigger_body_on_the_zendesk_page_is_the_installed_one() -> None:
    definition = tomllib.loads(page("triggers/ticket-created.toml"))
    (action,) = definition["object"]["actions"]
    assert blocks(page("docs/how-to/zendesk.md"), "json") == [action["value"][1] + "\n"]


def test_every_runtime_dependency_has_a_row_and_every_row_a_dependency() -> None:
    project = tomllib.loads(page("pyproject.toml"))["project"]
    wanted = [re.split(r"[\[<>=~! ]", line, maxsplit=1)[0].lower() for line in project["dependencies"]]
    rows = re.findall(r"^\| ([a-z][a-z0-9-]*) \| \S", page("docs/decisions/0007-dependencies.md"), re.MULTILINE)
    assert [row for row in rows if row != "package"] == sorted(wanted)
    extras = " ".join(line for lines in project["optional-dependencies"].values() for line in lines)
    for name, version in re.findall(r"([a-z0-9-]+)==([\d.]+)", extras):
        assert f"{name} {version}" in page("docs/decisions/0007-dependencies.md")


def test_numbers_that_the_decisions_quote_from_the_code_are_so() -> None:
    from zd_automation.engine import dbos_engine, jobs, worker
    from zd_automation.models import calibrate, encoders, features, folds, kernel, space, topic_model, voices
    from zd_automation.triage import patterns

    assert (dbos_engine._POLLING, jobs.MOST_ATTEMPTS) == ({"urgent": 0.1, "normal": 0.1}, 5)
    assert (worker._DEAD_AFTER, worker._STUCK_AFTER, worker._MOST_RESUBMISSIONS) == (30.0, 900.0, 5)
    assert (voices._STRENGTH, voices.REGRESSION_UP_TO, space._SHARE, space._TRUSTED_ROWS) == (30.0, 4_000, 0.5, 20)
    assert (kernel._SHARPNESS, kernel._RIDGE, kernel._UP_TO) == (1.5, 0.1, 15_000)
    assert (folds._SAME_STORY, topic_model._REJECTED, calibrate._EVEN, encoders.WideEncoder.weight) == (
        0.6,
        0.03,
        0.5,
        1.4,
    )
    assert (features._MOST_FEATURES, features._SQUEEZED) == (40_000, 256)
    assert sorted(set(encoders.USE_LANGUAGES.values()))[0 :: len(set(encoders.USE_LANGUAGES.values())) - 1] == [
        0.3,
        1.0,
    ]
    assert (patterns.GAP, patterns.MOST_GAPS) == (40, 2)
