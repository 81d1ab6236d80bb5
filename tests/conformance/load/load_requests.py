"""Generates the requests of the senders. Each event carries a marker, by which it is found in ledger and rejects."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import urlencode

from tests.conformance.mutations.schemes.signing import SigningKey, compute_hmac, encode_base64

SIGNING_SECRET = "made-up-for-this-run"
LOAD_CHANNELS = ("shopify", "stripe", "calcom", "form")
BATCH_EVENTS = 20
JSON_CONTENT_TYPE = "application/json"
FORM_CONTENT_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class LoadRequest:
    """One request, with the markers of the events that it must record and of the items that it must refuse."""

    kind: str
    path: str
    body: bytes
    headers: dict[str, str]
    event_markers: tuple[str, ...] = ()
    refused_markers: tuple[str, ...] = ()
    expected_status: int = 200


@dataclass
class RequestGenerator:
    """Generates distinct requests to one stack."""

    write_key: str
    random: Random

    def generate(self) -> LoadRequest:
        """Return a request of a random kind, in the proportions of real traffic."""
        builders: tuple[Callable[[], LoadRequest], ...] = (
            *(self.build_batch, self.build_call, self.build_call),
            *(self.build_order, self.build_order, self.build_product_update),
            *(self.build_booking, self.build_form, self.build_forged_order),
            self.build_invalid_call,
        )
        return self.random.choice(builders)()

    def build_batch(self) -> LoadRequest:
        """Return a batch of storefront events, with one invalid item."""
        markers = tuple(self._generate_marker() for _ in range(BATCH_EVENTS))
        invalid_marker = self._generate_marker()
        events = [_build_product_view(marker) for marker in markers]
        events.append({"type": "nonsense", "messageId": invalid_marker})
        return LoadRequest(
            kind="batch",
            path="/v1/batch",
            body=json.dumps({"batch": events}).encode(),
            headers=self._build_tracking_headers(),
            event_markers=markers,
            refused_markers=(invalid_marker,),
        )

    def build_call(self) -> LoadRequest:
        """Return a tracking call with one storefront event."""
        marker = self._generate_marker()
        return LoadRequest(
            kind="single",
            path="/v1/track",
            body=json.dumps(_build_product_view(marker)).encode(),
            headers=self._build_tracking_headers(),
            event_markers=(marker,),
        )

    def build_order(self) -> LoadRequest:
        """Return a paid order of Shopify with a new buyer."""
        marker, now = self._generate_marker(), _get_time().isoformat()
        line = {"id": 1, "product_id": marker, "title": "tea", "quantity": 1, "price": "1.00"}
        order = {"id": self.random.getrandbits(48), "created_at": now, "updated_at": now}
        order |= {"currency": "EUR", "total_price": "1.00", "line_items": [line]}
        body = json.dumps(order | {"email": f"{marker}@example.com"}).encode()
        signature = encode_base64(compute_hmac(SigningKey(SIGNING_SECRET), body))
        headers = {"x-shopify-topic": "orders/paid", "x-shopify-hmac-sha256": signature}
        return _build_webhook("shopify", body, headers, marker)

    def build_product_update(self) -> LoadRequest:
        """Return the update of a product of Stripe."""
        marker, time = self._generate_marker(), int(_get_time().timestamp())
        product = {"object": {"id": marker, "object": "product", "name": marker}}
        event = {"id": f"evt_{marker}", "type": "product.updated", "created": time}
        body = json.dumps(event | {"data": product, "livemode": True}).encode()
        signature = compute_hmac(SigningKey(SIGNING_SECRET), f"{time}.".encode() + body).hex()
        headers = {"stripe-signature": f"t={time},v1={signature}"}
        return _build_webhook("stripe", body, headers, marker)

    def build_booking(self) -> LoadRequest:
        """Return a booking of Cal.com."""
        marker = self._generate_marker()
        booking = {
            "triggerEvent": "BOOKING_CREATED",
            "createdAt": _get_time().isoformat(),
            "payload": {"uid": marker, "attendees": [{"email": f"{marker}@example.com"}]},
        }
        body = json.dumps(booking).encode()
        signature = compute_hmac(SigningKey(SIGNING_SECRET), body).hex()
        return _build_webhook("calcom", body, {"x-cal-signature-256": signature}, marker)

    def build_form(self) -> LoadRequest:
        """Return a form that a visitor submitted."""
        marker = self._generate_marker()
        fields = {"_key": SIGNING_SECRET, "email": f"{marker}@example.com", "topic": marker}
        headers = {"content-type": FORM_CONTENT_TYPE}
        return _build_webhook("form", urlencode(fields).encode(), headers, marker)

    def build_forged_order(self) -> LoadRequest:
        """Return an order with the signature of another sender."""
        order = self.build_order()
        return LoadRequest(
            kind="forged",
            path=order.path,
            body=order.body,
            headers=order.headers | {"x-shopify-hmac-sha256": encode_base64(b"0" * 32)},
            refused_markers=order.event_markers,
            expected_status=401,
        )

    def build_invalid_call(self) -> LoadRequest:
        """Return a tracking call that is invalid JSON."""
        marker = self._generate_marker()
        return LoadRequest(
            kind="broken",
            path="/v1/track",
            body=f'{{"messageId": "{marker}"'.encode(),
            headers=self._build_tracking_headers(),
            refused_markers=(marker,),
            expected_status=400,
        )

    def _build_tracking_headers(self) -> dict[str, str]:
        credentials = base64.b64encode(f"{self.write_key}:".encode()).decode()
        return {"content-type": JSON_CONTENT_TYPE, "authorization": f"Basic {credentials}"}

    def _generate_marker(self) -> str:
        return f"load{self.random.getrandbits(80):020x}"


def _build_webhook(channel: str, body: bytes, headers: dict[str, str], marker: str) -> LoadRequest:
    return LoadRequest(
        kind=channel,
        path=f"/hooks/{channel}/load",
        body=body,
        headers={"content-type": JSON_CONTENT_TYPE} | headers,
        event_markers=(marker,),
    )


def _build_product_view(marker: str) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": marker,
        "anonymousId": marker[:10],
        "timestamp": _get_time().isoformat(),
        "properties": {"product_id": marker, "currency": "EUR"},
    }


def _get_time() -> datetime:
    return datetime.now(UTC)
