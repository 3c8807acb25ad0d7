"""Only what Zendesk signed, lately, with one of our secrets gets through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.deliveries import NOW, SECRET, STAMP, TRIGGER_BODY, signed
from zd_automation.errors import BadSignature
from zd_automation.webhooks.verify import SIGNATURE, TEST_SECRET, TIMESTAMP, sign, verify

OTHER = "ZmFrZS1zZWNyZXQtZm9yLXRoZS1zZWNvbmQtd2ViaG9vaw=="


def accepts(headers: dict[str, str], body: bytes, *, secrets: tuple[str, ...] = (SECRET,), now: datetime = NOW) -> bool:
    try:
        verify(headers, body, secrets=secrets, now=now, window=300)
    except BadSignature:
        return False
    return True


@pytest.mark.parametrize(
    ("timestamp", "body", "signature"),
    [
        # zendesk-platform.md, 4.3
        ("2026-11-22T03:00:00Z", b'{"ticket_id":"35436"}', "wUnfZViaG8I3z4sJXCejryOL+B8mXHV5SFsKSAjET54="),
        ("2026-11-22T03:00:00Z", b"", "ZFbm44RziM+PH9UohqtpSngpGp6A9mENCyk2EV9vk3I="),
        # zendesk-recordings/README.md: computed by others
        (
            "2021-03-25T05:09:27Z",
            b'{"event":"ticket.updated","id":123}',
            "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM=",
        ),
    ],
)
def test_known_vectors(timestamp: str, body: bytes, signature: str) -> None:
    assert sign("dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", timestamp, body) == signature
    headers = {SIGNATURE: signature, TIMESTAMP: timestamp}
    verify(headers, body, secrets=[TEST_SECRET], now=datetime.fromisoformat(timestamp), window=1)


def test_the_bytes_count_not_what_they_mean() -> None:
    """Zendesk's own spacing verifies; the same JSON written otherwise does not."""
    body = b'{\n   "ticket_id": "35436",\n   "event": { }\n}\n'
    assert accepts(signed(body), body)
    assert not accepts(signed(body), b'{"ticket_id": "35436", "event": {}}')
    assert not accepts(signed(body), body.rstrip())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({SIGNATURE: None}, "no signature: this address takes signed Zendesk webhooks only"),
        ({TIMESTAMP: None}, "no signature: this address takes signed Zendesk webhooks only"),
        ({SIGNATURE: ""}, "no signature: this address takes signed Zendesk webhooks only"),
        ({SIGNATURE: "AAAA"}, "the signature does not match: compare ZD_WEBHOOK_SECRETS with the webhook's page"),
        ({SIGNATURE: "пароль"}, "the signature does not match: compare ZD_WEBHOOK_SECRETS with the webhook's page"),
        ({TIMESTAMP: "yesterday"}, "the signature's timestamp is not a time"),
        ({TIMESTAMP: "1795316400"}, "the signature's timestamp is not a time"),
        (
            {TIMESTAMP: "2026-11-22T02:54:59Z"},
            "the signature's timestamp is 301 s away from our clock; check both clocks",
        ),
        (
            {TIMESTAMP: "2026-11-22T03:05:01Z"},
            "the signature's timestamp is 301 s away from our clock; check both clocks",
        ),
        (
            {TIMESTAMP: "2026-11-22T03:00:01Z"},
            "the signature does not match: compare ZD_WEBHOOK_SECRETS with the webhook's page",
        ),
    ],
)
def test_refused(change: dict[str, str | None], says: str) -> None:
    headers = {name: value for name, value in {**signed(TRIGGER_BODY), **change}.items() if value is not None}
    with pytest.raises(BadSignature) as refusal:
        verify(headers, TRIGGER_BODY, secrets=[SECRET], now=NOW, window=300)
    assert str(refusal.value) == says
    assert refusal.value.status == 401


@pytest.mark.parametrize(
    ("stamp", "seconds_later", "accepted"),
    [
        ("2026-11-22T03:00:00Z", 300, True),
        ("2026-11-22T03:00:00Z", 301, False),
        ("2026-11-22T03:00:00Z", -300, True),
        ("2026-11-22T03:00:00Z", -301, False),
        ("2026-11-22T03:00:00.672717030Z", 0, True),
        ("2026-11-22T04:00:00+01:00", 0, True),
        ("2026-11-22T03:00:00", 0, True),
        ("2026-11-21T22:00:00-05:00", 299, True),
        ("0001-01-01T00:00:00Z", 0, False),
        ("9999-12-31T23:59:59-23:59", 0, False),
    ],
)
def test_the_window_reaches_both_ways(stamp: str, seconds_later: int, accepted: bool) -> None:
    headers = signed(TRIGGER_BODY, at=stamp)
    assert accepts(headers, TRIGGER_BODY, now=NOW + timedelta(seconds=seconds_later)) is accepted


