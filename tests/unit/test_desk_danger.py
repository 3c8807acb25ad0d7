"""What a desk says of danger: its policy, its own phrases and examples, its lines; every mistake named with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import a_desk_folder
from zd_automation.definitions import Problems
from zd_automation.desk_danger import danger_policy, own_danger
from zd_automation.desk_files import load_desk
from zd_automation.errors import DefinitionError
from zd_automation.triage.desk import DangerPolicy, Queue

DESK = 'name = "Little"\nlanguages = ["en"]\n'


def policy(**section: Any) -> tuple[DangerPolicy, list[str]]:
    problems = Problems()
    return danger_policy(section, "desk.toml [danger]", problems), problems.found


def test_nothing_said_is_the_plain_policy() -> None:
    assert policy() == (DangerPolicy(), [])


def test_every_key_is_read() -> None:
    made, problems = policy(
        rung="note", group="Seniors", tag="Red Alert", priority="high", probable=0.6, certain=0.9,
        kinds_off=["extortion"], safety={"group": "Care", "tag": "care"}, legal={"tag": "law"},
        false_alarms_a_day=20, tickets_a_day=4000, first_steps={"sim_swap": ["Ring."]}, redact=["card_number"],
    )  # fmt: skip
    assert problems == []
    assert made == DangerPolicy(
        rung="note", group="Seniors", tag="red_alert", priority="high", probable=0.6, certain=0.9,
        kinds_off=("extortion",), safety=Queue("Care", "care"), legal=Queue("", "law"), false_alarms=0.005,
        first_steps={"sim_swap": ("Ring.",)}, redact=("card_number",),
    )  # fmt: skip
    assert made.queue("safety") == Queue("Care", "care")
    assert made.queue("legal") == Queue("Seniors", "law")
    assert made.queue("security") == Queue("Seniors", "red_alert")
    assert made.groups() == {"Seniors", "Care"}


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"kinds_off": ["sim_swop"]}, "kinds_off = 'sim_swop' is not known; did you mean 'sim_swap'?"),
        ({"redact": ["card"]}, "redact = 'card' is not known"),
        ({"safety": {"gruop": "x"}}, "unknown key 'gruop'; did you mean 'group'?"),
        ({"first_steps": {"sim_swop": ["x"]}}, "unknown key 'sim_swop'; did you mean 'sim_swap'?"),
        ({"first_steps": {"sim_swap": [1]}}, "sim_swap must be a list of texts"),
        ({"false_alarms_a_day": 5}, "false_alarms_a_day and tickets_a_day go together"),
        ({"tickets_a_day": 5}, "false_alarms_a_day and tickets_a_day go together"),
        ({"false_alarms_a_day": 9, "tickets_a_day": 5}, "the first above 0 and below the second"),
        ({"probable": 2}, "probable = 2.0 must lie between 0 and 1"),
    ],
)
def test_a_mistake_is_named(section: dict[str, Any], problem: str) -> None:
    _, (found,) = policy(**section)
    assert found.startswith("desk.toml [danger]")
    assert problem in found


def a_folder(tmp_path: Path, **files: str) -> Path:
    folder = a_desk_folder(tmp_path, DESK)
    (folder / "danger" / "patterns").mkdir(parents=True)
    for name, text in files.items():
        place = folder / "danger" / (f"patterns/{name[8:]}.toml" if name.startswith("pattern_") else f"{name}.toml")
        place.write_text(text, "utf-8")
    return folder


def test_a_desk_without_the_folder_adds_nothing(tmp_path: Path) -> None:
    files = load_desk(a_desk_folder(tmp_path, DESK))
    assert (files.danger.books, files.danger.examples, files.desk.danger.lines) == ({}, (), {})


def test_phrases_examples_and_lines_of_the_desk_are_read(tmp_path: Path) -> None:
    files = load_desk(
        a_folder(
            tmp_path,
            pattern_en='[statement]\nsim_swap = ["the doorman took my card"]\n',
            en='urgent = [{ kind = "sim_swap", text = "the doorman did it" }]\nordinary = ["where is the door"]\n',
            lines='drawn_on = "today"\nfalse_alarms = 0.01\n[shift]\nen = 0.25\n',
        )
    )
    (phrase,) = files.danger.books["en"].statements["sim_swap"]
    assert phrase.find("yes the doorman took my card again") == "the doorman took my card"
    assert [(row.text, row.urgent) for row in files.danger.examples] == [
        ("the doorman did it", True),
        ("where is the door", False),
    ]
    assert files.desk.danger.lines == {"en": 0.25}


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("*", "would match nearly everything"),
        ("", "would match nearly everything"),
        ("(a|)", "would match nearly everything"),
        ("(open", "brackets do not balance"),
        ("a * b * c * d", "more than 2 gaps"),
    ],
)
def test_a_phrase_that_would_match_everything_or_nothing_is_refused_with_its_line(
    tmp_path: Path, phrase: str, said: str
) -> None:
    folder = a_folder(tmp_path, pattern_en=f'# ours\n[statement]\nsim_swap = [\n  "good words",\n  "{phrase}",\n]\n')
    with pytest.raises(DefinitionError) as caught:
        load_desk(folder)
    assert f"{folder}/danger/patterns/en.toml:5 [statement] sim_swap: " in str(caught.value)
    assert said in str(caught.value)


def test_a_wrong_lines_file_is_told(tmp_path: Path) -> None:
    problems = Problems()
    folder = a_folder(tmp_path, lines='[shift]\nen = "much"\n[shfit]\nen = 1\n')
    assert own_danger(folder / "danger", problems).lines == {"en": 0.0}
    assert [found.split(": ", 1)[1] for found in problems.found] == [
        "unknown key 'shfit'; did you mean 'shift'?",
        "'en' must be int or float, not str",
    ]
