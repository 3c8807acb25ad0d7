"""Secrets: found of 40 generated ones a kind, in sentences of many languages; false ones in ordinary messages.

    python -m bench.danger_secrets [--data ../shared/data] [--messages 5000]

Generated values have right check digits and vendors' forms and belong to nobody.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
import string
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from mnemonic import Mnemonic
from stdnum import iban, luhn

from bench.topic_sets import Sets
from zd_automation.assembly import seed_lists
from zd_automation.triage.secrets import find_secrets

_DEAL = random.Random(4)
_ALL = string.ascii_letters + string.digits
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LISTS = (
    "english",
    "spanish",
    "french",
    "italian",
    "portuguese",
    "czech",
    "japanese",
    "korean",
    "chinese_simplified",
    "chinese_traditional",
)
_AROUND = (
    "{}", "hi, this is what I sent him: {} please help", "Привет, вот: {} спасибо", "这是我的 {} 请帮忙", "kodum şu: {} yardım edin",
    "اینه: {} لطفا", "เขาขอ {} ครับ", "mình gửi {} cho họ rồi", "je lui ai donné {} hier soir", "मैंने भेज दिया {} क्या करूँ",
)  # fmt: skip
# Forty ways to tell a password, {} being it: how people write it in the desk languages.
_TOLD = (
    "my password is {}", "password: {}", "the password I used was {} on both sites", "login anna, pw {}", "pass = {}",
    "mi contraseña es {}", "la clave era {}", "contrasena: {}", "minha senha é {}", "a senha dele era {}",
    "mon mot de passe est {}", "mdp : {}", "la password è {}", "mein Passwort lautet {}", "Kennwort: {}",
    "mijn wachtwoord is {}", "moje hasło to {}", "hasło: {}", "parola mea este {}", "şifrem {}",
    "şifre: {}", "мой пароль {}", "пароль от кабинета: {}", "пароль был {}", "мій пароль це {}",
    "kata sandi saya adalah {}", "sandi: {}", "mật khẩu của tôi là {}", "mk: {}", "รหัสผ่านคือ {}",
    "รหัสผ่านของผม {} ครับ", "मेरा पासवर्ड {} है", "mera password {} hai", "আমার পাসওয়ার্ড হলো {}", "رمز عبور من {} است",
    "كلمة المرور هي {}", "비밀번호는 {}입니다", "パスワードは{}です", "我的密码是{}", "密碼：{}",
)  # fmt: skip


def some(count: int, letters: str = _ALL) -> str:
    return "".join(_DEAL.choice(letters) for _ in range(count))


def card() -> str:
    first = _DEAL.choice(["4", "51", "55", "2221", "34", "37", "6011", "65", "3530", "36", "62"])
    bare = first + some({"34": 15, "37": 15, "36": 14}.get(first, 16) - 1 - len(first), string.digits)
    number = bare + luhn.calc_check_digit(bare)
    return (
        " ".join(number[at : at + 4] for at in range(0, 16, 4))
        if len(number) == 16 and _DEAL.random() < 0.5
        else number
    )


def wif() -> str:
    raw = b"\x80" + _DEAL.randbytes(32) + (b"\x01" if _DEAL.random() < 0.5 else b"")
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    number, word = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        word = _BASE58[digit] + word
    return word


def an_iban() -> str:
    forms = {
        "DE": "n" * 18,
        "PL": "n" * 24,
        "NL": "aaaa" + "n" * 10,
        "GB": "aaaa" + "n" * 14,
        "FR": "n" * 23,
        "ES": "n" * 20,
    }
    while True:
        country = _DEAL.choice(sorted(forms))
        body = "".join(some(1, string.digits if sign == "n" else string.ascii_uppercase) for sign in forms[country])
        number = country + iban.calc_check_digits(country + "00" + body) + body
        if iban.is_valid(number):
            return " ".join(number[at : at + 4] for at in range(0, len(number), 4)) if _DEAL.random() < 0.5 else number


def jwt() -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": some(10), "iat": _DEAL.randrange(10**9)})
    coded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join([*coded, some(43)])


KINDS: dict[str, Callable[[], str]] = {
    "seed phrase": lambda: Mnemonic(_DEAL.choice(_LISTS)).generate(_DEAL.choice([128, 256])).replace("\u3000", " "),
    "private key, WIF": wif,
    "private key, PEM": lambda: (
        "-----BEGIN PRIVATE KEY-----\n" + "\n".join(some(64) for _ in range(4)) + "\n-----END PRIVATE KEY-----"
    ),
    "AWS key": lambda: "AKIA" + some(16, string.ascii_uppercase + string.digits),
    "GitHub token": lambda: "ghp_" + some(36),
    "Stripe key": lambda: "sk_live_" + some(24),
    "Slack token": lambda: "xoxb-" + some(11, string.digits) + "-" + some(24),
    "Google key": lambda: "AIza" + some(35),
    "Telegram bot token": lambda: some(10, "123456789") + ":AA" + some(33),
    "JSON Web Token": jwt,
    "card number": card,
    "IBAN": an_iban,
}
BESIDE: dict[str, tuple[str, Callable[[], str]]] = {
    "private key, hexadecimal": ("private key {}", lambda: some(64, "0123456789abcdef")),
    "session cookie": ("Set-Cookie: sessionid={}; Path=/", lambda: some(32)),
    "HAR file": ('{{"name": "sessionid", "value": "{}"}}', lambda: some(32)),
}


def found(text: str, secret: str) -> bool:
    return any(secret in text[place.start : place.end] for place in find_secrets(text, seed_lists()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--messages", type=int, default=5_000)
    options = parser.parse_args()
    print("| kind | found of 40 |\n|---|---|")
    for kind, make in KINDS.items():
        print(f"| {kind} | {sum(found(_AROUND[at % len(_AROUND)].format(made := make()), made) for at in range(40))} |")
    for kind, (frame, make) in BESIDE.items():
        told = [(_AROUND[at % len(_AROUND)].format(frame.format(made := make())), made) for at in range(40)]
        print(f"| {kind} | {sum(found(*row) for row in told)} |")
    chosen = [some(6, string.ascii_lowercase) + some(2, string.digits) + _DEAL.choice(["", "!", "#"]) for _ in _TOLD]
    told = [(frame.format(word), word) for frame, word in zip(_TOLD, chosen, strict=True)]
    print(f"| password told in prose, 24 languages | {sum(found(*row) for row in told)} |")
    missed = [text for text, word in told if not found(text, word)]
    print(f"\nmissed passwords: {missed or 'none'}\n")
    false_alarms(Sets(options.data), options.messages)


def false_alarms(sets: Sets, count: int) -> None:
    texts = [row["text"] for name in ("banking77", "clinc150", "arbanking77", "hwu64") for row in sets.rows(name)]
    texts += [row["text"] for row in sets.rows("langid", "tickets.jsonl.gz")]
    _DEAL.shuffle(texts)
    began, kinds = time.process_time(), Counter()
    for text in texts[:count]:
        kinds.update(place.kind for place in find_secrets(text, seed_lists()))
    each = 1e6 * (time.process_time() - began) / count
    print(f"{count} ordinary messages: {dict(kinds) or 'nothing'} found, {each:.0f} µs of CPU each")


if __name__ == "__main__":
    main()
