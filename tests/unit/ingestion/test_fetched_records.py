"""A certificate is fetched over TLS and from nowhere else than where it was asked."""

import io
from dataclasses import dataclass
from http.client import IncompleteRead
from typing import Any

import pytest

from regulars.domain.errors import CertificateUnavailableError, SignatureError
from regulars.domain.timed_cache import TimedCache
from regulars.transport.certificates import LARGEST, fetched

URL = "https://certificates.example.com/a.pem?v=1"


@dataclass
class Host:
    """A host that answers everything alike."""

    status: int = 200
    body: bytes = b"PEM"
    asked: tuple[str, ...] = ()

    def __call__(self, netloc: str, timeout: float) -> "Host":
        assert timeout <= 5
        self.asked += (netloc,)
        return self

    def request(self, method: str, path: str) -> None:
        self.asked += (method, path)

    def getresponse(self) -> "Host":
        return self

    def read(self, most: int) -> bytes:
        return io.BytesIO(self.body).read(most)

    def close(self) -> None:
        """Nothing is open."""


def host(monkeypatch: pytest.MonkeyPatch, **said: Any) -> Host:
    certificates = TimedCache[bytes](60.0)
    monkeypatch.setattr("regulars.transport.certificates._CERTIFICATES", certificates)
    made = Host(**said)
    monkeypatch.setattr("http.client.HTTPSConnection", made)
    return made


def test_certificate_is_fetched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = host(monkeypatch)
    assert [fetched(URL), fetched(URL)] == [b"PEM", b"PEM"]
    assert asked.asked == ("certificates.example.com", "GET", "/a.pem?v=1")


@pytest.mark.parametrize("status", [302, 403, 404])
def test_redirect_is_not_followed_and_what_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    asked = host(monkeypatch, status=status)
    with pytest.raises(SignatureError, match="cert_url"):
        fetched(URL)
    assert len(asked.asked) == 3


@pytest.mark.parametrize("fault", [TimeoutError(), ConnectionResetError(), IncompleteRead(b"")])
def test_host_that_does_not_answer_is_asked_again_later(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def failing(_host: Host, _method: str, _path: str) -> None:
        raise fault

    host(monkeypatch)
    monkeypatch.setattr(Host, "request", failing)
    with pytest.raises(CertificateUnavailableError):
        fetched(URL)


def test_host_in_trouble_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    host(monkeypatch, status=503)
    with pytest.raises(CertificateUnavailableError):
        fetched(URL)


def test_endless_body_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    host(monkeypatch, body=b"x" * (LARGEST + 1))
    assert len(fetched(URL)) == LARGEST
