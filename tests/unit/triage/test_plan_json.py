"""One line of ``decide --jsonl``: every key, in order, with plain values."""

from __future__ import annotations

import json

from tests.support.builders import a_language, a_plan, a_suggestion
from zd_automation.triage.plan import Danger, Reason, Scored
from zd_automation.triage.plan_json import plan_as_json


def test_a_full_plan_word_for_word() -> None:
    plan = a_plan(
        language=a_language("zh-Hans", 0.98765, others=(("ja", 0.012345),)),
        danger=Danger("certain", "sim_swap", "critical", 0.92, ("my sim was swapped",)),
        secrets=("otp",),
        articles=(a_suggestion("9", score=0.8),),
        article_candidates=(a_suggestion("9", score=0.8), a_suggestion("4", score=0.2)),
        priority="urgent",
        group="Security",
        reasons=(Reason("topic", "card_problem at 0.93, needed 0.50"),),
        second=Scored("delivery_late", 0.81),
    )
    line = plan_as_json(plan)
    assert line == {
        "id": "17",
        "language": {"tag": "zh-Hans", "confidence": 0.9877, "others": [{"tag": "ja", "confidence": 0.0123}]},
        "topic": {"id": "card_problem", "confidence": 0.93},
        "second_topic": {"id": "delivery_late", "confidence": 0.81},
        "candidates": [{"id": "card_problem", "confidence": 0.93}, {"id": "delivery_late", "confidence": 0.07}],
        "danger": {
            "tier": "certain",
            "kind": "sim_swap",
            "severity": "critical",
            "queue": "security",
            "score": 0.92,
            "evidence": ["my sim was swapped"],
        },
        "secrets": ["otp"],
        "articles": [{"id": "9", "score": 0.8}],
        "article_candidates": [{"id": "9", "score": 0.8}, {"id": "4", "score": 0.2}],
        "group": "Security",
        "priority": "urgent",
        "tags": ["zdauto_lang_en", "zdauto_topic_card_problem", "zdauto_done"],
        "note": "<p>Language: en · Topic: Card problem (93%)</p>",
        "writes": ["group", "note", "tags"],
        "reasons": [{"part": "topic", "text": "card_problem at 0.93, needed 0.50"}],
        "versions": {
            "definitions": "d1",
            "topic_model": "t1",
            "danger_model": "g1",
            "article_index": "a1",
            "package": "0.1.0",
        },
    }
    assert json.loads(json.dumps(line)) == line


def test_the_order_of_keys_is_stable() -> None:
    assert list(plan_as_json(a_plan())) == [
        "id", "language", "topic", "second_topic", "candidates", "danger", "secrets", "articles",
        "article_candidates", "group", "priority", "tags", "note", "writes", "reasons", "versions",
    ]  # fmt: skip


def test_a_silent_plan_has_nulls_and_empty_lists() -> None:
    plan = a_plan(topic=None, candidates=(), group=None, note=None, tags=("zdauto_done",), writes=frozenset())
    line = plan_as_json(plan)
    assert (line["topic"], line["candidates"], line["group"], line["note"], line["writes"]) == (
        None,
        [],
        None,
        None,
        [],
    )
    assert line["danger"] == {
        "tier": "none",
        "kind": None,
        "severity": None,
        "score": 0.0,
        "evidence": [],
        "queue": None,
    }
    assert plan.is_silent
