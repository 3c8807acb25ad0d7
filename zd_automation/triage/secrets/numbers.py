"""Numbers with check digits: payment cards, IBANs and national ids. What merely counts, an order or a parcel, is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from stdnum import iban, luhn

from zd_automation.triage.secrets.place import Finder, Secret, behind, linear, stands_free

_DIGITS = linear(r"\d(?:[ .-]?\d){11,22}")
# Issuers' ranges as (first digits from, to, lengths): ISO/IEC 7812 registrants as the networks publish them.
_ISSUERS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("6011", "6011", (16, 19)),
    ("644", "659", (16, 19)),
    ("3528", "3589", (16, 19)),
    ("300", "305", (14,)),
    ("36", "36", (14, 16)),
    ("38", "39", (14, 16)),
    ("62", "62", (16, 17, 18, 19)),
    ("50", "50", (16, 19)),
    ("56", "58", (16, 19)),
    ("2200", "2204", (16,)),
    ("9792", "9792", (16,)),
    ("60", "60", (16,)),
    ("81", "82", (16,)),
)
# A number that a message calls by one of these is what it says, whatever its check digit.
_OTHER_NUMBER = linear(
    r"(?i)(?:order|tracking|parcel|shipment|ticket|invoice|receipt|reference|ref|case|transaction|txid|tx|imei|serial|customs|awb|waybill|account no"
    r"|pedido|env[ií]o|factura|seguimiento|encomenda|rastre\pL{1,4}|commande|colis|suivi|facture|bestell\pL{0,8}|sendung\pL{0,10}|rechnung\pL{0,8}"
    r"|ordine|spedizione|bestelling|zending|zam[oó]wieni\pL{1,2}|przesy[lł]k\pL{1,2}|comand[aă]|sipari[sş]|kargo|заказ\pL{0,2}|трек\pL{0,4}|посылк\pL{1,2}"
    r"|замовленн\pL|посилк\pL|pesanan|resi|đơn hàng|mã vận đơn|คำสั่งซื้อ|พัสดุ|ऑर्डर|অর্ডার|سفارش|طلب|الشحنة|주문|운송장|송장|注文|伝票|追跡|订单|訂單|快递|物流|单号|單號)[^\d\n]{0,24}$"
)
_IBAN = linear(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,31}")
# Ids whose form gives them away: letters, dates and check digits together.
_SHAPED: tuple[tuple[str, str], ...] = (
    ("it.codicefiscale", r"\b[A-Za-z]{6}\d{2}[A-EHLMPR-Ta-ehlmpr-t]\d{2}[A-Za-z]\d{3}[A-Za-z]"),
    ("mx.curp", r"\b[A-Za-z]{4}\d{6}[HMhm][A-Za-z]{5}[A-Za-z0-9]\d"),
    ("cn.ric", r"[1-9]\d{5}(?:19|20)\d{9}[\dXx]"),
    ("kr.rrn", r"\d{6}-[1-8]\d{6}"),
    ("es.dni", r"\b\d{8}-?[A-Za-z]"),
    ("es.nie", r"\b[XYZxyz]-?\d{7}-?[A-Za-z]"),
    ("br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
    ("pt.cc", r"\b\d{8} ?\d ?[A-Z0-9]{2}\d"),
    ("fi.hetu", r"\b\d{6}[-+A]\d{3}[0-9A-Y]"),
)
# Ids that are digits alone: one in ten to a hundred other numbers has the right check digit, so the word must be there.
_NAMED: tuple[tuple[str, str, str], ...] = (
    ("us.ssn", r"(?i)\b(?:ssn|social security(?: (?:number|no))?)", r"\d{3}[- ]?\d{2}[- ]?\d{4}"),
    ("br.cpf", r"(?i)\bcpf", r"\d{3}[. ]?\d{3}[. ]?\d{3}[- ]?\d{2}"),
    ("pl.pesel", r"(?i)\bpesel", r"\d{11}"),
    ("tr.tckimlik", r"(?i)(?:kimlik|\btckn?\b|\bt\.c\.)", r"\d{11}"),
    ("de.idnr", r"(?i)(?:steuer-?id|identifikationsnummer|\bidnr)", r"\d{2} ?\d{3} ?\d{3} ?\d{3}"),
    ("fr.nir", r"(?i)(?:\bnir\b|num[eé]ro de s[eé]cu|s[eé]curit[eé] sociale)", r"[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}"),
    ("nl.bsn", r"(?i)(?:\bbsn\b|burgerservicenummer)", r"\d{4}[. ]?\d{2}[. ]?\d{3}|\d{9}"),
    ("ro.cnp", r"(?i)\bcnp\b", r"\d{13}"),
    ("in_.aadhaar", r"(?i)(?:aadh?aa?r|आधार|আধার)", r"\d{4}[ -]?\d{4}[ -]?\d{4}"),
    ("id.nik", r"(?i)(?:\bnik\b|\bktp\b)", r"\d{16}"),
    ("th.pin", r"(?i)(?:บัตรประชาชน|citizen id|thai id)", r"\d[ -]?\d{4}[ -]?\d{5}[ -]?\d{2}[ -]?\d"),
    ("ua.rntrc", r"(?i)(?:\bіпн\b|\bинн\b|рнокпп|\bipn\b)", r"\d{10}"),
    ("ru.inn", r"(?i)(?:\bинн\b|\binn\b)", r"\d{12}"),
    ("pk.cnic", r"(?i)\bcnic", r"\d{5}-?\d{7}-?\d"),
    ("za.idnr", r"(?i)\b(?:sa id|id number|rsa id)", r"\d{13}"),
    ("it.codicefiscale", r"(?i)codice fiscale", r"[A-Za-z0-9]{16}"),
    ("bg.egn", r"(?i)\bегн\b", r"\d{10}"),
    ("il.idnr", r"(?i)(?:תעודת זהות|teudat zehut)", r"\d{9}"),
)  # fmt: skip


def find_numbers(text: str) -> Iterator[Secret]:
    """Card numbers, IBANs and id numbers."""
    yield from _cards(text)
    for match in _IBAN.finditer(text):
        if (length := _iban_length(match.group())) and stands_free(text, match.start(), match.start() + length):
            yield Secret("iban", match.start(), match.start() + length)
    for finder in _ID_FINDERS:
        yield from finder(text)


def _cards(text: str) -> Iterator[Secret]:
    for match in _DIGITS.finditer(text):
        start, end = match.span()
        before = text[max(0, start - 40) : start]
        if (
            stands_free(text, start, end)
            and not before.endswith(("-", ".", "+", "0x"))
            and not _OTHER_NUMBER.search(before)
        ):
            if _is_card("".join(filter(str.isdigit, match.group()))):
                yield Secret("card_number", start, end)
            elif length := _card_length(match.group()):
                yield Secret("card_number", start, start + length)


def _card_length(told: str) -> int:
    """How many characters of ``told`` are a card number in blocks of four, with an expiry date or a code behind; 0 if none."""
    blocks = told.replace("-", " ").split(" ")
    if [len(block) for block in blocks[:4]] == [4, 4, 4, 4] and _is_card("".join(blocks[:4])):
        return 19
    return 0


def _is_card(digits: str) -> bool:
    if len(set(digits)) == 1 or not luhn.is_valid(digits):
        return False
    return any(first <= digits[: len(first)] <= last and len(digits) in lengths for first, last, lengths in _ISSUERS)


def _iban_length(told: str) -> int:
    """How many characters of ``told``, which may run on into the next words, are a valid IBAN; 0 when none are."""
    try:
        wanted = len(iban.compact(told)) if iban.is_valid(told) else 0
    except (AttributeError, ImportError):  # a country whose module is missing from the library
        return 0
    if wanted:
        return len(told)
    for cut in range(len(told) - 1, 14, -1):
        if told[cut] in " -" and iban.is_valid(told[:cut]):
            return cut
    return 0


def _checker(name: str) -> Callable[[str], bool]:
    module: Any = import_module(f"stdnum.{name}")
    return lambda number: bool(module.is_valid(number.upper()))


def _shaped(name: str, form: str) -> Finder:
    expression, is_valid = linear(form), _checker(name)

    def find(text: str) -> Iterator[Secret]:
        for match in expression.finditer(text):
            if stands_free(text, *match.span()) and is_valid(match.group()):
                yield Secret("id_number", *match.span())

    return find


def _named(name: str, words: str, form: str) -> Finder:
    word, number, is_valid = linear(words), re.compile(rf"[^\d\n]{{0,30}}?({form})"), _checker(name)

    def find(text: str) -> Iterator[Secret]:
        for start, end in behind(word, number, text):
            if stands_free(text, start, end) and is_valid(text[start:end]):
                yield Secret("id_number", start, end)

    return find


_ID_FINDERS = (*(_shaped(*row) for row in _SHAPED), *(_named(*row) for row in _NAMED))
