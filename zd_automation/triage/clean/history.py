"""Where the quoted conversation begins: reply headers, Outlook blocks, separators and "reply above" lines, in
many languages."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LOOK = 500
_WROTE = (
    r"wrote|writes|a écrit|ecrit|escribió|escribio|escreveu|schrieb|ha scritto|scrisse|schreef|geschreven|"
    r"написала?|написал\(а\)|пишет|пише|"
    r"написав|написа|napsala?|napsal\(a\)|napísala?|napisała?|napisał\(a\)|napisao|skrev|skrifaði|"
    r"kirjoitti|yazdı|şunu yazdı|írta|a scris|"
    r"έγραψε|כתב|כתבה|كتب|كتبت|نوشت|نے لکھا|đã viết|viết|menulis|เขียน|写道|写到|寫道|書きました|書いた|"
    r"작성|썼습니다|님이|ने लिखा|লিখেছেন|sumulat|isinulat|"
    r"rašė|rakstīja|kirjutas|je napisal|je napisao|ha escrit|escribiu|kirjutas"
)
_WROTE_AT_END = re.compile(rf"(?:{_WROTE})[^\w:：]{{0,6}}(?:\([^()]{{0,10}}\))?\s*[:：]?\s*$", re.IGNORECASE)
_WROTE_INSIDE = re.compile(rf"(?<!\w)(?:{_WROTE})(?!\w)", re.IGNORECASE)
_DATED = re.compile(r"(?:19|20)\d\d|[0-2]?\d[:.h][0-5]\d|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|(?:13|14)\d\d/|25\d\d")
_ADDRESS = re.compile(r"[<(\[（]?(?:mailto:)?[\w.+-]{1,64}@[\w.-]{1,190}\w[>)\]）]?|<[^<>]{0,80}@[^<>]{0,80}>")
_OPENERS = re.compile(
    r"^\W{0,4}(?:on|le|el|em|am|il|op|den|d\.|w dniu|dnia|в|у|от|dne|dňa|dana|pada|na|vào|lúc|în|pe|στις|"
    r"ב|في|בתאריך|於|在|ב-|om|ma|"
    r"\d{1,4}|mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|mié|jeu|jue|ven|vie|sam|sáb|dim|dom|пн|вт|ср|чт|пт|"
    r"сб|вс|pon|wt|śr|czw|pt|sob|niedz|út|"
    r"st|čt|pá|so|ne|ti|ke|to|pe|la|su|mån|tis|ons|tors|tor|fre|lör|lør|sön|søn|man|tir|paz|pzt|sal|çar|"
    r"per|cum|cmt|sen|sel|rab|kam|jum|sab|min)\b",
    re.IGNORECASE,
)
_FROM = (
    r"from|von|de|da|van|från|fra|lähettäjä|от|від|od|kimden|gönderen|từ|dari|daripada|จาก|发件人|寄件者|"
    r"寄件人|差出人|送信者|보낸 ?사람|발신|من|מאת|από|feladó|"
    r"de la|expediteur|expéditeur|mittente|remetente|remitente|absender|afzender|avsändare|avsender|"
    r"afsender|nadawca|odesílatel|odosielateľ|"
    r"отправитель|відправник|pengirim|người gửi|प्रेषक|से|প্রেরক|فرستنده|از|ارسال کنندہ|mula kay|mula sa|"
    r"saatja|nuo|no|šalje|pošiljatelj|expeditor"
)
_OTHER_KEYS = (
    r"sent|date|to|subject|cc|reply-to|gesendet|datum|an|betreff|envoyé|envoye|date|à|objet|enviado(?: el|"
    r" em)?|fecha|data|para|asunto|assunto|inviato|"
    r"a|oggetto|verzonden|aan|onderwerp|skickat|till|ämne|sendt|til|emne|dato|lähetetty|vastaanottaja|"
    r"aihe|päivämäärä|отправлено|дата|кому|тема|"
    r"надіслано|wysłano|do|temat|odesláno|komu|předmět|odoslané|predmet|gönderilen|gönderildi|tarih|kime|"
    r"konu|đã gửi|ngày|đến|tới|chủ đề|tiêu đề|"
    r"dikirim|tanggal|kepada|ke|perihal|subjek|tarikh|dihantar|ส่ง|วันที่|ถึง|เรื่อง|发送时间|发送日期|"
    r"日期|收件人|主题|寄件日期|傳送時間|收件者|主旨|主題|送信日時|日付|宛先|件名|"
    r"보낸 ?날짜|날짜|받는 ?사람|제목|تاريخ|التاريخ|إلى|الموضوع|تاريخ الإرسال|נשלח|תאריך|אל|נושא|στάλθηκε|"
    r"ημερομηνία|προς|θέμα|elküldve|dátum|címzett|"
    r"tárgy|trimis|către|subiect|subiectul|दिनांक|प्रति|विषय|তারিখ|প্রতি|বিষয়|ارسال شده|به|موضوع|بنام|"
    r"petsa|paksa|kay"
)
_FROM_LINE = re.compile(rf"^[\s*_>|]{{0,6}}(?:{_FROM})[\s*_]{{0,4}}[:：][\s*_]{{0,4}}\S", re.IGNORECASE)
_KEY_LINE = re.compile(rf"^[\s*_>|]{{0,6}}(?:{_FROM}|{_OTHER_KEYS})[\s*_]{{0,4}}[:：]", re.IGNORECASE)
_HEADER_LIKE = re.compile(r"^[\s*_>|]{0,6}[^\W\d_][^:：@<>.,!?]{0,24}[:：]\s?\S")
_SEPARATOR = re.compile(r"^\s{0,4}[-_=*]{2,60}\s*([^\-_=*].{2,70}?)\s*[-_=*]{2,60}\s*$")
_RULER = re.compile(r"^\s{0,4}[_\-=*]{10,100}\s*$")
_SEPARATOR_WORDS = re.compile(
    r"original|origin|forward|weitergeleit|ursprüng|transf|reenv|rv:|encamin|inoltrat|messaggio|"
    r"doorgestuurd|oorspronkelijk|vidarebef|videresendt|"
    r"opprinnelig|ursprung|oprindelig|välitetty|alkuperäinen|пересыла|пересла|исходн|оригинал|вихідн|"
    r"оригінал|przekazan|pierwotn|oryginaln|původní|"
    r"pôvodn|přepos|iletilen|orijinal|özgün|chuyển tiếp|gốc|diteruskan|asli|asal|ส่งต่อ|ต้นฉบับ|转发|轉寄|"
    r"原始|邮件|郵件|転送|元のメッセージ|전달|원본|معاد|"
    r"محولة|الأصلية|מקורי|הועברה|αρχικό|προωθ|eredeti|továbbított|redirec|inițial|mesaj|मूल|अग्रेषित|"
    r"reply|antwort|réponse|respuesta",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    r"^\W{0,12}#{2,}-.{0,200}-#{2,}\W{0,4}$|"
    r"(?:reply|response|answer|write|type).{0,40}above (?:this|the) line|(?:ober|"
    r"über)halb dieser (?:zeile|linie)|au[- ]dessus de cette ligne|"
    r"(?:por )?(?:encima|arriba) de esta l[ií]nea|acima desta linha|sopra (?:a )?questa (?:riga|linea)|"
    r"boven deze (?:regel|lijn)|"
    r"выше этой (?:строки|линии|черты)|вище (?:цього|цієї) (?:рядка|лінії)|powyżej tej linii|nad (?:tento|"
    r"tímto) řád|ovanför den här raden|"
    r"over denne linj|tämän rivin yläpuol|bu (?:satırın|çizginin) üst|phía trên dòng này|di atas (?:baris|"
    r"garis) ini|เหนือบรรทัดนี้|在此行(?:上方|之上)|"
    r"請在此行|この行より上|이 줄 위에|فوق هذا السطر|מעל (?:ה)?שורה זו|πάνω από αυτή τη γραμμή|e sor fölé|"
    r"deasupra acestei lini",
    re.IGNORECASE,
)
_MAY_OPEN = re.compile(r"[\d@:：]|[-_=*]{2}")
_QUOTED = re.compile(r"^\s{0,8}>")


def is_reply_above(line: str) -> bool:
    """Whether ``line`` is a help desk's "reply above this line" marker."""
    return len(line) < 300 and _ABOVE.search(line) is not None


