"""What the customer wrote survives cleaning, and what mail programs add does not."""

from __future__ import annotations

import sys

import pytest

from zd_automation.triage.clean import clean


def test_html_becomes_lines_without_style_and_attributes() -> None:
    body = '<html><head><style>p{color:red}</style></head><body><p title="x">My card&nbsp;is lost</p><div>Please <b>block</b> it</div></body></html>'
    cleaned = clean("", body)
    assert cleaned.body == "My card is lost\nPlease block it"
    assert cleaned.dropped == ("html",)


def test_less_than_in_plain_text_is_not_markup() -> None:
    assert clean("", "the fee is < 5 and > 2, <me@example.com>").body == "the fee is < 5 and > 2, < >"


@pytest.mark.parametrize(
    "header",
    [
        "On Mon, Jun 3, 2024 at 10:22 AM Example Support <support@example.com> wrote:",
        "On Mon, Jun 3, 2024 at 10:22 AM Example Support\n<support@example.com>\nwrote:",
        "Le lun. 3 juin 2024 à 10:22, Example <support@example.com> a écrit :",
        "Am 03.06.2024 um 10:22 schrieb Example Support:",
        "El lun, 3 jun 2024 a las 10:22, Example (<support@example.com>) escribió:",
        "Em seg., 3 de jun. de 2024 às 10:22, Example <support@example.com> escreveu:",
        "Il giorno lun 3 giu 2024 alle ore 10:22 Example <support@example.com> ha scritto:",
        "пн, 3 июн. 2024 г. в 10:22, Example <support@example.com>:",
        "3 Haz 2024 Pzt, saat 10:22 tarihinde Example <support@example.com> şunu yazdı:",
        "Vào Th 2, 3 thg 6, 2024 vào lúc 10:22 Example <support@example.com> đã viết:",
        "Pada tanggal Sen, 3 Jun 2024 pukul 10.22 Example <support@example.com> menulis:",
        "Example <support@example.com> 于2024年6月3日周一 10:22写道：",
        "2024年6月3日(月) 10:22 Example <support@example.com>:",
        "2024년 6월 3일 (월) 오전 10:22, Example <support@example.com>님이 작성:",
        "-----Original Message-----\nFrom: Example <support@example.com>\nSent: Monday\nTo: me@example.org\nSubject: Re: x",
        "-----Ursprüngliche Nachricht-----\nVon: Example <support@example.com>",
        "________________________________\nDe: Example <support@example.com>\nEnviado: lunes\nPara: yo\nAsunto: x",
        "От: Example <support@example.com>\nОтправлено: понедельник\nКому: я\nТема: x",
        "---------- Forwarded message ---------\nFrom: Example <support@example.com>\nDate: Mon, Jun 3, 2024",
        "##- Please type your reply above this line -##",
    ],
)
def test_history_is_left_out(header: str) -> None:
    cleaned = clean("", f"mi tarjeta no funciona\n\n{header}\n\nHello,\nthank you for contacting us.")
    assert cleaned.body == "mi tarjeta no funciona"
    assert "quote" in cleaned.dropped


def test_answer_below_the_quotation_is_kept() -> None:
    body = "On Mon, Jun 3, 2024 Example <s@example.com> wrote:\n> which card?\n> the blue one?\nthe red one"
    assert clean("", body).body == "the red one"


def test_marked_quotations_of_html_mail_are_left_out() -> None:
    body = (
        '<div>geht nicht</div><div class="gmail_quote">On Monday we wrote:<blockquote>Dear customer</blockquote></div>'
    )
    assert clean("", body).body == "geht nicht"
    assert clean("", '<p>danke</p><div id="divRplyFwdMsg">From: us</div><p>old text</p>').body == "danke"


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Отправлено с iPhone",
        "iPhone'umdan gönderildi",
        "Get Outlook for Android",
        "发自我的 iPhone",
        "iPhoneから送信",
        "Dikirim dari iPhone saya",
    ],
)
def test_device_lines_are_signatures(line: str) -> None:
    cleaned = clean("", f"wo ist mein Paket\n\n{line}")
    assert cleaned.body == "wo ist mein Paket"
    assert cleaned.dropped == ("signature",)


def test_a_sentence_about_a_phone_is_not_a_signature() -> None:
    text = "The code that was sent from your app to my iPhone never arrived and I cannot log in"
    assert clean("", text).body == text


def test_signature_and_disclaimer_are_left_out() -> None:
    body = (
        "Objednávka nedorazila\n\n-- \nBest regards,\nA. Smith\nExample Inc.\n\nCONFIDENTIALITY NOTICE: This e-mail and any "
        "attachments are for the exclusive use of the intended recipient."
    )
    cleaned = clean("", body)
    assert cleaned.body == "Objednávka nedorazila"
    assert cleaned.dropped == ("legal", "signature")


def test_greeting_and_closing_go_only_beside_other_words() -> None:
    assert clean("", "Hi team,\n\nunde este comanda mea\n\nThanks,\nIon").body == "unde este comanda mea"
    assert clean("", "Hello").body == "Hello"


def test_addresses_ids_and_emoji_are_left_out() -> None:
    cleaned = clean(
        "",
        "see https://example.com/a?b=1 or user1@example.com ORD-60016324 TxID: "
        "0xaa37c0f25a5bf07062b6206f46b27fb4bb44183329ac54d58fab540ea652856a 😡 IMG_1.png 8f14e45fceea167a5a36dedd4bea2543 pls",
    )
    assert cleaned.body == "see or pls"
    assert cleaned.dropped == ("email", "emoji", "file", "id", "url")


