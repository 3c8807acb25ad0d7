"""Secrets in tickets: found by their form, never guessed, and gone from whatever we write."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zd_automation.assembly import seed_lists
from zd_automation.triage.secrets import MASK, find_secrets, kinds, mask, masked

# Public test values of the vendors and of the BIP-39, ISO 13616 and RFC 7519 documents; keys that look like a
# vendor's are put together here so that no scanner takes this file for a leak.
SEED = "legal winner thank year wave sausage worth useful legal winner thank yellow"
WIF = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
HEX = "e9873d79c6d87dc0fb6a5778633389f4453213303da61f20bd67fc233aa33262"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
STRIPE = "sk_" + "test_" + "4eC39HqLyjWDarjtT1zdp7dc"
GITHUB = "ghp_" + "a1B2" * 9


def found(text: str) -> list[tuple[str, str]]:
    return [(secret.kind, text[secret.start : secret.end]) for secret in find_secrets(text, seed_lists())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"my words: {SEED} thanks", [("seed_phrase", SEED)]),
        (f"{SEED.upper()}", [("seed_phrase", SEED.upper())]),
        ("1. " + SEED.replace(" ", "\n2. "), [("seed_phrase", SEED.replace(" ", "\n2. "))]),
        (f"here is the key {WIF}", [("private_key", WIF)]),
        (f"private key: 0x{HEX}", [("private_key", f"0x{HEX}")]),
        (f"my wallet key is {HEX}", [("private_key", HEX)]),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", [("private_key", "-----BEGIN RSA PRIVATE KEY-----")]),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", [("private_key", "-----BEGIN OPENSSH PRIVATE KEY-----")]),
        (f"aws {AWS}.", [("api_key", AWS)]),
        (f"stripe {STRIPE}", [("api_key", STRIPE)]),
        (f"token {GITHUB}", [("api_key", GITHUB)]),
        ("api_key=abcdEFGH1234abcdEFGH1234", [("api_key", "abcdEFGH1234abcdEFGH1234")]),
        ("API secret: abcdEFGH1234abcdEFGH1234", [("api_key", "abcdEFGH1234abcdEFGH1234")]),
        ("card 4111 1111 1111 1111 exp 11/28", [("card_number", "4111 1111 1111 1111")]),
        ("4111111111111111", [("card_number", "4111111111111111")]),
        ("5555-5555-5555-4444", [("card_number", "5555-5555-5555-4444")]),
        ("amex 3782 822463 10005", [("card_number", "3782 822463 10005")]),
        ("IBAN DE89 3704 0044 0532 0130 00", [("iban", "DE89 3704 0044 0532 0130 00")]),
        ("to GB82WEST12345698765432 please", [("iban", "GB82WEST12345698765432")]),
        (f"Bearer {JWT}", [("session_token", JWT)]),
        ("session_id=9f8e7d6c5b4a39281706f5e4", [("session_token", "9f8e7d6c5b4a39281706f5e4")]),
        ("password: hunter2!x", [("password", "hunter2!x")]),
        ("my password is Tr0ub4dor&3", [("password", "Tr0ub4dor&3")]),
        ("mi contraseña es gato1234", [("password", "gato1234")]),
        ("пароль: кот-12345", [("password", "кот-12345")]),
        ("密码是 abc12345", [("password", "abc12345")]),
        ("mot de passe : soleil99", [("password", "soleil99")]),
        ("the sms code is 482913", [("otp", "482913")]),
        ("2FA: 482913", [("otp", "482913")]),
        (
            "verification code 482913 and card 4111111111111111",
            [("otp", "482913"), ("card_number", "4111111111111111")],
        ),
    ],
)
def test_secrets_are_found_where_they_stand(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "the password is wrong",
        "my password is forgotten, please help",
        "password reset does not work",
        "order 4111111111111112",
        "card 4242 4242 4242 4243",
        "0000 0000 0000 0000",
        "DE89 3704 0044 0532 0130 01",
        f"tx hash {HEX}",
        "txid 0x" + HEX,
        SEED.rsplit(" ", 1)[0],
        "I waited ten minutes for the parcel and then the winner of the race came home again",
        "order 482913 is late",
        "call me on +49 30 901820",
        "the key to success is patience",
        "AKIA123",
        "",
        "🙂" * 50,
    ],
)
def test_ordinary_text_holds_none(text: str) -> None:
    assert found(text) == []


def test_a_language_of_seed_words_is_not_mixed_with_another() -> None:
    half = SEED.split()[:6]
    assert found(" ".join([*half, "ábaco", "abdomen", "abeja", "abierto", "abogado", "abono"])) == []


def test_without_word_lists_no_seed_phrase_is_looked_for() -> None:
    assert find_secrets(SEED) == ()


def test_places_do_not_overlap_and_the_earlier_longer_one_wins() -> None:
    text = f"password: {AWS}x9"
    assert found(text) == [("password", f"{AWS}x9")]


def test_a_long_password_is_one_place() -> None:
    assert masked("password: " + "a1" * 100) == f"password: {MASK}"


def test_kinds_are_named_once_in_order() -> None:
    text = "password: hunter2!x, card 4111111111111111, password: hunter3!x"
    assert kinds(find_secrets(text)) == ("card_number", "password")
    assert kinds(()) == ()


def test_mask_takes_out_only_the_secret() -> None:
    text = f"my card 4111 1111 1111 1111, my key {AWS} please"
    assert mask(text, find_secrets(text)) == "my card […], my key […] please"
    assert mask(text, find_secrets(text), by=" ") == "my card  , my key   please"
    assert mask("nothing here", ()) == "nothing here"


def test_only_the_first_hundred_thousand_characters_are_read() -> None:
    assert found("x " * 50_000 + "4111111111111111") == []
    assert found("x " * 49_000 + "4111111111111111") == [("card_number", "4111111111111111")]


PIECES = (
    "4111111111111111", "4111 1111 1111 1111", AWS, WIF, HEX, JWT, STRIPE, "hunter2!x", "482913", "password:",
    "password is", "private key", "secret key:", "api_key=", "otp", "sms code", "session_id=", "DE89370400440532013000",
    "a1" * 40, "and", "пароль", "密码是", MASK,
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["", " ", ": ", ", ", "\n"])), max_size=12))
def test_masking_twice_is_masking_once(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece + gap for piece, gap in pieces)
    once = masked(text)
    assert masked(once) == once
    assert find_secrets(once) == ()


@given(st.text(max_size=200))
def test_any_text_can_be_read_and_places_are_in_order(text: str) -> None:
    places = find_secrets(text, seed_lists())
    assert all(0 <= place.start < place.end <= len(text) for place in places)
    assert all(first.end <= second.start for first, second in itertools.pairwise(places))
    assert find_secrets(masked(text)) == ()
