"""Captures, sales, refunds, subscriptions and disputes of a PayPal account.

In the PayPal Developer Dashboard, open Apps & Credentials, switch to Live, choose (or make) an app and add a webhook with
the URL that `regulars connect paypal` printed. Choose these events:

* Checkout order approved, Checkout order completed: who buys,
* Payment authorization created, Payment capture completed, denied, refunded and reversed: the sales,
* Payment sale completed and refunded: subscriptions, and buttons of an older kind,
* Billing subscription activated, cancelled and expired,
* Customer dispute created.

Then copy the Webhook ID from the list of webhooks and give it to `regulars connect`. It is no secret: PayPal signs with
a certificate of its own, which is fetched from paypal.com alone, and the id says which webhook a signature is for.
PayPal sends again for three days with the time of the first attempt, so no delivery is refused for its age.

A sale is one order, whose id is the capture's (an older sale: its own): refunds name only that. A capture does not say
who paid; the approved order does, and they are joined by the ids of order and capture. A checkout order that was
completed counts by its only capture.

If a shop that is connected, too, is paid through this account, add `--set orders=elsewhere` to `regulars connect`: the
shop tells the orders, and each is counted once. The payments are kept all the same.

What is stored: ids, amounts, currency, status and reasons; the payer id, e-mail address, phone and name beside them.
Addresses, notes and the shop's own fields (`custom_id`) are not read. What the sandbox sends is kept and never counted.
PayPal's simulator signs with nothing that can be checked; use the sandbox for a test.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from zlib import crc32

from regulars.channels.contract import Channel, Draft, ProviderSecret, Request
from regulars.channels.drafts.sales import Telling, required, said_at, unknown_topic
from regulars.channels.fields.json_values import ObjectReader, an_object
from regulars.channels.payments.paypal import sales as paypal_sales
from regulars.channels.payments.paypal.sales import Notice, person_of
from regulars.channels.signatures.shared_secret import decoded
from regulars.domain.errors import SignatureError

CHANNEL_NAME = "paypal"
# Type → the event's type and what tells it.
TOPICS: dict[str, tuple[str, Callable[[Notice, str], Draft]]] = {
    "CHECKOUT.ORDER.APPROVED": ("Order Created", paypal_sales.order),
    "CHECKOUT.ORDER.COMPLETED": ("Order Completed", paypal_sales.order),
    "PAYMENT.AUTHORIZATION.CREATED": ("Payment Authorized", paypal_sales.payment),
    "PAYMENT.CAPTURE.COMPLETED": ("Payment Succeeded", paypal_sales.payment),
    "PAYMENT.SALE.COMPLETED": ("Payment Succeeded", paypal_sales.payment),
    "PAYMENT.CAPTURE.DENIED": ("Payment Failed", paypal_sales.payment),
    "PAYMENT.CAPTURE.REFUNDED": ("Payment Refunded", paypal_sales.refund),
    "PAYMENT.CAPTURE.REVERSED": ("Payment Refunded", paypal_sales.refund),
    "PAYMENT.SALE.REFUNDED": ("Payment Refunded", paypal_sales.refund),
    "BILLING.SUBSCRIPTION.ACTIVATED": ("Subscription Started", paypal_sales.recorded),
    "BILLING.SUBSCRIPTION.CANCELLED": ("Subscription Cancelled", paypal_sales.recorded),
    "BILLING.SUBSCRIPTION.EXPIRED": ("Subscription Cancelled", paypal_sales.recorded),
    "CUSTOMER.DISPUTE.CREATED": ("Dispute Opened", paypal_sales.recorded),
}
_CERTIFICATE = re.compile(
    r"https://api(?:-m)?(?:\.sandbox)?\.paypal\.com/(?:v1/notifications/)?certs/[A-Za-z0-9_-]{1,100}"
)
_HEADERS = ("transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo")
_READER = ObjectReader(("id", "event_type", "create_time", "resource"))


def verify_delivery(request: Request, secrets: Sequence[str], now: datetime) -> None:  # noqa: ARG001 (an id, and no window)
    """RSA with SHA-256 over transmission id, time, webhook id and the body's CRC-32, by PayPal's certificate.

    https://developer.paypal.com/api/rest/webhooks/rest/#link-verifysignature
    """
    transmission, time, signature, url, algorithm = (_header(request, name) for name in _HEADERS)
    if not (transmission and time and signature and url and algorithm):
        raise SignatureError("missing")
    if algorithm != "SHA256withRSA":
        raise SignatureError("scheme")
    if not _CERTIFICATE.fullmatch(url) or request.certificates is None:
        raise SignatureError("cert_url")
    messages = [
        f"{transmission}|{time}|{webhook}|{crc32(request.body)}".encode("utf-8", "replace")
        for webhook in secrets
    ]
    certificate = request.certificates(url)
    if not any(_is_signed(certificate, decoded(signature), message) for message in messages):
        raise SignatureError("signature")


def translate_delivery(request: Request) -> list[Draft]:
    """What one event tells; InvalidEventError(unknown_topic) for a type we make nothing of."""
    event = _READER.read(request.body)
    type_ = event.get("event_type")
    if not isinstance(type_, str) or type_ not in TOPICS:
        raise unknown_topic()
    thing = an_object(event.get("resource"))
    is_sandbox = ".sandbox." in _header(request, "cert-url").partition("/certs/")[0]
    said = said_at(event.get("create_time"))
    telling = Telling(request, CHANNEL_NAME, "payments", said, test=is_sandbox)
    person = person_of(thing, telling.store, request.default_country)
    name, told = TOPICS[type_]
    return [told(Notice(telling, required(event.get("id"), "id"), thing, person), name)]


def _header(request: Request, name: str) -> str:
    return request.headers.get(f"paypal-{name}", "")


def _is_signed(certificate: bytes, signature: bytes, message: bytes) -> bool:
    # Imported by the few who sign with a key pair.
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
    secret=ProviderSecret(question="The Webhook ID, which is no secret"),
    verify=verify_delivery,
    translate=translate_delivery,
)
