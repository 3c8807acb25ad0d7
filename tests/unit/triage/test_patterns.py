"""Danger phrases: the folding that texts and phrases share, the grammar, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.triage.patterns import compile_phrase, compile_phrases, fold, sentences


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("I didn’t DO it", "i didnt do it"),
        ("My e-mail", "my email"),
        ("¿Qué pasó?", "que paso."),
        ("Straße in Łódź", "strasse in lodz"),
        ("ИСЧЁЗ баланс", "исчез баланс"),
        ("şifrem çalındı", "sifrem calindi"),
        ("İstanbul", "istanbul"),
        ("hacked!!! help", "hacked... help"),
        ("被盗了。请帮忙", "被盗了.请帮忙"),
        ("नमस्ते दुनिया।", "नमस्ते दुनिया."),
        ("ยินดี ต้อนรับ", "ยินดี ต้อนรับ"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("pass\u200bword soft\u00adhyphen", "password softhyphen"),
        ("one\ntwo", "one.two"),
        ("a, b; (c) - d", "a b c d"),
        ("", ""),
        ("🙂🙂", ""),
    ],
)
def test_texts_and_phrases_meet_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(alphabet="aéÉñßøłıİёЁйçşğ'’-—.!?¿。！\n \t\u200b\u00ad1２ｗ字가नमस्ते्ไทยالحسابُ🙂…@", max_size=80))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_sentences_are_cut_at_every_kind_of_stop() -> None:
    assert sentences(fold("Hi! Is it you?\nNo。 Yes… ")) == ["hi", "is it you", "no", "yes"]
    assert sentences("") == []


@pytest.mark.parametrize(
    ("phrase", "text", "words"),
    [
        ("someone else logged in", "I think SOMEONE else, logged in", "someone else logged in"),
        ("(did not|didn't) make", "a payment I didn’t make", "didnt make"),
        ("(did not|didn't) make", "a payment I did not make", "did not make"),
        ("my (new|) phone was stolen", "my phone was stolen", "my phone was stolen"),
        ("my (new|) phone was stolen", "my new phone was stolen", "my new phone was stolen"),
        ("recogni~ this", "I don't recognise this", "recognise this"),
        ("recogni~ this", "I don't recognize this", "recognize this"),
        ("my account * hacked", "my account was probably hacked", "my account was probably hacked"),
        ("my account * hacked", "my account hacked", "my account hacked"),
        ("contraseña filtrada", "mi contrasena filtrada", "contrasena filtrada"),
        ("账户*被盗", "我的账户昨天被盗了", "账户昨天被盗"),
        ("ไม่ได้ทำ", "รายการนี้ฉันไม่ได้ทำเลย", "ไม่ได้ท\u0e4d\u0e32"),  # NFKC writes the vowel in two signs
        ("взломали", "меня взломали вчера", "взломали"),
    ],
)
def test_a_phrase_finds_its_words(phrase: str, text: str, words: str) -> None:
    assert compile_phrase(phrase).find(fold(text)) == words


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("hack", "hackathon this weekend"),
        ("hack", "whack a mole"),
        ("recogni this", "I don't recognise this"),
        ("my account * hacked", "my account " + "very " * 12 + "hacked"),
        ("my account * hacked", "my account is fine"),
        ("(did not|didn't) make", "i made"),
    ],
)
def test_a_phrase_keeps_to_words_and_gaps(phrase: str, text: str) -> None:
    assert compile_phrase(phrase).find(fold(text)) is None


def test_a_gap_does_not_leap_over_a_full_stop() -> None:
    assert compile_phrase("my account * hacked").find(fold("my account is old. hacked")) is None


def test_a_gap_of_forty_characters_still_fits_and_a_longer_one_does_not() -> None:
    phrase = compile_phrase("lost * code")
    assert phrase.find("lost " + "x" * 40 + " code") == "lost " + "x" * 40 + " code"
    assert phrase.find("lost " + "x" * 41 + " code") is None


@pytest.mark.parametrize(
    ("phrase", "complaint"),
    [
        ("(one|two", "brackets do not balance in '(one|two'"),
        (")one(", "brackets do not balance in ')one('"),
        ("sim swap|port-out", "'|' outside brackets in 'sim swap|port-out'; write (a|b), or two phrases"),
        ("a * b * c * d", "more than 2 gaps in 'a * b * c * d'; split it into two phrases"),
        ("* *", "'* *' would match nearly everything; write at least two letters"),
        ("", "'' would match nearly everything; write at least two letters"),
        ("x", "'x' would match nearly everything; write at least two letters"),
    ],
)
def test_a_wrong_phrase_is_refused_with_what_to_do(phrase: str, complaint: str) -> None:
    with pytest.raises(ValueError) as refused:
        compile_phrase(phrase)
    assert str(refused.value) == complaint


@given(st.text(alphabet="ab c(|)*~.+?[]\\^$é字", max_size=30), st.text(max_size=60))
def test_any_source_compiles_or_is_refused_and_any_text_can_be_searched(source: str, text: str) -> None:
    try:
        phrase = compile_phrase(source)
    except ValueError:
        return
    found = phrase.find(fold(text))
    assert found is None or found in fold(text)


def test_signs_of_regular_expressions_are_plain_text() -> None:
    assert compile_phrase("c++ at&t [x]").find(fold("see c++ at&t [x] now")) == "c at t x"


def test_every_match_holds_one_of_the_anchors() -> None:
    assert compile_phrase("(a|the) thief emptied my (account|wallet)").anchors == ("emptied",)
    assert compile_phrase("(somebody|someone) (took|stole)").anchors == ("somebody", "someone")
    assert compile_phrase("(the|) (took|stole)").anchors == ("took", "stole")
    assert compile_phrase("(somebody|someone) (took|stole)").find("someone took") == "someone took"


def test_several_are_compiled_in_order() -> None:
    assert [phrase.source for phrase in compile_phrases(["first one", "second one"])] == ["first one", "second one"]


def test_a_hostile_text_is_read_to_its_end() -> None:
    phrase = compile_phrase("(a|aa|aaa) * (b|bb) * never found")
    assert phrase.find("a b " * 50_000 + "never") is None
