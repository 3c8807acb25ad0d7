"""The examples of the `webhooks` room are documentation and fixture together: each fits its schema and parses as said."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.support.deliveries import ACCOUNT, INVOCATION, ROOM, WEBHOOK, a_receiver, signed
from tests.unit.webhooks.test_parse import REFUSED
from zd_automation.events import Delivery, TicketCreated
from zd_automation.webhooks.parse import parse

BY_EVENT, BY_TRIGGER = "ticket-created", "ticket-created-by-trigger"
STATED = "2026-11-20T14:03:51.672717030Z"
REQUESTER = 387642178311


def told(
    ticket_id: int, event_id: str | None, hint: str, *, at: str | None = STATED, actor: int | None = REQUESTER
) -> TicketCreated:
    return TicketCreated(Delivery(ACCOUNT, WEBHOOK, INVOCATION, event_id, at), ticket_id, actor, hint)


def by_trigger(ticket_id: int) -> TicketCreated:
    return told(ticket_id, None, "", at=None, actor=None)


EXPECTED = {
    (BY_EVENT, "web-form.json"): told(
        5158,
        "cbe4028c-7239-495d-b020-f22348516046",
        "Withdrawal pending since yesterday\nHello,\nmy BTC withdrawal has been pending for 26 hours. "
        "No transaction id yet. Can you check?\nThanks, Mara",
    ),
    (BY_EVENT, "mail-with-history.json"): told(
        5159,
        "0e4f7f10-52d1-4d4c-9a37-4b8a52b8e0aa",
        "Re: Re: order 8841-B\nStill nothing arrived!!\n\n> On Tue, 17 Nov 2026 at 09:12, Beauty Support wrote:\n"
        "> We have asked the carrier and come back to you.\n>> Where is my parcel?\n\n--\nSent from my phone",
        at="2026-11-20T14:05:00Z",
    ),
    (BY_EVENT, "urgent-russian.json"): told(
        5160,
        "4d6a1b84-65f6-4b43-8a6f-31b7c1fbd7a1",
        "Меня взломали, выводят деньги!\nКто-то вошёл в мой аккаунт и прямо сейчас выводит монеты, заблокируйте срочно",
        at="2026-11-20T14:06:07.5Z",
    ),
    (BY_EVENT, "right-to-left.json"): told(
        5161,
        "7a0d3c1e-9d1b-45c7-8a54-0d6fb8a1d3c2",
        "تأخر إيداع 500 USDT\nمرحبا، أودعت 500 USDT على شبكة TRC20 منذ ثلاث ساعات ولم يصل الرصيد. "
        "رقم العملية \u202a7f3c…e21a\u202c",
        at="2026-11-20T14:07:19.001002Z",
    ),
    (BY_EVENT, "emoji-only.json"): told(5162, "1c2f6f4e-0c55-4f0e-9b5e-6f8b0a3f2d11", "😡😡😡\n💄➡️📦❓ 👩🏽‍🦱👎"),
    (BY_EVENT, "url-only.json"): told(
        5163, "b7a9c6cb-5f9b-4f7b-9c0f-2f1f5d9d7a42", "https://shop.example.com/track?order=8841-B&lang=pl"
    ),
    (BY_EVENT, "empty-subject-and-body.json"): told(5164, "d0cf4c9a-2a3b-4c8e-b0f4-7e6f2c1a9b55", ""),
    (BY_EVENT, "html-as-text.json"): told(
        5165,
        "e9c2f7a1-1b4d-4a6f-9e3c-5d8a7b6c4f33",
        '<b>Rückgabe</b>\n<p>Ich m&ouml;chte <a href="javascript:alert(1)">zur&uuml;ckgeben</a><br>'
        "Bestellung 771</p><script>alert(1)</script>",
    ),
    (BY_EVENT, "zero-width.json"): told(
        5166,
        "f1a3b5c7-d9e1-4f23-8456-789abcdef012",
        "My\u200b acc\u200dount is ha\u200bcked\n\ufeffPle\u2060ase he\u00adlp",
    ),
    (BY_EVENT, "half-an-emoji.json"): told(
        5167, "2f4e6d8c-0b1a-4c3d-8e5f-60718293a4b5", "Cut off ?\nThe old phone app sends half an emoji ?"
    ),
    (BY_EVENT, "no-value-in-every-way.json"): told(
        5168, "3a5c7e91-b2d4-4f68-9abc-def012345678", "Question\nWhen do you open?", actor=None
    ),
    (BY_EVENT, "numbers-for-texts.json"): told(
        5169, "4b6d8fa0-c1e3-4527-8d9e-0f1a2b3c4d5e", "Codice sconto\nIl codice WELCOME10 non funziona"
    ),
    (BY_EVENT, "texts-that-are-none.json"): told(5170, "5c7e9fb1-d2f4-4638-9eaf-1b2c3d4e5f60", ""),
    (BY_EVENT, "messaging-ulid.json"): told(
        5171, "01JD8Q3M5V7X9Z1B3D5F7H9K1M", "Conversation with Lin\n订单什么时候发货?"
    ),
    (BY_EVENT, "unknown-keys.json"): told(
        5172, "6d8fa0c2-e3f5-4749-afb0-2c3d4e5f6071", "Reembolso\n¿Cuándo llega mi reembolso?"
    ),
    (BY_EVENT, "least.json"): told(5173, None, "", at=None, actor=None),
    (BY_TRIGGER, "as-installed.json"): by_trigger(35436),
    (BY_TRIGGER, "ticket-id-only.json"): by_trigger(35436),
    (BY_TRIGGER, "number.json"): by_trigger(35437),
    (BY_TRIGGER, "dotted-event-and-more-keys.json"): by_trigger(35438),
}
EXAMPLES = sorted(EXPECTED)


@cache
def schema(folder: str) -> Draft202012Validator:
    document = json.loads((ROOM / folder / "payload.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


def refusals() -> list[tuple[str, str]]:
    """Refused payloads that are JSON, with the schema that has to refuse them."""
    return [
        (BY_EVENT if file.startswith(("type", "detail", "actor", "account", "event-id", "time")) else BY_TRIGGER, file)
        for file in sorted(REFUSED)
        # A schema cannot say "at most 2**63 - 1" of digits in a text, and counts 35436.0 as a whole number.
        if file.endswith(".json") and file not in {"ticket-id-too-large.json", "ticket-id-whole-fraction.json"}
    ]


def test_every_example_is_expected() -> None:
    assert {(path.parent.parent.name, path.name) for path in ROOM.glob("*/examples/*")} == set(EXPECTED)


def test_the_room_holds_no_code_and_every_folder_is_whole() -> None:
    folders = sorted(path for path in ROOM.iterdir() if path.is_dir())
    assert [folder.name for folder in folders] == [BY_EVENT, BY_TRIGGER]
    for folder in folders:
        assert {path.name for path in folder.iterdir()} == {
            "README.md",
            "contract.toml",
            "examples",
            "payload.schema.json",
        }
    assert not list(ROOM.rglob("*.py"))


@pytest.mark.parametrize(("folder", "file"), EXAMPLES)
def test_an_example_fits_its_schema(folder: str, file: str) -> None:
    payload = json.loads((ROOM / folder / "examples" / file).read_text("utf-8"))
    assert [error.message for error in schema(folder).iter_errors(payload)] == []


@pytest.mark.parametrize(("folder", "file"), refusals())
def test_what_the_parser_refuses_the_schema_refuses(folder: str, file: str) -> None:
    payload = json.loads((Path(__file__).parent / "refused" / file).read_text("utf-8"))
    assert not schema(folder).is_valid(payload)


@pytest.mark.parametrize(("folder", "file"), EXAMPLES)
def test_an_example_parses_to_its_event(folder: str, file: str) -> None:
    body = (ROOM / folder / "examples" / file).read_bytes()
    assert parse(signed(body), body) == EXPECTED[folder, file]


def test_every_example_is_accepted_once(tmp_path: Path) -> None:
    receiver = a_receiver(tmp_path)
    answers: list[tuple[Any, ...]] = []
    for folder, file in EXAMPLES:
        answer = receiver.send((ROOM / folder / "examples" / file).read_bytes(), invocation=f"{folder}/{file}")
        answers.append((file, answer.status_code, answer.get_json()["outcome"]))
    # as-installed.json and ticket-id-only.json tell of the same ticket.
    assert [answer for answer in answers if answer[1:] != (202, "accepted")] == [
        ("ticket-id-only.json", 200, "duplicate")
    ]
    assert sorted(row.ticket_id or 0 for row in receiver.rows()) == [*range(5158, 5174), 35436, 35437, 35438]
    assert {row.state for row in receiver.rows()} == {"new"}


def test_event_examples_are_in_zendesks_own_bytes() -> None:
    for path in (ROOM / BY_EVENT / "examples").iterdir():
        text = path.read_text("utf-8")
        assert text.endswith("}\n")
        assert text.startswith('{\n   "')
        assert "{}" not in text
