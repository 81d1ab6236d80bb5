"""Receive captures, sales, refunds, subscriptions and disputes of a PayPal account.

**Set up**

1. Run `regulars connect paypal`. It prints the URL and then asks for the Webhook ID.
2. In the PayPal Developer Dashboard, open Apps & Credentials and switch to Live. Choose or create an app and add a
   webhook with this URL.
3. Select the events listed below.
4. Copy the Webhook ID from the list of webhooks and enter it in `regulars connect paypal`.

The Webhook ID is not a secret. PayPal signs with its own certificate, which Regulars fetches from paypal.com only.
The Webhook ID identifies the webhook that a signature belongs to.

**Events**

* Checkout order approved → Order Created. It contains the buyer.
* Checkout order completed → Order Completed. It contains the buyer.
* Payment authorization created → Payment Authorized
* Payment capture completed, denied → Payment Succeeded, Payment Failed
* Payment capture refunded, reversed → Payment Refunded
* Payment sale completed, refunded → Payment Succeeded, Payment Refunded. Subscriptions and older buttons send them.
* Billing subscription activated → Subscription Started
* Billing subscription cancelled, expired → Subscription Cancelled
* Customer dispute created → Dispute Opened
* Any other event → a reject with the reason `unknown_topic`

**Stored**

* The payment: IDs, amounts, currency, status and reasons.
* The payer: payer ID as an identifier; e-mail address, phone number and name as contact data.

**Not stored**: addresses, notes and the custom fields of the shop (`custom_id`).

**Notes**

* Orders: a sale is one order. Its order ID is the ID of the capture, or of the older sale, because refunds refer to
  it. A capture does not contain the payer, the approved order does. The IDs of the order and of the capture link
  both. A completed checkout order counts by its only capture.
* Connected shop: if a connected shop takes its payments through this account, add `--set orders=elsewhere` to
  `regulars connect`. The shop then reports the orders, and each order counts once. Payments are still stored.
* Retries: PayPal retries a delivery for three days with the time of the first attempt. Therefore no delivery is
  rejected because of its age.
* Test mode: deliveries of the sandbox are stored and never counted. Use the sandbox for tests. The signature of
  PayPal's webhook simulator cannot be verified.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request, UnknownTopicError
from regulars.channels.drafts.sales import EventBuilder
from regulars.channels.fields.event_times import parse_first_time
from regulars.channels.fields.json_values import ObjectReader, as_object
from regulars.channels.fields.texts import require_id
from regulars.channels.payments.paypal import sales as paypal_sales
from regulars.channels.payments.paypal.sales import PayPalEvent, build_person
from regulars.channels.signatures.shared_secret import decode_base64
from regulars.domain.errors import SignatureError

CHANNEL_NAME = "paypal"
# PayPal event type → the event's type and the function that translates it.
TOPICS: dict[str, tuple[str, Callable[[PayPalEvent, str], Draft]]] = {
    "CHECKOUT.ORDER.APPROVED": ("Order Created", paypal_sales.translate_order),
    "CHECKOUT.ORDER.COMPLETED": ("Order Completed", paypal_sales.translate_order),
    "PAYMENT.AUTHORIZATION.CREATED": ("Payment Authorized", paypal_sales.translate_payment),
    "PAYMENT.CAPTURE.COMPLETED": ("Payment Succeeded", paypal_sales.translate_payment),
    "PAYMENT.SALE.COMPLETED": ("Payment Succeeded", paypal_sales.translate_payment),
    "PAYMENT.CAPTURE.DENIED": ("Payment Failed", paypal_sales.translate_payment),
    "PAYMENT.CAPTURE.REFUNDED": ("Payment Refunded", paypal_sales.translate_refund),
    "PAYMENT.CAPTURE.REVERSED": ("Payment Refunded", paypal_sales.translate_refund),
    "PAYMENT.SALE.REFUNDED": ("Payment Refunded", paypal_sales.translate_refund),
    "BILLING.SUBSCRIPTION.ACTIVATED": ("Subscription Started", paypal_sales.translate_record),
    "BILLING.SUBSCRIPTION.CANCELLED": ("Subscription Cancelled", paypal_sales.translate_record),
    "BILLING.SUBSCRIPTION.EXPIRED": ("Subscription Cancelled", paypal_sales.translate_record),
    "CUSTOMER.DISPUTE.CREATED": ("Dispute Opened", paypal_sales.translate_record),
}
_CERTIFICATE_URL = re.compile(
    r"https://api(?:-m)?(?:\.sandbox)?\.paypal\.com/(?:v1/notifications/)?certs/[A-Za-z0-9_-]{1,100}"
)
_SIGNATURE_HEADERS = (
    "transmission-id",
    "transmission-time",
    "transmission-sig",
    "cert-url",
    "auth-algo",
)
_READER = ObjectReader(("id", "event_type", "create_time", "resource"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (PayPal sets no time window)
    """Verify an RSA signature over transmission id, time, webhook id and the body's CRC-32 with PayPal's certificate.

    The hash is SHA-256. https://developer.paypal.com/api/rest/webhooks/rest/#link-verifysignature
    """
    transmission_id, time, signature, url, algorithm = (
        _read_header(request, name) for name in _SIGNATURE_HEADERS
    )
    if not (transmission_id and time and signature and url and algorithm):
        raise SignatureError("missing")
    if algorithm != "SHA256withRSA":
        raise SignatureError("scheme")
    if not _CERTIFICATE_URL.fullmatch(url) or request.certificates is None:
        raise SignatureError("cert_url")
    messages = [
        f"{transmission_id}|{time}|{webhook_id}|{crc32(request.body)}".encode("utf-8", "replace")
        for webhook_id in secrets
    ]
    certificate = request.certificates(url)
    if not any(
        _is_signed_with_key(certificate, decode_base64(signature), message) for message in messages
    ):
        raise SignatureError("signature")


def translate_delivery(request: Request) -> list[Draft]:
    """Return the events of one PayPal event; raise UnknownTopicError for a type that is not in TOPICS."""
    payload = _READER.read(request.body)
    topic = payload.get("event_type")
    if not isinstance(topic, str) or topic not in TOPICS:
        raise UnknownTopicError
    resource = as_object(payload.get("resource"))
    builder = _create_event_builder(request, payload)
    person = build_person(resource, builder.store, request.default_country)
    event_type, translate = TOPICS[topic]
    event_id = require_id(payload.get("id"), "id")
    event = PayPalEvent(builder=builder, id=event_id, resource=resource, person=person)
    return [translate(event, event_type)]


def _create_event_builder(request: Request, payload: dict[str, Any]) -> EventBuilder:
    is_sandbox = ".sandbox." in _read_header(request, "cert-url").partition("/certs/")[0]
    reported_at = parse_first_time(payload.get("create_time"))
    return EventBuilder(
        request, CHANNEL_NAME, "payments", reported_at=reported_at, is_test=is_sandbox
    )


def _read_header(request: Request, name: str) -> str:
    return request.headers.get(f"paypal-{name}", "")


def _is_signed_with_key(certificate: bytes, signature: bytes, message: bytes) -> bool:
    # Imported here because few channels need the library.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    try:
        key = load_pem_x509_certificate(certificate).public_key()
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, message, PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True


CHANNEL = Channel(
    name=CHANNEL_NAME,
    title="PayPal",
    page=__doc__,
    secret=ProviderSecret(question="The Webhook ID, which is not a secret"),
    verify=verify_delivery,
    translate=translate_delivery,
)
