"""The endpoint encoder against a real server: what is sent, what is repeated, what is refused, and where text may go."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import threading
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.embedding_server import SIZE, EmbeddingServer, ngram_vectors
from zd_automation.errors import ModelError, TryLater
from zd_automation.models.encoder import unit_rows
from zd_automation.models.endpoint import EndpointDown, EndpointEncoder, retry_after
from zd_automation.models.own_network import INSIDE, check_inside, read_networks

_TEXT = "my secret text about the parcel"
_KEY = "sk-very-secret"


def encoder_of(server: EmbeddingServer, waits: list[float] | None = None, **options: Any) -> EndpointEncoder:
    """The encoder with its pauses written down instead of waited; its size is known, so that no probe goes out."""
    encoder = EndpointEncoder(server.url, "m", wait=([] if waits is None else waits).append, **options)
    encoder.size = SIZE
    return encoder


def bad(status: int, body: Any = None, pause: float = 0.0, **headers: str) -> tuple[int, dict[str, str], Any, float]:
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, body or {}, pause


@pytest.mark.parametrize("end", ["", "/", "/embeddings"])
def test_what_is_sent_is_the_openai_shape(end: str) -> None:
    with EmbeddingServer() as server:
        encoder = EndpointEncoder(server.url + end, "bge-m3", _KEY, prefix="query: ")
        rows = encoder.encode(["a parcel"])
    assert server.asked[-1] == {"model": "bge-m3", "input": ["query: a parcel"], "encoding_format": "float"}
    assert server.headers[-1]["Authorization"] == f"Bearer {_KEY}"
    assert server.headers[-1]["Content-Type"] == "application/json"
    assert np.array_equal(rows, unit_rows(ngram_vectors(["query: a parcel"]), 1, SIZE, ""))


def test_without_a_key_no_authorization_is_sent() -> None:
    with EmbeddingServer() as server:
        encoder_of(server).encode(["a"])
    assert "Authorization" not in server.headers[0]


def test_answers_are_ordered_by_their_index_and_the_size_is_asked_for_once() -> None:
    texts = [f"text number {number}" for number in range(9)]
    with EmbeddingServer() as server:
        encoder = EndpointEncoder(server.url, "m", batch=4)
        threads = [threading.Thread(target=lambda: encoder.size) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.asked) == 1
        rows = encoder.encode(texts)
    assert np.array_equal(rows, unit_rows(ngram_vectors(texts), 9, SIZE, ""))
    assert [len(body["input"]) for body in server.asked] == [1, 4, 4, 1]


def test_a_text_that_was_seen_is_not_sent_again() -> None:
    with EmbeddingServer() as server:
        encoder = encoder_of(server)
        first = encoder.encode(["a", "b"])
        assert np.array_equal(encoder.encode(["b", "a"]), first[::-1])
    assert len(server.asked) == 1


def test_a_batch_that_is_too_large_for_the_server_is_halved_until_it_is_not() -> None:
    texts = [f"text {number}" for number in range(8)]
    with EmbeddingServer(most=2) as server:
        rows = encoder_of(server).encode(texts)
    assert [len(body["input"]) for body in server.asked] == [8, 4, 2, 2, 4, 2, 2]
    assert np.array_equal(rows, unit_rows(ngram_vectors(texts), 8, SIZE, ""))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([bad(503)], [0.5]),
        ([bad(500), bad(502), bad(504)], [0.5, 1.0, 2.0]),
        ([bad(429, Retry_After="3")], [3.0]),
        ([bad(429, Retry_After="0"), bad(429, Retry_After="1.5")], [0.5, 1.5]),
        ([bad(429, Retry_After="soon")], [0.5]),
        ([bad(200, b"{}", Content_Length="900", Connection="close")], [0.5]),
    ],
)
def test_a_passing_trouble_is_waited_out(answers: list[Any], expected: list[float]) -> None:
    waits: list[float] = []
    with EmbeddingServer(*answers) as server:
        assert encoder_of(server, waits).encode([_TEXT]).shape == (1, SIZE)
    assert waits == expected
    assert server.texts == [_TEXT] * (len(answers) + 1)


def test_after_four_attempts_the_ticket_is_told_to_come_later() -> None:
    waits: list[float] = []
    with (
        EmbeddingServer(*[bad(503)] * 9) as server,
        pytest.raises(EndpointDown, match=r"status 503.*check that it runs") as caught,
    ):
        encoder_of(server, waits).encode([_TEXT])
    assert (len(server.asked), waits) == (4, [0.5, 1.0, 2.0])
    assert isinstance(caught.value, ModelError)
    assert isinstance(caught.value, TryLater)
    assert caught.value.retry_after == 30.0


def test_a_long_wait_is_not_waited_here() -> None:
    waits: list[float] = []
    with EmbeddingServer(bad(429, Retry_After="120")) as server, pytest.raises(EndpointDown) as caught:
        encoder_of(server, waits).encode([_TEXT])
    assert (len(server.asked), waits, caught.value.retry_after) == (1, [], 120.0)


def test_a_server_that_is_not_there_says_what_to_check() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused
        waits: list[float] = []
        encoder = EndpointEncoder(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", "m", wait=waits.append)
        with pytest.raises(EndpointDown, match=r"no connection.*check that it runs, and that url and firewall"):
            encoder.encode([_TEXT])
    assert waits == [0.5, 1.0, 2.0]


def test_a_server_that_hangs_is_given_up_at_once() -> None:
    with EmbeddingServer(bad(200, pause=1.0)) as server:
        encoder = encoder_of(server, timeout=0.1)
        with pytest.raises(EndpointDown, match=r"gave no answer in 0\.1 seconds; raise timeout"):
            encoder.encode([_TEXT])
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (bad(401, {"error": {"code": "invalid_api_key"}}), r"\(401, invalid_api_key\): check the key"),
        (bad(403), r"\(403\): check the key"),
        (bad(404, {"error": {"type": "NotFound", "code": "model_not_found"}}), r"\(404, model_not_found\).*model 'm'"),
        (bad(400, {"error": {"code": None, "type": "invalid_request_error"}}), r"\(400, invalid_request_error\)"),
        (bad(400, {"error": {"code": _TEXT, "message": _TEXT}}), r"\(400\): look at the server's log"),
        (bad(400, {"error": _TEXT}), r"\(400\)"),
        (bad(400, b"<html>"), r"\(400\)"),
        (bad(413), "too long for the model; lower most_characters, now 600"),
        (bad(422), "too long for the model"),
        (bad(302, Location="http://127.0.0.1:1/"), r"\(302\): it is at another address"),
        (bad(200, b"<html>sign in</html>"), "another shape"),
        (bad(200, [1]), "another shape"),
        (bad(200, {"data": 3}), "another shape"),
        (bad(200, {"data": [{"embedding": [1.0]}]}), "another shape"),
        (bad(200, {"data": [{"index": 0}]}), "another shape"),
        (bad(200, {"data": []}), "answered 0 vectors to 1 texts"),
        (bad(200, {"data": [{"index": 1, "embedding": [1.0] * SIZE}]}), "numbered them wrongly"),
        (bad(200, {"data": [{"index": 0, "embedding": [1.0] * SIZE}] * 2}), "answered 2 vectors"),
        (bad(200, {"data": [{"index": 0, "embedding": [1.0] * 7}]}), r"shape \(1, 7\) where \(1, 24\)"),
        (bad(200, {"data": [{"index": 0, "embedding": "AACAPwAAAEA="}]}), "no table of numbers"),
        (bad(200, {"data": [{"index": 0, "embedding": [float("nan")] * SIZE}]}), "not finite"),
    ],
)
def test_a_refusal_is_told_at_once_and_never_with_text(answer: Any, said: str) -> None:
    waits: list[float] = []
    with EmbeddingServer(answer) as server, pytest.raises(ModelError, match=said) as caught:
        encoder_of(server, waits, key=_KEY).encode([_TEXT])
    assert (len(server.asked), waits) == (1, [])
    assert not isinstance(caught.value, TryLater)
    assert f"127.0.0.1:{server.port}" in str(caught.value)
    told = "".join(traceback.format_exception(caught.value))
    assert _TEXT not in told
    assert _KEY not in told


def test_neither_text_nor_key_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with EmbeddingServer(bad(503), bad(401)) as server:
        encoder = encoder_of(server, key=_KEY)
        with pytest.raises(ModelError):
            encoder.encode([_TEXT])
    assert server.texts == [_TEXT, _TEXT]
    assert _TEXT not in caplog.text
    assert _KEY not in caplog.text + repr(vars(encoder))


# Where text may go.


def test_a_name_that_leads_outside_gets_no_text() -> None:
    with EmbeddingServer() as server:
        url = f"http://localhost:{server.port}/v1"
        outside = EndpointEncoder(url, "m", networks=["10.0.0.0/8"])
        with pytest.raises(ModelError, match=r"is at 127\.0\.0\.1, outside the desk's networks.*allow_public"):
            outside.encode([_TEXT])
        assert server.asked == []
        assert EndpointEncoder(url, "m", networks=["10.0.0.0/8", "127.0.0.0/8"]).encode([_TEXT]).shape == (1, SIZE)
        assert EndpointEncoder(url, "m", networks=[], allow_public=True).encode([_TEXT]).shape == (1, SIZE)


@pytest.mark.parametrize(
    "url", ["http://93.184.216.34/v1", "https://93.184.216.34/v1", "http://[2606:4700::1]:8000/v1"]
)
def test_a_public_address_is_refused_unless_it_is_allowed(url: str) -> None:
    with pytest.raises(ModelError, match="ticket text must not leave the building"):
        EndpointEncoder(url, "m")
    assert EndpointEncoder(url, "m", allow_public=True).name.startswith("endpoint:m@")


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("172.32.0.1", False),
        ("192.168.1.1", True),
        ("192.169.1.1", False),
        ("100.64.0.1", True),
        ("100.128.0.1", False),
        ("169.254.169.254", False),
        ("8.8.8.8", False),
        ("::1", True),
        ("fd12::1", True),
        ("fe80::1%eth0", False),
        ("2001:4860:4860::8888", False),
        ("::ffff:10.0.0.1", True),
        ("::ffff:8.8.8.8", False),
    ],
)
def test_which_addresses_are_inside(address: str, inside: bool) -> None:
    networks = read_networks(INSIDE, "e")
    if inside:
        check_inside(address, networks, "e")
    else:
        with pytest.raises(ModelError, match="outside"):
            check_inside(address, networks, "e")
    check_inside(address, None, "e")


def test_proxies_and_logins_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    login = tmp_path / "netrc"
    login.write_text("machine 127.0.0.1 login me password hidden\n")
    login.chmod(0o600)
    monkeypatch.setenv("NETRC", str(login))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with EmbeddingServer() as server:
        assert encoder_of(server).encode(["a"]).shape == (1, SIZE)
    assert "Authorization" not in server.headers[0]


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl, which makes the test's certificate, is not installed")
def test_an_https_server_is_trusted_by_its_own_authority_only_and_guarded_too(tmp_path: Path) -> None:
    key, certificate, both = tmp_path / "key.pem", tmp_path / "cert.pem", tmp_path / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_text(key.read_text() + certificate.read_text())
    with EmbeddingServer(certificate=both) as server:
        with pytest.raises(ModelError, match=r"certificate is not trusted; name its authority as ca_file"):
            encoder_of(server).encode([_TEXT])
        with pytest.raises(ModelError, match=r"cannot be called \(OSError\); check url and ca_file"):
            encoder_of(server, ca_file=str(tmp_path / "none.pem")).encode([_TEXT])
        guarded = EndpointEncoder(
            server.url.replace("127.0.0.1", "localhost"), "m", ca_file=str(certificate), networks=["10.0.0.0/8"]
        )
        with pytest.raises(ModelError, match="outside the desk's networks"):
            guarded.encode([_TEXT])
        assert server.asked == []
        assert encoder_of(server, ca_file=str(certificate)).encode([_TEXT]).shape == (1, SIZE)


# Settings.


@pytest.mark.parametrize(
    "url",
    ["", "10.0.0.7:8000/v1", "ftp://10.0.0.7/v1", "http:///v1", "http://10.0.0.7:port/v1", "http://10.0.0.7/v1?k=1"],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ModelError, match=r"must be like http://10\.0\.0\.7:8000/v1"):
        EndpointEncoder(url, "m")


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ModelError, match="no password in the url") as caught:
        EndpointEncoder("http://me:hunter2@10.0.0.7/v1", "m")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"timeout": 0}, "timeout over 0"),
        ({"model": ""}, "name of a model"),
        ({"networks": ["10.0.0.1/8"]}, "networks must be like"),
        ({"networks": ["home"]}, "networks must be like"),
        ({"batch": 0}, "batch must be 1 or more"),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=f"the endpoint 10.0.0.7:8000.*{said}"):
        EndpointEncoder("http://10.0.0.7:8000/v1", **{"model": "m", **options})


def test_the_name_holds_model_and_host_and_changes_with_what_changes_vectors() -> None:
    def name(url: str = "http://10.0.0.7:8000/v1", model: str = "bge-m3", **options: Any) -> str:
        return EndpointEncoder(url, model, **options).name

    assert name().startswith("endpoint:bge-m3@10.0.0.7:8000/")
    assert name() == name("http://10.0.0.7:8000/v1/", batch=3, timeout=2, key="k")
    names = {
        name(), name(model="other"), name("http://10.0.0.8:8000/v1"), name(prefix="query: "), name(languages=["en"]),
        name(most_characters=100), name(revision="2"),
    }  # fmt: skip
    assert len(names) == 7


@given(st.one_of(st.none(), st.text(max_size=30), st.floats().map(str), st.integers(0).map(str)))
def test_any_retry_after_becomes_seconds_in_reason(header: str | None) -> None:
    assert 0.0 <= retry_after(header) <= 300.0


def test_a_retry_after_may_be_a_date() -> None:
    now = datetime.now(UTC)
    assert 80 < retry_after(format_datetime(now + timedelta(seconds=90), usegmt=True)) <= 90
    assert retry_after(format_datetime(now - timedelta(seconds=90), usegmt=True)) == 0.0
    assert retry_after(format_datetime(now + timedelta(days=90), usegmt=True)) == 300.0
    assert retry_after("7") == 7.0
