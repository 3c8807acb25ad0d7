"""Secrets that customers paste into tickets: found by checkable form, and masked in everything we write.

Order and tracking numbers, transaction hashes, wallet addresses and phone numbers are none. Every expression is RE2's:
linear in the text, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zd_automation.triage.secrets.keys import find_keys
from zd_automation.triage.secrets.numbers import find_numbers
from zd_automation.triage.secrets.place import Secret
from zd_automation.triage.secrets.seeds import SeedLists, find_seed_phrases
from zd_automation.triage.secrets.told import find_told

__all__ = ["KINDS", "MASK", "Secret", "SeedLists", "find_secrets", "kinds", "mask", "masked"]

KINDS = (
    "seed_phrase",
    "private_key",
    "api_key",
    "password",
    "otp",
    "card_number",
    "iban",
    "id_number",
    "session_token",
)
MASK = "[…]"
_LONGEST = 100_000


def find_secrets(text: str, seed_lists: SeedLists | None = None) -> tuple[Secret, ...]:
    """Secrets in a text, in order, without overlaps; the first 100,000 characters are read.

    ``seed_lists`` holds the BIP-39 word lists by language; without them seed phrases are not looked for.
    """
    read = text[:_LONGEST]
    return _without_overlaps(_all(read, seed_lists))


def _all(text: str, seed_lists: SeedLists | None) -> Iterator[Secret]:
    yield from find_keys(text)
    yield from find_numbers(text)
    yield from find_told(text)
    if seed_lists:
        yield from find_seed_phrases(text, seed_lists)


def masked(text: str, seed_lists: SeedLists | None = None) -> str:
    """The text with every secret blotted out; masking again changes nothing.

    It looks again after each round, since a blot may join a word to the key that stood behind the first one.
    """
    while found := find_secrets(text, seed_lists):
        text = mask(text, found)
    return text


def mask(text: str, secrets: Iterable[Secret], by: str = MASK) -> str:
    """The text with the places of ``secrets`` replaced by ``by``."""
    parts, last = [], 0
    for secret in secrets:
        parts += [text[last : secret.start], by]
        last = secret.end
    return "".join([*parts, text[last:]])


def kinds(secrets: Iterable[Secret]) -> tuple[str, ...]:
    """The kinds found, each once, sorted."""
    return tuple(sorted({secret.kind for secret in secrets}))


def _without_overlaps(found: Iterable[Secret]) -> tuple[Secret, ...]:
    kept: list[Secret] = []
    for secret in sorted(found, key=lambda secret: (secret.start, -secret.end)):
        if not kept or secret.start >= kept[-1].end:
            kept.append(secret)
    return tuple(kept)
