"""A reverse proxy in front of the stack that fails once for every path, before or after the stack has stored."""

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

PATIENCE_SECONDS = 5  # of the SDKs that can be told one
HELD_SECONDS = PATIENCE_SECONDS + 1.0
# Each call at once is a worker of the emulator's, whose cold start is slower than the calls themselves.
AT_ONCE = threading.BoundedSemaphore(2)
HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}
MESSAGE = re.compile(rb'"messageId": ?"([^"]+)"')
# An abrupt end: what is on its way is thrown away, and the other side told so.
RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with the first call of a path; `stored` when the stack has received it all the same."""

    name: str
    status: int = 0  # 0: the connection is dropped
    held: bool = False
    stored: bool = False


NO_FAULT = Fault("no fault", 200)
FAULTS = (
    NO_FAULT,
    Fault("500", 500),
    Fault("429", 429),
    Fault("timeout", 504, held=True),
    Fault("dropped"),
    Fault("500 after storing", 500, stored=True),
    Fault("timeout after storing", 504, held=True, stored=True),
    Fault("dropped after storing", stored=True),
)


@dataclass
class Proxy:
    """Stands for the stack at `upstream`, with one fault."""

    upstream: str
    fault: Fault
    calls: int = 0
    failed: set[str] = field(default_factory=set)
    lost: set[bytes] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fails(self, method: str, path: str, body: bytes) -> bool:
        """Whether this call is to fail; counts it."""
        if method != "POST":
            return False
        with self.lock:
            self.calls += 1
            if self.fault is NO_FAULT or path in self.failed:
                self.lost -= {*MESSAGE.findall(body)}
                return False
            self.failed.add(path)
            self.lost |= {*MESSAGE.findall(body)}
            return True

    @property
    def is_settled(self) -> bool:
        """Whether every message of a failed call was told again."""
        return not self.lost

    @contextmanager
    def running(self) -> Iterator[str]:
        """Its address while it runs."""
        handler = type("Bound", (_Handler,), {"proxy": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    proxy: ClassVar[Proxy]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        path, proxy = urlsplit(self.path).path, self.proxy
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        fault = proxy.fault if proxy.fails(self.command, path, body) else None
        if fault is None:
            self._tell(*self._forwarded(body))
            return
        if fault.stored:
            self._forwarded(body)
        self._fail(fault)

    def do_GET(self) -> None:
        self.do_POST()

    def do_OPTIONS(self) -> None:
        self.do_POST()

    def _forwarded(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        with AT_ONCE:
            return self._asked_upstream(body)

    def _asked_upstream(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = urlsplit(self.proxy.upstream)
        prefix = "" if self.path.startswith(upstream.path) else upstream.path
        connection = http.client.HTTPConnection(upstream.netloc, timeout=60)
        try:
            connection.request(self.command, prefix + self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def _fail(self, fault: Fault) -> None:
        if fault.held:
            time.sleep(HELD_SECONDS)
        if not fault.status:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.close_connection = True
            self.connection.close()
            return
        # As a gateway says it: without the `code` that a door of ours would give.
        body = json.dumps({"message": "made to fail"}).encode()
        headers = {"content-type": "application/json", "access-control-allow-origin": "*"}
        retry = {"retry-after": "1"} if fault.status == http.client.TOO_MANY_REQUESTS else {}
        self._tell(fault.status, headers | retry, body)

    def _tell(self, status: int, headers: dict[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the SDK had no more patience

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as its base names it)
        """Say nothing."""
