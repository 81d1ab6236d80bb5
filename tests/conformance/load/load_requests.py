"""What the senders send: each thing carries marks of its own, by which it is found again in the ledger and the rejects."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import urlencode

from tests.conformance.mutations.schemes.contract import Key, base64_of, signature

SECRET = "made-up-for-this-run"
CHANNELS = ("shopify", "stripe", "calcom", "form")
BATCH = 20
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Sending:
    """One request: a mark for each event it tells, and for each thing in it that will be refused."""

    kind: str
    path: str
    body: bytes
    headers: dict[str, str]
    marks: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    wanted: int = 200


@dataclass
class Maker:
    """Makes sendings for one stack, all different."""

    write_key: str
    random: Random

    def any(self) -> Sending:
        """One of any kind, as often as senders send it."""
        kinds: tuple[Callable[[], Sending], ...] = (
            *(self.batch, self.single, self.single, self.order, self.order, self.product),
            *(self.booking, self.form, self.forged, self.broken),
        )
        return self.random.choice(kinds)()

    def batch(self) -> Sending:
        """Some events of a storefront, of which one is none."""
        marks = tuple(self._mark() for _ in range(BATCH))
        bad = self._mark()
        events = [_viewed(mark) for mark in marks] + [{"type": "nonsense", "messageId": bad}]
        body = json.dumps({"batch": events}).encode()
        return Sending("batch", "/v1/batch", body, self._authorized(), marks, (bad,))

    def single(self) -> Sending:
        """One event of a storefront."""
        mark = self._mark()
        body = json.dumps(_viewed(mark)).encode()
        return Sending("single", "/v1/track", body, self._authorized(), (mark,))

    def order(self) -> Sending:
        """A paid order of Shopify's, whose buyer is new."""
        mark, now = self._mark(), _now().isoformat()
        line = {"id": 1, "product_id": mark, "title": "tea", "quantity": 1, "price": "1.00"}
        order = {"id": self.random.getrandbits(48), "created_at": now, "updated_at": now}
        order |= {"currency": "EUR", "total_price": "1.00", "line_items": [line]}
        body = json.dumps(order | {"email": f"{mark}@example.com"}).encode()
        proof = base64_of(signature(Key(SECRET), body))
        headers = {"x-shopify-topic": "orders/paid", "x-shopify-hmac-sha256": proof}
        return self._hook("shopify", body, headers, mark)

    def product(self) -> Sending:
        """A product of Stripe's that was changed."""
        mark, at = self._mark(), str(int(_now().timestamp()))
        thing = {"object": {"id": mark, "object": "product", "name": mark}}
        event = {"id": f"evt_{mark}", "type": "product.updated", "created": int(at), "data": thing}
        body = json.dumps(event | {"livemode": True}).encode()
        proof = signature(Key(SECRET), f"{at}.".encode() + body).hex()
        return self._hook("stripe", body, {"stripe-signature": f"t={at},v1={proof}"}, mark)

    def booking(self) -> Sending:
        """A booking of Cal.com's."""
        mark = self._mark()
        payload = {"uid": mark, "attendees": [{"email": f"{mark}@example.com"}]}
        told = {
            "triggerEvent": "BOOKING_CREATED",
            "createdAt": _now().isoformat(),
            "payload": payload,
        }
        body = json.dumps(told).encode()
        proof = {"x-cal-signature-256": signature(Key(SECRET), body).hex()}
        return self._hook("calcom", body, proof, mark)

    def form(self) -> Sending:
        """A form of a visitor's."""
        mark = self._mark()
        body = urlencode({"_key": SECRET, "email": f"{mark}@example.com", "topic": mark}).encode()
        return self._hook("form", body, {"content-type": FORM}, mark)

    def forged(self) -> Sending:
        """An order that somebody else signed."""
        genuine = self.order()
        headers = genuine.headers | {"x-shopify-hmac-sha256": base64_of(b"0" * 32)}
        return Sending("forged", genuine.path, genuine.body, headers, (), genuine.marks, 401)

    def broken(self) -> Sending:
        """A call that is no JSON."""
        mark = self._mark()
        body = f'{{"messageId": "{mark}"'.encode()
        return Sending("broken", "/v1/track", body, self._authorized(), (), (mark,), 400)

    def _hook(self, channel: str, body: bytes, headers: dict[str, str], mark: str) -> Sending:
        headers = {"content-type": "application/json"} | headers
        return Sending(channel, f"/hooks/{channel}/load", body, headers, (mark,))

    def _authorized(self) -> dict[str, str]:
        basic = base64.b64encode(f"{self.write_key}:".encode()).decode()
        return {"content-type": "application/json", "authorization": f"Basic {basic}"}

    def _mark(self) -> str:
        return f"load{self.random.getrandbits(80):020x}"


def _viewed(mark: str) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": mark,
        "anonymousId": mark[:10],
        "timestamp": _now().isoformat(),
        "properties": {"product_id": mark, "currency": "EUR"},
    }


def _now() -> datetime:
    return datetime.now(UTC)
