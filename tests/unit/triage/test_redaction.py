"""What Zendesk is asked to block out: the secret, all of it, and nothing else of the comment."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.assembly import seed_lists
from zd_automation.triage.redaction import marked
from zd_automation.triage.secrets import KINDS

SEED = "legal winner thank year wave sausage worth useful legal winner thank yellow"


@pytest.mark.parametrize(
    ("body", "kinds", "expected"),
    [
        ("<p>password: hunter2!x</p>", ["password"], "<p>password: <redact>hunter2!x</redact></p>"),
        ("<p>password: hunter2!x</p>", ["otp"], None),
        ("<p>nothing</p>", KINDS, None),
        ("", KINDS, None),
        (
            "<p>password: a&amp;b&lt;12</p>",
            ["password"],
            "<p>password: <redact>a&amp;b&lt;12</redact></p>",
        ),
        (
            '<p class="4111111111111111">4111111111111111, again 4111111111111111</p>',
            ["card_number"],
            '<p class="4111111111111111"><redact>4111111111111111</redact>, again <redact>4111111111111111</redact></p>',
        ),
        (f"<p>{SEED}</p>", ["seed_phrase"], f"<p><redact>{SEED}</redact></p>"),
        (
            "<p>" + SEED.replace("useful ", "useful<br>") + "</p>",
            ["seed_phrase"],
            "<p><redact>legal winner thank year wave sausage worth useful</redact><br><redact>legal winner thank yellow</redact></p>",
        ),
    ],
)
def test_the_secret_is_marked_and_nothing_else(body: str, kinds: list[str], expected: str | None) -> None:
    assert marked(body, kinds, seed_lists()) == expected


@given(st.text("<>p/ &;a1:=password", max_size=80))
def test_without_the_marks_the_comment_is_what_it_was(body: str) -> None:
    told = marked(body, KINDS)
    assert told is None or re.sub("</?redact>", "", told) == body