def is_quoted(line: str) -> bool:
    """Whether ``line`` carries a mail client's quotation mark."""
    return _QUOTED.match(line) is not None


def header_length(lines: Sequence[str], start: int) -> int:
    """How many lines from ``start`` form the header of quoted mail; 0 when none begins there."""
    first = lines[start].strip()
    if not first or len(first) > _LOOK or not _MAY_OPEN.search(first):
        return 0
    return _wrote_length(lines, start) or _separator_length(lines, start) or _block_length(lines, start)


def _wrote_length(lines: Sequence[str], start: int) -> int:
    joined = ""
    for count in range(1, 5):
        if start + count > len(lines):
            return 0
        line = lines[start + count - 1].strip()
        if not line or len(joined) + len(line) > _LOOK or (count > 1 and is_quoted(line)):
            return 0
        joined = f"{joined} {line}" if joined else line
        if _is_wrote(joined):
            return count
        if count == 1 and not (_OPENERS.match(joined) or _ADDRESS.search(joined)):
            return 0
    return 0


def _is_wrote(text: str) -> bool:
    dated, addressed, colon = _DATED.search(text) is not None, _ADDRESS.search(text) is not None, text[-1] in ":："
    if _WROTE_AT_END.search(text):
        return dated or addressed
    if not colon:
        return False
    return (dated and addressed) or (
        (dated or addressed) and _WROTE_INSIDE.search(text) is not None and len(text) < 250
    )


def _separator_length(lines: Sequence[str], start: int) -> int:
    line = lines[start]
    found = _SEPARATOR.match(line)
    if found and (_SEPARATOR_WORDS.search(found[1]) or _follows_header(lines, start + 1)):
        return 1 + _keys_length(lines, start + 1)
    if _RULER.match(line) and _follows_header(lines, start + 1):
        return 1 + _keys_length(lines, start + 1)
    return 0


def _follows_header(lines: Sequence[str], start: int) -> bool:
    return any(_FROM_LINE.match(line[:_LOOK]) for line in lines[start : start + 3])


def _block_length(lines: Sequence[str], start: int) -> int:
    """An Outlook block: a From line and, close below it, two more header lines of which one is known."""
    if not _FROM_LINE.match(lines[start][:_LOOK]):
        return 0
    length = _keys_length(lines, start)
    known = sum(1 for line in lines[start : start + length] if _KEY_LINE.match(line[:_LOOK]))
    return length if known >= 3 or (known >= 2 and _ADDRESS.search(lines[start][:_LOOK])) else 0


def _keys_length(lines: Sequence[str], start: int) -> int:
    length = 0
    for offset, line in enumerate(lines[start : start + 10]):
        if _KEY_LINE.match(line[:_LOOK]) or (_HEADER_LIKE.match(line[:_LOOK]) and length):
            length = offset + 1
        elif line.strip() and not (length and line[:1] in " \t<"):
            break
    return length
