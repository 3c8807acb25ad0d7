"""Article search: the right one first, in the customer's language, and never one that the public may not read."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import an_article, cleaned
from zd_automation.knowledge.index import PassageIndex
from zd_automation.models.encoders import bundled_encoder, encoder_is_installed
from zd_automation.tickets import Article
from zd_automation.triage.plan import Suggestion

PASSWORD = an_article(
    1, "Reset your password", "To reset the password open the settings.\nThen follow the link in the mail."
)
PARCEL = an_article(2, "Where is my parcel", "You can track a parcel on the page of the carrier. It takes five days.")
CARD = an_article(3, "Card declined", "A card is declined when the limit is reached.")
THREE = (PASSWORD, PARCEL, CARD)


def search(articles: tuple[Article, ...], text: str, language: str = "en") -> tuple[Suggestion, ...]:
    return PassageIndex(articles, None).search(cleaned(text), [language])[0]


@pytest.mark.parametrize(
    ("text", "article"),
    [("how do I reset my password", "1"), ("where is the parcel", "2"), ("my card was declined", "3")],
)
def test_the_right_article_stands_first(text: str, article: str) -> None:
    found = search(THREE, text)
    assert found[0].id == article
    assert found[0].score > 0.5
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_a_suggestion_carries_what_the_note_shows() -> None:
    assert search(THREE, "track a parcel on the page of the carrier")[0] == Suggestion(
        "2",
        pytest.approx(search(THREE, "track a parcel on the page of the carrier")[0].score),
        "Where is my parcel",
        "https://desk.example/hc/en-us/articles/2",
        "en-us",
        "You can track a parcel on the page of the carrier.",
    )


@pytest.mark.parametrize("hidden", [{"restricted": True}, {"draft": True}, {"restricted": True, "draft": True}])
def test_what_the_public_may_not_read_never_comes_back(hidden: dict[str, bool]) -> None:
    secret = an_article(9, "Refund above 500", "Approve a refund above 500 with the team lead's code.", **hidden)
    index = PassageIndex((*THREE, secret), None)
    assert len(index) == 3
    found = index.search(cleaned("Refund above 500 Approve a refund above 500 with the team lead's code."), ["en"])[0]
    assert "9" not in [one.id for one in found]
    assert all("refund" not in f"{one.title} {one.quote}".lower() for one in found)


def test_a_hidden_translation_does_not_stand_in_for_a_public_one() -> None:
    german = an_article(1, "Passwort zurücksetzen", "Öffnen Sie die Einstellungen.", locale="de", draft=True)
    found = search((PASSWORD, german), "reset the password", "de")
    assert [(one.id, one.locale) for one in found] == [("1", "en-us")]


def test_only_hidden_articles_are_an_empty_help_centre() -> None:
    index = PassageIndex([an_article(1, draft=True), an_article(2, restricted=True)], None)
    assert (len(index), index.search(cleaned("reset your password"), ["en"])) == (0, [()])


def test_the_version_follows_what_the_public_sees() -> None:
    hidden = an_article(9, draft=True)
    assert PassageIndex(THREE, None).version == PassageIndex((*THREE, hidden), None).version
    assert PassageIndex(THREE, None).version != PassageIndex(THREE[:2], None).version


SPANISH = an_article(
    1, "Restablecer la contraseña", "Abra los ajustes. Siga el enlace del correo.", locale="es", url="u-es"
)


@pytest.mark.parametrize(
    ("text", "language", "locale", "quote"),
    [
        ("restablecer la contraseña", "es", "es", "Abra los ajustes."),
        ("reset the password", "es-MX", "es", "Abra los ajustes."),
        ("reset the password", "en", "en-us", "To reset the password open the settings."),
        ("restablecer la contraseña", "de", "en-us", "To reset the password open the settings."),
    ],
)
def test_one_translation_an_article_in_the_customers_language(
    text: str, language: str, locale: str, quote: str
) -> None:
    found = search((PASSWORD, SPANISH, PARCEL), text, language)
    assert [one.id for one in found].count("1") == 1
    first = next(one for one in found if one.id == "1")
    assert first.locale == locale
    assert first.quote == quote or first.quote == ""


def test_no_more_than_ten_come_back() -> None:
    many = tuple(
        an_article(number, f"Parcel question {number}", "About the parcel and the carrier.") for number in range(30)
    )
    found = search(many, "question about the parcel and the carrier")
    assert len(found) == 10
    assert len({one.id for one in found}) == 10


@pytest.mark.parametrize("text", ["", "   ", "🙂🙂", "12345"])
def test_what_says_nothing_finds_nothing(text: str) -> None:
    assert search(THREE, text) == ()


def test_what_shares_no_word_is_a_candidate_far_below_any_line() -> None:
    assert all(one.score < 0.05 for one in search(THREE, "zzzz qqqq"))


@pytest.mark.parametrize(
    "articles",
    [
        (),
        (Article(1, "", "", "en"),),
        (an_article(1, "?", "!"),),
        (an_article(1, "A", "."), an_article(2, "🙂", "🙂")),
    ],
)
def test_an_empty_or_wordless_help_centre_finds_nothing(articles: tuple[Article, ...]) -> None:
    index = PassageIndex(articles, None)
    assert index.search(cleaned("reset my password"), ["en"]) == [()]
    assert index.search([], []) == []


def test_a_giant_article_is_searched_by_its_beginning() -> None:
    giant = an_article(5, "Terms", "the quick carrier rule\n" + "word " * 100_000)
    assert search((PASSWORD, giant), "quick carrier rule")[0].id == "5"


def test_hostile_text_stays_text() -> None:
    hostile = an_article(
        "x/../1", "<script>alert(1)</script> parcel", "parcel </ul>\x00 \u202e @admin", url="javascript:x"
    )
    found = search((PASSWORD, hostile), "parcel script alert")
    assert (found[0].id, found[0].title, found[0].url) == ("x/../1", hostile.title, "javascript:x")


TEXT = st.text(max_size=80)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(st.lists(st.tuples(TEXT, TEXT, st.booleans(), st.booleans()), max_size=4), TEXT, TEXT)
def test_any_articles_and_any_question(rows: list[tuple[str, str, bool, bool]], question: str, language: str) -> None:
    articles = [
        Article(number, title, body, "en", restricted=restricted, draft=draft)
        for number, (title, body, restricted, draft) in enumerate(rows)
    ]
    public = {str(article.id) for article in articles if article.is_public}
    (found,) = PassageIndex(articles, None).search(cleaned(question), [language])
    assert {one.id for one in found} <= public
    assert all(0 <= one.score <= 1 for one in found)


def test_a_batch_gives_what_one_by_one_gives() -> None:
    index, texts = PassageIndex(THREE, None), cleaned("reset password", "", "parcel")
    assert index.search(texts, ["en", "und", "de"]) == [
        index.search([text], [language])[0] for text, language in zip(texts, ["en", "und", "de"], strict=True)
    ]


@pytest.mark.skipif(not encoder_is_installed(), reason="extra `multilingual` is not installed")
def test_meaning_crosses_languages_with_the_encoder() -> None:
    index = PassageIndex(THREE, bundled_encoder())
    found = index.search(cleaned("¿dónde está mi paquete?", "Karte abgelehnt"), ["es", "de"])
    assert [row[0].id for row in found] == ["2", "3"]
