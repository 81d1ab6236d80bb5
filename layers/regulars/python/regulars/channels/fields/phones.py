"""Convert phone numbers to E.164; numbers in national format use the country of the shop."""

from functools import lru_cache

MAX_PHONE_CHARACTERS = 32  # digits and separators


@lru_cache(maxsize=4096)
def to_e164(text: str, default_country: str) -> str:
    """Return a phone number as E.164, '' if it is none; `default_country` is an ISO 3166 code such as GB.

    >>> to_e164("(020) 7946 0018", "GB")
    '+442079460018'
    """
    # Imported with the first number: its metadata is a tenth of a cold start, and most deliveries hold no number.
    import phonenumbers  # noqa: PLC0415

    digits = text.strip().removeprefix("whatsapp:").lstrip("'")
    if len(digits) > MAX_PHONE_CHARACTERS:
        return ""
    try:
        number = phonenumbers.parse(digits, default_country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
