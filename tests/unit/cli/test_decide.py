"""``decide``: plans for files of tickets, in order and by the schema, and for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.docs.pages import page
from tests.support.builders import a_desk_folder
from tests.support.command import Ran, zd, zd_process
from tests.support.running import Account
from zd_automation.models.topic_classifier import TopicClassifier
from zd_automation.sandbox.server import SandboxServer

SCHEMA: dict[str, Any] = json.loads(page("docs/reference/plan.schema.json"))
PLAN = Draft202012Validator(SCHEMA)
NO_TICKET = Draft202012Validator({**SCHEMA["$defs"]["not_a_ticket"], "$defs": SCHEMA["$defs"]})
CARD = "My card was declined in the shop"
PARCEL = "where is my parcel, it is late"
THEFT = "Someone logged into my account and stole my money, it was not me"


def decided(desk: Path, *rows: object) -> Ran:
    """``decide --jsonl`` on these rows; bytes go in as they are."""
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    return zd("decide", "--desk", desk, "--jsonl", stdin=b"\n".join(lines) + b"\n")


# --- files of tickets ----------------------------------------------------------------------------------------------


def test_a_ticket_becomes_a_plan(desk: Path) -> None:
    ran = decided(desk, {"id": "t-1", "subject": "Payment", "body": CARD})
    (row,) = ran.rows
    assert ran.status == 0
    assert (row["id"], row["language"]["tag"], row["topic"]["id"]) == ("t-1", "en", "card_problem")
    assert (row["group"], row["priority"], row["danger"]["tier"]) == ("Cards", None, "none")
    assert row["candidates"][0] == row["topic"]
    assert len(row["candidates"]) == 3
    assert "zdauto_topic_card_problem" in row["tags"]
    assert "Card problem" in row["note"]


def test_the_order_and_the_ids_are_those_of_the_input(desk: Path) -> None:
    ids: list[object] = ["b", 7, "a", "7", 2**60, 1.5, "", -1, "id with \u2028 and 🙂", "a"]
    ran = decided(desk, *({"id": given, "body": CARD} for given in ids))
    assert ran.status == 0
    assert [row["id"] for row in ran.rows] == ids
    assert [type(row["id"]) for row in ran.rows] == [type(given) for given in ids]


@pytest.mark.parametrize("given", [{}, {"id": None}, {"id": True}, {"id": ["x"]}, {"id": {"a": 1}}])
def test_without_an_id_the_line_has_its_number(desk: Path, given: dict[str, object]) -> None:
    ran = decided(desk, {"id": "first", "body": CARD}, {**given, "body": CARD})
    assert [row["id"] for row in ran.rows] == ["first", 2]


def test_half_an_emoji_in_an_id_comes_back(desk: Path) -> None:
    ran = decided(desk, b'{"id": "\\ud83d", "body": "\\ud83d my card was declined \\udc00"}')
    assert ran.status == 0
    assert ran.out.startswith('{"id": "\\ud83d"')


@pytest.mark.parametrize("number", [b"1e999", b"NaN", b"-Infinity"])
def test_an_id_that_is_no_number_of_json_is_not_written(desk: Path, number: bytes) -> None:
    ran = decided(desk, b'{"id": ' + number + b', "body": "hello"}')
    assert json.loads(ran.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))["id"] == 1


MESSY: list[dict[str, object]] = [
    {"body": ""},
    {"subject": None, "body": None},
    {},
    {"body": "🙂🙂🙂"},
    {"body": "https://example.com/a?b=c"},
    {"body": CARD, "subject": "Re: Fwd: card"},
    {"body": "<p>Hallo,</p><script>alert(1)</script><blockquote>my card</blockquote>"},
    {"body": "بطاقتي لا تعمل في المتجر"},
    {"body": "my\u200bcard\u200dwas\ufeffdeclined\u2028in the shop\x00\x07"},
    {"body": "word " * 12_000},
    {"body": 12345, "subject": ["a", {"b": 1}]},
    {"body": CARD, "requester_locale": "es-MX", "created_at": "2026-11-22T10:00:00Z", "channel": "email"},
    {"body": CARD, "requester_locale": 5, "created_at": 7, "channel": None},
    {"body": THEFT},
    {"body": "my password is Hunter2-Blue and my card is 4111 1111 1111 1111"},
]


def test_every_line_is_as_the_schema_says(desk: Path) -> None:
    ran = decided(desk, *MESSY)
    assert (ran.status, ran.err) == (0, "")
    assert len(ran.rows) == len(MESSY)
    for row in ran.rows:
        assert [error.message for error in PLAN.iter_errors(row)] == []


def test_nothing_to_go_by_is_silence(desk: Path) -> None:
    for row in decided(desk, *MESSY[:5]).rows:
        assert (row["topic"], row["group"], row["priority"]) == (None, None, None)


def test_a_security_case_goes_to_the_senior_group(desk: Path) -> None:
    (row,) = decided(desk, {"id": 1, "body": THEFT}).rows
    assert (row["group"], row["priority"]) == ("Security", "urgent")
    assert (row["danger"]["tier"], row["danger"]["kind"]) == ("certain", "account_takeover")


BAD_LINES = [b"{", b"[1, 2]", b"5", b"null", b'"text"', b'{"body": "\xff"}', b"[" * 100_000, b"\xff\xfe{}", b"hello"]


@pytest.mark.parametrize("line", BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_line_that_is_no_ticket_is_told_in_its_place(desk: Path, line: bytes) -> None:
    ran = decided(desk, {"id": "a", "body": CARD}, line, {"id": "b", "body": PARCEL})
    assert ran.status == 1
    assert ran.said == ["1 lines were no tickets; their lines in the output say why"]
    first, bad, last = ran.rows
    assert ((first["id"], first["topic"]["id"]), (last["id"], last["topic"]["id"])) == (
        ("a", "card_problem"),
        ("b", "delivery_late"),
    )
    assert bad["id"] is None
    assert bad["error"].startswith("line 2 is ")
    assert list(NO_TICKET.iter_errors(bad)) == []


def test_empty_lines_are_no_lines_and_a_byte_order_mark_is_no_letter(desk: Path) -> None:
    ran = decided(desk, b"\xef\xbb\xbf" + b'{"id": 1, "body": "hi"}\r', b"", b"   ", b'{"id": 2, "body": "hi"}')
    assert (ran.status, [row["id"] for row in ran.rows]) == (0, [1, 2])


@pytest.mark.parametrize("stdin", [b"", b"\n\n"])
def test_no_lines_give_no_plans(desk: Path, stdin: bytes) -> None:
    ran = zd("decide", "--desk", desk, "--jsonl", stdin=stdin)
    assert (ran.status, ran.out) == (0, "")


def test_unknown_columns_are_one_line(desk: Path) -> None:
    rows = [{"id": 1, "body": CARD, "label": "x"}, {"id": 2, "body": CARD, "gold": 1, "label": "y"}]
    ran = decided(desk, *rows)
    assert (ran.status, ran.said) == (0, ["ignored columns: gold, label"])


def test_two_thousand_lines_are_a_few_model_calls(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    rank = TopicClassifier.rank

    def counted(self: TopicClassifier, texts: Sequence[Any], languages: Sequence[str]) -> Any:
        batches.append(len(texts))
        return rank(self, texts, languages)

    monkeypatch.setattr(TopicClassifier, "rank", counted)
    rows = ({"id": number, "body": (CARD, PARCEL, "forgot my password")[number % 3]} for number in range(2_000))
    ran = decided(desk, *rows)
    assert [row["id"] for row in ran.rows] == list(range(2_000))
    assert {row["topic"]["id"] for row in ran.rows[::3]} == {"card_problem"}
    assert sum(batches) == 2_000
    assert len(batches) <= 10


def test_a_batch_decides_as_one_ticket_alone_does(desk: Path) -> None:
    rows = [{"id": number, "body": body} for number, body in enumerate([CARD, PARCEL, THEFT, "", "hola amigo"])]
    assert decided(desk, *rows).rows == [decided(desk, row).rows[0] for row in rows]


# --- the ladder ----------------------------------------------------------------------------------------------------

_TOPICS = '[[topic]]\nid = "card_problem"\ngroup = "Cards"\n{}\n[[topic]]\nid = "delivery_late"\ngroup = "Delivery"\n'
_EXAMPLES = """\
card_problem = ["My card was declined in the shop", "the card does not work", "card payment refused again", "new card never works"]
delivery_late = ["My parcel has not arrived", "the delivery is five days late", "where is my parcel", "parcel late again"]
"""


@pytest.mark.parametrize(
    ("desk_says", "topic_says", "writes", "group"),
    [
        ("", "", True, "Cards"),
        ("", 'rung = "shadow"', False, "Cards"),
        ("", 'rung = "route"', True, "Cards"),
        ('rung = "shadow"', "", False, "Cards"),
        ('rung = "shadow"', 'rung = "tag"', True, "Cards"),
    ],
)
def test_topics_are_on_the_tag_rung_unless_somebody_says_otherwise(
    folder: Path, desk_says: str, topic_says: str, writes: bool, group: str
) -> None:
    settings = (
        f'name = "x"\nlanguages = ["en"]\n[language]\nrung = "off"\n[topics]\ntarget_precision = 0.3\n{desk_says}\n'
    )
    made = a_desk_folder(folder / "ladder", settings, _TOPICS.format(topic_says), en=_EXAMPLES)
    (row,) = decided(made, {"id": 1, "body": CARD}).rows
    assert row["topic"]["id"] == "card_problem"
    assert ("tags" in row["writes"], row["group"]) == (writes, group)
    assert "group" not in row["writes"] or 'rung = "route"' in topic_says


def test_what_stands_in_shadow_is_shown_as_if_it_were_live(folder: Path) -> None:
    settings = 'name = "x"\nlanguages = ["en"]\n[language]\nrung = "shadow"\n[danger]\nrung = "shadow"\n'
    made = a_desk_folder(folder / "shadow", settings, _TOPICS.format(""), en=_EXAMPLES)
    text = "Someone got into my account last night and withdrew everything, it was not me"
    (row,) = decided(made, {"id": 1, "body": text}).rows
    assert row["danger"]["tier"] in {"probable", "certain"}
    assert {"group", "note", "priority", "tags"} <= set(row["writes"])
    assert (row["group"], row["priority"]) == ("Security", "urgent")
    assert "zdauto_lang_en" in row["tags"]


def test_a_topic_that_is_off_stays_off(folder: Path) -> None:
    settings = 'name = "x"\nlanguages = ["en"]\n[topics]\ntarget_precision = 0.3\n'
    made = a_desk_folder(folder / "off", settings, _TOPICS.format('rung = "off"'), en=_EXAMPLES)
    (row,) = decided(made, {"id": 1, "body": CARD}).rows
    assert "card_problem" not in [candidate["id"] for candidate in row["candidates"]]


# --- for people ----------------------------------------------------------------------------------------------------


def test_a_text_becomes_a_table_with_reasons(desk: Path) -> None:
    ran = zd("decide", "--desk", desk, CARD)
    assert (ran.status, ran.err) == (0, "")
    for words in (
        "language",
        "en (",
        "topic",
        "card_problem (",
        "danger",
        "none",
        "Cards",
        "zdauto_topic_card_problem",
    ):
        assert words in ran.out
    assert "  language: " in ran.out
    assert "  topic: " in ran.out


def test_a_text_as_json_is_the_plan_of_the_schema(desk: Path) -> None:
    ran = zd("decide", "--desk", desk, "--json", "--locale", "es", THEFT)
    row = json.loads(ran.out)
    assert [error.message for error in PLAN.iter_errors(row)] == []
    assert (row["group"], row["danger"]["kind"]) == ("Security", "account_takeover")


@pytest.mark.parametrize("text", ["", "🙂", "[bold]my card[/bold] [/nothing]", "-"])
def test_any_text_can_be_shown(desk: Path, text: str) -> None:
    ran = zd("decide", "--desk", desk, "--", text)
    assert (ran.status, ran.err) == (0, "")
    assert "language" in ran.out


def test_the_desk_is_that_of_the_environment(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZD_DESK", f"{desk},elsewhere")
    assert "card_problem" in zd("decide", CARD).out


def test_a_dotenv_file_names_the_desk_too(desk: Path) -> None:
    Path(".env").write_text(f"ZD_DESK={desk}\n", "utf-8")
    assert "card_problem" in zd("decide", CARD).out


def test_a_ticket_of_the_account_is_decided_and_left_alone(desk: Path, folder: Path, models: str) -> None:
    with SandboxServer() as sandbox:
        account = Account(sandbox)
        key = account.arrives("Payment", CARD, tags=["vip"])
        before = account.ticket(key)
        environ = account.environment(desk, folder / "var", Path(models))
        del environ["ZD_WEBHOOK_SECRETS"]  # a command that only reads needs none
        shown, ran, gone = (
            zd_process("decide", "--ticket", *rest, cwd=folder, environ=environ)
            for rest in ((key,), (key, "--json"), (999_999,))
        )
        assert account.ticket(key) == before
    row = json.loads(ran.out)
    assert (row["id"], row["topic"]["id"], row["group"]) == (str(key), "card_problem", "Cards")
    assert (ran.err, shown.err) == ("", "")
    assert "card_problem (" in shown.out
    assert (gone.status, gone.out, len(gone.said)) == (1, "", 1)
    assert "999999" in gone.err


# --- used wrongly --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [[], ["text", "--jsonl"], ["text", "--ticket", "5"], ["--jsonl", "--ticket", "5"]])
def test_one_source_at_a_time(desk: Path, given: list[str]) -> None:
    ran = zd("decide", "--desk", desk, *given)
    assert (ran.status, ran.out) == (2, "")
    assert "give one of: TEXT, --ticket N, --jsonl" in ran.err


def test_a_desk_that_is_not_there_is_one_line() -> None:
    ran = zd("decide", "--desk", "nowhere", "text")
    assert (ran.status, ran.out) == (1, "")
    assert ran.said == ["nowhere: there is no such desk folder; `zd-automation init nowhere` writes one"]


def test_a_desk_with_faults_tells_all_of_them(folder: Path) -> None:
    broken = a_desk_folder(folder / "broken", 'name = "x"\nlanguages = []\ntag_prefx = "z_"\n')
    ran = zd("decide", "--desk", broken, "text")
    assert (ran.status, ran.out, len(ran.said)) == (1, "", 2)
    assert "unknown key 'tag_prefx'; did you mean 'tag_prefix'?" in ran.err


def test_a_desk_without_anything_to_learn_from_warns_and_decides_the_rest(folder: Path) -> None:
    one = a_desk_folder(folder / "one", topics='[[topic]]\nid = "a"\n', en='a = ["only one"]\n')
    ran = zd("decide", "--desk", one, "--json", THEFT)
    assert ran.status == 0
    assert any(line.startswith("warning: ") for line in ran.said)
    assert (json.loads(ran.out)["topic"], json.loads(ran.out)["group"]) == (None, "Security")


def test_a_terminal_that_speaks_no_utf8_gets_utf8(desk: Path, models: str) -> None:
    row = '{"id": "é🙂", "body": "hola"}\n'.encode()
    environ = {"ZD_CACHE_DIR": models, "PYTHONIOENCODING": "ascii"}
    ran = zd_process("decide", "--desk", desk, "--jsonl", cwd=Path.cwd(), stdin=row, environ=environ)
    assert (ran.status, ran.rows[0]["id"]) == (0, "é🙂")
