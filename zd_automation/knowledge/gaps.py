"""What the help centre lacks: tickets for which nothing was found, and answers that are there in another language only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zd_automation.tickets import Article

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Told:
    """A decision: the ticket's number and its plan as JSON."""

    ticket_id: int
    plan: Mapping[str, Any]


@dataclass(frozen=True)
class Gap:
    """Tickets that got no article: of one topic, or, where no topic was named, those nearest to one article.

    ``nearest`` is the article that most of them lay nearest to, ``score`` its mean chance of being the right one there.
    ``languages`` counts tickets, the most frequent first; ``examples`` are numbers of recent tickets.
    """

    topic: str
    tickets: int
    languages: Mapping[str, int]
    nearest: Article | None
    score: float
    examples: tuple[int, ...]


@dataclass(frozen=True)
class MissingTranslation:
    """An article that answered tickets in a language that it is not translated to. ``there`` are its languages."""

    article: Article
    there: tuple[str, ...]
    missing: str
    tickets: int
    examples: tuple[int, ...]


@dataclass
class _Group:
    languages: Counter[str] = field(default_factory=Counter)
    nearest: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    examples: list[int] = field(default_factory=list)


def gaps(told: Iterable[Told], articles: Sequence[Article]) -> list[Gap]:
    """Where articles are missing, the most frequent first. Urgent cases need a person, not an article: they are left out."""
    named: dict[str, Article] = {}
    for article in articles:
        named.setdefault(str(article.id), article)
    groups: defaultdict[tuple[str, str], _Group] = defaultdict(_Group)
    for one in told:
        plan = one.plan
        if plan.get("articles") or plan["danger"]["tier"] in {"probable", "certain"}:
            continue
        topic = plan["topic"]["id"] if plan["topic"] else ""
        nearest = next((found for found in plan["article_candidates"] if found["id"] in named), None)
        group = groups[topic, "" if topic or not nearest else nearest["id"]]
        group.languages[plan["language"]["tag"]] += 1
        group.examples.append(one.ticket_id)
        if nearest:
            group.nearest[nearest["id"]].append(nearest["score"])
    found = [_gap(topic, group, named) for (topic, _), group in groups.items()]
    return sorted(found, key=lambda gap: (-gap.tickets, gap.topic, gap.examples))


def _gap(topic: str, group: _Group, named: Mapping[str, Article]) -> Gap:
    best = max(group.nearest, key=lambda article: len(group.nearest[article]), default="")
    scores = group.nearest[best] if best else []
    return Gap(
        topic,
        group.languages.total(),
        dict(group.languages.most_common()),
        named.get(best),
        sum(scores) / len(scores) if scores else 0.0,
        tuple(group.examples[-_EXAMPLES:]),
    )


def missing_translations(told: Iterable[Told], articles: Sequence[Article]) -> list[MissingTranslation]:
    """Answers that are there in another language only, the most often wanted first: "exists in EN, missing in TR"."""
    there: defaultdict[str, list[Article]] = defaultdict(list)
    for article in articles:
        there[str(article.id)].append(article)
    wanted: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for one in told:
        language = _language(one.plan["language"]["tag"])
        for shown in one.plan.get("articles", ())[:1]:
            known = [_language(article.locale) for article in there[shown["id"]]]
            if known and language not in known and language not in {"und", "mul"}:
                wanted[shown["id"], language].append(one.ticket_id)
    found = [
        MissingTranslation(
            there[article][0],
            tuple(_language(one.locale) for one in there[article]),
            language,
            len(tickets),
            tuple(tickets[-_EXAMPLES:]),
        )
        for (article, language), tickets in wanted.items()
    ]
    return sorted(found, key=lambda one: (-one.tickets, str(one.article.id), one.missing))


def _language(tag: str) -> str:
    return tag.split("-")[0].lower()
