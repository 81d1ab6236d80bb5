"""Checks that the fault proxy of the SDK suite fails exactly one call of each path."""

import http.server
import threading
from collections.abc import Iterator

import pytest
import urllib3

from tests.conformance.sdks import fault_proxy
from tests.conformance.sdks.fault_proxy import FAULTS, NO_FAULT, Fault, FaultProxy

REQUEST_BODY = b'{"messageId": "m1"}'


class UpstreamHandler(http.server.BaseHTTPRequestHandler):
    """Records the requests that it receives."""

    received: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        self.received.append((self.path, self.rfile.read(length)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as its base names it)
        """Write no log."""


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[http.server.HTTPServer]:
    monkeypatch.setattr(fault_proxy, "DELAY_SECONDS", 0)
    monkeypatch.setattr(UpstreamHandler, "received", [], raising=False)
    with http.server.HTTPServer(("127.0.0.1", 0), UpstreamHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def post_message(url: str) -> int:
    """Return the status of one call, or 0 for a dropped connection."""
    try:
        return urllib3.request("POST", url, body=REQUEST_BODY, retries=False, timeout=60).status
    except urllib3.exceptions.HTTPError:
        return 0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_proxy_fails_the_first_call_of_each_path(
    fault: Fault, upstream: http.server.HTTPServer
) -> None:
    proxy = FaultProxy(f"http://127.0.0.1:{upstream.server_port}/prefix", fault)
    with proxy.serve() as address:
        statuses = [post_message(f"{address}/v1/{path}") for path in ("t", "t")]
        assert proxy.has_received_retries
        statuses.append(post_message(f"{address}/v1/p"))
    assert statuses == [fault.status, 200, fault.status]
    received = UpstreamHandler.received
    assert received == [(path, REQUEST_BODY) for path, _ in received]
    assert (len(received), proxy.calls) == (3 if fault.is_stored or fault is NO_FAULT else 1, 3)
    assert proxy.has_received_retries == (fault is NO_FAULT)
    assert received[0][0] == "/prefix/v1/t"
