"""Payments, refunds, checkouts, invoices, subscriptions, customers and disputes of a Stripe account.

In Stripe's Dashboard, go to Developers → Webhooks (Workbench → Event destinations), add an endpoint with the URL that
`regulars connect stripe` printed, and choose these events:

* `payment_intent.succeeded`, `payment_intent.payment_failed`: every sale is counted by its PaymentIntent; leave these
  out and nothing is counted but what Checkout sells at once,
* `charge.succeeded`, `charge.refunded`, `charge.dispute.created`: who paid as a guest, and what was given back to whom,
* `refund.created`, `refund.updated`: each refund by itself, also one that fails,
* `checkout.session.completed`, `checkout.session.async_payment_succeeded`,
  `checkout.session.async_payment_failed`, `checkout.session.expired`: Checkout and payment links,
* `invoice.paid`, `invoice.payment_failed`: invoices and subscriptions,
* `customer.created`, `customer.updated`, `customer.deleted`, `customer.subscription.created`,
  `customer.subscription.updated`, `customer.subscription.deleted`, `product.updated`, `price.updated`.

Then reveal the endpoint's signing secret (`whsec_…`) and give it to `regulars connect`. When you roll it, Stripe signs
with both for up to a day; hold both meanwhile. An endpoint in test mode has a secret of its own, and what it sends is
kept and never counted.

Stripe tries for three days. So that nothing is lost even then, let Regulars fetch every hour what happened: under
Developers → API keys create a restricted key that may only read Events (and whatever else Stripe asks for to read
those), and give it to `regulars connect stripe`. Of the events above, those of the last 30 days can be fetched.

One sale is told by up to four events. It is one order, whose id is the PaymentIntent's (an old charge without one: the
charge's), and one payment, whichever of the twins comes first. An invoice of a newer API version does not name its
PaymentIntent: it is told, and its money is counted by the PaymentIntent; one that was marked as paid out of band is a
sale by itself. A checkout that nobody had to pay for counts by its own id; one that starts a trial counts nothing. What
was only authorised is no sale, whether it was let go or waits to be captured.

A guest's PaymentIntent names nobody, nor does a refund or a dispute: they find who paid by the id of the sale, which is
kept among the person's ids. What was paid at a counter with Terminal is left to nobody unless a customer was named.

A dispute is told when it is opened; what it takes from you is not subtracted.

If a shop that is connected, too, is paid through this account, add `--set orders=elsewhere` to `regulars connect`: the
shop tells the orders, and each is counted once. The payments are kept all the same.

What is stored: ids, amounts, currency, method, status and failure codes; the customer id, e-mail address, phone and
name beside them. Cards, addresses, descriptions, metadata and client secrets are not read. Events of another kind
are set aside as unknown topics.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from regulars.channels.contract import Channel, CredentialField, Draft, ProviderSecret, Request
from regulars.channels.drafts.sales import Telling, required, unknown_topic
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import ObjectReader, an_object
from regulars.channels.payments.stripe import (
    records as stripe_records,
)
from regulars.channels.payments.stripe import (
    sales as stripe_sales,
)
from regulars.channels.payments.stripe.records import Notice, person_of
from regulars.channels.signatures.timed import Format, signed, verify_timed
from regulars.domain.times import to_text

CHANNEL_NAME = "stripe"
FORMAT = Format("stripe-signature", ",", "t", "v1", b".")
# Type → what tells it.
TOPICS: dict[str, Callable[[Notice], list[Draft]]] = {
    "customer.created": stripe_records.recorded,
    "customer.updated": stripe_records.recorded,
    "customer.deleted": stripe_records.recorded,
    "customer.subscription.created": stripe_records.recorded,
    "customer.subscription.updated": stripe_records.subscription_changed,
    "customer.subscription.deleted": stripe_records.recorded,
    "charge.dispute.created": stripe_records.recorded,
    "product.updated": stripe_records.product,
    "price.updated": stripe_records.product,
    "checkout.session.completed": stripe_sales.checked_out,
    "checkout.session.async_payment_succeeded": stripe_sales.checked_out,
    "checkout.session.expired": stripe_records.recorded,
    "checkout.session.async_payment_failed": stripe_sales.failed,
    "payment_intent.succeeded": stripe_sales.paid,
    "charge.succeeded": stripe_sales.paid,
    "payment_intent.payment_failed": stripe_sales.failed,
    "charge.failed": stripe_sales.failed,
    "invoice.payment_failed": stripe_sales.failed,
    "invoice.paid": stripe_sales.invoice_paid,
    "invoice.payment_succeeded": stripe_sales.invoice_paid,
    "charge.refunded": stripe_sales.charge_refunded,
    "refund.created": stripe_sales.refunded,
    "refund.updated": stripe_sales.refunded,
    "charge.refund.updated": stripe_sales.refunded,
}
_READER = ObjectReader(("id", "type", "created", "livemode", "data"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """A `v1` signature over time and body; older or newer than 300 seconds is refused, and `v0` is not trusted.

    https://docs.stripe.com/webhooks/signature
    """
    verify_timed(request, secrets, now, FORMAT)


def translate_delivery(request: Request) -> list[Draft]:
    """What one event tells; InvalidEventError(unknown_topic) for a type we make nothing of."""
    event = _READER.read(request.body)
    type_ = event.get("type")
    told = TOPICS.get(type_) if isinstance(type_, str) else None
    if told is None:
        raise unknown_topic()
    data = an_object(event.get("data"))
    thing = an_object(data.get("object"))
    telling = Telling(
        request,
        CHANNEL_NAME,
        "payments",
        from_epoch(event.get("created")),
        test=event.get("livemode") is False,
    )
    notice = Notice(
        telling,
        str(type_),
        required(event.get("id"), "id"),
        thing,
        an_object(data.get("previous_attributes")),
        request.default_currency,
        person_of(thing, telling.store, request.default_country),
    )
    return told(notice)


def build_sample(blank: Request, secret: str) -> Request:
    """A product that was changed in test mode."""
    event = {
        "id": f"evt_sample_{to_text(blank.received_at)}",
        "type": "product.updated",
        "created": int(blank.received_at.timestamp()),
        "livemode": False,
        "data": {"object": {"id": "prod_sample", "object": "product", "name": "Sample"}},
    }
    body = json.dumps(event).encode()
    headers = signed(secret, body, blank.received_at, FORMAT)
    return msgspec.structs.replace(blank, body=body, headers=headers)


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Stripe",
    page=__doc__,
    secret=ProviderSecret(question="The endpoint's signing secret (whsec_…)"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
    credential_fields={
        "api_key": CredentialField(
            question="To fetch what webhooks miss: a restricted key, rk_live_…", is_optional=True
        )
    },
)
