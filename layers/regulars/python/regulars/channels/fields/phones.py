"""Convert phone numbers to E.164 if somebody can have them; numbers in national format use the country of the shop."""

import re
from functools import lru_cache

MAX_PHONE_CHARACTERS = 32  # digits and separators
_DIGIT_RUNS = "01234567890123456789", "98765432109876543210"
# A former form of a mobile number, which WhatsApp still uses → its form in the numbering plan of today.
_FORMER_FORMS = (
    (re.compile(r"\+55([1-9]{2})([6-9]\d{7})"), r"+55\g<1>9\g<2>"),  # Brazil, until 2016
    (re.compile(r"\+521(\d{10})"), r"+52\g<1>"),  # Mexico, until 2019
)


@lru_cache(maxsize=4096)
def to_e164(text: str, default_country: str) -> str:
    """Return a phone number as E.164, '' if it is none, unassigned by its numbering plan, or a run of digits.

    `default_country` is an ISO 3166 code such as GB.

    >>> to_e164("(020) 7946 0018", "GB")
    '+442079460018'
    >>> to_e164("01234 567890", "GB")
    ''
    """
    # Imported with the first number: its metadata is a tenth of a cold start, and most deliveries hold no number.
    import phonenumbers  # noqa: PLC0415

    digits = text.strip().removeprefix("whatsapp:").lstrip("'")
    if len(digits) > MAX_PHONE_CHARACTERS:
        return ""
    try:
        number = phonenumbers.parse(_replace_former_form(digits), default_country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number) or _is_digit_run(str(number.national_number)):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_digit_run(digits: str) -> bool:
    """Return whether somebody filled a required field with one digit, or with the digits in their order."""
    return len(set(digits)) == 1 or any(digits in run for run in _DIGIT_RUNS)


def _replace_former_form(digits: str) -> str:
    for pattern, replacement in _FORMER_FORMS:
        if pattern.fullmatch(digits):
            return pattern.sub(replacement, digits)
    return digits
