"""Define money as integer minor units of an ISO 4217 currency, computed from exact decimals and never from floats."""

from decimal import ROUND_HALF_EVEN, Decimal, DecimalException

from regulars.domain.errors import InvalidEventError

# ISO 4217 (2025): every active currency, by the number of its minor-unit digits.
_ZERO_DIGIT_CODES = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGIT_CODES = "BHD IQD JOD KWD LYD OMR TND"
_TWO_DIGIT_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
MINOR_UNIT_DIGITS: dict[str, int] = {
    **dict.fromkeys(_TWO_DIGIT_CODES.split(), 2),
    **dict.fromkeys(_ZERO_DIGIT_CODES.split(), 0),
    **dict.fromkeys(_THREE_DIGIT_CODES.split(), 3),
}
MAX_MAJOR_UNITS = 10**12
MAX_MINOR_UNITS = 10**15  # JSON numbers lose digits beyond it
MAX_LINE_MINOR_UNITS = 10**12  # the sum of a shop's orders still fits in 64 bits


def to_minor_units(amount: Decimal, currency: str) -> int:
    """Return an amount of major units in minor units, rounded half to even.

    Raise InvalidEventError(invalid_amount) for infinity, not-a-number and more than 10**12 major units.
    """
    try:
        is_valid = amount.is_finite() and abs(amount) <= MAX_MAJOR_UNITS
    except DecimalException:  # Overflow of an exponent out of bounds
        is_valid = False
    if not is_valid:
        raise InvalidEventError(
            "The amount is not a number of at most 10**12 major units.", "invalid_amount"
        )
    scaled = amount.scaleb(MINOR_UNIT_DIGITS[currency])
    return int(scaled.to_integral_value(rounding=ROUND_HALF_EVEN))


def format_major_units(minor: int, currency: str) -> str:
    """Return minor units as a decimal string with the digits of the currency: 1250, EUR → '12.50'."""
    digits = MINOR_UNIT_DIGITS.get(currency, 2)
    return str(Decimal(minor).scaleb(-digits).quantize(Decimal(1).scaleb(-digits)))


def compute_unit_price(total: int, quantity: int) -> int:
    """Return the price of one piece from the total of a line in minor units, rounded half to even."""
    return int((Decimal(total) / quantity).to_integral_value(rounding=ROUND_HALF_EVEN))


def check_line_total(price: int | None, quantity: int) -> None:
    """Raise InvalidEventError(amount_too_large) for a line of more than 10**12 minor units."""
    if (price or 0) * quantity > MAX_LINE_MINOR_UNITS:
        raise InvalidEventError(
            "The price times the quantity exceeds 10**12 minor units.", "amount_too_large"
        )
