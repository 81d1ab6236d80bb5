"""Define the reason codes and messages of refused lines."""

from regulars.domain.errors import InvalidEventError

# Code → what an import report shows beside a line that was not imported.
REFUSAL_REASONS = {
    "wrong_field_count": "The line has more fields than the header.",
    "unreadable_line": "The line is not CSV; a quote may be open.",
    "missing_customer": "The line has no customer and no valid e-mail address.",
    "missing_order_id": "The line has no order or payment id, or one of more than 128 characters.",
    "missing_product_id": "The line has no product_id, or one of more than 128 characters.",
    "mangled_id": "A spreadsheet program rounded the id (5.55E+12). Import the file as the provider wrote it.",
    "invalid_timestamp": "The date or time is not in the notation of this format, such as 2026-11-22 10:00.",
    "unknown_time_zone": "No time zone has this name.",
    "future_date": "The date is in the future. If it is the local time of a shop ahead of UTC, import the file again tomorrow.",
    "invalid_quantity": "The quantity is not a positive whole number, or it is ambiguous.",
    "return_line": "The quantity is negative. Returns are not imported.",
    "invalid_amount": "The amount is not a decimal number such as 12.50, or it is ambiguous.",
    "negative_price": "The amount is negative.",
    "unknown_currency": "The currency is not an ISO 4217 code such as EUR.",
    "customer_differs": "Another line of the order has another customer.",
    "currency_differs": "Another line of the order has another currency.",
    "order_too_long": "The order has more than 999 lines.",
    "amount_too_large": "The price times the quantity exceeds 10**12 minor units.",
    "personal_id": "An id contains an e-mail address or a phone number.",
    "first_line_missing": "The first line of the order is not in the file, or was refused.",
    "repeated_order": "The order is in the file a second time.",
    "refund_without_sale": "The refund does not name its payment, so it is not subtracted.",
    "unpaid_order": "The order is a draft, or its payment is still pending.",
    "unknown_status": "The status is unknown.",
    "untranslatable": "A bug in Regulars prevented the import of the line. Update Regulars, then import the file again.",
}


class RefusedLineError(InvalidEventError):
    """A line of a file that is not imported; `code` is a key of REFUSAL_REASONS."""

    def __init__(self, code: str) -> None:
        super().__init__(REFUSAL_REASONS[code], code)
