"""Clean e-mail addresses that people copied, and recognise the addresses that belong to nobody."""

import re
import unicodedata
from urllib.parse import unquote

from regulars.domain.texts import strip_invisible

MAX_ADDRESS_CHARACTERS = 254
MAX_LOCAL_CHARACTERS = 64
MAX_LABEL_CHARACTERS = 63
_DEBRIS_CHARACTERS = " \t\r\n\"'`\u2018\u2019\u201a\u201c\u201d\u201e\xab\xbb()[]{}<>,;:"
_SCHEME_PATTERN = re.compile(r"mailto:(//)?", re.IGNORECASE)
_LOCAL_PATTERN = re.compile(r'[^\s@"(),:;<>\[\]\\]+')
_LABEL_PATTERN = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")
_TOP_LABEL_PATTERN = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_SEPARATOR_PATTERN = re.compile(r"[._-]+")
# Names of an address before the `@`, without separators, that no person has, at any domain.
_PLACEHOLDER_NAMES = frozenset(
    """
    noreply donotreply dontreply noresponse mailerdaemon postmaster nomail noemail noaddress nobody none null undefined
    unknown anonymous guest pos notprovided notavailable notset notapplicable youremail yourmail yourname
    """.split()  # noqa: SIM905 (fifty quoted words read worse)
)
# Names that are placeholders at a domain of the same name only, such as test@test.com.
_REPEATED_NAMES = frozenset(
    "abc asdf asdfasdf na nil nan qwerty email mail name user test testing example fake sample xyz demo".split()  # noqa: SIM905
)
_PLACEHOLDER_DOMAINS = frozenset({"noemail", "nomail", "noreply", "donotreply", "none"})
_PLACEHOLDER_ADDRESSES = frozenset({"test@example.com"})


def clean_email_address(text: str) -> str:
    """Return the address in NFKC and lower case, its domain in IDNA; '' if the text holds none, or more than one.

    Invisible characters, `mailto:`, brackets, quotes, a name before the brackets and punctuation after the address are
    removed. Dots and +tags stay.

    >>> clean_email_address('"Uma Made" <mailto:Uma@Copy.example?subject=Hi>;')
    'uma@copy.example'
    """
    name, _, address = _strip_debris(_normalize_text(text)).rpartition("<")
    # Some mail programs repeat the address where the name belongs.
    addresses = {_clean_part(part) for part in (name, address) if "@" in part or part is address}
    return addresses.pop() if len(addresses) == 1 else ""


def is_placeholder_address(address: str) -> bool:
    """Return whether a cleaned address is one that many people enter, or one that no person reads."""
    local, _, domain = address.partition("@")
    local = _SEPARATOR_PATTERN.sub("", local)
    label = domain.partition(".")[0]
    return (
        local in _PLACEHOLDER_NAMES
        or label in _PLACEHOLDER_DOMAINS
        or domain.endswith(".invalid")
        or address in _PLACEHOLDER_ADDRESSES
        or (local == label and (local in _REPEATED_NAMES or len(set(local)) == 1))
    )


def _strip_debris(text: str) -> str:
    """Remove punctuation around an address; a dot stays before it, because that is no address."""
    return text.lstrip(_DEBRIS_CHARACTERS).rstrip(_DEBRIS_CHARACTERS + ".")


def _clean_part(text: str) -> str:
    text = _strip_debris(text)
    link = _SCHEME_PATTERN.match(text)
    if link:
        text = text[link.end() :].partition("?")[0]
    if link or "@" not in text:
        text = unquote(text)
    return _check_address(_normalize_text(_strip_debris(text).lower()))


def _normalize_text(text: str) -> str:
    return text if text.isascii() else strip_invisible(unicodedata.normalize("NFKC", text))


def _check_address(text: str) -> str:
    """Return the address with its domain in IDNA; '' for a text that cannot be an address."""
    local, _, domain = text.partition("@")
    if not _LOCAL_PATTERN.fullmatch(local) or not local.isprintable():
        return ""
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        return ""
    address = f"{local}@{domain}"
    is_short = len(address) <= MAX_ADDRESS_CHARACTERS and len(local) <= MAX_LOCAL_CHARACTERS
    return address if is_short and _is_domain(domain) else ""


def _is_domain(domain: str) -> bool:
    *labels, top_label = domain.split(".")
    return (
        bool(labels)
        and all(map(_LABEL_PATTERN.fullmatch, labels))
        and bool(_TOP_LABEL_PATTERN.fullmatch(top_label))
        and max(map(len, (*labels, top_label))) <= MAX_LABEL_CHARACTERS
    )
