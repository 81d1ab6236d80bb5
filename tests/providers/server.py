"""A provider on this machine: answers over HTTP, with trouble in between when a test wants some."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from regulars.channels.feeds.https import HttpsClient, ProviderResponse

DATE = "Fri, 20 Nov 2026 12:00:00 GMT"


@dataclass(frozen=True)
class Call:
    """One request as it came: `host` is the one it was meant for."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    asked: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Said:
    """One response of the provider."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        """The body's bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


LIMITED = Said({"errors": "Exceeded 2 calls per second"}, 429, {"Retry-After": "2.0"})
BROKEN = Said(b"<html>Bad gateway</html>", 502)
DROPPED, CUT = "dropped", "cut"  # no answer at all, and half an answer

type Trouble = Said | str | None


class ProviderServer:
    """Serves until the block is left; each request takes the next of `troubles`, None being none."""

    def __init__(
        self, answer: Callable[[Call], Said], troubles: Iterable[Trouble] = (), date: str = DATE
    ) -> None:
        self.calls: list[Call] = []
        self.troubles: deque[Trouble] = deque(troubles)
        self.date = date
        self._answer = answer
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def wire(self) -> HttpsClient:
        """A wire whose every request ends here."""
        return LocalWire(f"http://127.0.0.1:{self._server.server_port}")

    def said(self, call: Call) -> Trouble:
        """The next answer; one request at a time, so that troubles come in their order."""
        with self._lock:
            self.calls.append(call)
            trouble = self.troubles.popleft() if self.troubles else None
            return trouble if trouble is not None and trouble != CUT else self._with(call, trouble)

    def _with(self, call: Call, trouble: Trouble) -> Trouble:
        said = self._answer(call)
        return Said(said.raw, 299, said.headers) if trouble == CUT else said


class LocalWire(HttpsClient):
    """Leads every request to one address on this machine, with the host that it was meant for."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def exchange_bytes(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> ProviderResponse:
        meant = urlsplit(url)
        local = f"{self._base}{meant.path}" + (f"?{meant.query}" if meant.query else "")
        return super().exchange_bytes(method, local, {**headers, "x-meant-for": meant.netloc}, body)


def _handler(provider: ProviderServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = tuple(parse_qsl(parts.query))
            names = {name.lower(): value for name, value in self.headers.items()}
            length = int(names.get("content-length", "0"))
            host = names.get("x-meant-for", "")
            call = Call(
                self.command, host, parts.path, dict(asked), asked, names, self.rfile.read(length)
            )
            said = provider.said(call)
            with suppress(OSError):
                self._send(said)

        def do_POST(self) -> None:
            self.do_GET()

        def _send(self, said: Trouble) -> None:
            if not isinstance(said, Said):
                self.close_connection = True
                return
            is_cut = said.status == 299
            self.send_response_only(200 if is_cut else said.status)
            for name, value in {"Date": provider.date, **said.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.raw)))
            self.end_headers()
            body = said.raw[: len(said.raw) // 2] if is_cut else said.raw
            self.wfile.write(body)
            self.close_connection = is_cut

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler
