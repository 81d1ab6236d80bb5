"""Normalise identifiers and compute their subject keys, the keyed hashes that replace them everywhere."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

import msgspec

from regulars.domain.email_addresses import clean_email_address, is_placeholder_address
from regulars.domain.placeholders import is_placeholder_id
from regulars.domain.texts import strip_invisible

# Strongest first; the letter begins every subject key of the namespace.
NAMESPACES = {"user_id": "u", "email": "e", "phone": "p", "customer": "c", "anonymous_id": "a"}
_LETTER_RANKS = {letter: rank for rank, letter in enumerate(NAMESPACES.values())}
_PHONE_PATTERN = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
MAX_SENT_CHARACTERS = 1024  # an identifier with debris around it
MAX_ID_CHARACTERS = 256
_QUOTE_CHARACTERS = "\"'`"


class Identifier(msgspec.Struct, frozen=True):
    """One identifier in clear; `scope` is the provider's account for `customer`, '' otherwise."""

    namespace: str
    value: str
    scope: str = ""


def normalize_identifier(namespace: str, value: object, scope: str = "") -> Identifier | None:
    """Return the normalised identifier, or None for a blank, a placeholder or a malformed value.

    An e-mail address is cleaned (see `domain.email_addresses`). A phone number must be E.164 already (see
    `channels.fields.phones`). An id loses the quotes around it, and a user id that is an e-mail address is written like
    one. A number is read as its decimal text.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    if len(text) > MAX_SENT_CHARACTERS:
        return None
    text = _normalize_text(namespace, text)
    return Identifier(namespace, text, scope) if text else None


def list_identifiers(namespace: str, value: object, scope: str = "") -> tuple[Identifier, ...]:
    """Return all identifiers that one value is: none, one, or a user id and the e-mail address that serves as it."""
    identifier = normalize_identifier(namespace, value, scope)
    if identifier is None:
        return ()
    email = (
        normalize_identifier("email", identifier.value)
        if namespace == "user_id" and "@" in identifier.value
        else None
    )
    return (identifier, email) if email else (identifier,)


def subject_key(identifier: Identifier, pepper: bytes) -> str:
    """Return the namespace's letter, ':' and 16 URL-safe characters of an HMAC-SHA256 with the pepper."""
    message = f"{identifier.namespace}\x1f{identifier.scope}\x1f{identifier.value}".encode()
    digest = hmac.digest(pepper, message, "sha256")
    return f"{NAMESPACES[identifier.namespace]}:{base64.urlsafe_b64encode(digest[:12]).decode()}"


def subject_keys(identifiers: Iterable[Identifier | None], pepper: bytes) -> tuple[str, ...]:
    """Return the subject keys of the identifiers that are not None, each once, strongest first."""
    keys = {subject_key(identifier, pepper) for identifier in identifiers if identifier}
    return tuple(sorted(keys, key=subject_strength))


def subject_strength(subject: str) -> tuple[int, str]:
    """Return a sort key for subjects: strongest namespace first, then the key itself; it accepts any text."""
    return _LETTER_RANKS.get(subject[:1], len(_LETTER_RANKS)), subject


def profile_id_of(subject: str) -> str:
    """Return the id under which a subject is stored; raise ValueError for the empty text, which names nobody."""
    if not subject:
        raise ValueError("The empty text is no subject.")
    digest = hashlib.sha256(f"profile\x1f{subject}".encode()).digest()
    return "p_" + base64.b32encode(digest[:10]).decode().lower()


def _normalize_text(namespace: str, text: str) -> str:
    match namespace:
        case "email":
            return _normalize_email(text)
        case "phone":
            return text if _PHONE_PATTERN.fullmatch(text) else ""
        case _:
            return _normalize_id(namespace, text)


def _normalize_email(text: str) -> str:
    address = clean_email_address(text)
    return "" if is_placeholder_address(address) else address


def _normalize_id(namespace: str, text: str) -> str:
    text = _strip_quotes(strip_invisible(text).strip())
    address = clean_email_address(text) if "@" in text or "%40" in text else ""
    if "@" in text and is_placeholder_address(address or text.lower()):
        return ""
    if address and namespace == "user_id":
        return address
    return "" if len(text) > MAX_ID_CHARACTERS or is_placeholder_id(text) else text


def _strip_quotes(text: str) -> str:
    """Remove pairs of quotes, which a program adds when it stores an id as JSON."""
    while len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTE_CHARACTERS:
        text = text[1:-1].strip()
    return text
