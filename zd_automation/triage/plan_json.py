"""A plan as JSON: the shape that ``decide --jsonl`` promises (schema in docs/reference/plan.schema.json)."""

from __future__ import annotations

import dataclasses
from typing import Any

from zd_automation.triage.plan import Plan, Scored, Suggestion


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """The plan as plain values, in a stable order of keys."""
    return {
        "id": plan.ticket_id,
        "language": {
            "tag": plan.language.tag,
            "confidence": round(plan.language.confidence, 4),
            "others": [{"tag": tag, "confidence": round(share, 4)} for tag, share in plan.language.others],
        },
        "topic": _topic(plan.topic) if plan.topic else None,
        "second_topic": _topic(plan.second) if plan.second else None,
        "candidates": [_topic(candidate) for candidate in plan.candidates],
        "danger": {
            "tier": plan.danger.tier,
            "kind": plan.danger.kind,
            "severity": plan.danger.severity,
            "queue": plan.danger.queue if plan.danger.is_urgent else None,
            "score": plan.danger.score,
            "evidence": list(plan.danger.evidence),
        },
        "secrets": list(plan.secrets),
        "articles": [_article(article) for article in plan.articles],
        "article_candidates": [_article(article) for article in plan.article_candidates],
        "group": plan.group,
        "priority": plan.priority,
        "tags": list(plan.tags),
        "note": plan.note,
        "writes": sorted(plan.writes),
        "reasons": [{"part": reason.part, "text": reason.text} for reason in plan.reasons],
        "versions": dataclasses.asdict(plan.versions),
    }


def _topic(scored: Scored) -> dict[str, Any]:
    return {"id": scored.id, "confidence": scored.score}


def _article(found: Suggestion) -> dict[str, Any]:
    return {"id": found.id, "score": found.score}
