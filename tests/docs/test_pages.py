"""The pages say what is so: links lead somewhere, commands exist, generated pages are fresh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.generated import pages as generated_pages
from tests.docs.pages import ROOT, all_pages, anchors, code, links, page
from zd_automation.cli import _COMMANDS

_PAGES = pytest.mark.parametrize("path", all_pages(), ids=lambda path: str(path.relative_to(ROOT)))
_COMMAND = re.compile(r"(?:^|[\s/])zd-automation ([a-z]+)(?!\S)")
_TARGET = re.compile(r"^make ([a-z-]+)")


def test_the_pages_that_the_project_promises_are_there() -> None:
    named = {str(path.relative_to(ROOT)) for path in all_pages()}
    assert {
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "docs/tutorial.md",
        "docs/how-to/zendesk.md",
        "docs/how-to/desk.md",
        "docs/how-to/deploy.md",
        "docs/how-to/operate.md",
        "docs/reference/environment.md",
        "docs/reference/errors.md",
    } <= named


@pytest.mark.parametrize("path", generated_pages(), ids=lambda path: path.name)
def test_a_generated_page_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == generated_pages()[path], "run: python -m tests.docs.generated"


@_PAGES
def test_links_between_pages_resolve(path: Path) -> None:
    broken = []
    for target in links(path.read_text("utf-8")):
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        if not found.exists() or (anchor and anchor not in anchors(found.read_text("utf-8"))):
            broken.append(target)
    assert broken == []


@_PAGES
def test_every_command_that_a_page_names_exists(path: Path) -> None:
    named = {command for line in code(path.read_text("utf-8")) for command in _COMMAND.findall(line)}
    assert named - set(_COMMANDS) == set()


def test_every_command_is_named_on_some_page() -> None:
    text = "\n".join(line for path in all_pages() for line in code(path.read_text("utf-8")))
    assert set(_COMMANDS) - {"sandbox", "demo"} - set(_COMMAND.findall(text)) == set()


def test_every_make_target_that_a_page_names_exists() -> None:
    named = {
        target for path in all_pages() for line in code(path.read_text("utf-8")) for target in _TARGET.findall(line)
    }
    targets = set(re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE))
    assert named - targets == set()


def test_decisions_are_numbered_without_gaps_and_have_three_parts() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        headings = re.findall(r"^## (.+)$", path.read_text("utf-8"), re.MULTILINE)
        assert headings[:2] == ["Context", "Choice"], path.name
        assert headings[-1] == "Consequences", path.name


def test_contributing_opens_with_what_people_will_do() -> None:
    headings = re.findall(r"^## (.+)$", page("CONTRIBUTING.md"), re.MULTILINE)
    assert headings == [
        "Add a topic",
        "Add a danger phrase",
        "Add a danger example",
        "Add a trigger",
        "Change the code",
    ]


def test_the_licence_is_the_apache_licence_and_the_notice_names_the_stricter_ones() -> None:
    licence = page("LICENSE")
    assert "Apache License\n                           Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    notice = " ".join(page("NOTICE").split())
    for named in (
        "zenpy GNU General Public License, version 3",
        "psycopg,",
        "python-stdnum GNU Lesser",
        "certifi Mozilla",
    ):
        assert named in notice
