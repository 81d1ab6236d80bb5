"""A certificate is fetched over TLS, and from no other host than the one in its URL."""

import io
from dataclasses import dataclass
from http.client import IncompleteRead
from typing import Any

import pytest

from regulars.domain.errors import CertificateUnavailableError, SignatureError
from regulars.domain.timed_cache import TimedCache
from regulars.transport.certificates import MAX_CERTIFICATE_BYTES, fetch_certificate

URL = "https://certificates.example.com/a.pem?v=1"


@dataclass
class FakeHost:
    """A host that sends the same response to every request."""

    status: int = 200
    body: bytes = b"PEM"
    requests: tuple[str, ...] = ()

    def __call__(self, netloc: str, timeout: float) -> "FakeHost":
        assert timeout <= 5
        self.requests += (netloc,)
        return self

    def request(self, method: str, path: str) -> None:
        self.requests += (method, path)

    def getresponse(self) -> "FakeHost":
        return self

    def read(self, max_bytes: int) -> bytes:
        return io.BytesIO(self.body).read(max_bytes)

    def close(self) -> None:
        """Do nothing: no connection is open."""


def install_host(monkeypatch: pytest.MonkeyPatch, **response: Any) -> FakeHost:
    """Replace HTTPS connections with a host of this response; forget cached certificates."""
    certificates = TimedCache[bytes](60.0)
    monkeypatch.setattr("regulars.transport.certificates._CERTIFICATES", certificates)
    host = FakeHost(**response)
    monkeypatch.setattr("http.client.HTTPSConnection", host)
    return host


def test_certificate_is_fetched_once_per_url(monkeypatch: pytest.MonkeyPatch) -> None:
    host = install_host(monkeypatch)
    assert [fetch_certificate(URL), fetch_certificate(URL)] == [b"PEM", b"PEM"]
    assert host.requests == ("certificates.example.com", "GET", "/a.pem?v=1")


@pytest.mark.parametrize("status", [302, 403, 404])
def test_certificate_is_refused_when_redirected_or_missing(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    host = install_host(monkeypatch, status=status)
    with pytest.raises(SignatureError, match="cert_url"):
        fetch_certificate(URL)
    assert len(host.requests) == 3


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), IncompleteRead(b"")])
def test_certificate_is_unavailable_when_host_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(_host: FakeHost, _method: str, _path: str) -> None:
        raise error

    install_host(monkeypatch)
    monkeypatch.setattr(FakeHost, "request", fail)
    with pytest.raises(CertificateUnavailableError):
        fetch_certificate(URL)


def test_certificate_is_unavailable_when_host_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    install_host(monkeypatch, status=503)
    with pytest.raises(CertificateUnavailableError):
        fetch_certificate(URL)


def test_certificate_body_is_cut_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    install_host(monkeypatch, body=b"x" * (MAX_CERTIFICATE_BYTES + 1))
    assert len(fetch_certificate(URL)) == MAX_CERTIFICATE_BYTES
