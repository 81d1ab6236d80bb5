"""A reverse proxy in front of the stack. The first call of each path fails, before or after the stack has stored it."""

import http.client
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

SDK_TIMEOUT_SECONDS = 5  # of the SDKs whose timeout can be configured
DELAY_SECONDS = SDK_TIMEOUT_SECONDS + 1.0
UPSTREAM_TIMEOUT_SECONDS = 60
# The emulator starts a worker for each concurrent call, and a cold start takes longer than the calls.
UPSTREAM_CALLS = threading.BoundedSemaphore(2)
REPLACED_HEADERS = {"connection", "transfer-encoding", "content-length", "date", "server"}
MESSAGE_ID_PATTERN = re.compile(rb'"messageId": ?"([^"]+)"')
# Closes a connection with a reset: unsent data is discarded and the client gets an error.
RESET_OPTION = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Fault:
    """The failure of the first call of a path. `is_stored` if the stack receives the call nevertheless."""

    name: str
    status: int = 0  # 0: the connection is reset
    is_delayed: bool = False
    is_stored: bool = False


NO_FAULT = Fault("no fault", 200)
FAULTS = (
    NO_FAULT,
    Fault("500", 500),
    Fault("429", 429),
    Fault("timeout", 504, is_delayed=True),
    Fault("dropped"),
    Fault("500 after storing", 500, is_stored=True),
    Fault(name="timeout after storing", status=504, is_delayed=True, is_stored=True),
    Fault("dropped after storing", is_stored=True),
)


@dataclass
class FaultProxy:
    """A proxy of the stack at `upstream_url`, with one fault."""

    upstream_url: str
    fault: Fault
    calls: int = 0
    failed_paths: set[str] = field(default_factory=set)
    lost_message_ids: set[bytes] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def should_fail(self, method: str, path: str, body: bytes) -> bool:
        """Count a call, and return whether it must fail."""
        if method != "POST":
            return False
        message_ids = {*MESSAGE_ID_PATTERN.findall(body)}
        with self.lock:
            self.calls += 1
            if self.fault is NO_FAULT or path in self.failed_paths:
                self.lost_message_ids -= message_ids
                return False
            self.failed_paths.add(path)
            self.lost_message_ids |= message_ids
            return True

    @property
    def has_received_retries(self) -> bool:
        """Return whether every message of the failed calls was sent again."""
        return not self.lost_message_ids

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve in the background and provide the URL of the proxy."""
        handler = type("BoundProxyHandler", (_ProxyHandler,), {"proxy": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


class _ProxyHandler(BaseHTTPRequestHandler):
    proxy: ClassVar[FaultProxy]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        path, proxy = urlsplit(self.path).path, self.proxy
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        fault = proxy.fault if proxy.should_fail(self.command, path, body) else None
        if fault is None:
            self._respond(*self._call_upstream(body))
            return
        if fault.is_stored:
            self._call_upstream(body)
        self._fail(fault)

    def do_GET(self) -> None:
        self.do_POST()

    def do_OPTIONS(self) -> None:
        self.do_POST()

    def _call_upstream(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = urlsplit(self.proxy.upstream_url)
        prefix = "" if self.path.startswith(upstream.path) else upstream.path
        headers = dict(self.headers.items())
        with UPSTREAM_CALLS:
            connection = http.client.HTTPConnection(
                upstream.netloc, timeout=UPSTREAM_TIMEOUT_SECONDS
            )
            try:
                connection.request(self.command, prefix + self.path, body, headers)
                response = connection.getresponse()
                return response.status, dict(response.getheaders()), response.read()
            finally:
                connection.close()

    def _fail(self, fault: Fault) -> None:
        if fault.is_delayed:
            time.sleep(DELAY_SECONDS)
        if not fault.status:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_OPTION)
            self.close_connection = True
            self.connection.close()
            return
        # The body of a gateway, without the `code` that our endpoints return.
        body = json.dumps({"message": "made to fail"}).encode()
        headers = {"content-type": "application/json", "access-control-allow-origin": "*"}
        retry = {"retry-after": "1"} if fault.status == http.client.TOO_MANY_REQUESTS else {}
        self._respond(fault.status, headers | retry, body)

    def _respond(self, status: int, headers: dict[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in REPLACED_HEADERS:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the SDK closed the connection after its timeout

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as its base names it)
        """Write no log."""
