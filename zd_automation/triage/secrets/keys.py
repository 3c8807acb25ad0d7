"""Keys and tokens whose makers gave them a form of their own: a match is no guess."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from stdnum.bitcoin import b58decode
from stdnum.exceptions import ValidationError

from zd_automation.triage.secrets.place import Secret, behind, by_form, linear, stands_free

_LINE_BREAK = r"(?:\\n|\s)"
_PEM = (
    r"-----BEGIN (?:[A-Z0-9]{2,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    rf"(?:{_LINE_BREAK}*[A-Za-z0-9+/=]{{16,}})*(?:{_LINE_BREAK}*[A-Za-z0-9+/=]{{0,76}}{_LINE_BREAK}*-----END [A-Z ]+-----)?"
)
# Base58Check: a checksum tells a key from any other word of its length.
_WIF = r"\b[5KL9c][1-9A-HJ-NP-Za-km-z]{50,51}\b"
_EXTENDED = r"\b[xyzt]prv[1-9A-HJ-NP-Za-km-z]{107,108}\b"
_NOSTR = r"\bnsec1[02-9ac-hj-np-z]{58}\b"
# 64 hexadecimal digits are a key or a transaction: the words before them decide.
_KEY_WORDS = (
    r"private[ _-]?key|priv[ _-]?key|secret[ _-]?key|wallet[ _-]?key|private wallet|import(?:ed)? (?:my|the|this) key|"
    r"key of (?:my|the) wallet|приватн\pL{1,4} ключ\pL{0,3}|закрыт\pL{1,4} ключ\pL{0,3}|секретн\pL{1,4} ключ\pL{0,3}|"
    r"clave privada|llave privada|chave privada|cl[eé] priv[eé]e|chiave privata|privater? schl[uü]ssel|private sleutel|priv[eé]sleutel|"
    r"klucz\pL{0,3} prywatn\pL{1,4}|chei[ae] privat[aă]|[oö]zel anahtar\pL{0,6}|kunci (?:privat|pribadi)|kh[oó]a (?:ri[eê]ng|b[ií] m[aậ]t)|"
    r"คีย์ส่วนตัว|กุญแจส่วนตัว|प्राइवेट की|निजी कुंजी|প্রাইভেট কী|کلید خصوصی|المفتاح الخاص|مفتاح خاص|개인 ?키|프라이빗 ?키|秘密鍵|プライベートキー|私钥|私鑰|私密金鑰"
)
_KEY_WORD = linear(rf"(?i)(?:{_KEY_WORDS})")
_HEX = re.compile(r"[^\n]{0,60}?\b((?:0x)?[0-9a-f]{64})\b", re.IGNORECASE)
_API = (
    r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,100}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,99}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,99}|AIza[0-9A-Za-z_-]{35}|sk-[A-Za-z0-9_-]{32,}|glpat-[A-Za-z0-9_-]{20,40}"
    r"|SG\.[\w-]{22}\.[\w-]{43}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|hf_[A-Za-z]{34}"
    r"|do[opr]_v1_[0-9a-f]{64}|SK[0-9a-f]{32}|key-[0-9a-f]{32}|sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}|whsec_[A-Za-z0-9+/=]{24,64}"
    r"|EAAC[A-Za-z0-9]{30,}|ya29\.[A-Za-z0-9_-]{30,}|[0-9]{8,10}:AA[A-Za-z0-9_-]{33})"
)
_NAMED = (
    r"(?i)\b(?:api[ _-]?(?:secret|key|token)|(?:client|app|consumer|access|webhook|signing)[ _-]?secret(?:[ _-]?key)?|secret[ _-]?(?:access[ _-]?)?key"
    r"|access[ _-]?key(?:[ _-]?id)?|account[ _-]?key|аpi[ -]?ключ|api[ -]?(?:ключ|clave|chave|schl[uü]ssel|anahtar\pL{0,4}|密钥|密鑰|キー|키))"
    r"[\"']?\s{0,3}(?:is|are|es|é|est|ist|это|adalah|là|:|=|->|是|は|：)?\s{0,3}[\"'`]?([A-Za-z0-9+/_=-]{20,128})"
)
_JWT = r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
# Cookies and bearer tokens as they stand in a log, a header or an exported HAR file.
_SESSION = (
    r"(?i)\b(?:session(?:[_-]?(?:id|token|key))?|sess|sid|phpsessid|jsessionid|asp\.net_sessionid|connect\.sid|auth[_-]?token|access[_-]?token|refresh[_-]?token"
    r"|id[_-]?token|remember[_-]?token|csrf[_-]?token|xsrf-token|cf_clearance|_zendesk_session|_shared_session)[\"']?\s{0,2}[=:]\s{0,2}[\"']?([A-Za-z0-9%._~+/=-]{16,})"
)
_BEARER = r"(?i)\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{20,})"
_HAR = (
    r'(?i)"name"\s{0,3}:\s{0,3}"(?:[^"\n]{0,40}(?:sess|sid|token|auth|jwt)[^"\n]{0,40})"\s{0,3},\s{0,8}'
    r'"value"\s{0,3}:\s{0,3}"(?:bearer |basic )?([^"\n]{12,})"'
)
_COOKIE_HEADER = r'(?i)"name"\s{0,3}:\s{0,3}"(?:set-)?cookie"\s{0,3},\s{0,8}"value"\s{0,3}:\s{0,3}"([^"\n]{12,})"'


def _is_base58check(word: str) -> bool:
    try:
        raw = b58decode(word)
    except (ValidationError, ValueError):
        return False
    return hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def _looks_random(word: str) -> bool:
    """A key has digits and letters in it; a name with underscores has not."""
    return any(map(str.isdigit, word)) and any(map(str.isalpha, word))


_FINDERS = (
    by_form("private_key", _PEM),
    by_form("private_key", _WIF, _is_base58check),
    by_form("private_key", _EXTENDED),
    by_form("private_key", _NOSTR),
    by_form("api_key", _API),
    by_form("api_key", _NAMED, _looks_random),
    by_form("session_token", _JWT),
    by_form("session_token", _SESSION, _looks_random),
    by_form("session_token", _BEARER, _looks_random),
    by_form("session_token", _HAR),
    by_form("session_token", _COOKIE_HEADER),
)


def find_keys(text: str) -> Iterator[Secret]:
    """Private keys, API keys and session tokens."""
    for start, end in behind(_KEY_WORD, _HEX, text):
        yield Secret("private_key", start, end)
    for finder in _FINDERS:
        for secret in finder(text):
            if secret.kind != "api_key" or stands_free(text, secret.start, secret.end):
                yield secret
