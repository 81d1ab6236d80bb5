"""Normalise identifiers and compute their subject keys, the keyed hashes that replace them everywhere."""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable

import msgspec

# Strongest first; the letter begins every subject key of the namespace.
NAMESPACES = {"user_id": "u", "email": "e", "phone": "p", "customer": "c", "anonymous_id": "a"}
_LETTER_RANKS = {letter: rank for rank, letter in enumerate(NAMESPACES.values())}
_PLACEHOLDER_PATTERN = re.compile(
    r"[0-]*|-1|null|none|nil|nan|undefined|anonymous|guest|unknown|n/?a|test|true|false|\[object object\]|"
    r"test@(test|example)\.com|(no-?reply|pos|guest|noemail|none)@.*",
    re.IGNORECASE,
)
_MAX_CHARACTERS = 256
_EMAIL_PATTERN = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Identifier(msgspec.Struct, frozen=True):
    """One identifier in clear; `scope` is the provider's account for `customer`, '' otherwise."""

    namespace: str
    value: str
    scope: str = ""


def normalize_identifier(namespace: str, value: object, scope: str = "") -> Identifier | None:
    """Return the normalised identifier, or None for a blank, a placeholder or a malformed value.

    An e-mail address is converted to NFKC, trimmed and lower-cased, its domain to IDNA; dots and +tags stay. A phone
    number must be E.164 already (see `channels.fields.phones`). A number is read as its decimal text.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    if _PLACEHOLDER_PATTERN.fullmatch(text) or len(text) > _MAX_CHARACTERS:
        return None
    if namespace == "email":
        text = _normalize_email(text)
    if namespace == "phone" and not re.fullmatch(r"\+[1-9]\d{6,14}", text):
        return None
    return Identifier(namespace, text, scope) if text else None


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
    """Return the id of a profile that begins with this subject, so that two racing creators choose the same id."""
    digest = hashlib.sha256(f"profile\x1f{subject}".encode()).digest()
    return "p_" + base64.b32encode(digest[:10]).decode().lower()


def _normalize_email(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).strip()
    if not _EMAIL_PATTERN.fullmatch(text):
        return ""
    local, _, domain = text.lower().rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return ""
