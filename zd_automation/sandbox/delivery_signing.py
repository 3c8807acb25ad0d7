"""What a webhook request carries besides its body: the seven headers, the signature, the webhook's own credentials."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode, urlsplit

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc

# Zendesk signs test requests for webhooks that do not exist yet with this secret, which everybody knows.
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105
_CONTENT_TYPES = {
    "json": "application/json; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "form_encoded": "application/x-www-form-urlencoded; charset=utf-8",
}
BODILESS = frozenset({"GET", "DELETE"})


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over the timestamp followed by the raw body; the secret is used as the text it is."""
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def new_secret(account: Account) -> str:
    """A fresh signing secret: 44 characters of base64."""
    return base64.b64encode(account.store.random.randbytes(32)).decode()


def request_headers(account: Account, webhook: Doc, invocation_id: str, body: bytes) -> dict[str, str]:
    """The headers of one attempt, signed at this moment of the sandbox's clock."""
    timestamp = account.clock.iso()
    secret = (webhook.get("signing_secret") or {}).get("secret") or TEST_SECRET
    headers = {
        "X-Zendesk-Account-Id": str(account.id),
        "X-Zendesk-Webhook-Id": str(webhook.get("id") or ""),
        "X-Zendesk-Webhook-Invocation-Id": invocation_id,
        "X-Zendesk-Webhook-Signature": signature(secret, timestamp, body),
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
        "Content-Type": _CONTENT_TYPES.get(webhook.get("request_format") or "json", _CONTENT_TYPES["json"]),
        "User-Agent": "Zendesk Webhook",
    }
    headers.update({str(name): str(value) for name, value in (webhook.get("custom_headers") or {}).items()})
    headers.update(_credentials(webhook.get("authentication") or {}))
    return headers


def _credentials(authentication: Doc) -> dict[str, str]:
    data = authentication.get("data") or {}
    kind = authentication.get("type")
    if kind == "bearer_token":
        return {"Authorization": f"Bearer {data.get('token', '')}"}
    if kind == "basic_auth":
        pair = f"{data.get('username', '')}:{data.get('password', '')}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    if kind == "api_key":
        return {str(data.get("name", "X-API-Key")): str(data.get("value", ""))}
    return {}


def target(webhook: Doc, content: str | bytes | list[tuple[str, str]]) -> tuple[str, bytes]:
    """Where a request goes and its body: pairs become a query or a form, and GET and DELETE carry no body."""
    endpoint = str(webhook["endpoint"])
    if isinstance(content, list):
        encoded = urlencode(content)
        if str(webhook.get("http_method", "POST")).upper() not in BODILESS:
            return endpoint, encoded.encode()
        joint = "&" if urlsplit(endpoint).query else "?"
        return (endpoint + joint + encoded if encoded else endpoint), b""
    if str(webhook.get("http_method", "POST")).upper() in BODILESS:
        return endpoint, b""
    return endpoint, content.encode() if isinstance(content, str) else content
