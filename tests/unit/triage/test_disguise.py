"""Words come out from under look-alikes, digits, spaces and shouting; what was never disguised stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.triage.disguise import undisguised

CYRILLIC_O, CYRILLIC_A, CYRILLIC_U, CYRILLIC_I = "\u043e", "\u0430", "\u0443", "\u0406"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (f"S{CYRILLIC_O}me{CYRILLIC_O}ne h{CYRILLIC_A}cked m{CYRILLIC_U} account", "Someone hacked my account"),
        (f"{CYRILLIC_I} l{CYRILLIC_O}st {CYRILLIC_A}ll of it", "I lost all of it"),
        ("мой акка\u0079нт взл\u006fмали", "мой аккаунт взломали"),
        ("ha\u200bck\u200bed ac\u00adcount \u202edetnuocca\u202c", "hacked account detnuocca"),
        ("\uff4d\uff59 \uff41\uff43\uff43\uff4f\uff55\uff4e\uff54", "my account"),
        ("\U0001d5f5\U0001d5ee\U0001d5f0\U0001d5f8\U0001d5f2\U0001d5f1", "hacked"),
        ("\u1d0d\u028f \u1d00\u1d04\u1d04\u1d0f\u1d1c\u0274\u1d1b", "my account"),
        ("h4ck3d my acc0unt, p@ssw0rd gone", "hacked my account, password gone"),
        ("m\u00e3o na minh4 c0nt4b\u00edlidade", "m\u00e3o na minh4 contab\u00edlidade"),
        ("my a c c o u n t was h.a.c.k.e.d", "my account was hacked"),
        ("m y  a c c o u n t  w a s  h a c k e d", "my account was hacked"),
        ("MY ACCOUNT WAS HACKED", "my account was hacked"),
        ("heeeelp, nooooo", "help, no"),
        ("a\u0301\u0301\u0301ccount", "\u00e1ccount"),
    ],
)
def test_disguises_come_off(text: str, plain: str) -> None:
    assert undisguised(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "I sent 0.5 BTC at 3am via p2p, b2b, 2fa, mp3, 24h, covid19",
        "IBAN DE89 3704 0044",
        "У меня нет доступа к счёту",
        "Мой iPhone 13 и e-mail",
        "Tài khoản của tôi",
        "می\u200cخواهم",
        "हमारा क\u094d\u200dखाता",
        "帳號被登入了",
        "WWW, ok",
        "A B C",
        "it's John's",
        "",
    ],
)
def test_what_is_not_disguised_stays(text: str) -> None:
    assert undisguised(text) == text


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_does_not_grow_much(text: str) -> None:
    # NFKC may write one sign as up to eighteen letters.
    assert len(undisguised(text)) <= 18 * len(text)


@given(st.text("ao0@ .eЁеАBс\u200b", max_size=60))
def test_taking_off_twice_is_taking_off_once(text: str) -> None:
    once = undisguised(text)
    assert undisguised(undisguised(once)) == undisguised(once)
