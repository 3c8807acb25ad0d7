"""Greetings, closings, device lines and legal footers: what mail programs and manners add to the customer's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

_DELIMITER = re.compile(r"^\s{0,3}(?:--|—|–|__+|-{3,}|={3,}|\*{3,}|_{3,})\s{0,3}$")
_DEVICE = (
    r"iphone|ipad|ipod|ios|android|samsung|galaxy|huawei|xiaomi|redmi|oppo|vivo|realme|pixel|nokia|"
    r"blackberry|outlook|yahoo|gmail|proton ?mail|"
    r"windows|thunderbird|mail\.ru|e-?mail|icloud|smartphone|mobile|handy|móvil|celular|téléphone|"
    r"telefon\w*|telefoon|cellulare|телефон\w*|"
    r"мобильн\w*|мобільн\w*|пошт\w*|почт\w*|手机|手機|スマート|携帯|휴대|điện thoại|ponsel|มือถือ|هاتف\w*|"
    r"גלקסי|אייפון|ไอโฟน|आईफ़ोन|آیفون"
)
_SENT = (
    r"sent (?:from|via|with|using)|get outlook|download outlook|gesendet|gesendetes|envoyé|envoyée|"
    r"télécharg\w+|enviado|enviada|obtener|obtenga|obter|baix\w+|"
    r"inviat[oa]|scarica|ottieni|verzonden|verstuurd|download|отправлен\w*|послано|надіслан\w*|wysłan\w*|"
    r"pobierz|skickat|hämta|sendt|hent|få|lähetetty|hanki|"
    r"gönderil\w*|edinin|dikirim|dapatkan|dihantar|gửi từ|tải|ส่งจาก|รับ|发自|發自|傳送|获取|下載|送信|"
    r"から|보냄|보낸|다운로드|أرسل\w*|أُرسل\w*|الإرسال|"
    r"مرسل\w*|احصل|נשלח\w*|השג|στάλθηκε|εστάλη|αποστολή|odesl\w+|odosl\w+|získat|trimis\w*|descărc\w*|"
    r"küldve|elküld\w*|ipinadala|भेजा|পাঠানো|ارسال|بھیجا|hol dir"
)
_SENT_FROM = re.compile(
    rf"(?<!\w)(?:{_SENT})(?!\w{{4}})|发自|發自|傳送|送信|から|获取|下載|보냄|보낸|ส่งจาก", re.IGNORECASE
)
_SENT_FROM_NAMED = re.compile(
    r"^(?:sent (?:from|via|with|using)|gesendet (?:von|mit)|envoyé (?:de|depuis|avec)|enviad[oa] (?:desde|de|do|por|con)|"
    r"inviato (?:da|dal|con)|verzonden (?:vanaf|met|via)|verstuurd vanaf|skickat från|sendt fra|wysłano z|odesláno z)"
    r"(?: (?:my|the|meinem|meiner|mon|ma|mi|meu|minha|mio|mijn|min|mit|mojego))?(?: (?-i:[A-Z0-9])[\w.'’-]*){1,6}"
    r"(?: (?:for|für|pour|para|per|voor) [A-Z][\w.-]*)?\s*$",
    re.IGNORECASE,
)
_LINK = re.compile(r"\s?[<(\[](?:https?://|mailto:|www\.)?[^<>()\[\]]{0,500}[>)\]]")
_DEVICE_NAMED = re.compile(rf"(?:{_DEVICE})", re.IGNORECASE)
_LONG_RULE = 6
_SENTENCE_WORDS = 6
_PROSE_END = re.compile(r"[?؟？]\s*$")
_LEGAL_MESSAGE = re.compile(
    r"e-?mail|message|messaggio|mensaje|mensagem|nachricht|bericht|сообщени|письм|лист|wiadomość|"
    r"meddeland|melding|besked|viesti|ileti|mesaj|thư|pesan|surel|"
    r"邮件|郵件|メール|메일|البريد|رسالة|הודעה|דואר|μήνυμα|zpráv|správ|levél|üzenet|ข้อความ|อีเมล|ईमेल|"
    r"ইমেইল|پیام|mel ",
    re.IGNORECASE,
)
_LEGAL_SECRET = re.compile(
    r"confiden|intended (?:recipient|only|solely)|privileged|vertraulich|riservat|vertrouwelijk|"
    r"конфиденциальн|конфіденційн|poufn|konfidenti|fortrolig|"
    r"luottamuksel|gizli|bảo mật|rahasia|sulit|机密|保密|機密|기밀|سري|חסוי|εμπιστευτικ|důvěrn|dôvern|"
    r"bizalmas|ความลับ|गोपनीय|গোপনীয়|محرمانه|"
    r"unauthori[sz]ed (?:use|review|disclosure)|virus",
    re.IGNORECASE,
)
_LEGAL_START = re.compile(
    r"^\W{0,6}(?:confidentiality (?:notice|note)|confidential|disclaimer|legal (?:notice|disclaimer)|"
    r"this (?:e-?mail|message|communication)\b.{0,60}"
    r"(?:confidential|intended|privileged)|please consider the environment|before printing|"
    r"think before you print|avis de confidentialité|"
    r"aviso (?:legal|de confiden)|(?:haftungsausschluss|vertraulichkeitshinweis)|avviso di riservatezza|"
    r"this e-?mail (?:has been|was) (?:scanned|checked)|virus-free)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\W{0,3}(?:(?:many |with )?(?:thanks|thank you|thx|ty|tia)(?: (?:so much|very much|a lot|in advance|"
    r"and|again|for your help))*|(?:with )?(?:kind|best|warm|warmest|many|good)?\s?"
    r"(?:regards|wishes)|best|cheers|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|"
    r"respectfully|mit freundlichen grü(?:ß|ss)en|"
    r"(?:freundliche|viele|liebe|beste|schöne) grü(?:ß|ss)e|mfg|vielen dank|danke|(?:bien )?cordialement|"
    r"salutations|bien à vous|merci(?: d'avance)?|"
    r"un saludo|saludos(?: cordiales)?|atentamente|gracias|muchas gracias|cordiali saluti|distinti saluti|"
    r"saluti|grazie|atenciosamente|"
    r"cumprimentos|obrigad[oa]|att|met vriendelijke groet(?:en)?|groet(?:en|jes)?|bedankt|mvg|с уважением|"
    r"спасибо|с наилучшими пожеланиями|"
    r"з повагою|дякую|pozdrawiam|z poważaniem|dziękuję|s pozdravem|děkuji|s pozdravom|ďakujem|"
    r"med vänlig(?:a)? hälsning(?:ar)?|mvh|tack|hälsningar|"
    r"med venlig hilsen|med vennlig hilsen|hilsen|takk|tak|ystävällisin terveisin|terveisin|kiitos|"
    r"saygılar(?:ımla|ımızla)?|iyi çalışmalar|teşekkürler|"
    r"trân trọng|cảm ơn|xin cảm ơn|salam|hormat (?:saya|kami)|terima kasih|ขอบคุณ(?:ครับ|ค่ะ)?|"
    r"ขอแสดงความนับถือ|谢谢|謝謝|此致|敬礼|よろしくお願いします|"
    r"よろしくお願いいたします|ありがとうございます|감사합니다|مع التحية|تحياتي|شكرا|شكرًا|בברכה|תודה|"
    r"με εκτίμηση|ευχαριστώ|üdvözlettel|köszönöm|tisztelettel|"
    r"cu stimă|mulțumesc|salamat(?: po)?|धन्यवाद|सादर|ধন্যবাদ|با احترام|با تشکر|ممنون|شکریہ)[\s,.!،。！~)]{0,5}$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\W{0,2}(?:hi+|hello+|hey+|dear|good (?:morning|afternoon|evening|day)|greetings|to whom it may concern)"
    r"(?:[ ,]+(?:there|all|team|everyone|folks|guys|sir|madam|mr|mrs|ms|support|customer|service|care|"
    r"help|desk|or|and|[A-Z][\w.'-]{0,20}|/)){0,5}[\s,.!:;-]{0,4}$"
)
_GREETING_ANY_CASE = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings)(?= |,|!|\W*$)", re.IGNORECASE
)


def greeting_length(lines: Sequence[str]) -> int:
    """How many leading lines (with the blank ones) hold only an English greeting, which often opens mail in
    other languages."""
    for index, line in enumerate(lines[:4]):
        text = line.strip()
        if not text:
            continue
        if len(text) > 80 or not _is_greeting(text):
            return 0
        return index + 1
    return 0


def _is_greeting(text: str) -> bool:
    found = _GREETING_ANY_CASE.match(text)
    return found is not None and _GREETING.match(found[0].lower() + text[found.end() :]) is not None


def is_device_line(line: str) -> bool:
    """Whether ``line`` is a mobile client's "Sent from my ..." line."""
    text = _LINK.sub("", line).strip()
    if not 5 < len(text) <= 90 or _PROSE_END.search(text) or len(text.split()) > 10 or not _SENT_FROM.search(text):
        return False
    return _DEVICE_NAMED.search(text) is not None or _SENT_FROM_NAMED.match(text) is not None


