"""Builders of the values that tests speak about: everything has a plain default, a test names what matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zd_automation.danger_files import load_note_texts
from zd_automation.definitions import Problems, room
from zd_automation.tickets import Article, Requester, Ticket
from zd_automation.triage.clean import CleanText, clean
from zd_automation.triage.danger import DangerReading, DangerText
from zd_automation.triage.decide import Triage
from zd_automation.triage.desk import ArticlePolicy, DangerPolicy, Desk, Topic
from zd_automation.triage.language import Language
from zd_automation.triage.note import NoteTexts
from zd_automation.triage.patterns import PhraseBook, compile_phrases
from zd_automation.triage.plan import Danger, Plan, Scored, Suggestion, Versions
from zd_automation.triage.ports import TopicRanking


def a_ticket(body: str = "My card does not work", **changes: Any) -> Ticket:
    """Ticket 17, new, from a requester with an English profile."""
    plain: dict[str, Any] = {
        "id": 17,
        "subject": "",
        "body": body,
        "requester": Requester(7, "en-US"),
        "updated_at": "2026-11-22T10:00:00Z",
    }
    return Ticket(**{**plain, **changes})


def an_article(number: int | str = 1, title: str = "Reset your password", body: str = "", **changes: Any) -> Article:
    """A public English article."""
    text = body or f"{title}. Open the settings and follow the steps."
    url = f"https://desk.example/hc/en-us/articles/{number}"
    return Article(**{"id": number, "title": title, "body": text, "locale": "en-us", "url": url, **changes})


def a_topic(topic_id: str = "card_problem", **changes: Any) -> Topic:
    """A topic of the group Cards on the ladder's top rung."""
    plain: dict[str, Any] = {"name": {"": "Card problem"}, "group": "Cards", "rung": "route"}
    return Topic(topic_id, **{**plain, **changes})


def a_desk(*topics: Topic, **changes: Any) -> Desk:
    """A desk in English and Spanish, everything on its highest rung."""
    known = topics or (a_topic(), a_topic("delivery_late", name={"": "Late delivery"}, group="Delivery"))
    plain: dict[str, Any] = {
        "name": "Little desk",
        "languages": ("en", "es"),
        "topics": known,
        "language_rung": "tag",
        "danger": DangerPolicy(),
        "articles": ArticlePolicy(),
        "definitions_hash": "d1",
        "topics_by_id": {topic.id: topic for topic in known},
    }
    return Desk(**{**plain, **changes})


def a_language(tag: str = "en", confidence: float = 0.99, **changes: Any) -> Language:
    """English, certain, told by a model."""
    plain: dict[str, Any] = {"source": "model", "others": (), "reason": ""}
    return Language(tag, confidence, **{**plain, **changes})


def a_suggestion(number: str = "1", **changes: Any) -> Suggestion:
    """An English article found at 0.9."""
    plain: dict[str, Any] = {
        "score": 0.9,
        "title": "Reset your password",
        "url": f"https://desk.example/hc/en-us/articles/{number}",
        "locale": "en-us",
        "quote": "Open the settings.",
    }
    return Suggestion(number, **{**plain, **changes})


def a_plan(**changes: Any) -> Plan:
    """A routed plan for ticket 17 with a note."""
    plain: dict[str, Any] = {
        "ticket_id": "17",
        "language": a_language(),
        "topic": Scored("card_problem", 0.93),
        "candidates": (Scored("card_problem", 0.93), Scored("delivery_late", 0.07)),
        "danger": Danger(),
        "secrets": (),
        "articles": (),
        "article_candidates": (),
        "group": "Cards",
        "priority": None,
        "tags": ("zdauto_lang_en", "zdauto_topic_card_problem", "zdauto_done"),
        "note": "<p>Language: en · Topic: Card problem (93%)</p>",
        "reasons": (),
        "versions": Versions("d1", "t1", "g1", "a1", "0.1.0"),
        "writes": frozenset({"note", "tags", "group"}),
    }
    return Plan(**{**plain, **changes})


def a_book(language: str = "en", **changes: Any) -> PhraseBook:
    """A small English phrase book: two kinds of statements, alarm words, a denial, a hypothesis, news."""
    plain: dict[str, Any] = {
        "statements": {
            "account_takeover": compile_phrases(["(someone|somebody) * (in|into) my account", "login * not me"]),
            "stolen_device": compile_phrases(["(stole|took) my phone"]),
        },
        "alarms": compile_phrases(["hacked", "fraud"]),
        "denials": compile_phrases(["nobody (hacked|is)", "was not (hacked|stolen)"]),
        "hypotheses": compile_phrases(["what if"]),
        "news": compile_phrases(["read * (news|paper)"]),
    }
    return PhraseBook(language, **{**plain, **changes})


