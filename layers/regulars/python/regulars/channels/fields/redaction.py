"""Remove personal data from properties: keep standard fields, drop fields that are or look personal."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

MAX_TEXT_CHARACTERS = 256
# An address that MAX_TEXT_CHARACTERS would cut is still found, and the search of a long text takes no long time.
MAX_SCANNED_CHARACTERS = 512
MAX_ENTRIES = 40  # keys of an object, entries of a list
MAX_DEPTH = 3
MAX_KEY_CHARACTERS = 64
MAX_TOKEN_CHARACTERS = 64
MAX_NUMBER = 10**15  # JSON numbers lose digits beyond it

# The Segment e-commerce V2 and page fields, which are kept although they may contain long numbers. `name` may be that of
# a person, and a visitor types `query`, `search` and `term`, so these are not among them.
STANDARD_KEYS = frozenset(
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
# One character before the `@` suffices. To search for more would take a time that grows faster than the text.
_EMAIL = re.compile(r"[^\s@/]([@\uff20\ufe6b]|%40)[^\s@/]+\.[^\s@/]", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d(?:[ ().\-/]{0,2}\d){7,14}(?![\w])")
# Personal in any field: an e-mail address, or a phone number with its `+`.
_PERSONAL_PATTERN = re.compile(
    rf"{_EMAIL.pattern}|(?<!\w)(\+|%2b)\d(?:[ ().\-/]{{0,2}}\d){{7,14}}(?!\w)", re.IGNORECASE
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[/?]|[^\s?#]*[?#]\S*=", re.IGNORECASE)


def looks_personal(text: str) -> bool:
    """Return whether a text contains an e-mail address, or digits that are written like a phone number."""
    return bool(_EMAIL.search(text) or (_PHONE.search(text) and not _DATE.fullmatch(text)))


def redact_properties(properties: Mapping[str, Any], depth: int = 1) -> dict[str, Any]:
    """Return the properties that are not personal, limited in number, length and depth, in their order."""
    redacted: dict[str, Any] = {}
    for key, value in properties.items():
        if len(redacted) == MAX_ENTRIES:
            break
        if not _is_personal_key(key):
            clean_value = _clean_value(value, depth, is_standard=key in STANDARD_KEYS)
            if clean_value is not None:
                redacted[key] = clean_value
    return redacted


def clean_text(value: object) -> str:
    """Return a standard text, such as a product name, cut to 256 characters.

    Return '' for a value that is no text or number, and for a text with an e-mail address or a phone number.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value).strip()[:MAX_SCANNED_CHARACTERS]
    return "" if _PERSONAL_PATTERN.search(text) else text[:MAX_TEXT_CHARACTERS]


def clean_token(value: object) -> str:
    """Return a short text that a machine wrote, such as a status; '' for one that is long or looks personal."""
    text = clean_text(value)
    return "" if len(text) > MAX_TOKEN_CHARACTERS or looks_personal(text) else text


def clean_url(url: str) -> str:
    """Return a URL without its user, its fragment and its query, of which the utm_* parameters are kept."""
    try:
        parts = urlsplit(url)
        parameters = parse_qsl(parts.query)
    except ValueError:
        return ""
    utm = [
        pair for pair in parameters if pair[0].startswith("utm_") and not looks_personal(pair[1])
    ]
    query = urlencode(utm)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query, fragment="").geturl()


def _is_personal_key(key: str) -> bool:
    if key in STANDARD_KEYS:
        return False
    return len(key) > MAX_KEY_CHARACTERS or bool(_PERSONAL_KEY.search(key)) or looks_personal(key)


def _clean_value(value: object, depth: int, *, is_standard: bool) -> Any:
    match value:
        case bool():
            return value
        case int() | float():
            return _clean_number(value, is_standard=is_standard)
        case str():
            return _clean_string(value, is_standard=is_standard) or None
        case dict() if depth < MAX_DEPTH:
            return redact_properties(value, depth + 1) or None
        case list() if depth < MAX_DEPTH:
            return _clean_list(value, depth, is_standard=is_standard) or None
    return None


def _clean_number(value: float, *, is_standard: bool) -> float | None:
    if abs(value) > MAX_NUMBER or (not is_standard and looks_personal(str(value))):
        return None
    return value


def _clean_string(text: str, *, is_standard: bool) -> str:
    text = text[:MAX_SCANNED_CHARACTERS]
    text = clean_url(text) if _URL.match(text) else text.strip()
    if _PERSONAL_PATTERN.search(text) or (not is_standard and looks_personal(text)):
        return ""
    return text[:MAX_TEXT_CHARACTERS]


def _clean_list(values: list[Any], depth: int, *, is_standard: bool) -> list[Any]:
    clean_values = (
        _clean_value(value, depth + 1, is_standard=is_standard) for value in values[:MAX_ENTRIES]
    )
    return [value for value in clean_values if value is not None]
