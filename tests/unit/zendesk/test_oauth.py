"""Tokens are minted before they end, and what goes wrong with them is told to whoever can act."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from zd_automation.config import Secret
from zd_automation.errors import NotAllowed, TryLater
from zd_automation.zendesk.oauth import ApiToken, ClientCredentials

BASE = "https://desk.zendesk.com"
MINT = f"{BASE}/oauth/tokens"


class HandClock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def zendesk() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def credentials(clock: HandClock | None = None) -> ClientCredentials:
    return ClientCredentials(BASE, "zd-automation", Secret("s3cret"), clock or HandClock())


def minted(number: int, **more: Any) -> dict[str, Any]:
    return {"access_token": f"token-{number}", "token_type": "bearer", "scope": "read", **more}


def test_the_first_call_mints_with_the_documented_body(zendesk: responses.RequestsMock) -> None:
    zendesk.post(MINT, json=minted(1, expires_in=1800))
    assert credentials().header() == "Bearer token-1"
    assert json.loads(zendesk.calls[0].request.body or b"") == {
        "grant_type": "client_credentials",
        "client_id": "zd-automation",
        "client_secret": "s3cret",
        "scope": "tickets:read tickets:write users:read hc:read read",
        "expires_in": 1800,
    }


@pytest.mark.parametrize(
    ("answer", "kept_for"),
    [
        ({"expires_in": 1800}, 1680),  # two minutes before the end
        ({"expires_in": 300}, 180),
        ({"expires_in": 100}, 50),  # too short for two minutes: half of it
        ({}, 1680),  # not promised: what we asked for counts
        ({"expires_in": None}, 1680),
        ({"expires_in": "600"}, 480),
    ],
)
def test_a_token_is_kept_until_shortly_before_its_end(
    zendesk: responses.RequestsMock, clock: HandClock, answer: dict[str, Any], kept_for: float
) -> None:
    zendesk.post(MINT, json=minted(1, **answer))
    zendesk.post(MINT, json=minted(2, **answer))
    tokens = credentials(clock)
    assert tokens.header() == "Bearer token-1"
    clock.now += kept_for - 1
    assert tokens.header() == "Bearer token-1"
    clock.now += 1
    assert tokens.header() == "Bearer token-2"
    assert len(zendesk.calls) == 2


def test_an_invalidated_token_is_not_used_again(zendesk: responses.RequestsMock) -> None:
    zendesk.post(MINT, json=minted(1))
    zendesk.post(MINT, json=minted(2))
    tokens = credentials()
    assert tokens.header() == "Bearer token-1"
    tokens.invalidate()
    assert tokens.header() == "Bearer token-2"


def test_many_threads_share_one_token(zendesk: responses.RequestsMock) -> None:
    zendesk.post(MINT, json=minted(1))
    tokens = credentials()
    headers: list[str] = []
    threads = [threading.Thread(target=lambda: headers.append(tokens.header())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert headers == ["Bearer token-1"] * 8
    assert len(zendesk.calls) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": "invalid_client", "error_description": "unknown client or wrong secret"}),
        (400, {"error": "invalid_scope"}),
        (403, {"error": "Forbidden"}),
        (404, {"error": "RecordNotFound"}),
    ],
)
def test_a_bad_client_is_an_admins_matter(zendesk: responses.RequestsMock, status: int, body: dict[str, str]) -> None:
    zendesk.post(MINT, json=body, status=status)
    with pytest.raises(NotAllowed, match=rf"\({status}\): check ZD_OAUTH_CLIENT_ID and ZD_OAUTH_CLIENT_SECRET") as told:
        credentials().header()
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_an_outage_of_the_mint_passes(zendesk: responses.RequestsMock, status: int) -> None:
    zendesk.post(MINT, body="<html>no</html>", status=status)
    zendesk.post(MINT, json=minted(1))
    tokens = credentials()
    with pytest.raises(TryLater, match=str(status)) as told:
        tokens.header()
    assert told.value.retry_after == 10
    assert tokens.header() == "Bearer token-1"


@pytest.mark.parametrize(
    "body", ["<html>maintenance</html>", "[]", "null", "{}", '{"access_token": "x", "expires_in": "soon"}']
)
def test_an_answer_without_a_token_passes(zendesk: responses.RequestsMock, body: str) -> None:
    zendesk.post(MINT, body=body, status=200)
    with pytest.raises(TryLater, match="holds none"):
        credentials().header()


@pytest.mark.parametrize("broken", [requests.exceptions.ConnectionError, requests.exceptions.ReadTimeout])
def test_a_mint_that_does_not_answer_is_later(zendesk: responses.RequestsMock, broken: type[Exception]) -> None:
    zendesk.post(MINT, body=broken("s3cret in the message"))
    with pytest.raises(TryLater) as told:
        credentials().header()
    assert "s3cret" not in str(told.value)


def test_the_secret_does_not_follow_a_redirect(zendesk: responses.RequestsMock) -> None:
    zendesk.post(MINT, status=307, headers={"Location": "https://evil.example/oauth/tokens"})
    with pytest.raises(NotAllowed):
        credentials().header()
    assert [call.request.url for call in zendesk.calls] == [MINT]


def test_an_api_token_is_basic_and_needs_no_call() -> None:
    tokens = ApiToken("ada@example.com", Secret("6wiIBWbGkBMo1mRDMuVwkw1EPsNkeUj95PIz2akv"))
    # base64 of ada@example.com/token:6wiIBWbGkBMo1mRDMuVwkw1EPsNkeUj95PIz2akv
    assert tokens.header() == (
        "Basic YWRhQGV4YW1wbGUuY29tL3Rva2VuOjZ3aUlCV2JHa0JNbzFtUkRNdVZ3a3cxRVBzTmtlVWo5NVBJejJha3Y="
    )
    tokens.invalidate()
    assert tokens.header().startswith("Basic ")
