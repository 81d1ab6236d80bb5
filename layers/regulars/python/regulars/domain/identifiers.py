"""Who an identifier belongs to, without saying it in clear: normalised identifiers and their keyed hashes."""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable

import msgspec

# Namespaces, strongest first; the letter begins every subject key.
NAMESPACES = {"user_id": "u", "email": "e", "phone": "p", "customer": "c", "anonymous_id": "a"}
_STRENGTH = {letter: rank for rank, letter in enumerate(NAMESPACES.values())}
_WORTHLESS = re.compile(
    r"[0-]*|-1|null|none|nil|nan|undefined|anonymous|guest|unknown|n/?a|test|true|false|\[object object\]|"
    r"test@(test|example)\.com|(no-?reply|pos|guest|noemail|none)@.*",
    re.IGNORECASE,
)
_LONGEST = 256
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Identifier(msgspec.Struct, frozen=True):
    """One identifier in clear; `scope` is the provider's account for `customer`, '' for the others."""

    namespace: str
    value: str
    scope: str = ""


def normalized(namespace: str, value: object, scope: str = "") -> Identifier | None:
    """The identifier to key by, or None when it is worthless (blank, a placeholder, no e-mail address).

    E-mail: compatible characters made one (NFKC), trimmed, lower-cased, domain as IDNA; dots and +tags stay.
    Phones must come as E.164 already (see channels.phones). Numbers are taken by their decimal text.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    if _WORTHLESS.fullmatch(text) or len(text) > _LONGEST:
        return None
    if namespace == "email":
        text = _normalized_email(text)
    if namespace == "phone" and not re.fullmatch(r"\+[1-9]\d{6,14}", text):
        return None
    return Identifier(namespace, text, scope) if text else None


def subject_key(identifier: Identifier, pepper: bytes) -> str:
    """The subject key: the namespace's letter, ':' and 16 URL-safe characters of an HMAC-SHA256 with the pepper."""
    message = f"{identifier.namespace}\x1f{identifier.scope}\x1f{identifier.value}".encode()
    digest = hmac.digest(pepper, message, "sha256")
    return f"{NAMESPACES[identifier.namespace]}:{base64.urlsafe_b64encode(digest[:12]).decode()}"


def subject_keys(identifiers: Iterable[Identifier | None], pepper: bytes) -> tuple[str, ...]:
    """The subject keys of all worthy identifiers, each once, strongest first."""
    keys = {subject_key(identifier, pepper) for identifier in identifiers if identifier}
    return tuple(sorted(keys, key=strength))


def strength(subject: str) -> tuple[int, str]:
    """Sort key of subjects: strongest namespace first, then by the key itself; any text has its place."""
    return _STRENGTH.get(subject[:1], len(_STRENGTH)), subject


def profile_id(subject: str) -> str:
    """The id of a profile that begins with this subject: two racing creators choose the same one."""
    digest = hashlib.sha256(f"profile\x1f{subject}".encode()).digest()
    return "p_" + base64.b32encode(digest[:10]).decode().lower()


def _normalized_email(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).strip()
    if not _EMAIL.fullmatch(text):
        return ""
    local, _, domain = text.lower().rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return ""
