"""The judge of the SDKs: a proxy that fails once for a path, and complaints about all that is not as told."""

import http.server
import threading
from collections.abc import Iterator

import pytest
import urllib3

from regulars.domain.events import Event
from regulars.domain.identifiers import normalize_identifier, subject_keys
from tests.conformance.sdks import proxy
from tests.conformance.sdks.cases import Case, Sdk
from tests.conformance.sdks.proxy import FAULTS, NO_FAULT, Fault, Proxy

PEPPER = b"pepper"
SAID = b'{"messageId": "m1"}'
CASE = Case(Sdk("some-sdk 1.0", ("python_sdk.py", "some"), events=("Page Viewed",)), NO_FAULT)


class Upstream(http.server.BaseHTTPRequestHandler):
    """Remembers what it was sent."""

    received: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        self.received.append((self.path, self.rfile.read(length)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as its base names it)
        """Say nothing."""


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[http.server.HTTPServer]:
    monkeypatch.setattr(proxy, "HELD_SECONDS", 0)
    monkeypatch.setattr(Upstream, "received", [], raising=False)
    with http.server.HTTPServer(("127.0.0.1", 0), Upstream) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def answered(url: str) -> int:
    """The status of one call, 0 for a dropped connection."""
    try:
        return urllib3.request("POST", url, body=SAID, retries=False, timeout=60).status
    except urllib3.exceptions.HTTPError:
        return 0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_proxy_fails_the_first_call_of_each_path(
    fault: Fault, upstream: http.server.HTTPServer
) -> None:
    through = Proxy(f"http://127.0.0.1:{upstream.server_port}/prefix", fault)
    with through.running() as address:
        statuses = [answered(f"{address}/v1/{path}") for path in ("t", "t")]
        assert through.is_settled
        statuses.append(answered(f"{address}/v1/p"))
    assert statuses == [fault.status, 200, fault.status]
    stored = 3 if fault.stored or fault is NO_FAULT else 1
    assert Upstream.received == [(path, SAID) for path, _ in Upstream.received]
    assert (len(Upstream.received), through.calls) == (stored, 3)
    assert through.is_settled == (fault is NO_FAULT)
    assert Upstream.received[0][0] == "/prefix/v1/t"


def told(type_: str, user: str = CASE.name) -> Event:
    subjects = subject_keys([normalize_identifier("user_id", user)], PEPPER)
    return Event(
        id="id",
        type=type_,
        channel="web",
        source="segment/x",
        occurred_at="",
        received_at="",
        subjects=subjects,
    )


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        ([told("Page Viewed")], []),
        ([], ["Page Viewed is there 0 times"]),
        ([told("Page Viewed")] * 2, ["Page Viewed is there 2 times"]),
        ([told("Page Viewed", "somebody else")], ["Page Viewed lacks an identity"]),
        ([told("Page Viewed"), told("Grouped")], ["Grouped is there 1 times"]),
    ],
)
def test_case_complains_of_all_that_is_not_once_and_the_buyers(
    events: list[Event], complaint: list[str]
) -> None:
    assert CASE.complaints(events, PEPPER) == complaint
