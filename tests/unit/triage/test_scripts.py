"""Scripts and letters that decide without a model."""

from __future__ import annotations

import pytest

from zd_automation.triage import evidence, romanised, scripts


def test_histogram_counts_letters_only() -> None:
    assert scripts.histogram("Ab 12, я!") == {"Latn": 2, "Cyrl": 1}
    assert scripts.histogram("สวัสดี") == {"Thai": 6}


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("не работает Face ID на iPhone", "Cyrl"),
        ("My name is Иван and my card was stolen yesterday", "Latn"),
        ("カードを紛失", "Kana"),
        ("银行卡", "Hani"),
        ("카드", "Hang"),
        ("123 !?", None),
    ],
)
def test_the_contaminating_latin_needs_a_large_majority(text: str, script: str | None) -> None:
    assert scripts.dominant(scripts.histogram(text)) == script


def test_only_keeps_the_words_of_one_script() -> None:
    assert scripts.only("не работает Face ID!", "Cyrl") == "не работает !"


@pytest.mark.parametrize(
    ("text", "script", "tag"),
    [
        ("де мої гроші", "Cyrl", "uk"),
        ("где мой счёт", "Cyrl", "ru"),
        ("не могу выйти", "Cyrl", "ru"),
        ("где деньги", "Cyrl", None),
        ("мой ўклад", "Cyrl", "be"),
        ("мој рачун", "Cyrl", "sr"),
        ("қайда ақша", "Cyrl", "kk"),
        ("میرے پیسے کہاں ہیں", "Arab", "ur"),
        ("پول من کجاست چرا برنمی‌گردد به حساب", "Arab", "fa"),
        ("أين أموالي", "Arab", "ar"),
        ("سلام", "Arab", None),
        ("hola", "Latn", None),
    ],
)
def test_letters_decide_or_say_nothing(text: str, script: str, tag: str | None) -> None:
    assert scripts.by_letters(text, script) == tag


@pytest.mark.parametrize(
    ("text", "variant"),
    [("我的订单", "Hans"), ("我的訂單", "Hant"), ("売上対応", "Jpan"), ("中文", None), ("abc", None)],
)
def test_han_variant_by_the_two_national_standards(text: str, variant: str | None) -> None:
    assert scripts.han_variant(text) == variant


def test_written_in_keeps_the_languages_of_a_script() -> None:
    desk = frozenset({"en", "ru", "uk", "th", "sr"})
    assert scripts.written_in("Cyrl", desk) == {"ru", "uk", "sr"}
    assert scripts.written_in("Latn", desk) == {"en", "sr"}
    assert scripts.written_in("Thai", desk) == {"th"}


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("zdravstvuyte, pochemu ne rabotaet vyvod deneg", "ru-Latn"),
        ("giati den mporo na bo ston logariasmo mou", "el-Latn"),
        ("mera paisa abhi tak wapas nahi aaya hai", "hi-Latn"),
        ("3ayez a3raf fein el flous bta3ti", "ar-Latn"),
    ],
)
def test_romanised_languages_are_named(text: str, tag: str) -> None:
    found = romanised.romanised(text)
    assert found is not None
    assert found[0] == tag


@pytest.mark.parametrize(
    "text",
    [
        "where is my order, I have not received it",
        "no puedo retirar mi dinero de la cuenta",
        "saya tidak bisa masuk ke akun saya",
        "ja nie mogę się zalogować do konta",
        "ne mogu da se prijavim na svoj nalog",
        "o meu pedido ainda não chegou",
    ],
)
def test_latin_languages_are_not_called_romanised(text: str) -> None:
    assert romanised.romanised(text) is None


def test_evidence_raises_common_words_and_lowers_foreign_letters() -> None:
    factors = evidence.weights("não posso", frozenset({"pt", "es", "en"}))
    assert factors["pt"] > 1.0 > factors["en"]
    assert factors["pt"] > factors["es"]


def test_malay_and_indonesian_differ_by_their_own_words_only() -> None:
    twins = frozenset({"id", "ms"})
    assert evidence.weights("saya dan anda", twins)["id"] == evidence.weights("saya dan anda", twins)["ms"]
    assert evidence.weights("uang", twins)["id"] > evidence.weights("uang", twins)["ms"]
    assert evidence.weights("akaun", twins)["ms"] > evidence.weights("akaun", twins)["id"]
