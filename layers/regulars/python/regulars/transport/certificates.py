"""Fetch a provider's certificate over TLS, without following redirects, and keep it for a day."""

from http import HTTPStatus
from urllib.parse import urlsplit

from regulars.domain.errors import CertificateUnavailableError, SignatureError
from regulars.domain.timed_cache import TimedCache

TIMEOUT_SECONDS = 2.0
MAX_CERTIFICATE_BYTES = 64 * 1024
CACHE_SECONDS = 86_400.0  # a certificate has its own URL and never changes

_CERTIFICATES = TimedCache[bytes](CACHE_SECONDS, max_entries=32)


def fetch_certificate(url: str) -> bytes:
    """Return the content of a URL whose host was checked.

    Raise SignatureError when the host has no such certificate, CertificateUnavailableError when it does not answer.
    """
    return _CERTIFICATES.get(url, _download_certificate)


def _download_certificate(url: str) -> bytes:
    # Imported by the two providers that need it.
    from http.client import HTTPException, HTTPSConnection  # noqa: PLC0415

    parts = urlsplit(url)
    connection = HTTPSConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        response = connection.getresponse()
        body = response.read(MAX_CERTIFICATE_BYTES)
    except (HTTPException, OSError) as error:
        raise CertificateUnavailableError from error
    finally:
        connection.close()
    _check_status(response.status)
    return body


def _check_status(status: int) -> None:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise CertificateUnavailableError
    if status != HTTPStatus.OK:
        raise SignatureError("cert_url")
