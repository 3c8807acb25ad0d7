"""What the help centre lacks, counted by hand."""

from __future__ import annotations

from typing import Any

from tests.support.builders import a_language, a_plan, a_suggestion, an_article
from zd_automation.knowledge.gaps import Gap, MissingTranslation, Told, gaps, missing_translations
from zd_automation.triage.plan import Danger, Scored
from zd_automation.triage.plan_json import plan_as_json

RESET = an_article(1, "Reset your password")
FEES = an_article(2, "Fees")
FEES_ES = an_article(2, "Comisiones", locale="es")
ARTICLES = (RESET, FEES, FEES_ES)


def told(
    ticket_id: int,
    language: str = "en",
    topic: str | None = "fees",
    near: tuple[str, float] | None = None,
    **changes: Any,
) -> Told:
    """A decision on a ticket that got no article."""
    candidates = (a_suggestion(near[0], score=near[1]),) if near else ()
    plain: dict[str, Any] = {
        "language": a_language(language),
        "topic": Scored(topic, 0.9) if topic else None,
        "articles": (),
        "article_candidates": candidates,
        "danger": Danger(),
    }
    return Told(ticket_id, plan_as_json(a_plan(**{**plain, **changes})))


def test_topics_without_an_article_stand_by_their_number_of_tickets() -> None:
    rows = [told(number, "tr" if number % 3 else "en", near=("2", 0.5)) for number in range(7)]
    rows += [
        told(90, topic="login", near=("1", 0.3)),
        told(91, topic="login", near=("2", 0.1)),
        told(92, topic="login", near=("1", 0.5)),
    ]
    assert gaps(rows, ARTICLES) == [
        Gap("fees", 7, {"tr": 4, "en": 3}, FEES, 0.5, (2, 3, 4, 5, 6)),
        Gap("login", 3, {"en": 3}, RESET, 0.4, (90, 91, 92)),
    ]


def test_what_got_an_article_and_what_is_urgent_is_no_gap() -> None:
    answered = told(1, articles=(a_suggestion("2", score=0.9),))
    urgent = told(2, danger=Danger("probable", "sim_swap", "critical", 0.8))
    claimed = told(3, danger=Danger("claimed", None, "low", 0.3))
    assert [gap.examples for gap in gaps([answered, urgent, claimed], ARTICLES)] == [(3,)]


def test_tickets_without_a_topic_stand_together_by_the_article_nearest_to_them() -> None:
    rows = [
        told(1, topic=None, near=("1", 0.2)),
        told(2, topic=None, near=("2", 0.2)),
        told(3, topic=None, near=("1", 0.4)),
    ]
    rows.append(told(4, topic=None))
    assert [(gap.nearest, gap.tickets, gap.examples) for gap in gaps(rows, ARTICLES)] == [
        (RESET, 2, (1, 3)),
        (FEES, 1, (2,)),
        (None, 1, (4,)),
    ]


def test_an_article_that_is_gone_is_nobodys_nearest() -> None:
    (gap,) = gaps([told(1, near=("77", 0.6))], ARTICLES)
    assert (gap.nearest, gap.score) == (None, 0.0)


def test_an_answer_in_another_language_is_a_missing_translation() -> None:
    def shown(number: int, language: str, article: str = "1") -> Told:
        return told(number, language, articles=(a_suggestion(article, score=0.9), a_suggestion("2", score=0.8)))

    rows = [
        shown(1, "tr"),
        shown(2, "tr-TR"),
        shown(3, "en"),
        shown(4, "es", "2"),
        shown(5, "pt-BR", "2"),
        shown(6, "und"),
    ]
    assert missing_translations(rows, ARTICLES) == [
        MissingTranslation(RESET, ("en",), "tr", 2, (1, 2)),
        MissingTranslation(FEES, ("en", "es"), "pt", 1, (5,)),
    ]


def test_nothing_decided_is_no_gap() -> None:
    assert (gaps([], ARTICLES), missing_translations([], ARTICLES)) == ([], [])
