"""The sandbox over real HTTP: in a thread for tests and the demo, in the foreground for the command line."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import requests
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from zd_automation.sandbox import doubles
from zd_automation.sandbox.account import Account, SandboxSettings
from zd_automation.sandbox.app import create_sandbox
from zd_automation.sandbox.clock import SandboxClock
from zd_automation.sandbox.delivery import deliveries
from zd_automation.sandbox.seed import ADMIN_EMAIL

_TICK = 0.2  # seconds between looks at planned work


class _Handler(WSGIRequestHandler):
    """Keeps connections open, answers in one packet, and writes no access log.

    Werkzeug's own handler closes every connection; the application reads every body, so there is no need to.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request and leave the connection open for the next."""
        environ = self.make_environ()
        told: list[Any] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _exc_info: Any = None
        ) -> Callable[[bytes], object]:
            told[:] = [status, headers]
            return lambda _chunk: None

        try:
            parts = self.server.app(environ, start_response)
            try:
                body = b"".join(parts)
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        except ConnectionError:
            self.close_connection = True
            return
        self._send(told[0], told[1], body)

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if int(code) == 413:  # its body was not read
            self.send_header("Connection", "close")
        self._headers_buffer.append(b"\r\n" + (b"" if self.command == "HEAD" else body))
        try:
            self.flush_headers()
        except ConnectionError:
            self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The sandbox keeps its own list of calls."""


class _Client(requests.Session):
    """A session that fills in the server's address and an admin's credentials."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base
        self.auth = (f"{ADMIN_EMAIL}/token", "sandbox")

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Like ``Session.request``; an address may begin with a slash."""
        address = url.decode() if isinstance(url, bytes) else url
        return super().request(method, self._base + address if address.startswith("/") else address, *args, **kwargs)


class SandboxServer:
    """A running sandbox on 127.0.0.1::

        with SandboxServer() as sandbox:
            sandbox.client().get("/api/v2/tickets.json")

    ``port`` 0 takes a free one.
    """

    def __init__(
        self,
        settings: SandboxSettings | None = None,
        database: str | None = None,
        port: int = 0,
        *,
        clock: SandboxClock | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.app: Flask = create_sandbox(settings, database=database, clock=clock)
        self.account: Account = self.app.extensions["sandbox"]
        self._server: BaseWSGIServer = make_server(host, port, self.app, threaded=True, request_handler=_Handler)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.url = f"http://{host}:{self._server.server_port}"
        self.account.base_url = self.url

    @property
    def netloc(self) -> str:
        """Host and port, as ZENPY_FORCE_NETLOC wants them."""
        return self.url.removeprefix("http://")

    def client(self) -> requests.Session:
        """A new HTTP session as the account's admin; addresses may begin with a slash."""
        return _Client(self.url)

    def start(self) -> SandboxServer:
        """Serve in the background until :meth:`stop`."""
        for work in (lambda: self._server.serve_forever(0.05), self._tick):
            thread = threading.Thread(target=work, name="sandbox", daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def stop(self) -> None:
        """Stop serving, stop sending webhooks, close the file."""
        self._stop.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join(5)
        self._server.server_close()
        deliveries(self.account).close()
        self.account.store.close()

    def serve(self) -> None:
        """Serve in this thread until interrupted."""
        ticker = threading.Thread(target=self._tick, name="sandbox", daemon=True)
        ticker.start()
        try:
            self._server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            self._stop.set()
            self._server.server_close()
            deliveries(self.account).close()
            self.account.store.close()

    def _tick(self) -> None:
        while not self._stop.wait(_TICK):
            doubles.run_due(self.account)

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve_forever(
    host: str = "127.0.0.1", port: int = 8090, settings: SandboxSettings | None = None, database: str | None = None
) -> None:
    """Run a sandbox in the foreground until interrupted."""
    SandboxServer(settings, database, port, host=host).serve()
