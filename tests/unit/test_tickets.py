"""The nouns: which tickets take changes, which articles the public may read."""

from __future__ import annotations

import pytest

from tests.support.builders import a_ticket, an_article


@pytest.mark.parametrize(
    ("status", "is_open"),
    [
        ("new", True),
        ("open", True),
        ("pending", True),
        ("hold", True),
        ("solved", True),
        ("closed", False),
        ("deleted", False),
    ],
)
def test_closed_and_deleted_tickets_take_no_change(status: str, is_open: bool) -> None:
    assert a_ticket(status=status).is_open_to_change is is_open


@pytest.mark.parametrize(
    ("restricted", "draft", "is_public"),
    [(False, False, True), (True, False, False), (False, True, False), (True, True, False)],
)
def test_only_published_articles_for_everybody_are_public(restricted: bool, draft: bool, is_public: bool) -> None:
    assert an_article(restricted=restricted, draft=draft).is_public is is_public
