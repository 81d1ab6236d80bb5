"""Run a provider on this machine: it responds over HTTP, with faults in between when a test wants some."""

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

DATE_HEADER = "Fri, 20 Nov 2026 12:00:00 GMT"
TARGET_HOST_HEADER = "x-target-host"
HALF_RESPONSE_STATUS = 299


@dataclass(frozen=True, kw_only=True)
class ApiRequest:
    """One request as it arrived; `host` is the host that it was sent to."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    query_pairs: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class ApiResponse:
    """One response of the provider."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def raw_body(self) -> bytes:
        """The body's bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


RATE_LIMITED = ApiResponse({"errors": "Exceeded 2 calls per second"}, 429, {"Retry-After": "2.0"})
BAD_GATEWAY = ApiResponse(b"<html>Bad gateway</html>", 502)
NO_RESPONSE, HALF_RESPONSE = "no response", "half response"

type ServerFault = ApiResponse | str | None


class ProviderServer:
    """Serves until the block ends; each request takes the next of `faults`, of which None is none."""

    def __init__(
        self,
        respond: Callable[[ApiRequest], ApiResponse],
        faults: Iterable[ServerFault] = (),
        date_header: str = DATE_HEADER,
    ) -> None:
        self.requests: list[ApiRequest] = []
        self.faults: deque[ServerFault] = deque(faults)
        self.date_header = date_header
        self._respond = respond
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _build_handler(self))
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def wire(self) -> HttpsClient:
        """A wire that sends every request to this server."""
        return LocalWire(f"http://127.0.0.1:{self._server.server_port}")

    def respond(self, request: ApiRequest) -> ServerFault:
        """Return the next response; handle one request at a time, so that faults occur in their order."""
        with self._lock:
            self.requests.append(request)
            fault = self.faults.popleft() if self.faults else None
            if fault is not None and fault != HALF_RESPONSE:
                return fault
            response = self._respond(request)
            if fault is None:
                return response
            return ApiResponse(response.raw_body, HALF_RESPONSE_STATUS, response.headers)


class LocalWire(HttpsClient):
    """Sends every request to one address on this machine, with the host that of its URL in a header."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base_url = base_url

    def exchange_bytes(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> ProviderResponse:
        parts = urlsplit(url)
        local_url = f"{self._base_url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        local_headers = {**headers, TARGET_HOST_HEADER: parts.netloc}
        return super().exchange_bytes(method, local_url, local_headers, body)


def _build_handler(provider: ProviderServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            response = provider.respond(self._read_request())
            with suppress(OSError):
                self._send(response)

        def do_POST(self) -> None:
            self.do_GET()

        def _read_request(self) -> ApiRequest:
            parts = urlsplit(self.path)
            query_pairs = tuple(parse_qsl(parts.query))
            headers = {name.lower(): value for name, value in self.headers.items()}
            return ApiRequest(
                method=self.command,
                host=headers.get(TARGET_HOST_HEADER, ""),
                path=parts.path,
                query=dict(query_pairs),
                query_pairs=query_pairs,
                headers=headers,
                body=self.rfile.read(int(headers.get("content-length", "0"))),
            )

        def _send(self, response: ServerFault) -> None:
            if not isinstance(response, ApiResponse):
                self.close_connection = True
                return
            is_half, raw_body = response.status == HALF_RESPONSE_STATUS, response.raw_body
            self.send_response_only(200 if is_half else response.status)
            for name, value in {"Date": provider.date_header, **response.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw_body)))
            self.end_headers()
            self.wfile.write(raw_body[: len(raw_body) // 2] if is_half else raw_body)
            self.close_connection = is_half

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return Handler