def test_any_of_several_secrets_is_right_while_one_is_rotated() -> None:
    old, new = signed(TRIGGER_BODY, secret=SECRET), signed(TRIGGER_BODY, secret=OTHER)
    assert accepts(old, TRIGGER_BODY, secrets=(SECRET, OTHER))
    assert accepts(new, TRIGGER_BODY, secrets=(SECRET, OTHER))
    assert not accepts(old, TRIGGER_BODY, secrets=(OTHER,))


def test_no_secret_accepts_nothing() -> None:
    assert not accepts(signed(TRIGGER_BODY, secret=""), TRIGGER_BODY, secrets=())


def test_the_secret_is_text_and_not_decoded() -> None:
    assert not accepts(
        signed(TRIGGER_BODY, secret="this_secret_is_for_testing_only"), TRIGGER_BODY, secrets=(TEST_SECRET,)
    )
    assert accepts(signed(TRIGGER_BODY, secret=TEST_SECRET), TRIGGER_BODY, secrets=(TEST_SECRET,))


@given(body=st.binary(min_size=1, max_size=300), place=st.integers(min_value=0), flip=st.integers(1, 255))
def test_a_changed_byte_never_verifies(body: bytes, place: int, flip: int) -> None:
    changed = bytearray(body)
    changed[place % len(body)] ^= flip
    assert accepts(signed(body), body)
    assert not accepts(signed(body), bytes(changed))


@given(body=st.binary(max_size=100), extra=st.binary(min_size=1, max_size=20))
def test_an_added_or_missing_byte_never_verifies(body: bytes, extra: bytes) -> None:
    assert not accepts(signed(body), body + extra)
    assert not accepts(signed(body + extra), body)


@given(place=st.integers(0, 43), letter=st.sampled_from("ABCDEFGHabcdefgh0123+/=é "))
def test_a_changed_signature_never_verifies(place: int, letter: str) -> None:
    headers = signed(TRIGGER_BODY)
    right = headers[SIGNATURE]
    headers[SIGNATURE] = right[:place] + letter + right[place + 1 :]
    assert accepts(headers, TRIGGER_BODY) is (headers[SIGNATURE] == right)


def test_a_changed_timestamp_never_verifies() -> None:
    """Within the window too: the timestamp is signed."""
    headers = {**signed(TRIGGER_BODY), TIMESTAMP: "2026-11-22T03:00:00+00:00"}
    assert not accepts(headers, TRIGGER_BODY)


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
NEAR_STAMPS = st.builds(
    lambda sign, rest: STAMP[:10] + sign + rest, ANY_TEXT, st.sampled_from(["03:00:00Z", "03:00", ""])
)


@given(given_signature=ANY_TEXT, stamp=ANY_TEXT | NEAR_STAMPS | st.datetimes().map(str), body=st.binary(max_size=50))
def test_nothing_but_bad_signature_is_raised(given_signature: str, stamp: str, body: bytes) -> None:
    assert not accepts({SIGNATURE: given_signature, TIMESTAMP: stamp}, body)


@given(moment=st.datetimes(timezones=st.timezones()))
def test_every_moment_of_every_zone_is_compared(moment: datetime) -> None:
    stamp = moment.isoformat()
    near = abs((moment - NOW).total_seconds()) <= 300
    assert accepts(signed(TRIGGER_BODY, at=stamp), TRIGGER_BODY) is near


def test_half_a_character_between_date_and_time_is_refused() -> None:
    """Python reads such a timestamp, but it cannot be written as UTF-8."""
    assert datetime.fromisoformat("2026-11-22\ud80003:00:00") == datetime(2026, 11, 22, 3)  # noqa: DTZ001
    assert not accepts({SIGNATURE: "AAAA", TIMESTAMP: "2026-11-22\ud80003:00:00+00:00"}, b"", now=NOW.astimezone(UTC))
