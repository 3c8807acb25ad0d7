"""Article search: the right one first, in the customer's language, and never one that the public may not read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import an_article, cleaned
from tests.unit.models.made import MadeEncoder
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
    return PassageIndex(articles).search(cleaned(text), [language])[0]


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
    index = PassageIndex((*THREE, secret))
    assert len(index) == 3
    found = index.search(cleaned("Refund above 500 Approve a refund above 500 with the team lead's code."), ["en"])[0]
    assert "9" not in [one.id for one in found]
    assert all("refund" not in f"{one.title} {one.quote}".lower() for one in found)


def test_a_hidden_translation_does_not_stand_in_for_a_public_one() -> None:
    german = an_article(1, "Passwort zurücksetzen", "Öffnen Sie die Einstellungen.", locale="de", draft=True)
    found = search((PASSWORD, german), "reset the password", "de")
    assert [(one.id, one.locale) for one in found] == [("1", "en-us")]


def test_only_hidden_articles_are_an_empty_help_centre() -> None:
    index = PassageIndex([an_article(1, draft=True), an_article(2, restricted=True)])
    assert (len(index), index.search(cleaned("reset your password"), ["en"])) == (0, [()])


def test_the_version_follows_what_the_public_sees() -> None:
    hidden = an_article(9, draft=True)
    assert PassageIndex(THREE).version == PassageIndex((*THREE, hidden)).version
    assert PassageIndex(THREE).version != PassageIndex(THREE[:2]).version


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


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (("Fees and limits", "Fees and limits", "Limits and fees"), 1),
        (("Fees in 2023", "Fees in 2024", "Fees in 2025"), 1),
        (("Error 1045", "Error 2002", "Error 3"), 3),
    ],
)
def test_versions_of_one_page_come_back_once(titles: tuple[str, ...], expected: int) -> None:
    many = [an_article(number, title, f"{title}: what to know.") for number, title in enumerate(titles)]
    found = search((*many, PARCEL), "what to know about fees and limits and error")
    assert len([one for one in found if one.id != "2" or one.title in titles]) == expected


def test_fifty_copies_of_a_title_do_not_stand_in_each_others_way() -> None:
    copies = tuple(an_article(number, "Reset your password", "Open the settings.") for number in range(10, 60))
    first, *others = search((*copies, PARCEL, CARD), "how do I reset my password")
    alone = search((copies[0], PARCEL, CARD), "how do I reset my password")[0]
    assert replace(first, score=0) == replace(alone, score=0)
    assert first.score > 0.5
    assert all(one.title != first.title for one in others)


def test_a_long_article_is_found_by_its_right_paragraph_and_quoted_there() -> None:
    filler = [f"Paragraph {number} speaks of deliveries and couriers. " * 8 for number in range(12)]
    filler[9] = (
        "Something else first. A lost voucher is replaced within two days. Then more. " + "And more words. " * 20
    )
    long = an_article(7, "Terms of the shop", "\n".join(filler))
    first = search((*THREE, long), "I lost my voucher")[0]
    assert (first.id, first.quote) == ("7", "A lost voucher is replaced within two days.")


def test_a_long_sentence_is_quoted_up_to_a_whole_word() -> None:
    long = an_article(7, "Vouchers", "A lost voucher " + "is replaced by another one " * 20)
    quote = search((*THREE, long), "lost voucher")[0].quote
    assert len(quote) <= 242
    assert quote.endswith(" …")
    assert quote.removesuffix(" …").split()[-1] in {"is", "replaced", "by", "another", "one"}


def test_vectors_are_kept_in_the_file_that_is_named(tmp_path: Path) -> None:
    kept = tmp_path / "passages.sqlite"
    fresh, again = (PassageIndex(THREE, [MadeEncoder()], kept) for _ in range(2))
    assert kept.stat().st_size > 0
    asked = cleaned("card refused")
    assert fresh.search(asked, ["en"]) == again.search(asked, ["en"])


@pytest.mark.parametrize(
    ("weights", "language", "voices", "own"),
    [
        ((1.0, 1.4), "en", "both", True),
        ((1.4,), "en", "wide", True),
        ((1.0,), "en", "one", True),
        ((1.0, 1.4), "es", "both", False),
        ((1.0,), "sw", "words", False),
        ((), "en", "words", True),
    ],
)
def test_whose_voice_was_heard(weights: tuple[float, ...], language: str, voices: str, own: bool) -> None:
    encoders = [MadeEncoder(name=f"made-{weight}", weight=weight) for weight in weights]
    (look,) = PassageIndex(THREE, encoders).look(cleaned("card declined"), [language])
    assert look is not None
    assert (look.voices, look.own_language) == (voices, own)


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


def test_what_shares_no_word_is_no_candidate() -> None:
    assert search(THREE, "zzzz qqqq") == ()


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
    index = PassageIndex(articles)
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
    (found,) = PassageIndex(articles).search(cleaned(question), [language])
    assert {one.id for one in found} <= public
    assert all(0 <= one.score <= 1 for one in found)


def test_a_batch_gives_what_one_by_one_gives() -> None:
    index, texts = PassageIndex(THREE), cleaned("reset password", "", "parcel")
    assert index.search(texts, ["en", "und", "de"]) == [
        index.search([text], [language])[0] for text, language in zip(texts, ["en", "und", "de"], strict=True)
    ]


@pytest.mark.skipif(not encoder_is_installed(), reason="extra `multilingual` is not installed")
def test_meaning_crosses_languages_with_the_encoder() -> None:
    index = PassageIndex(THREE, [bundled_encoder()])
    found = index.search(cleaned("¿dónde está mi paquete?", "Karte abgelehnt"), ["es", "de"])
    assert [row[0].id for row in found] == ["2", "3"]
