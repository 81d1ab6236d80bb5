"""Test that PayPal events need PayPal's own certificate, and that payer, capture and refund of a sale are connected."""

import base64
from datetime import timedelta
from functools import cache
from itertools import permutations
from typing import Any
from zlib import crc32

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from regulars.channels.contract import Draft, Request
from regulars.channels.payments.paypal import webhook as paypal
from regulars.domain.errors import InvalidEventError, SignatureError
from regulars.domain.events import Event
from regulars.domain.profiles import fold_events
from tests.support.deliveries import EMAIL_ADDRESS, NOW, identifier_values, json_delivery

CERTIFICATE = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42"
WEBHOOK_ID = "WH-1"
MONEY = {"value": "30.00", "currency_code": "EUR"}
CAPTURE: dict[str, Any] = {
    "id": "capture_1",
    "status": "COMPLETED",
    "amount": MONEY,
    "supplementary_data": {"related_ids": {"order_id": "order_1"}},
    "create_time": "2026-11-20T08:59:00Z",
    "custom_id": "canary",
}
ORDER: dict[str, Any] = {
    "id": "order_1",
    "status": "APPROVED",
    "payer": {"payer_id": "payer_1", "email_address": EMAIL_ADDRESS, "name": {"given_name": "Z"}},
    "purchase_units": [
        {"amount": MONEY, "items": [{"sku": "tea", "quantity": "2", "unit_amount": MONEY}]}
    ],
}
REFUND: dict[str, Any] = {
    "id": "refund_1",
    "status": "COMPLETED",
    "amount": {"value": "10.00", "currency_code": "EUR"},
    "payer": {"email_address": "seller@example.com"},
    "links": [{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/capture_1"}],
    "create_time": "2026-11-20T09:00:00Z",
}


@cache
def create_certificate() -> tuple[rsa.RSAPrivateKey, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "paypal.com")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=9))
    return key, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def build_signed_request(**changes: str) -> Request:
    """Return a delivery with PayPal's signature; `changes` names headers without their prefix."""
    body = b"{}"
    message = f"id|time|{WEBHOOK_ID}|{crc32(body)}".encode()
    signature = create_certificate()[0].sign(message, padding.PKCS1v15(), hashes.SHA256())
    headers = {
        "transmission_id": "id",
        "transmission_time": "time",
        "transmission_sig": base64.b64encode(signature).decode(),
        "cert_url": CERTIFICATE,
        "auth_algo": "SHA256withRSA",
    } | changes
    paypal_headers = {f"paypal-{name.replace('_', '-')}": value for name, value in headers.items()}
    return Request(
        source="main",
        body=body,
        received_at=NOW,
        headers=paypal_headers,
        certificates=lambda _: create_certificate()[1],
    )


def translate_drafts(type_: str, resource: dict[str, Any], **headers: str) -> list[Draft]:
    event = {"id": f"WH-{type_}", "event_type": type_, "create_time": "2026-11-20T09:00:00Z"}
    return paypal.translate_delivery(json_delivery(event | {"resource": resource}, None, **headers))


def translate_event(type_: str, resource: dict[str, Any], **headers: str) -> Event:
    return translate_drafts(type_, resource, **headers)[0].event


def test_delivery_is_verified_days_later() -> None:
    paypal.verify_delivery(
        build_signed_request(), ["WH-other", WEBHOOK_ID], NOW + timedelta(days=3)
    )


