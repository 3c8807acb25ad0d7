"""Scripts and letters that decide without a model."""

from __future__ import annotations

import pytest

from zd_automation.triage import scripts


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
        ("мне гэта зрабілі ды тыдзень", "Cyrl", "be"),
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
    [
        ("我的订单", "Hans"),
        ("我的訂單", "Hant"),
        ("売上対応", "Jpan"),
        ("電話番号", "Jpan"),
        ("会員", "Jpan"),
        ("数据", "Hans"),
        ("中文", None),
        ("abc", None),
    ],
)
def test_han_variant_by_the_two_national_standards(text: str, variant: str | None) -> None:
    assert scripts.han_variant(text) == variant


def test_written_in_keeps_the_languages_of_a_script() -> None:
    desk = frozenset({"en", "ru", "uk", "th", "sr"})
    assert scripts.written_in("Cyrl", desk) == {"ru", "uk", "sr"}
    assert scripts.written_in("Latn", desk) == {"en", "sr"}
    assert scripts.written_in("Thai", desk) == {"th"}


@pytest.mark.parametrize(("text", "japanese"), [("住所", True), ("手数料", True), ("地址", False), ("", False)])
def test_words_that_only_japanese_writes_so(text: str, japanese: bool) -> None:
    assert scripts.has_japanese_words(text) is japanese


@pytest.mark.parametrize(("text", "simplified"), [("账户", True), ("国会", False), ("会" * 9, True), ("abc", False)])
def test_simplified_characters_that_japanese_has_not(text: str, simplified: bool) -> None:
    assert scripts.simplified_only(text) is simplified
