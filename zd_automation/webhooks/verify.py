"""Whether a delivery is provably Zendesk's: headers and raw bytes in, nothing or a named refusal out."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from zd_automation.errors import BadSignature

SIGNATURE = "X-Zendesk-Webhook-Signature"
TIMESTAMP = "X-Zendesk-Webhook-Signature-Timestamp"
# Zendesk signs test deliveries with this public secret, as it stands, not decoded (developer.zendesk.com, webhooks/verifying).
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - public, in Zendesk's documentation


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """``base64(HMAC-SHA256(secret, timestamp + body))``; the base64-looking secret is used as text."""
    digest = hmac.new(secret.encode(), _plain(timestamp) + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def verify(headers: Mapping[str, str], body: bytes, *, secrets: Iterable[str], now: datetime, window: int) -> None:
    """Raises BadSignature unless one of ``secrets`` signed exactly these bytes within ``window`` seconds of ``now``.

    The timestamp is that of the sending, not of the event: a delivery that is minutes late is signed afresh
    (platform page, 4.3), so the window may be short.
    """
    given, timestamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    if not given or not timestamp:
        raise BadSignature("no signature: this address takes signed Zendesk webhooks only")
    age = abs((now - _moment(timestamp)).total_seconds())
    if age > window:
        raise BadSignature(f"the signature's timestamp is {age:.0f} s away from our clock; check both clocks")
    # Every secret is tried, so that the time taken does not tell which one was nearly right.
    matches = [hmac.compare_digest(_plain(sign(secret, timestamp, body)), _plain(given)) for secret in secrets]
    if not any(matches):
        raise BadSignature("the signature does not match: compare ZD_WEBHOOK_SECRETS with the webhook's page")


def _moment(timestamp: str) -> datetime:
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        raise BadSignature("the signature's timestamp is not a time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plain(text: str) -> bytes:
    # compare_digest refuses non-ASCII text, and a header can hold any.
    return text.encode("utf-8", "surrogatepass")
