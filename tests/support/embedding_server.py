"""A small HTTP server that speaks the OpenAI embeddings shape, and answers badly when a test tells it to."""

from __future__ import annotations

import json
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

# What one bad answer is: status, headers, body (bytes go out as they are, anything else as JSON), seconds to wait.
BadAnswer = tuple[int, dict[str, str], Any, float]
SIZE = 24


def ngram_vectors(texts: Sequence[str]) -> Any:
    """Counts of letter triples in 24 boxes: a plain function from texts to vectors, not of length one."""
    rows = np.zeros((len(texts), SIZE))
    for row, text in zip(rows, texts, strict=True):
        padded = f"  {text} "
        for start in range(len(padded) - 2):
            row[zlib.crc32(padded[start : start + 3].encode()) % SIZE] += 1.0
    return rows


class EmbeddingServer:
    """Serves POST /v1/embeddings on localhost; takes at most ``most`` texts a call, and answers in reverse order."""

    def __init__(
        self, *bad: BadAnswer, most: int = 1000, certificate: Path | None = None,
        vectors: Callable[[Sequence[str]], Any] = ngram_vectors,
    ) -> None:  # fmt: skip
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._bad = list(bad)
        self._most = most
        self._vectors = vectors
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: two would wait for each other

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer._lock:
                    outer.asked.append(body)
                    outer.headers.append(dict(self.headers.items()))
                    status, headers, said, pause = outer._bad.pop(0) if outer._bad else outer._good(self.path, body)
                time.sleep(pause)
                out = said if isinstance(said, bytes) else json.dumps(said).encode()
                try:
                    self.send_response(status)
                    for name, value in {"Content-Length": str(len(out)), **headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(out)
                except OSError:  # the asker may have given up
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}/v1"

    @property
    def texts(self) -> list[str]:
        """Every text that came in, in order."""
        return [text for body in self.asked for text in body["input"]]

    def _good(self, path: str, body: dict[str, Any]) -> BadAnswer:
        texts = body["input"]
        if path != "/v1/embeddings" or "" in texts:
            return 404 if texts else 400, {}, {"error": {"code": "not_found"}}, 0.0
        if len(texts) > self._most:
            return 413, {}, {"error": {"message": "batch too large", "type": "Validation"}}, 0.0
        rows = np.asarray(self._vectors(texts)).tolist()
        data = [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)]
        return 200, {}, {"object": "list", "model": body["model"], "data": data[::-1]}, 0.0

    def __enter__(self) -> EmbeddingServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
