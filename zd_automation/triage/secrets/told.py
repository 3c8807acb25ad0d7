"""Passwords and one-time codes that customers tell in prose, in the languages that desks serve.

There is no check digit here, only how people say it: the word, a "is" of some language, and a thing that looks chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zd_automation.triage.secrets.place import Secret, behind, linear

_CALLED = (
    # Latin letters: with the endings that languages put to the word
    r"passwor[dt](?:e|et|u|em|a|ot|ku|nya)?|passwd|pswd|pwd|pw|p/w|passcode|pass ?phrase|pass|contrase[nñ]a|clave|senha|palavra-passe|mot de passe|mdp"
    r"|kennwort|wachtwoord|ww|has[lł]\pL{1,2}|parol\pL{0,3}|[sş]ifre(?:m|miz|si|niz)?|kata ?sandi(?:nya|ku)?|sandi(?:nya|ku)?|m[aậ]t kh[aẩ]u|mk"
    r"|ramz|рассword"
    # other scripts
    r"|парол\pL{1,3}|密码|密碼|口令|パスワード|パスコード|暗証番号|비밀번호|비번|패스워드|암호|รหัสผ่าน|พาสเวิร์ด|พาส|पासवर्ड|পাসওয়ার্ড|পাসওয়ার্ড|কلمه"
    r"|كلمة السر|كلمة المرور|كلمه السر|كلمه المرور|الباسورد|باسورد|الباسوورد|باسوورد|الرقم السري|رمز عبور|رمز ورود|پسورد|گذرواژه|کلمه عبور|رمزم"
)
_IS = (
    r"(?:is|was|were|are|=|:|：|->|→|–|—|-|es|era|é|e|foi|est|était|ist|war|lautet|is nu|is het|to|brzmi|este|era|это|был|была|вот|це|був|adalah|yaitu|ialah|itu"
    r"|là|la|คือ|ว่า|है|हैं|था|hai|tha|হল|হলো|ছিল|hoche|ast|هو|هي|كان|كانت|است|بود|اینه|是|为|為|就是|は|が|은|는|이|가|ay|yung|ba)"
)
_THING = r"[\"'«“„「『`(]?([^\s\"'«»“”„「」『』`]{4,64}[^\s\"'«»“”„「」『』`]*)"
# Languages without spaces, where the word may stand anywhere and a particle touches what follows.
_JOINED_WORDS = r"密码|密碼|口令|パスワード|パスコード|暗証番号|비밀번호|비번|패스워드|암호|รหัสผ่าน|พาสเวิร์ด|พาส"
_WORD = linear(rf"(?i)(?:^|[^\pL\d_])(?:{_CALLED})|{_JOINED_WORDS}")
# Told: the word, at most four short words, a "is", the thing. Close: the thing right behind the word.
_TOLD = re.compile(
    rf"(?:\s{{1,3}}[^\s:=]{{1,14}}){{0,4}}?\s{{0,3}}{_IS}\s{{0,3}}(?:{_IS}\s{{0,3}})?{_THING}", re.IGNORECASE
)
_CLOSE = re.compile(rf"[\s,]{{0,3}}{_THING}")
_TOUCHING = re.compile(r"[^\nA-Za-z0-9]{0,12}?([!-~]{6,64})")
_LABELLED = re.compile(r"\s{0,3}[:=：]\s{0,3}(\S{6,64})[ \t]*(?:$|\n)")
_CODE_WORDS = (
    r"otp|2fa|two[- ]factor|one[- ]time|(?:sms|text(?:ed)?|verification|confirmation|security|login|log-in|sign-in|auth\pL{0,12}|access|device) (?:code|number|pin)|code (?:from|in|by) (?:the )?(?:sms|text)"
    r"|(?:code|the|a|my) pin|c[oó]digo (?:sms|de (?:verifica|seguran|segurid|confirma|acceso|acesso)\pL{1,6}|(?:que|do|del) (?:sms|me))|code (?:sms|de (?:v[eé]rification|confirmation|s[eé]curit[eé]))"
    r"|codice (?:otp|sms|di (?:verifica|conferma|sicurezza))|(?:sms|bestätigungs|bestaetigungs|sicherheits|verifizierungs|einmal)-?code|\btan\b|(?:sms|bevestigings|verificatie|beveiligings)-?code"
    r"|kod (?:sms|z sms|z smsa|weryfikacyjny|autoryzacyjny|jednorazowy)|cod(?:ul)? (?:sms|de (?:verificare|confirmare|siguran[tț][aă])|primit)|(?:do[gğ]rulama|onay|sms|g[uü]venlik) kodu?\pL{0,4}"
    r"|kode (?:otp|sms|verifikasi|konfirmasi|keamanan)|m[aã] (?:otp|sms|x[aá]c (?:minh|nh[aậ]n|th[uự]c))|kod (?:iz|z) (?:sms|smski)|kod podtverzhdeniya"
    r"|код\pL{0,3} (?:из|с|от|подтвержд\pL{1,5}|проверк\pL|для|доступа|смс|sms|безопасност\pL)|(?:смс|sms)[- ]?код\pL{0,3}|код\pL{0,3} (?:із|з|підтвердж\pL{1,5}|смс)|одноразов\pL{1,3} (?:код|пароль)\pL{0,2}"
    r"|验证码|驗證碼|校验码|动态码|動態密碼|一次性密码|認証コード|認証番号|確認コード|ワンタイムパスワード|인증번호|인증 ?코드|일회용|보안 ?코드|รหัส ?(?:otp|ยืนยัน|sms)|โอทีพี"
    r"|ओटीपी|सत्यापन कोड|वेरिफिकेशन कोड|ওটিপি|ভেরিফিকেশন কোড|কোডটা|যাচাই কোড|کد (?:تایید|تأیید|پیامک\pL{0,2}|ورود|یکبار مصرف)|رمز (?:یکبار مصرف|پویا|التحقق|التأكيد|التاكيد)|(?:كود|الكود|رمز) (?:التحقق|التأكيد|التاكيد|التفعيل|otp)"
)
_CODE_WORD = linear(rf"(?i)(?:{_CODE_WORDS})")
_CODE = re.compile(r"[^\d\n]{0,32}?(\d{3}[ -]?\d{3}|\d{8}|\d{4,5}|\d{7})(?![\d])")
# What people say of a password; not the password.
_SAID_OF_IT = frozenset(
    ["wrong", "incorrect", "invalid", "forgotten", "expired", "correct", "right", "secure", "strong", "reset", "change", "changed", "needed", "required", "missing", "different", "blocked", "locked", "protected", "protection", "manager", "recovery", "incorrecta", "incorrecto", "olvidada", "incorreta", "errada", "esquecida", "incorrect", "oublié", "oublie", "falsch", "vergessen", "sbagliata", "errata", "verkeerd", "vergeten", "nieprawidłowe", "błędne", "zapomniane", "greșită", "gresita", "yanlış", "yanlis", "неверный", "неправильный", "невірний", "salah", "lupa", "sai"]
)  # fmt: skip
_EDGES = "\"'»”’.,;:!?)]}（）。、，！？"
_WITHOUT_SPACES = linear(r"^([!-~]{4,64})[\p{Thai}\p{Hiragana}\p{Katakana}\p{Han}\p{Hangul}]")


def find_told(text: str) -> Iterator[Secret]:
    """Passwords and one-time codes, by the words around them."""
    for form, least in ((_TOLD, 1), (_CLOSE, 2), (_TOUCHING, 1)):
        for start, end in behind(_WORD, form, text):
            word = _bare(text[start:end])
            if _looks_chosen(word, least):
                yield Secret("password", start, start + len(word))
    for start, end in behind(_WORD, _LABELLED, text):
        if text[start:end].lower().strip(_EDGES) not in _SAID_OF_IT and _is_no_mask(text[start:end]):
            yield Secret("password", start, end)
    for start, end in behind(_CODE_WORD, _CODE, text):
        if not text[end : end + 1].isalpha() or text[end : end + 1] > "\u02ff":
            yield Secret("otp", start, end)


def _bare(told: str) -> str:
    """The thing without the particle ("です", "입니다") that languages without spaces put behind it, and without punctuation."""
    cut = _WITHOUT_SPACES.match(told)
    word = cut.group(1) if cut else told
    return word.rstrip(_EDGES.replace("!", "").replace("?", "")) if len(word) > 6 else word


def _looks_chosen(word: str, least: int) -> bool:
    """A password mixes letters with digits or signs; ``least`` 2 asks for both or for more of it. "is wrong" does neither."""
    bare = word.strip(_EDGES)
    if len(bare) < 5 or not _is_no_mask(word) or "://" in bare or bare.lower() in _SAID_OF_IT:
        return False
    letters, digits = sum(map(str.isalpha, bare)), sum(map(str.isdigit, bare))
    signs = sum(not letter.isalnum() and letter not in "'’-." and letter.isascii() for letter in bare)
    inner_capital = any(map(str.isupper, bare[1:])) and any(map(str.islower, bare))
    if digits and letters:
        return least < 2 or len(bare) >= 6
    if digits and not signs:
        return least < 2 and 6 <= len(bare) <= 12
    return (letters >= 3 and bool(signs) and least < 2 and "/" not in bare) or (
        inner_capital and least < 2 and bare.isascii()
    )


def _is_no_mask(word: str) -> bool:
    """Neither our own blot nor somebody's stars."""
    return "[…]" not in word and any(map(str.isalnum, word))
