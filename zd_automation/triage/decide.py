"""One ticket in, one plan out: language, topic, danger, secrets, articles, routing, note, in this order."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from zd_automation.errors import ModelError
from zd_automation.tickets import Ticket
from zd_automation.triage.clean import CleanText, clean, everything
from zd_automation.triage.danger import DangerReading, DangerText, judge, read_message
from zd_automation.triage.danger_phrases import books_for
from zd_automation.triage.desk import RUNGS, Desk, Topic, tag_of
from zd_automation.triage.language import Language
from zd_automation.triage.note import NoteParts, NoteTexts, texts_for, write_note
from zd_automation.triage.patterns import PhraseBook
from zd_automation.triage.plan import Danger, Plan, Reason, Scored, Suggestion, Versions
from zd_automation.triage.ports import ArticleIndex, DangerModel, TopicModel, TopicRanking
from zd_automation.triage.secrets import SeedLists, find_secrets, kinds, masked

Identify = Callable[[CleanText, str | None], Language]
Books = Mapping[str, PhraseBook]
_Spoken = tuple[Topic, Scored]


@dataclass(frozen=True)
class Triage:
    """A desk together with everything that reads for it. Immutable; one value serves all threads."""

    desk: Desk
    identify: Identify
    books: Books
    note_texts: Mapping[str, NoteTexts]
    seed_lists: SeedLists
    topics: TopicModel | None = None
    danger: DangerModel | None = None
    articles: ArticleIndex | None = None
    danger_trouble: str = ""
    topic_trouble: str = ""
    package: str = ""

    def decide(self, ticket: Ticket) -> Plan:
        """The plan for one ticket. Pure: the same ticket, desk and models give the same plan."""
        return self.decide_many([ticket])[0]

    def decide_many(self, tickets: Sequence[Ticket]) -> list[Plan]:
        """Plans for many tickets with one call a model, in order."""
        if not tickets:
            return []
        texts = [clean(ticket.subject, ticket.body) for ticket in tickets]
        spoken = [self.identify(text, ticket.requester.locale) for text, ticket in zip(texts, tickets, strict=True)]
        tags = [language.tag for language in spoken]
        rankings = self.topics.rank(texts, tags) if self.topics else [None] * len(texts)
        # Cleaning takes keys and card numbers out as ids, so secrets are looked for in all that a reader sees.
        secrets = [self.secrets(ticket) for ticket in tickets]
        dangers = self._dangers(texts, tags, secrets)
        found = self.articles.search(texts, tags) if self.articles else [()] * len(texts)
        rows = zip(tickets, spoken, rankings, dangers, secrets, found, strict=True)
        return [self._plan(*row) for row in rows]

    def secrets(self, ticket: Ticket) -> tuple[str, ...]:
        """The kinds of secrets in all of a ticket that a reader sees."""
        return kinds(find_secrets(f"{ticket.subject}\n{everything(ticket.body)}", self.seed_lists))

    def _dangers(
        self, texts: Sequence[CleanText], tags: Sequence[str], secrets: Sequence[tuple[str, ...]]
    ) -> list[Danger]:
        policy = self.desk.danger
        if policy.rung == "off":
            return [Danger()] * len(texts)
        messages = [
            read_message(text, books_for(tag, self.books), found, self.seed_lists, policy.kinds_off)
            for text, tag, found in zip(texts, tags, secrets, strict=True)
        ]
        readings, trouble = self._readings(messages, tags)
        return [judge(message, reading, policy, trouble) for message, reading in zip(messages, readings, strict=True)]

    def _readings(
        self, messages: Sequence[DangerText], tags: Sequence[str]
    ) -> tuple[Sequence[DangerReading | None], str]:
        """What the classifier thinks, and what is wrong: where it fails the phrases decide alone, and it is said."""
        if self.danger is None:
            return [None] * len(tags), self.danger_trouble
        try:
            return self.danger.read(messages, tags), self.danger_trouble
        except ModelError as error:
            return [None] * len(tags), f"the danger classifier failed: {error}"

    def _masked(self, danger: Danger) -> Danger:
        """A gap in a phrase may have caught a password: evidence is shown masked."""
        return dataclasses.replace(danger, evidence=tuple(masked(said, self.seed_lists) for said in danger.evidence))

    def _plan(
        self,
        ticket: Ticket,
        language: Language,
        ranking: TopicRanking | None,
        danger: Danger,
        secrets: tuple[str, ...],
        found: tuple[Suggestion, ...],
    ) -> Plan:
        danger = self._masked(danger)
        topic, why = self._topic(ranking)
        second = self._second(topic, ranking)
        articles, why_articles = self._articles(found, danger)
        permitted = self._permitted(language, topic, danger, secrets, articles)
        rung_topic = topic[0] if topic else None
        parts = self._noted(NoteParts(language, topic, danger, secrets, articles))
        note = write_note(parts, texts_for(language.tag, self.desk, self.note_texts)) if "note" in permitted else None
        urgent_group = self.desk.danger.queue(danger.queue).group
        group = urgent_group if danger.is_urgent else (rung_topic.group or None) if rung_topic else None
        return Plan(
            ticket_id=str(ticket.id),
            language=language,
            topic=topic[1] if topic else None,
            candidates=ranking.candidates if ranking else (),
            danger=danger,
            secrets=secrets,
            articles=articles,
            article_candidates=found,
            group=group,
            priority=self.desk.danger.priority if danger.is_urgent else None,
            tags=self._tags(language, (topic, second), danger, secrets),
            note=note,
            reasons=(*_read(language), *why, *_dangerous(danger), why_articles),
            versions=self._versions(),
            writes=permitted if note else permitted - {"note"},
            second=second[1] if second else None,
        )

    def _topic(self, ranking: TopicRanking | None) -> tuple[_Spoken | None, tuple[Reason, ...]]:
        if ranking is None or not ranking.candidates:
            return None, (Reason("topic", f"silent: {self.topic_trouble or 'the desk has no topic model'}"),)
        best = ranking.candidates[0]
        topic = self.desk.topic(best.id)
        if topic is None or topic.rung == "off":
            return None, (Reason("topic", f"silent: the desk has {best.id} switched off"),)
        if ranking.silence:
            return None, (Reason("topic", f"silent: {ranking.silence}"),)
        if best.score < ranking.threshold:
            line = f"{ranking.threshold:.2f}" if ranking.threshold <= 1 else "more than these examples can promise"
            return None, (Reason("topic", f"silent: best is {best.id} at {best.score:.2f}, needed {line}"),)
        because = f"; like: {', '.join(ranking.because)}" if ranking.because else ""
        said = Reason("topic", f"{best.id} at {best.score:.2f}, needed {ranking.threshold:.2f}{because}")
        also = ranking.second
        beside = (
            (Reason("topic", f"a second problem: {also.id} at {also.score:.2f} in its own sentence"),) if also else ()
        )
        return (topic, best), (said, *beside)

    def _second(self, topic: _Spoken | None, ranking: TopicRanking | None) -> _Spoken | None:
        """The second topic, where the first is spoken and the desk has the other one switched on."""
        if topic is None or ranking is None or ranking.second is None:
            return None
        also = self.desk.topic(ranking.second.id)
        return (also, ranking.second) if also and also.rung != "off" else None

    def _articles(self, found: tuple[Suggestion, ...], danger: Danger) -> tuple[tuple[Suggestion, ...], Reason]:
        policy = self.desk.articles
        # A person in danger gets a person, not a link.
        if danger.is_urgent and danger.queue == "safety":
            return (), Reason("articles", "none: no article for a person in danger")
        if policy.rung == "off" or not self.articles:
            return (), Reason("articles", "none: articles are switched off or there are none")
        shown = tuple(article for article in found if article.score >= policy.threshold)[: policy.at_most]
        if shown:
            return shown, Reason("articles", f"{len(shown)} at {policy.threshold:.2f} or better")
        best = f"best {found[0].score:.2f}, needed {policy.threshold:.2f}" if found else "nothing alike"
        return (), Reason("articles", f"none: {best}")

    def _permitted(
        self,
        language: Language,
        topic: _Spoken | None,
        danger: Danger,
        secrets: tuple[str, ...],
        articles: tuple[Suggestion, ...],
    ) -> frozenset[str]:
        """What the ladder allows to be written: each part climbs on its own."""
        rungs = [RUNGS.index(topic[0].rung)] if topic else []
        rungs += [RUNGS.index(self.desk.danger.rung)] if danger.is_urgent or secrets else []
        rungs += [RUNGS.index(self.desk.language_rung)] if language.tag != "und" else []
        rungs += [min(RUNGS.index(self.desk.articles.rung), RUNGS.index("note"))] if articles else []
        highest = max(rungs, default=0)
        parts = {"note"} if highest >= RUNGS.index("note") else set()
        parts |= {"tags"} if highest >= RUNGS.index("tag") else set()
        if danger.is_urgent:
            # The group is the senior team's then: a topic's rung does not move a security case.
            parts |= {"group", "priority"} if self.desk.danger.rung == "route" else set()
        elif topic and topic[0].rung == "route":
            parts |= {"group"}
        return frozenset(parts)

    def _noted(self, parts: NoteParts) -> NoteParts:
        """The parts that stand on the ladder's ``note`` rung or above: one part's rung does not lift another."""
        danger = _reaches(self.desk.danger.rung, "note")
        # An urgent case speaks for itself: beside it a topic that misread the case would only mislead.
        hidden = danger and parts.danger.is_urgent
        topic = parts.topic if parts.topic and _reaches(parts.topic[0].rung, "note") else None
        return NoteParts(
            parts.language,
            None if hidden else topic,
            parts.danger if danger else Danger(),
            parts.secrets if danger else (),
            parts.articles if _reaches(self.desk.articles.rung, "note") else (),
        )

    def _tags(
        self,
        language: Language,
        topics: tuple[_Spoken | None, _Spoken | None],
        danger: Danger,
        secrets: tuple[str, ...],
    ) -> tuple[str, ...]:
        prefix, desk = self.desk.tag_prefix, self.desk
        told = language.tag != "und" and _reaches(desk.language_rung, "tag")
        tags = [f"{prefix}lang_{tag_of(language.tag)}"] if told else []
        for spoken, kind in zip(topics, ("topic", "also"), strict=True):
            tags += [f"{prefix}{kind}_{spoken[0].tag}"] if spoken and _reaches(spoken[0].rung, "tag") else []
        if _reaches(desk.danger.rung, "tag"):
            if danger.is_urgent:
                tags += [f"{prefix}{desk.danger.queue(danger.queue).tag}"] + (
                    [f"{prefix}danger_{danger.kind}"] if danger.kind else []
                )
            tags += [f"{prefix}secret_{kind}" for kind in secrets]
        return (*tags, self.desk.done_tag)

    def _versions(self) -> Versions:
        return Versions(
            definitions=self.desk.definitions_hash,
            topic_model=self.topics.version if self.topics else "",
            danger_model=self.danger.version if self.danger else "",
            article_index=self.articles.version if self.articles else "",
            package=self.package,
        )


def _reaches(rung: str, least: str) -> bool:
    return RUNGS.index(rung) >= RUNGS.index(least)


def _read(language: Language) -> tuple[Reason, ...]:
    said = f"{language.tag} at {language.confidence:.2f} by {language.source}"
    return (Reason("language", f"{said}: {language.reason}" if language.reason else said),)


def _dangerous(danger: Danger) -> tuple[Reason, ...]:
    trouble = (Reason("danger", f"one voice is missing: {danger.degraded}"),) if danger.degraded else ()
    if danger.tier == "none":
        return trouble
    said = f"{danger.tier}: {danger.kind or 'alarm words only'} at {danger.score:.2f}"
    return (*trouble, Reason("danger", said))
