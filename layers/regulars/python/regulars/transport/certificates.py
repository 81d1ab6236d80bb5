"""Fetch a provider's certificate over TLS without following redirects, and cache it while the container lives."""

from functools import lru_cache
from http import HTTPStatus
from urllib.parse import urlsplit

from regulars.domain.errors import CertificateUnavailableError, SignatureError

TIMEOUT_SECONDS = 2.0
MAX_CERTIFICATE_BYTES = 64 * 1024


@lru_cache(maxsize=32)
def fetch_certificate(url: str) -> bytes:
    """Return the content of a URL whose host was checked.

    Raise SignatureError when the host has no such certificate, CertificateUnavailableError when it does not answer.
    """
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
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise CertificateUnavailableError
    if response.status != HTTPStatus.OK:
        raise SignatureError("cert_url")
    return body
