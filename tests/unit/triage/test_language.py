"""The chain's steps with the real default detector."""

from __future__ import annotations

import pytest

from zd_automation.models.detectors import detector_named, langdetect_detector, py3langid_detector
from zd_automation.triage.clean import clean
from zd_automation.triage.language import Language, identify

DESK = ("en", "ru", "es", "pt-BR", "fr", "de", "it", "tr", "vi", "id", "th", "zh", "ko", "ar")


def read(text: str, *, desk: tuple[str, ...] = DESK, locale: str | None = None) -> Language:
    return identify(text, languages=desk, detector=py3langid_detector(), locale=locale)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("I cannot log in to my account", "en"),
        ("no puedo retirar mi dinero", "es"),
        ("não consigo sacar meu dinheiro", "pt"),
        ("je n'ai pas reçu ma commande", "fr"),
        ("wo ist mein Paket geblieben", "de"),
        ("non riesco ad accedere al conto", "it"),
        ("hesabıma giriş yapamıyorum", "tr"),
        ("tôi không rút được tiền", "vi"),
        ("saya tidak bisa masuk ke akun", "id"),
        ("не могу войти в аккаунт", "ru"),
        ("ถอนเงินไม่ได้", "th"),
        ("카드가 작동하지 않습니다", "ko"),
        ("لا أستطيع تسجيل الدخول", "ar"),
        ("我的订单在哪里", "zh-Hans"),
        ("我的訂單在哪裡", "zh-Hant"),
        ("NO PUEDO RETIRAR MI DINERO", "es"),
        ("merci", "fr"),
    ],
)
def test_desk_languages(text: str, tag: str) -> None:
    assert read(text).tag == tag


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "BTC/USDT",
        "ETH ERC20",
        "€648.99 EUR",
        "👍🔥",
        "https://example.com/a",
        "OK",
        "npm ERR! code ELIFECYCLE",
    ],
)
def test_no_words_are_undetermined_with_the_reason(text: str) -> None:
    found = read(text)
    assert (found.tag, found.confidence, found.source) == ("und", 0.0, "no-letters")
    assert found.reason.startswith("no words")


def test_scripts_and_letters_say_so_as_their_source() -> None:
    assert read("ถอนเงินไม่ได้").source == "script"
    assert read("не могу войти").source == "script"
    assert read("где мой счёт", desk=("en", "ru", "uk")).source == "letters"
    assert read("де мої гроші", desk=("en", "ru", "uk")).tag == "uk"


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Kas teie pood on täna avatud ja kas saan tellimuse kätte?", "et"),
        ("Δεν μπορώ να συνδεθώ στον λογαριασμό μου", "el"),
        ("カードが使えません", "ja"),
        ("Будь ласка, поверніть мої гроші", "uk"),
    ],
)
def test_a_language_outside_the_desk_keeps_its_own_tag(text: str, tag: str) -> None:
    found = read(text)
    assert found.tag == tag
    assert found.reason == f"{tag} is not one of the desk's languages"


def test_two_languages_in_one_message_are_both_named() -> None:
    found = read(
        "Я не могу войти в свой аккаунт уже второй день. I cannot log into my account since two days ago, please help me."
    )
    assert found.tag == "mul"
    assert {tag for tag, _ in found.others} == {"ru", "en"}


def test_english_words_in_another_script_do_not_make_a_mixture() -> None:
    assert read("Face ID не работает на iPhone, как мне войти в Google Authenticator?").tag == "ru"


def test_quoted_english_does_not_outvote_the_customer() -> None:
    body = (
        "iade ne zaman?\n\nOn Mon, Jun 3, 2024 at 10:22 AM Support <s@example.com> wrote:\n> "
        + "Thank you for contacting us. " * 20
    )
    assert identify(clean("Request received", body), languages=DESK, detector=py3langid_detector()).tag == "tr"


def test_romanised_russian_is_not_given_a_desk_language() -> None:
    assert read("privet, ne mogu voyti v akkaunt, pomogite pozhaluysta").tag == "ru-Latn"


def test_locale_moves_short_text_and_not_long_text() -> None:
    plain, swayed = read("total"), read("total", locale="fr")
    chance = {found.tag: found.confidence for found in (plain,)}.get("fr", dict(plain.others).get("fr", 0.0))
    assert swayed.tag == "fr"
    assert swayed.confidence > chance
    assert swayed.source == ("model" if plain.tag == "fr" else "prior")
    sentence = "no puedo retirar mi dinero de la cuenta desde ayer"
    assert read(sentence, locale="pt") == read(sentence)


DOUBTED = "deposit pending"


