"""Receive payments, refunds, checkouts, invoices, subscriptions, customers and disputes of a Stripe account.

**Set up**

1. Run `regulars connect stripe`. It prints the endpoint URL and then asks for the signing secret.
2. In the Stripe Dashboard, go to Developers → Webhooks (Workbench → Event destinations) and add an endpoint with this
   URL.
3. Select the events listed below.
4. Reveal the signing secret of the endpoint (`whsec_…`) and enter it in `regulars connect stripe`.

**Rotate the secret**: Roll the secret in Stripe and run `regulars sources rotate stripe`. Stripe signs with both
secrets for up to one day, and Regulars accepts both.

**Events**

* `payment_intent.succeeded`, `charge.succeeded` → Payment Succeeded and Order Updated, or Payment Authorized if the
  charge is not captured. A charge contains the e-mail address of a guest.
* `payment_intent.payment_failed` → Payment Failed
* `charge.refunded` → Payment Refunded and Order Updated, with the total refunded so far
* `refund.created`, `refund.updated` → Payment Refunded or Refund Failed, for each single refund
* `charge.dispute.created` → Dispute Opened
* `checkout.session.completed`, `checkout.session.async_payment_succeeded` → Order Completed, or Order Created until
  the session is paid. They cover Checkout and payment links. A ticked promotions box also produces Subscribed.
* `checkout.session.async_payment_failed` → Payment Failed
* `checkout.session.expired` → Checkout Abandoned
* `invoice.paid`, `invoice.payment_failed` → Invoice Paid, Payment Failed
* `customer.created`, `customer.updated`, `customer.deleted` → Customer Created, Customer Updated, Customer Deleted
* `customer.subscription.created` → Subscription Started
* `customer.subscription.updated` → Subscription Updated, or Subscription Cancelled if it will end with its period
* `customer.subscription.deleted` → Subscription Cancelled
* `product.updated`, `price.updated` → Product Updated
* Any other event → a reject with the reason `unknown_topic`

Do not omit the `payment_intent` events. Every sale is counted by its PaymentIntent. Without them, only immediate
sales of Checkout are counted.

**Stored**

* The payment: IDs, amounts, currency, method, status and failure codes.
* The customer ID as an identifier; e-mail address, phone number and name as contact data.

**Not stored**: cards, addresses, descriptions, metadata and client secrets.

**Reconciliation**

Stripe retries a delivery for three days. To recover missed deliveries, let Regulars fetch events every hour: under
Developers → API keys, create a restricted key with read access to Events (and to the other resources that Stripe
requires for it) and enter it in `regulars connect stripe`. The events above of the last 30 days can be fetched.

**Orders**

* One sale produces up to four Stripe events. It is one order and one payment, whichever event arrives first. The
  order ID is the PaymentIntent ID, or the charge ID of an old charge without a PaymentIntent.
* An invoice of a newer API version does not name its PaymentIntent. The invoice is stored, and its amount is counted
  by the PaymentIntent. An invoice that is marked as paid out of band is a sale of its own.
* A checkout without a payment counts by its own ID. A checkout that starts a trial is not counted.
* A payment that is only authorized is not a sale, whether it was released or waits for its capture.
* A dispute is reported when it is opened. Its amount is not subtracted.

**Notes**

* Guests: the PaymentIntent of a guest, a refund and a dispute contain no person. The ID of the sale is stored as an
  identifier of the person and links them to the payer. A Terminal payment without a customer is not assigned to a
  person.
* Connected shop: if a connected shop takes its payments through this account, add `--set orders=elsewhere` to
  `regulars connect`. The shop then reports the orders, and each order counts once. Payments are still stored.
* Test mode: a test endpoint has its own signing secret. Its deliveries are stored and never counted.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from regulars.channels.contract import (
    Channel,
    CredentialField,
    Draft,
    ProviderSecret,
    Request,
    UnknownTopicError,
)
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import from_epoch
from regulars.channels.fields.json_values import ObjectReader, as_object
from regulars.channels.fields.texts import require_id
from regulars.channels.payments.stripe import records as stripe_records
from regulars.channels.payments.stripe import refunds as stripe_refunds
from regulars.channels.payments.stripe import sales as stripe_sales
from regulars.channels.payments.stripe.records import StripeEvent, build_person
from regulars.channels.signatures.timed import (
    SignatureFormat,
    build_signature_headers,
    verify_timed,
)
from regulars.domain.times import to_text

CHANNEL_NAME = "stripe"
SIGNATURE_FORMAT = SignatureFormat(
    header="stripe-signature", separator=",", time="t", signature="v1", joint=b"."
)
# Stripe event type → the function that translates it.
TOPICS: dict[str, Callable[[StripeEvent], list[Draft]]] = {
    "customer.created": stripe_records.translate_record,
    "customer.updated": stripe_records.translate_record,
    "customer.deleted": stripe_records.translate_record,
    "customer.subscription.created": stripe_records.translate_record,
    "customer.subscription.updated": stripe_records.translate_subscription_update,
    "customer.subscription.deleted": stripe_records.translate_record,
    "charge.dispute.created": stripe_records.translate_record,
    "product.updated": stripe_records.translate_product,
    "price.updated": stripe_records.translate_product,
    "checkout.session.completed": stripe_sales.translate_checkout,
    "checkout.session.async_payment_succeeded": stripe_sales.translate_checkout,
    "checkout.session.expired": stripe_records.translate_record,
    "checkout.session.async_payment_failed": stripe_sales.translate_failed_payment,
    "payment_intent.succeeded": stripe_sales.translate_payment,
    "charge.succeeded": stripe_sales.translate_payment,
    "payment_intent.payment_failed": stripe_sales.translate_failed_payment,
    "charge.failed": stripe_sales.translate_failed_payment,
    "invoice.payment_failed": stripe_sales.translate_failed_payment,
    "invoice.paid": stripe_sales.translate_paid_invoice,
    "invoice.payment_succeeded": stripe_sales.translate_paid_invoice,
    "charge.refunded": stripe_refunds.translate_refunded_charge,
    "refund.created": stripe_refunds.translate_refund,
    "refund.updated": stripe_refunds.translate_refund,
    "charge.refund.updated": stripe_refunds.translate_refund,
}
_READER = ObjectReader(("id", "type", "created", "livemode", "data"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:
    """Verify a `v1` signature over time and body, within 300 seconds; the scheme `v0` is not accepted.

    https://docs.stripe.com/webhooks/signature
    """
    verify_timed(request, secrets, now, SIGNATURE_FORMAT)


def translate_delivery(request: Request) -> list[Draft]:
    """Return the events of one Stripe event; raise UnknownTopicError for a type that is not in TOPICS."""
    payload = _READER.read(request.body)
    type_ = payload.get("type")
    translate = TOPICS.get(type_) if isinstance(type_, str) else None
    if translate is None:
        raise UnknownTopicError
    data = as_object(payload.get("data"))
    resource = as_object(data.get("object"))
    builder = EventBuilder(
        request,
        CHANNEL_NAME,
        "payments",
        reported_at=from_epoch(payload.get("created")),
        is_test=payload.get("livemode") is False,
    )
    event = StripeEvent(
        builder=builder,
        type=str(type_),
        id=require_id(payload.get("id"), "id"),
        resource=resource,
        previous_attributes=as_object(data.get("previous_attributes")),
        default_currency=request.default_currency,
        person=build_person(resource, builder.store, request.default_country),
    )
    return translate(event)


def build_sample(blank: Request, secret: str) -> Request:
    """Return a changed product in test mode."""
    payload = {
        "id": f"evt_sample_{to_text(blank.received_at)}",
        "type": "product.updated",
        "created": int(blank.received_at.timestamp()),
        "livemode": False,
        "data": {"object": {"id": "prod_sample", "object": "product", "name": "Sample"}},
    }
    body = json.dumps(payload).encode()
    headers = build_signature_headers(secret, body, blank.received_at, SIGNATURE_FORMAT)
    return msgspec.structs.replace(blank, body=body, headers=headers)


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="Stripe",
    page=__doc__,
    secret=ProviderSecret(question="The signing secret of the endpoint (whsec_…)"),
    verify=verify_delivery,
    translate=translate_delivery,
    build_sample=build_sample,
    credential_fields={
        "api_key": CredentialField(
            question="A restricted key (rk_live_…) to fetch events that webhooks missed",
            is_optional=True,
        )
    },
)
