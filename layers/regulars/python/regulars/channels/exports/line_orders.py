"""Build the order that its lines describe."""

import hashlib
from collections.abc import Sequence

import msgspec

from regulars.channels.contract import Draft
from regulars.channels.exports.buyers import add_customer_id
from regulars.channels.exports.contract import File
from regulars.channels.exports.parsed_lines import OrderLine
from regulars.channels.fields.person import PersonBuilder
from regulars.domain.events import Event, OrderFact, event_id
from regulars.domain.times import to_text

STORE = "shop"


def build_order_draft(lines: Sequence[OrderLine], file: File) -> Draft:
    """Return the one draft of all lines of an order; of two files with the order the one uploaded later wins."""
    first, store = lines[0], file.account or STORE
    person = PersonBuilder("")
    for customer_id, email in dict.fromkeys((line.customer_id, line.email) for line in lines):
        add_customer_id(person, file, customer_id)
        person.add_identifier("email", email)
    occurred_at = min(line.occurred_at for line in lines)
    order = OrderFact(
        key=f"{store}/{first.order_id}",
        version=_build_version(file.uploaded_at, len(lines)),
        placed_at=occurred_at,
        status="paid",
        total=sum((line.item.price or 0) * line.item.quantity for line in lines),
        currency=first.currency,
    )
    event = Event(
        id=event_id("order", store, first.order_id, _hash_content(lines)),
        type="Order Completed",
        channel="import",
        source=file.source,
        occurred_at=occurred_at,
        received_at=to_text(file.received_at),
        items=tuple(line.item for line in lines),
        currency=first.currency,
        order=order,
        backfill=True,
    )
    return Draft(event, person.identifiers, person.contact)


def _build_version(uploaded_at: str, lines: int) -> str:
    """Return the time of the upload, with a digit before it that makes it older than any live snapshot of the order.

    A corrected file then wins over the file before it, and what the shop itself reported wins over both. Of two files of
    the same time the one with more lines wins.
    """
    return f"0{uploaded_at[:-1]}{lines:03d}Z"


def _hash_content(lines: Sequence[OrderLine]) -> str:
    """Return a hash of the products; a later export of the order with other names is then the same event."""
    products = sorted(
        (line.item.product_id, line.item.quantity, line.item.price, line.occurred_at)
        for line in lines
    )
    # Only the kinds of the identifiers: an export that adds e-mail addresses is another event.
    kinds = {"user_id": lines[0].customer_id, "email": lines[0].email}
    namespaces = [namespace for namespace, value in kinds.items() if value]
    content = msgspec.json.encode((lines[0].currency, namespaces, products))
    return hashlib.sha256(content).hexdigest()
