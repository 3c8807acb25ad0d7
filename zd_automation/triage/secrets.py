"""Secrets that customers paste into tickets: found by checkable form, and masked in everything we write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from stdnum import iban, luhn

MASK = "[…]"
_LONGEST = 100_000

# Forms that vendors give their own keys: documented prefixes, so a match is no guess.
_API_KEY = re.compile(
    r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{60,100}|sk_(?:live|test)_[A-Za-z0-9]{16,99}"
    r"|xox[baprs]-[A-Za-z0-9-]{10,99}|AIza[0-9A-Za-z_-]{35}|sk-[A-Za-z0-9_-]{32,199}|glpat-[A-Za-z0-9_-]{20}|SG\.[\w-]{22}\.[\w-]{43})\b"
)
_NAMED_KEY = re.compile(
    r"(?i)\bapi[ _-]?(?:secret|key)\b[\"']?\s{0,3}(?:is|[:=])?\s{0,3}[\"']?([A-Za-z0-9+/_-]{24,128})"
)
_PEM = re.compile(r"-----BEGIN (?:[A-Z]{2,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_WIF = re.compile(r"\b[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b")
# 64 hexadecimal digits are a key or a transaction: the word beside them decides.
_HEX_KEY = re.compile(
    r"(?i)(?:private|priv|secret|wallet)[ _-]{0,2}key\W{0,12}(?:\w{1,10}\W{1,3}){0,3}((?:0x)?[0-9a-f]{64})\b"
)
_CARD = re.compile(r"(?<![\d-])(?:[2-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}|3[47]\d{2}[ -]?\d{6}[ -]?\d{5})(?![\d-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_SESSION = re.compile(
    r"\beyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,1000}"
    r"|(?i:\b(?:session(?:_?id)?|sid|auth_?token|access_?token)[\"']?\s{0,2}[=:]\s{0,2}[\"']?)([A-Za-z0-9%._-]{20,400})"
)
_PASSWORD = re.compile(
    r"(?i)(?:\b(?:passwor[dt]|passwd|pwd|pass|contraseña|contrasena|clave|senha|mot de passe|mdp|passwort|kennwort|hasło|haslo|şifrem?|"
    r"sifrem?|parola|mật khẩu|mat khau|kata sandi|sandi|пароль|парол[ья]|wachtwoord)|密码|密碼|パスワード|비밀번호|รหัสผ่าน|كلمة (?:السر|المرور)|पासवर्ड)"
    r"\s{0,3}(?:is|es|e|é|est|ist|to|это|adalah|là|是|は|:|=|-)\s{0,3}[\"'«“]?(?!\[…\])(\S{6,64}\S*)"
)
_OTP = re.compile(
    r"(?i)\b(?:otp|2fa|sms|one[- ]time|verification|confirmation|auth\w{0,12}|код\w{0,3}|código|kod\w{0,3})\W{1,3}(?:\w{1,14}\W{1,3}){0,3}?(\d{6})\b"
)
_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST_SEED = 12  # words; BIP-39 knows 12, 15, 18, 21 and 24


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret stands in a text; the text itself is not kept here."""

    kind: str
    start: int
    end: int


def find_secrets(text: str, seed_words: Mapping[str, frozenset[str]] | None = None) -> tuple[Secret, ...]:
    """Secrets in a text, in order, without overlaps; the first 100,000 characters are read.

    ``seed_words`` holds the BIP-39 word lists by language; without them seed phrases are not looked for.
    """
    read = text[:_LONGEST]
    found = sorted(
        (secret for finder in _FINDERS for secret in finder(read)), key=lambda secret: (secret.start, -secret.end)
    )
    if seed_words:
        found = sorted([*found, *_seed_phrases(read, seed_words)], key=lambda secret: (secret.start, -secret.end))
    return _without_overlaps(found)


def masked(text: str) -> str:
    """The text with every secret blotted out; masking again changes nothing.

    It looks again after each round, since a blot may join a word to the key that stood behind the first one.
    """
    while found := find_secrets(text):
        text = mask(text, found)
    return text


def mask(text: str, secrets: tuple[Secret, ...], by: str = MASK) -> str:
    """The text with the places of ``secrets`` replaced by ``by``."""
    parts, last = [], 0
    for secret in secrets:
        parts += [text[last : secret.start], by]
        last = secret.end
    return "".join([*parts, text[last:]])


def kinds(secrets: tuple[Secret, ...]) -> tuple[str, ...]:
    """The kinds found, each once, sorted."""
    return tuple(sorted({secret.kind for secret in secrets}))


def _by_pattern(
    kind: str, pattern: re.Pattern[str], accept: Callable[[str], bool] = lambda _: True
) -> Callable[[str], Iterator[Secret]]:
    def find(text: str) -> Iterator[Secret]:
        for match in pattern.finditer(text):
            group = match.lastindex or 0
            if accept(match.group(group)):
                yield Secret(kind, *match.span(group))

    return find


def _is_card(digits: str) -> bool:
    bare = re.sub(r"\D", "", digits)
    return 13 <= len(bare) <= 19 and len(set(bare)) > 1 and luhn.is_valid(bare)


def _looks_chosen(word: str) -> bool:
    """A password has a digit or a sign in it; "password is wrong" has not."""
    bare = word.strip("\"'»”.,;!?)")
    return len(bare) >= 6 and any(not ch.isalpha() for ch in bare) and any(ch.isalpha() for ch in bare)


def _seed_phrases(text: str, seed_words: Mapping[str, frozenset[str]]) -> Iterator[Secret]:
    words = [(match.group().lower(), *match.span()) for match in _WORD.finditer(text)]
    for known in seed_words.values():
        run: list[tuple[int, int]] = []
        for word, start, end in [*words, ("", 0, 0)]:
            if word in known:
                run.append((start, end))
                continue
            if len(run) >= _SHORTEST_SEED:
                yield Secret("seed_phrase", run[0][0], run[-1][1])
            run = []


_FINDERS: tuple[Callable[[str], Iterator[Secret]], ...] = (
    _by_pattern("private_key", _PEM),
    _by_pattern("private_key", _WIF),
    _by_pattern("private_key", _HEX_KEY),
    _by_pattern("api_key", _API_KEY),
    _by_pattern("api_key", _NAMED_KEY),
    _by_pattern("card_number", _CARD, _is_card),
    _by_pattern("iban", _IBAN, iban.is_valid),
    _by_pattern("session_token", _SESSION),
    _by_pattern("password", _PASSWORD, _looks_chosen),
    _by_pattern("otp", _OTP),
)


def _without_overlaps(found: list[Secret]) -> tuple[Secret, ...]:
    kept: list[Secret] = []
    for secret in found:
        if not kept or secret.start >= kept[-1].end:
            kept.append(secret)
    return tuple(kept)
