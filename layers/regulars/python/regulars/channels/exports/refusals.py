"""Define the reason codes and messages of rejected rows."""

from regulars.domain.errors import InvalidEventError

REASONS = {
    "wrong_field_count": "The line has more fields than the header.",
    "unreadable_line": "The line is not CSV; a quote may be open.",
    "missing_customer": "The line names no customer and no e-mail address that is one.",
    "missing_order_id": "The line has no id of its order or payment, or one over 128 characters.",
    "missing_product_id": "The line has no product_id, or one over 128 characters.",
    "mangled_id": "A spreadsheet program has rounded the id (5.55E+12): import the file as the provider wrote it.",
    "invalid_timestamp": "The date or time is not written as this format writes it, such as 2026-11-22 10:00.",
    "unknown_time_zone": "The time zone is not known by this name.",
    "future_date": "The date lies in the future. If it is the shop's own time, ahead of UTC, import the file again tomorrow.",
    "invalid_quantity": "The quantity is no positive whole number, or may be read in two ways.",
    "return_line": "The quantity is negative: returns are not imported.",
    "invalid_amount": "The amount is no decimal number such as 12.50, or may be read in two ways.",
    "negative_price": "The amount is negative.",
    "unknown_currency": "The currency is no ISO 4217 code such as EUR.",
    "customer_differs": "Another line of the order names another customer.",
    "currency_differs": "Another line of the order names another currency.",
    "order_too_long": "The order has more than 999 lines.",
    "amount_too_large": "The price times the quantity is absurd.",
    "personal_id": "An id holds an e-mail address or a phone number.",
    "first_line_missing": "The line belongs to an order whose first line is not in the file, or was refused.",
    "repeated_order": "The order is in the file a second time.",
    "refund_without_sale": "The refund does not say which payment it gives back, so it is not subtracted.",
    "unpaid_order": "The order is a draft, or still waits for its payment: it is none yet.",
    "unknown_status": "The status is not known.",
    "untranslatable": "A fault of ours kept the line from being read: please update, then import the file again.",
}


def refusal(code: str) -> InvalidEventError:
    """The error of a line that is not taken."""
    return InvalidEventError(REASONS[code], code)
