"""Remove personal data from properties: keep standard fields, drop fields that are or look personal."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

LONGEST = 256
LOOKED_AT = 512  # an address that LONGEST would cut is still seen, and no text takes long
MOST = 40  # keys of an object, entries of a list
DEEPEST = 3
LONGEST_KEY = 64
MAX_TOKEN_CHARACTERS = 64
LARGEST = 10**15  # integers; beyond, JSON numbers lose digits on their way

# The Segment e-commerce V2 and page fields, kept though they may hold long numbers. Not `name`, which
# may be a person's, nor what a visitor types: `query`, `search`, `term`.
STANDARD = frozenset(
    """
    affiliation brand campaign cart_id category checkout_id content coupon coupon_id coupon_name creative currency
    discount filters form_id group_id image_url landing_site list_id medium order_id path payment_method position price
    product_id promotion_id quantity rating referrer revenue review_id share_via shipping shipping_method sku
    sorts source step subtotal tax title total type url value variant wishlist_id
    """.split()  # noqa: SIM905 (fifty quoted words read worse)
)
_PERSONAL_KEY = re.compile(
    r"e-?mail|phone|mobile|whatsapp|(first|last|full|sur|middle|nick|user|maiden|contact|recipient)_?name|^name$|"
    r"address|street|city|zip|postal|postcode|company|birth|gender|passport|^(ssn|iban|vat|ip|dob|age)$|latitude|longitude|"
    r"message|comment|note|text|body|description|bio|recipient|password|secret|token|card|avatar|signature",
    re.IGNORECASE,
)
# One character before the `@` is enough, and all that can be looked for in a time that grows with the text alone.
_EMAIL = re.compile(r"[^\s@/]([@\uff20\ufe6b]|%40)[^\s@/]+\.[^\s@/]", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d(?:[ ().\-/]{0,2}\d){7,14}(?![\w])")
# What is personal wherever it stands: an e-mail address, or a phone number with its `+`.
_CERTAIN = re.compile(
    rf"{_EMAIL.pattern}|(?<!\w)(\+|%2b)\d(?:[ ().\-/]{{0,2}}\d){{7,14}}(?!\w)", re.IGNORECASE
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[/?]|[^\s?#]*[?#]\S*=", re.IGNORECASE)


def looks_personal(text: str) -> bool:
    """Whether a text holds an e-mail address, or digits written like a phone number."""
    return bool(_EMAIL.search(text) or (_PHONE.search(text) and not _DATE.fullmatch(text)))


def scrubbed(properties: Mapping[str, Any], depth: int = 1) -> dict[str, Any]:
    """The properties that may be kept, bounded in number, length and depth; keys in the order given."""
    kept: dict[str, Any] = {}
    for key, value in properties.items():
        if len(kept) == MOST:
            break
        if not _is_personal_key(key):
            clean = _clean(value, depth, standard=key in STANDARD)
            if clean is not None:
                kept[key] = clean
    return kept


def clean_text(value: object) -> str:
    """A standard text (a product's name) cut to its bound; '' when it is none or holds an address or a phone number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value).strip()[:LOOKED_AT]
    return "" if _CERTAIN.search(text) else text[:LONGEST]


def clean_token(value: object) -> str:
    """Return a short machine-written text, such as a status; '' for a long text and for what looks personal."""
    text = clean_text(value)
    return "" if len(text) > MAX_TOKEN_CHARACTERS or looks_personal(text) else text


def clean_url(url: str) -> str:
    """The URL without its fragment, user and query, but for utm_*."""
    try:
        parts = urlsplit(url)
        utm = [(key, value) for key, value in parse_qsl(parts.query) if key.startswith("utm_")]
    except ValueError:
        return ""
    kept = [(key, value) for key, value in utm if not looks_personal(value)]
    query = urlencode(kept)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query, fragment="").geturl()


def _is_personal_key(key: str) -> bool:
    if key in STANDARD:
        return False
    return len(key) > LONGEST_KEY or bool(_PERSONAL_KEY.search(key)) or looks_personal(key)


def _clean(value: object, depth: int, *, standard: bool) -> Any:
    match value:
        case bool():
            return value
        case int() | float():
            return _clean_number(value, standard=standard)
        case str():
            return _clean_string(value, standard=standard) or None
        case dict() if depth < DEEPEST:
            return scrubbed(value, depth + 1) or None
        case list() if depth < DEEPEST:
            return _clean_list(value, depth, standard=standard) or None
    return None


def _clean_number(value: float, *, standard: bool) -> float | None:
    if abs(value) > LARGEST or (not standard and looks_personal(str(value))):
        return None
    return value


def _clean_string(text: str, *, standard: bool) -> str:
    text = text[:LOOKED_AT]
    text = clean_url(text) if _URL.match(text) else text.strip()
    if _CERTAIN.search(text) or (not standard and looks_personal(text)):
        return ""
    return text[:LONGEST]


def _clean_list(values: list[Any], depth: int, *, standard: bool) -> list[Any]:
    cleaned = (_clean(value, depth + 1, standard=standard) for value in values[:MOST])
    return [value for value in cleaned if value is not None]