def test_delivery_is_rejected_when_it_is_for_another_webhook() -> None:
    with pytest.raises(SignatureError, match="signature"):
        paypal.verify_delivery(build_signed_request(), ["WH-other"], NOW)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"transmission_sig": ""}, "missing"),
        ({"auth_algo": "none"}, "scheme"),
        ({"cert_url": "https://api.paypal.com.example.com/certs/CERT-1"}, "cert_url"),
        ({"cert_url": "https://evilpaypal.com/certs/CERT-1"}, "cert_url"),
        ({"cert_url": "https://api.paypal.com@example.com/certs/CERT-1"}, "cert_url"),
        ({"cert_url": "http://api.paypal.com/certs/CERT-1"}, "cert_url"),
        ({"cert_url": f"{CERTIFICATE}\n"}, "cert_url"),
        ({"cert_url": f"{CERTIFICATE}/../../x"}, "cert_url"),
        ({"transmission_id": "other"}, "signature"),
        ({"transmission_sig": "AAAA"}, "signature"),
    ],
)
def test_delivery_is_rejected_with_its_reason(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(SignatureError, match=f": {reason}"):
        paypal.verify_delivery(build_signed_request(**changes), [WEBHOOK_ID], NOW)


def test_certificate_is_not_fetched_from_another_host() -> None:
    def fetch(url: str) -> bytes:
        pytest.fail(f"fetched {url}")

    request = build_signed_request(cert_url="https://example.com/certs/CERT-1")
    with pytest.raises(SignatureError):
        paypal.verify_delivery(
            msgspec.structs.replace(request, certificates=fetch), [WEBHOOK_ID], NOW
        )


def test_delivery_is_rejected_when_the_certificate_is_invalid() -> None:
    request = msgspec.structs.replace(build_signed_request(), certificates=lambda _: b"<html>")
    with pytest.raises(SignatureError, match="signature"):
        paypal.verify_delivery(request, [WEBHOOK_ID], NOW)


def test_capture_is_an_order_with_its_own_id() -> None:
    order = translate_event("PAYMENT.CAPTURE.COMPLETED", CAPTURE).order
    assert order
    assert (order.key, order.total, order.status) == ("paypal/main/capture_1", 3000, "paid")


def test_order_capture_and_refund_share_identifiers() -> None:
    approved, captured, refunded = (
        set(identifier_values(translate_drafts(type_, resource))[0])
        for type_, resource in (
            ("CHECKOUT.ORDER.APPROVED", ORDER),
            ("PAYMENT.CAPTURE.COMPLETED", CAPTURE),
            ("PAYMENT.CAPTURE.REFUNDED", REFUND),
        )
    )
    assert approved == {"payer_1", EMAIL_ADDRESS, "order_1"}
    assert approved & captured == {"order_1"}
    assert captured & refunded == {"capture_1"}


def test_seller_is_not_the_buyer_of_a_refund() -> None:
    assert (
        "seller@example.com"
        not in identifier_values(translate_drafts("PAYMENT.CAPTURE.REFUNDED", REFUND))[0]
    )


def test_completed_order_and_its_capture_are_one_order() -> None:
    unit = ORDER["purchase_units"][0] | {"payments": {"captures": [CAPTURE]}}
    completed = ORDER | {"purchase_units": [unit]}
    deliveries = [
        translate_event("CHECKOUT.ORDER.COMPLETED", completed),
        translate_event("PAYMENT.CAPTURE.COMPLETED", CAPTURE),
        translate_event("PAYMENT.CAPTURE.REFUNDED", REFUND),
    ]
    events = [msgspec.structs.replace(event, subjects=("e:z",)) for event in deliveries]
    for order in permutations(events):
        state = fold_events(order)
        assert (state.orders.count, state.orders.money) == (1, {"EUR": 2000})


@pytest.mark.parametrize(
    ("value", "code", "minor"), [("30", "JPY", 30), ("30.00", "EUR", 3000), ("3.000", "KWD", 3000)]
)
def test_amount_is_exact_in_its_currency(value: str, code: str, minor: int) -> None:
    capture = CAPTURE | {"amount": {"value": value, "currency_code": code}}
    assert translate_event("PAYMENT.CAPTURE.COMPLETED", capture).properties["amount"] == minor


def test_first_generation_refund_refers_to_its_sale() -> None:
    money = {"total": "7.47", "currency": "USD"}
    sale = translate_event("PAYMENT.SALE.COMPLETED", {"id": "sale_1", "amount": money})
    refund_resource = {"id": "back_1", "sale_id": "sale_1", "amount": money | {"total": "-7.47"}}
    refund = translate_event("PAYMENT.SALE.REFUNDED", refund_resource)
    assert sale.order
    assert refund.order
    assert sale.order.key == refund.order.key == "paypal/main/sale_1"
    assert refund.order.refunded == 747


def test_sandbox_is_marked_as_test() -> None:
    url = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1"
    assert translate_event("PAYMENT.CAPTURE.COMPLETED", CAPTURE, paypal_cert_url=url).test


def test_custom_fields_are_not_stored() -> None:
    assert "canary" not in str(translate_drafts("PAYMENT.CAPTURE.COMPLETED", CAPTURE))


def test_unknown_type_is_rejected() -> None:
    with pytest.raises(InvalidEventError) as raised:
        translate_drafts("PAYMENT.PAYOUTSBATCH.SUCCESS", {})
    assert raised.value.code == "unknown_topic"
