"""Convert phone numbers to E.164; numbers in national format use the country of the shop."""

from functools import lru_cache

LONGEST = 32  # digits with every separator people write


@lru_cache(maxsize=4096)
def e164(text: str, default_country: str) -> str:
    """The number as E.164, '' when it is none; `default_country` is an ISO 3166 code such as GB.

    >>> e164("(020) 7946 0018", "GB")
    '+442079460018'
    """
    # Imported at the first phone: its metadata is a tenth of a cold start, and most deliveries hold none.
    import phonenumbers  # noqa: PLC0415

    bare = text.strip().removeprefix("whatsapp:").lstrip("'")
    if len(bare) > LONGEST:
        return ""
    try:
        number = phonenumbers.parse(bare, default_country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
