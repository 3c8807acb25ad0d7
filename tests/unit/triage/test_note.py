"""The internal note: what it says, in whose words, and that no text of others becomes markup or a mention."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_desk, a_language, a_suggestion, a_topic, the_note_texts
from zd_automation.triage.desk import Topic
from zd_automation.triage.language import Language
from zd_automation.triage.note import LONGEST, NoteParts, texts_for, write_note
from zd_automation.triage.plan import Danger, Scored, Suggestion

TEXTS = the_note_texts()
ENGLISH = TEXTS["en"]
CERTAIN = Danger("certain", "account_takeover", "critical", 0.95, ("someone is in my account",))


def note_of(
    language: Language | None = None,
    topic: tuple[Topic, Scored] | None = None,
    danger: Danger | None = None,
    secrets: tuple[str, ...] = (),
    articles: tuple[Suggestion, ...] = (),
    words: str = "en",
) -> str | None:
    return write_note(NoteParts(language or a_language(), topic, danger or Danger(), secrets, articles), TEXTS[words])


TOPIC = (a_topic(name={"": "Card problem", "de": "Kartenproblem"}), Scored("card_problem", 0.934))


def test_nothing_worth_a_glance_gives_no_note() -> None:
    assert note_of() is None
    assert note_of(danger=Danger("claimed", None, None, 0.3, ("hacked",))) is None


def test_a_topic_alone_is_one_line() -> None:
    assert note_of(topic=TOPIC) == "<p>Language: en · Topic: Card problem (93%)</p>"


def test_the_note_is_in_the_words_of_its_language() -> None:
    assert note_of(topic=TOPIC, words="de") == "<p>Sprache: en · Thema: Kartenproblem (93%)</p>"
    assert note_of(topic=TOPIC, words="ru") == "<p>Язык: en · Тема: Card problem (93%)</p>"


def test_a_security_case_stands_first_with_evidence_and_first_steps() -> None:
    note = note_of(topic=TOPIC, danger=CERTAIN)
    assert note == (
        "<p><strong>⚠ Security case: account takeover</strong> (certain)"
        "<br>The customer says: “someone is in my account”</p>"
        "<p>First:</p><ol><li>Lock sign-in and withdrawals.</li><li>End all sessions.</li>"
        "<li>Verify the person by the recovery procedure, not by e-mail.</li></ol>"
        "<p>Language: en · Topic: Card problem (93%)</p>"
    )


def test_a_case_without_evidence_or_known_kind_says_less() -> None:
    assert note_of(danger=Danger("probable", "new_kind", "high", 0.6)) == (
        "<p><strong>⚠ Security case: new_kind</strong> (probable)</p><p>Language: en</p>"
    )


def test_secrets_are_named_but_never_shown() -> None:
    assert note_of(secrets=("card_number", "otp", "unnamed")) == (
        "<p><strong>This ticket contains: a card number, a one-time code, unnamed.</strong> "
        "Do not copy it; ask the customer to change it.</p><p>Language: en</p>"
    )


@pytest.mark.parametrize(
    ("article", "item"),
    [
        (
            a_suggestion(url="https://desk.example/a?b=1&c=2"),
            '<li><a href="https://desk.example/a?b=1&amp;c=2">Reset your password</a><br><em>“Open the settings.”</em></li>',
        ),
        (
            a_suggestion(locale="de", quote=""),
            '<li><a href="https://desk.example/hc/en-us/articles/1">Reset your password</a> (DE only)</li>',
        ),
        (a_suggestion(url="javascript:alert(1)", quote=""), "<li>Reset your password</li>"),
        (a_suggestion(url="data:text/html,x", quote=""), "<li>Reset your password</li>"),
        (a_suggestion(url="", quote="", locale=""), "<li>Reset your password</li>"),
        (a_suggestion(url="", quote="", locale="EN-GB"), "<li>Reset your password</li>"),
        (a_suggestion(url="", quote="", title="t" * 500), f"<li>{'t' * 160}</li>"),
        (a_suggestion(url="", title="T", quote="q" * 500), f"<li>T<br><em>“{'q' * 240}”</em></li>"),
    ],
)
def test_an_article_is_a_link_with_a_sentence(article: Suggestion, item: str) -> None:
    assert note_of(articles=(article,)) == f"<p>Language: en</p><p>Articles that may help:</p><ul>{item}</ul>"


def test_a_note_too_long_loses_whole_blocks_never_half_of_one() -> None:
    many = tuple(a_suggestion(str(number), quote="<" * 240) for number in range(20))
    note = note_of(topic=TOPIC, articles=many)
    assert note == "<p>Language: en · Topic: Card problem (93%)</p>"
    assert len(note) <= LONGEST


@pytest.mark.parametrize(
    ("note_language", "ticket", "chosen"),
    [
        ("en", "de", "en"),
        ("de", "en", "de"),
        ("pt-BR", "en", "pt"),
        ("requester", "ru", "ru"),
        ("requester", "pt-BR", "pt"),
        ("requester", "und", "en"),
        ("requester", "sw", "en"),
        ("sw", "de", "en"),
    ],
)
def test_whose_language_the_note_speaks(note_language: str, ticket: str, chosen: str) -> None:
    assert texts_for(ticket, a_desk(note_language=note_language), TEXTS).language == chosen


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert [name for name, _ in attrs] in ([], ["href"])


HOSTILE = st.text(max_size=60) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "'><svg/onload=x>",
        "&lt;b&gt;",
        "</p></ul><h1>",
        "@admin please pay",
        "javascript:alert(1)",
        'https://x.example/" onclick="x',
    ]
)


@given(said=HOSTILE, title=HOSTILE, url=HOSTILE, quote=HOSTILE, name=HOSTILE, locale=HOSTILE, tag=HOSTILE, kind=HOSTILE)
def test_no_text_of_others_becomes_markup_or_a_mention(
    said: str, title: str, url: str, quote: str, name: str, locale: str, tag: str, kind: str
) -> None:
    note = note_of(
        language=a_language(tag),
        topic=(a_topic(name={"": name}), Scored("card_problem", 0.9)),
        danger=Danger("certain", kind, "high", 0.9, (said,)),
        secrets=(kind,),
        articles=(a_suggestion(title=title, url=url, quote=quote, locale=locale),),
    )
    assert note is not None
    reader = Reader()
    reader.feed(note)
    assert set(reader.tags) <= {"p", "strong", "br", "ol", "ul", "li", "a", "em"}
    assert reader.tags.count("ul") == 1
    assert all(re.match(r"https?://", link) for link in reader.links)
    assert "@" not in note