def test_short_numbers_and_amounts_stay() -> None:
    assert clean("", "I paid 100 USD twice on 3 June").body == "I paid 100 USD twice on 3 June"


def test_logs_go_beside_words_and_stay_alone() -> None:
    log = 'Traceback (most recent call last):\n  File "a.py", line 12, in <module>\n    main()\nValueError: invalid literal'
    cleaned = clean("", f"uygulama açılmıyor\n\n{log}")
    assert cleaned.body == "uygulama açılmıyor"
    assert cleaned.dropped == ("log",)
    alone = clean("", log)
    assert "invalid literal" in alone.text
    assert alone.sentences == ()


def test_a_mail_that_is_only_quotation_keeps_its_words() -> None:
    assert clean("", "> où est ma commande").body == "où est ma commande"
    forwarded = "---------- Forwarded message ---------\nFrom: A <a@example.com>\nSubject: x\n\nmy account was stolen"
    assert clean("", forwarded).body == "my account was stolen"
    assert clean("", "<blockquote>mon compte est bloqué</blockquote>").body == "mon compte est bloqué"


def test_invisible_characters_go_and_letters_stay_as_written() -> None:
    assert clean("", "mon\u200b compte\u202e est blo\u00adqué ｆｕｌｌ").body == "mon compte est bloqué ｆｕｌｌ"
    assert clean("", "نمی\u200cتوانم وارد شوم").body == "نمی\u200cتوانم وارد شوم"


def test_subject_prefixes_go_and_a_repeated_subject_is_said_once() -> None:
    cleaned = clean("Re: AW: [Request received] Card lost", "Card lost")
    assert (cleaned.subject, cleaned.text) == ("Card lost", "Card lost")
    assert clean("Fwd: Card", "it is gone").text == "Card\nit is gone"


def test_sentences_hold_language_only() -> None:
    assert clean("s", "First one. Second one!\n1234\nThird").sentences == ("First one.", "Second one!", "Third")
    assert clean("Only a subject", "12345 https://example.com").sentences == ("Only a subject",)
    assert clean("", "  \u200b ").text == ""


@pytest.mark.parametrize(
    "line",
    [
        "Sent from TypeApp<http://example.com/r?b=1>",
        "Sent from my Wiko RIDGE FAB 4G",
        "Gesendet von Outlook für Android<https://example.com/a>",
        "Envoyé depuis Mon Mobile Orange",
        "Verzonden met Proton Mail",
    ],
)
def test_a_device_line_ends_the_reply(line: str) -> None:
    cleaned = clean("", f"mi tarjeta no funciona\n\n{line}\n\nWe have received your request.")
    assert cleaned.body == "mi tarjeta no funciona"
    assert cleaned.dropped == ("signature",)


@pytest.mark.parametrize("line", ["Sent a photo of my card", "Sent from my bank but not received", "Sent from here?"])
def test_sentences_about_sending_stay(line: str) -> None:
    assert clean("", f"please look at it\n\n{line}\n\nwhere is it").body == f"please look at it\n{line}\nwhere is it"


def test_words_below_a_device_line_are_kept_when_none_stand_above() -> None:
    assert clean("", "Sent from my iPhone\n\nwo ist mein Paket").body == "wo ist mein Paket"


def test_a_quoted_line_that_was_broken_in_two_is_quoted_whole() -> None:
    quoted = "> we have received your request and a colleague will look into\nit as soon as possible\n> thank you"
    assert clean("", f"noch immer nichts\n\n{quoted}").body == "noch immer nichts"


def test_an_answer_between_quoted_questions_is_kept() -> None:
    body = (
        "> which of your two cards did you use for the payment yesterday?\nthe blue one\n> and in which shop?\nin Rome"
    )
    assert clean("", body).body == "the blue one\nin Rome"


def test_a_rule_above_a_table_is_no_signature() -> None:
    table = "item price\n---------------------\nshoes 20\nThe second line of my order is missing here.\nPlease send it."
    kept = clean("", table).body
    assert "The second line of my order is missing here." in kept
    contact = "my order is late\n---------------------\nA. Smith\nExample Inc.\n+1 555 0100"
    assert clean("", contact).body == "my order is late"


HOSTILE = {
    "tags": "<",
    "open tags": "<a ",
    "nested": "<div>",
    "comments": "<p><!--",
    "attributes": '<a b="',
    "quotes": "> > >",
    "headers": "On ",
    "dated": "On 2024 10:22 <a@b\n",
    "addresses": "a@",
    "dots": "a.",
    "from": "From: x\n",
    "delimiters": "--\n",
    "closings": "Thanks\n",
    "entities": "&#x41;",
    "json": '{"a":',
    "newlines": "\n",
    "digits": "1 ",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_work_grows_linearly_on_hostile_input(name: str) -> None:
    unit = HOSTILE[name]
    small, large = (_calls(unit * (length // len(unit))) for length in (15_000, 30_000))
    assert large < 3 * small + 2_000


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", HOSTILE)
def test_two_hundred_thousand_hostile_characters_end(name: str) -> None:
    unit = HOSTILE[name]
    assert len(clean("", unit * (200_000 // len(unit))).text) <= 61_000


def _calls(body: str) -> int:
    """How many functions one cleaning calls, built-in ones included."""
    count = 0

    def counting(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        clean("", body)
    finally:
        sys.setprofile(None)
    return count