def the_note_texts() -> dict[str, NoteTexts]:
    """The shipped words of the note."""
    return load_note_texts(room("models") / "notes.toml", Problems())


def cleaned(*bodies: str) -> list[CleanText]:
    """Messages as the models read them."""
    return [clean("", body) for body in bodies]


@dataclass
class TopicsByWord:
    """A topic model that ranks by the words it is told: the first word found in the text decides."""

    words: Mapping[str, tuple[str, float]]
    threshold: float = 0.5
    silence: str = ""
    version: str = "by-word"
    calls: list[int] = field(default_factory=list)
    second: Scored | None = None

    def rank(self, texts: Sequence[CleanText], languages: Sequence[str]) -> list[TopicRanking]:
        """See ``triage.ports.TopicModel``."""
        self.calls.append(len(texts))
        return [self._ranking(text.text.lower()) for text in texts]

    def _ranking(self, text: str) -> TopicRanking:
        found = tuple(Scored(*scored) for word, scored in self.words.items() if word in text)
        return TopicRanking(found, self.threshold, known=1.0, silence=self.silence, second=self.second)


@dataclass
class ConstantDanger:
    """A danger model that thinks the same of everything."""

    probability: float
    kinds: tuple[str, ...] = ("account_takeover",)
    version: str = "constant"

    def read(self, texts: Sequence[DangerText], languages: Sequence[str]) -> list[DangerReading]:
        """See ``triage.ports.DangerModel``."""
        return [DangerReading(self.probability, self.kinds)] * len(texts)


@dataclass
class ConstantArticles:
    """An index that finds the same articles for everything."""

    found: tuple[Suggestion, ...]
    version: str = "constant"

    def search(self, texts: Sequence[CleanText], languages: Sequence[str]) -> list[tuple[Suggestion, ...]]:
        """See ``triage.ports.ArticleIndex``."""
        return [self.found] * len(texts)


def reads_as(tag: str) -> Callable[[CleanText, str | None], Language]:
    """A reader that finds one language in everything."""
    return lambda text, locale: a_language(tag)


def a_triage(desk: Desk | None = None, **changes: Any) -> Triage:
    """A triage of the small desk with the small English book; English in everything, no models."""
    plain: dict[str, Any] = {
        "identify": reads_as("en"),
        "books": {"en": a_book()},
        "note_texts": the_note_texts(),
        "seed_lists": {},
        "package": "0.1.0",
    }
    return Triage(desk or a_desk(), **{**plain, **changes})


def a_desk_folder(folder: Path, desk: str = "", topics: str = "", **examples: str) -> Path:
    """A desk folder on disk; ``examples`` are TOML texts by language. What is not given is a small sound desk."""
    (folder / "examples").mkdir(parents=True, exist_ok=True)
    (folder / "desk.toml").write_text(desk or 'name = "Little desk"\nlanguages = ["en", "es"]\n', "utf-8")
    (folder / "topics.toml").write_text(topics or _TOPICS, "utf-8")
    for language, text in (examples or {"en": _EXAMPLES}).items():
        (folder / "examples" / f"{language}.toml").write_text(text, "utf-8")
    return folder


_TOPICS = """\
[[topic]]
id = "card_problem"
name = "Card problem"
group = "Cards"

[[topic]]
id = "delivery_late"
name = { en = "Late delivery", es = "Entrega tardía" }
group = "Delivery"

[[topic]]
id = "password_reset"
name = "Password reset"
group = "Access"
"""

_EXAMPLES = """\
card_problem = [
  "My card was declined in the shop", "the card does not work at the terminal", "card payment refused again",
  "My new card never works online", "The bank card is blocked, why?", "card declined three times today",
]
delivery_late = [
  "My parcel has not arrived", "the delivery is five days late", "where is my parcel, it is late",
  "Order still not delivered", "The courier never came with my parcel", "parcel late again, when is delivery",
]
password_reset = [
  "I forgot my password", "the password reset mail does not come", "cannot reset my password",
  "reset link for the password is expired", "Please send a new password link", "forgot password, help me sign in",
]
"""
