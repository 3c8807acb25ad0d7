"""The words of a text that belong to a language: no product names, currency codes, tickers or part numbers."""

from __future__ import annotations

import re

_CODES_TEXT = (
    "USD EUR GBP JPY CNY RUB UAH KRW INR IDR VND THB TRY BRL MXN ARS AED SAR PLN CZK HUF SEK NOK DKK CHF "
    "CAD AUD NZD ZAR SGD HKD TWD PHP MYR "
    "BTC ETH USDT USDC BNB XRP SOL ADA DOGE TRX TON LTC BCH DOT AVAX MATIC POL SHIB DAI BUSD LINK ATOM "
    "XLM ETC NEAR APT ARB SUI PEPE FTM "
    "ERC TRC BEP SPL OPBNB KYC API SMS OTP PIN CVV IBAN SWIFT BIC QR PDF URL IP ID UID SKU VAT IOS FAQ TXID NFT P2P"
)
_CODES = frozenset(_CODES_TEXT.split())
_PRODUCTS = re.compile(
    r"\b(?:Visa|Mastercard|PayPal|Apple Pay|Google Pay|Google Authenticator|Face ID|Touch ID|Wi-?Fi|"
    r"Bluetooth|WhatsApp|Telegram|Facebook|Instagram|"
    r"TikTok|YouTube|Gmail|Google Play|App Store|QR code|iPhone|iPad|Android|Windows|MacBook)\b"
)
_TOKEN = re.compile(r"[^\s/|,;:()\[\]]+")


def words_of(text: str) -> str:
    """``text`` without product names, currency codes and tokens of mixed letters and digits; lowered when most is capitals."""
    text = _PRODUCTS.sub(" ", text)
    tokens = _TOKEN.findall(text)
    words = [token for token in tokens if any(char.isalpha() for char in token)]
    shouting = sum(1 for word in words if word.isupper() and len(word) > 1) * 2 > len(words)
    kept = [word for word in words if not _is_code(word, shouting=shouting and len(words) > 2)]
    spoken = " ".join(kept)
    return spoken.lower() if shouting else spoken


def _is_code(word: str, *, shouting: bool) -> bool:
    bare = word.strip(".!?\"'“”«»#$€£₽₹¥-_*")
    if not bare.isascii():
        return False
    if any(char.isdigit() for char in bare):
        return not bare.islower() or sum(char.isdigit() for char in bare) * 2 > len(bare)
    if not bare.isupper():
        return "_" in bare
    return bare in _CODES or bare == "OK" or (not shouting and 2 <= len(bare) <= 5 and not re.search("[AEIOUY]", bare))