def with_second_voice(text: str) -> Language:
    return identify(text, languages=DESK, detector=py3langid_detector(), second=langdetect_detector())


def test_second_voice_lowers_confidence_and_never_the_tag() -> None:
    text = DOUBTED
    alone, doubted = read(text), with_second_voice(text)
    assert (alone.tag, doubted.tag) == ("en", "en")
    assert doubted.confidence == 0.75 < alone.confidence
    assert "langdetect says" in doubted.reason


def test_second_voice_is_not_asked_where_the_first_is_sure() -> None:
    assert with_second_voice("deposit not received") == read("deposit not received")


def test_kanji_without_kana_follows_the_desk() -> None:
    assert read("住所", desk=("en", "ja")).tag == "ja"
    assert read("住所", desk=("en", "zh")).tag == "zh"
    assert read("売上対応", desk=("zh", "ja")).tag == "ja"


def test_the_desk_spelling_of_a_tag_comes_back() -> None:
    assert read("jeg kan ikke logge inn på kontoen min", desk=("en", "nb")).tag == "nb"


def test_no_languages_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one language"):
        read("hello", desk=())


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("non podo entrar na miña conta dende onte", "gl"),
        ("no puc entrar al meu compte des d'ahir", "ca"),
        ("jeg kan ikke logge ind på min konto", "da"),
        ("nemôžem sa prihlásiť do svojho účtu", "sk"),
        ("ne morem se prijaviti v svoj račun", "sl"),
        ("negaliu prisijungti prie savo paskyros", "lt"),
        ("не мога да вляза в профила си", "bg"),
        ("я не магу ўвайсці ў свой уліковы запіс", "be"),
        ("не можам да се најавам на мојата сметка", "mk"),
        ("менің ақшам қайда, төлем өтпеді", "kk"),
        ("hesabıma daxil ola bilmirəm, kömək edin", "az"),
    ],
)
def test_neighbours_of_the_desk_languages_are_foreign(text: str, tag: str) -> None:
    found = read(text)
    assert found.tag == tag
    assert "not one of the desk's languages" in found.reason


@pytest.mark.parametrize("text", ["no puedo entrar en mi cuenta", "não consigo entrar na minha conta", "не могу войти"])
def test_the_desk_languages_are_not_foreign(text: str) -> None:
    assert "not one of" not in read(text).reason


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("akaun saya telah disekat, sila bantu", "ms"),
        ("akun saya diblokir, mohon bantuannya", "id"),
        ("bila wang saya akan dipulangkan", "ms"),
        ("kapan uang saya dikembalikan", "id"),
        ("macam mana nak tukar kata laluan", "ms"),
        ("gimana cara ganti kata sandi", "id"),
    ],
)
def test_indonesian_and_malay_on_one_desk(text: str, tag: str) -> None:
    assert read(text, desk=("en", "id", "ms")).tag == tag


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("nao consigo sacar meu dinheiro", "pt"),
        ("je nai pas recu ma commande", "fr"),
        ("hesabima para gelmedi", "tr"),
        ("toi chua nhan duoc tien", "vi"),
        ("mi contrasena no funciona", "es"),
    ],
)
def test_text_without_accents(text: str, tag: str) -> None:
    assert read(text).tag == tag


def test_japanese_without_kana_beside_chinese() -> None:
    desk = ("en", "zh", "ja")
    assert read("送料", desk=desk).tag == "ja"
    assert read("電話番号", desk=desk).tag == "ja"
    assert read("我的订单在哪里", desk=desk).tag == "zh-Hans"
    assert read("運費", desk=desk).tag in ("zh", "zh-Hant")


def test_a_text_is_read_alike_alone_and_after_others() -> None:
    texts = ["saya tidak bisa masuk", "no puedo entrar", "privet, gde moi dengi", "12345", "不能登录"]
    first = [read(text) for text in texts]
    assert [read(text) for text in reversed(texts)] == first[::-1]


def test_both_identifiers_together_rank_languages_outside_the_desk_too() -> None:
    pytest.importorskip("eldc", reason="eldc is not installed: pip install 'zd-automation[fast]'")
    detector = detector_named("pooled")
    ranked = detector.rank("non podo entrar na miña conta dende onte", None)
    assert sum(chance for _, chance in ranked) == pytest.approx(1.0)
    assert "gl" in dict(ranked[:5])  # eldc has no Galician: the other one's word still counts
    assert detector.rank("jeg kan ikke logge ind på min konto", None)[0][0] in ("da", "no")
    told = identify("nemôžem sa prihlásiť do svojho účtu", languages=DESK, detector=detector)
    assert told.tag == "sk"
