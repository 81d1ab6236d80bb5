"""List every supported export format, and find the format of a file by its headings."""

import re
from collections.abc import Collection

from regulars.channels.commerce.shopify import (
    customer_export as shopify_customers,
)
from regulars.channels.commerce.shopify import (
    order_export as shopify_orders,
)
from regulars.channels.commerce.woocommerce import order_export as woocommerce_orders
from regulars.channels.exports import contact_list as contacts
from regulars.channels.exports import order_lines
from regulars.channels.exports.contract import Format
from regulars.channels.mail.mailchimp import audience_export as mailchimp_audience
from regulars.channels.payments.square import item_export as square_items
from regulars.channels.payments.stripe import (
    customer_export as stripe_customers,
)
from regulars.channels.payments.stripe import (
    payment_export as stripe_payments,
)
from regulars.domain.errors import InvalidRequestError

MODULES = (
    order_lines,
    shopify_orders,
    shopify_customers,
    stripe_payments,
    stripe_customers,
    woocommerce_orders,
    square_items,
    mailchimp_audience,
    contacts,
)
FORMATS: tuple[Format, ...] = tuple(module.FORMAT for module in MODULES)
_OF_ORDERS = re.compile(
    r"order[ _#](id|number|total|status|date)?|product_id|unit_price|lineitem .*|financial status|net sales|amount refunded"
)
_LIKELY = 0.3  # of the required columns, from which a file is taken for one that lacks the others


def recognised(headings: Collection[str]) -> Format:
    """The format of a file with these headings, in lower case.

    InvalidRequestError when there is none: missing_columns names what the nearest one lacks, unknown_format what would
    be understood.
    """
    nearest = max(FORMATS, key=lambda format_: _nearness(format_, headings))
    share, _ = _nearness(nearest, headings)
    if share == 1:
        return nearest
    lacking = ", ".join(nearest.missing(nearest.found(headings)))
    if share >= _LIKELY:
        raise InvalidRequestError(
            f"The file looks like {nearest.title}, but its first line lacks these columns: {lacking}.",
            "missing_columns",
        )
    known = ", ".join(format_.title for format_ in FORMATS)
    near = f" The nearest is {nearest.title}, which lacks: {lacking}." if share else ""
    raise InvalidRequestError(
        "The file's first line is of no format we know. Understood are, with English headings: "
        f"{known}.{near}",
        "unknown_format",
    )


def _nearness(format_: Format, headings: Collection[str]) -> tuple[float, int]:
    """The share of the required columns that is there, and how many they are.

    Any file with an e-mail address would do for a list of contacts: one that speaks of orders is none.
    """
    needed = len(format_.required)
    if format_ is contacts.FORMAT and any(map(_OF_ORDERS.fullmatch, headings)):
        return 0.0, needed
    return 1 - len(format_.missing(format_.found(headings))) / needed, needed
