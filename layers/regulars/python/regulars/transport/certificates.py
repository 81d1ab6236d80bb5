"""Fetch a provider's certificate over TLS, without following redirects, and keep it for a day."""

from http import HTTPStatus
from urllib.parse import urlsplit

from regulars.domain.errors import CertificateUnavailableError, SignatureError
from regulars.domain.timed_cache import TimedCache

PATIENCE_SECONDS = 2.0
LARGEST = 64 * 1024
CACHE_SECONDS = 86_400.0  # a certificate lies under its own URL and never changes

_CERTIFICATES = TimedCache[bytes](CACHE_SECONDS, max_entries=32)


def fetched(url: str) -> bytes:
    """What is at a URL whose host was checked.

    SignatureError when the host says that there is no such thing, CertificateUnavailableError when it says nothing.
    """
    return _CERTIFICATES.get(url, _fetch)


def _fetch(url: str) -> bytes:
    # Imported by the two providers that need it.
    from http.client import HTTPException, HTTPSConnection  # noqa: PLC0415

    parts = urlsplit(url)
    connection = HTTPSConnection(parts.netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        answer = connection.getresponse()
        body = answer.read(LARGEST)
    except (HTTPException, OSError) as error:
        raise CertificateUnavailableError from error
    finally:
        connection.close()
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise CertificateUnavailableError
    if answer.status != HTTPStatus.OK:
        raise SignatureError("cert_url")
    return body
