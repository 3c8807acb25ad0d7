"""Russian, Ukrainian, Greek, Hindi and Arabic in Latin letters, and the languages that must not be taken for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.models.detectors import py3langid_detector
from zd_automation.triage.language import identify
from zd_automation.triage.romanised import least_share, respelled, romanised

DESK = ("en", "es", "pt", "fr", "de", "it", "tr", "id", "vi", "pl")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("zdravstvuyte, pochemu ne rabotaet vyvod deneg", "ru-Latn"),
        ("zdravstvujte pochemu ne prishli dengi na kartu", "ru-Latn"),
        ("ya uzhe vtoroj den ne mogu vojti v akkaunt", "ru-Latn"),
        ("dobroho dnya, ya ne mozhu uviyty v akaunt, dopomozhit bud laska", "uk-Latn"),
        ("koly pryyde poverennya hroshey, vy obitsyaly shche vchora", "uk-Latn"),
        ("giati den mporo na bo ston logariasmo mou", "el-Latn"),
        ("8elw na kanw analhpsh alla den ginetai tipota", "el-Latn"),
        ("kalispera sas, pote tha erthei i paraggelia mou", "el-Latn"),
        ("mera paisa abhi tak wapas nahi aaya hai", "hi-Latn"),
        ("mere account se paise kat gaye refund kab milega", "hi-Latn"),
        ("please mera order cancel karo", "hi-Latn"),
        ("3ayez a3raf fein el flous bta3ti", "ar-Latn"),
        ("salam, flousi mawslouch l compte dyali", "ar-Latn"),
        ("leish ma fini ed5ol 3ala 7sabi", "ar-Latn"),
    ],
)
def test_each_is_named_and_the_desk_gets_no_wrong_language(text: str, tag: str) -> None:
    found = romanised(text)
    assert found is not None
    assert found[0] == tag
    told = identify(text, languages=DESK, detector=py3langid_detector())
    assert told.tag == tag
    assert told.reason == f"{tag[:2]} words in Latin letters"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("where is my order, I have not received it", "en"),
        ("he was the main man in the main room", "en"),
        ("no puedo retirar mi dinero de la cuenta", "es"),
        ("o meu pedido ainda nao chegou, podem ajudar", "pt"),
        ("non riesco ad accedere al mio conto da ieri sera", "it"),
        ("hesabima giris yapamiyorum lutfen yardim edin", "tr"),
        ("saya tidak bisa masuk ke akun saya", "id"),
        ("nie moge sie zalogowac do mojego konta", "pl"),
        ("toi khong the rut tien tu tai khoan", "vi"),
    ],
)
def test_languages_of_latin_letters_stay_themselves_without_their_accents(text: str, tag: str) -> None:
    assert identify(text, languages=DESK, detector=py3langid_detector()).tag == tag


@pytest.mark.parametrize("text", ["", "ok", "privet", "12345", "não posso entrar na minha conta", "łódź nie działa"])
def test_one_word_or_accented_letters_are_never_romanised(text: str) -> None:
    assert romanised(text) is None


def test_the_share_grows_with_the_words_that_speak_for_it() -> None:
    mixed = romanised("mera order cancel karo please because it is late")
    pure = romanised("mera paisa kab milega")
    assert pure is not None
    assert (mixed[1] if mixed else 0.0) < pure[1]


def test_spellings_of_one_sound_are_one_word() -> None:
    spellings = ["pozhaluysta pomogite mne", "pozhalujsta pomogite mne", "pozhaluista pomogite mne"]
    assert {romanised(text) for text in spellings} == {("ru-Latn", 1.0)}
    assert romanised("den exw kwdiko") == romanised("den exo kodiko") == ("el-Latn", 1.0)


@pytest.mark.parametrize(
    ("text", "tag", "cyrillic"),
    [
        ("zdes nashi shchi", "ru-Latn", "здес наши щи"),
        ("yozhik khodit", "ru-Latn", "ёжик ходит"),
        ("hroshi yidut", "uk-Latn", "гроші їдут"),
        ("ye misto", "uk-Latn", "є місто"),
    ],
)
def test_text_is_put_back_into_cyrillic(text: str, tag: str, cyrillic: str) -> None:
    assert respelled(text, tag) == cyrillic


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789' .,?", max_size=120))
def test_any_text_gets_a_share_in_range_or_nothing(text: str) -> None:
    found = romanised(text)
    assert found is None or (found[0].endswith("-Latn") and 0.0 < found[1] <= 3.4)


@given(st.text(max_size=80))
def test_case_does_not_matter(text: str) -> None:
    if text.lower().upper().lower() == text.lower():
        assert romanised(text.lower()) == romanised(text.upper())


@given(st.integers(2, 30), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_the_surer_the_other_language_and_the_shorter_the_text_the_more_it_takes(
    words: int, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert least_share(words, low) <= least_share(words, high)
    assert least_share(words + 1, low) <= least_share(words, low)
    alone, with_detector = least_share(words, low)
    assert with_detector <= alone