def is_legal(line: str) -> bool:
    """Whether ``line`` opens a confidentiality notice or a similar footer."""
    text = line.strip()
    if len(text) < 20:
        return False
    if _LEGAL_START.match(text[:200]):
        return True
    head = text[:600]
    return len(text) >= 110 and bool(_LEGAL_MESSAGE.search(head) and _LEGAL_SECRET.search(head))


def signature_start(lines: Sequence[str]) -> int:
    """Index of the first line of the trailing signature, or ``len(lines)`` when there is none."""
    count = len(lines)
    for index in range(max(1, count - 30), count):
        if _DELIMITER.match(lines[index][:70]) and _signs_off(lines[index], lines[index + 1 :]):
            return index
    for index in range(max(1, count - 14), count):
        line = lines[index].strip()
        if len(line) < 80 and _CLOSING.match(line) and _short_tail(lines[index + 1 :], 8):
            return index
    return count


def _signs_off(delimiter: str, tail: Sequence[str]) -> bool:
    """Whether what stands below a delimiter is a signature: a long rule may also head a table, and then sentences follow."""
    if not _short_tail(tail, 14):
        return False
    return len(delimiter.strip()) < _LONG_RULE or not any(map(_is_sentence, tail))


def _is_sentence(line: str) -> bool:
    return len(line.split()) >= _SENTENCE_WORDS and line.rstrip()[-1:] in (".", "!", "?")


def _short_tail(lines: Sequence[str], most: int) -> bool:
    rest = [line for line in lines if line.strip()]
    return len(rest) <= most and all(len(line) < 120 for line in rest)
