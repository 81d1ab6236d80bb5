"""Fetches a provider's certificate: over TLS, without redirects, kept for as long as the container lives."""

from functools import lru_cache
from http import HTTPStatus
from urllib.parse import urlsplit

from regulars.domain.errors import CertificateUnavailableError, SignatureError

PATIENCE_SECONDS = 2.0
LARGEST = 64 * 1024


@lru_cache(maxsize=32)
def fetched(url: str) -> bytes:
    """What is at a URL whose host was checked.

    SignatureError when the host says that there is no such thing, CertificateUnavailableError when it says nothing.
    """
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
