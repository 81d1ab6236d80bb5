"""Money as integer minor units of an ISO 4217 currency, read from decimal strings, never from floats."""

from decimal import ROUND_HALF_EVEN, Decimal, DecimalException, InvalidOperation

from regulars.domain.errors import InvalidEventError

# ISO 4217 (2025): every active currency, by its number of minor-unit digits.
_ZERO = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_TWO = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
MINOR_DIGITS: dict[str, int] = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_ZERO.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}
LARGEST = Decimal(10) ** 12
LARGEST_LINE = 10**12  # minor units; the sum of a shop's orders still fits in 64 bits


def currency_code(value: object) -> str:
    """The ISO 4217 code in capitals; InvalidEventError(unknown_currency) for anything else."""
    code = value.strip().upper() if isinstance(value, str) else ""
    if code not in MINOR_DIGITS:
        raise InvalidEventError(
            "The currency is not an ISO 4217 code such as EUR.", "unknown_currency"
        )
    return code


def minor_units(amount: object, currency: str) -> int:
    """`amount` (decimal string, int or Decimal; a float by its shortest repr) in minor units, half to even.

    InvalidEventError(invalid_amount) for text, not-a-number, infinity and anything over 10**12 major units.
    """
    try:
        if isinstance(amount, bool) or amount is None:
            raise InvalidOperation
        value = Decimal(str(amount).strip())
        if not value.is_finite() or abs(value) > LARGEST:
            raise InvalidOperation
    except DecimalException:  # InvalidOperation, and Overflow of an exponent out of bounds
        raise InvalidEventError(
            "The amount is not a decimal number such as 12.50.", "invalid_amount"
        ) from None
    scaled = value.scaleb(MINOR_DIGITS[currency])
    return int(scaled.to_integral_value(rounding=ROUND_HALF_EVEN))


def check_line(price: int | None, quantity: int) -> None:
    """InvalidEventError(amount_too_large) for a line that comes to more than any shop sells."""
    if (price or 0) * quantity > LARGEST_LINE:
        raise InvalidEventError("The price times the quantity is absurd.", "amount_too_large")


def major_units(minor: int, currency: str) -> str:
    """Minor units as a decimal string with the currency's digits: 1250, EUR → '12.50'."""
    digits = MINOR_DIGITS.get(currency, 2)
    return str(Decimal(minor).scaleb(-digits).quantize(Decimal(1).scaleb(-digits)))
