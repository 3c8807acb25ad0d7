"""Common words and peculiar letters as evidence, and the word lists behind them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.triage import evidence, lexicon

TWINS = frozenset({"id", "ms"})


def best(text: str, *candidates: str) -> str:
    factors = evidence.weights(text, frozenset(candidates))
    ranked = sorted(factors, key=lambda tag: -factors[tag])
    assert factors[ranked[0]] > factors[ranked[1]], factors
    return ranked[0]


@pytest.mark.parametrize(
    ("text", "candidates", "tag"),
    [
        ("não consigo entrar", ("pt", "es", "gl"), "pt"),
        ("nao recebi meu dinheiro", ("pt", "es", "it"), "pt"),
        ("saya tidak boleh log masuk ke akaun", ("id", "ms"), "ms"),
        ("saya tidak bisa masuk ke akun", ("id", "ms"), "id"),
        ("wang saya belum dipulangkan", ("id", "ms"), "ms"),
        ("uang saya belum dikembalikan", ("id", "ms"), "id"),
        ("objednávka ještě nepřišla", ("cs", "sk"), "cs"),
        ("objednávka ešte neprišla, prosím pomôžte", ("cs", "sk"), "sk"),
        ("hvordan får jeg refusjon nå", ("da", "no", "sv"), "no"),
        ("hvordan får jeg mine penge igen nu, hvad skal jeg gøre", ("da", "no", "sv"), "da"),
        ("non teño acceso á miña conta", ("gl", "es", "pt"), "gl"),
        ("no puc entrar al meu compte", ("ca", "es", "fr"), "ca"),
        ("kodu kayip, sifremi unuttum", ("tr", "az"), "tr"),
        ("де мої гроші", ("ru", "uk", "bg"), "uk"),
        ("къде са парите ми", ("ru", "uk", "bg"), "bg"),
        ("каде се моите пари, сум чекал многу", ("bg", "mk", "ru"), "mk"),
        ("پول من کجاست", ("fa", "ar", "ur"), "fa"),
        ("میرا پیسہ کہاں ہے", ("fa", "ar", "ur"), "ur"),
        ("मेरे पैसे कहाँ हैं", ("hi", "mr", "ne"), "hi"),
        ("माझे पैसे कुठे आहेत", ("hi", "mr", "ne"), "mr"),
    ],
)
def test_neighbours_are_told_apart(text: str, candidates: tuple[str, ...], tag: str) -> None:
    assert best(text, *candidates) == tag


def test_words_of_both_twins_speak_for_neither() -> None:
    factors = evidence.weights("saya dan anda", TWINS)
    assert factors["id"] == factors["ms"] > 1.0


def test_a_word_of_one_language_proves_more_than_a_word_of_many() -> None:
    alone, shared = (evidence.weights(word, frozenset({"es"}))["es"] for word in ("contraseña", "no"))
    assert alone > shared > 1.0


def test_a_form_without_accents_proves_less() -> None:
    spelled, bare = (evidence.weights(word, frozenset({"es"}))["es"] for word in ("contraseña", "contrasena"))
    assert spelled > bare > 1.0


def test_letters_that_nobody_on_the_desk_uses_change_nothing() -> None:
    assert evidence.weights("ß", frozenset({"en", "es"})) == {"en": 1.0, "es": 1.0}
    assert evidence.weights("ß", frozenset({"en", "de"}))["en"] < 1.0


@given(st.text(max_size=200), st.sets(st.sampled_from(sorted(lexicon.LANGUAGES)), min_size=1))
def test_every_candidate_gets_a_positive_factor(text: str, candidates: set[str]) -> None:
    factors = evidence.weights(text, frozenset(candidates))
    assert set(factors) == candidates
    assert all(factor > 0.0 for factor in factors.values())


@given(st.text(max_size=60))
def test_apostrophes_of_either_shape_are_alike(text: str) -> None:
    desk = frozenset({"fr", "en", "it"})
    assert evidence.weights(text.replace("'", "’"), desk) == evidence.weights(text.replace("’", "'"), desk)


def test_no_word_is_listed_for_one_twin_and_for_both() -> None:
    spelled, _ = lexicon.tags_of_words()
    for word in ("uang", "akun", "kantor", "bisa"):
        assert spelled[word] & TWINS == {"id"}
    for word in ("wang", "akaun", "pejabat", "boleh"):
        assert spelled[word] & TWINS == {"ms"}


@pytest.mark.parametrize(
    ("text", "plain"), [("não", "nao"), ("łódź", "lodz"), ("Straße", "Strase"), ("abc", "abc"), ("đường", "duong")]
)
def test_marks_are_taken_off_as_keyboards_do(text: str, plain: str) -> None:
    assert lexicon.without_marks(text) == plain


def test_lists_are_lower_case_and_in_their_own_letters() -> None:
    spelled, bare = lexicon.tags_of_words()
    assert all(word == word.lower() for word in spelled)
    assert all(tags for tags in (*spelled.values(), *bare.values()))
    latin = lexicon.latin_words()
    assert all("а" <= char <= "я" for char in "привет")
    assert "привет" in spelled
    assert "привет" not in latin
    assert "nao" in latin
