"""Generate what a stranger can send who has read the publishable key: calls of any form that name known customers."""

from random import Random
from typing import Any

import msgspec

from regulars.domain.errors import RegularsError
from tests.support.attack_spellings import write_email, write_id, write_phone
from tests.support.known_customers import CUSTOMERS, Customer
from tests.support.memory_shop import MemoryShop

TYPES = ("identify", "track", "track", "page", "screen", "group", "alias")
EVENTS = (
    *("Order Completed", "Order Updated", "Order Cancelled", "Order Refunded", "Completed Order"),
    *("Unsubscribed", "Email Marked as Spam", " Unsubscribed ", "Subscribed", "Product Added"),
    *("Identity Decided", "Aliased", "Identity Linked", "Marketing Consent Changed"),
    *("Customer Deletion Requested", "Customer Deleted", "Email Address Changed", "Whatever"),
)
TIMES = (
    "1991-01-01T00:00:00Z",
    "2026-11-20T09:00:00Z",
    "2026-11-12T09:00:00Z",
    "2031-01-01T00:00:00Z",
)
ODD_TIMES = ("never", 12, None, "0000-00-00")
CHAIN_SHARE = 0.3
FORM_CONSENTS = ("consent", "newsletter", "marketing", "consent_sms", "consent_whatsapp")


class Call(msgspec.Struct, frozen=True):
    """One call: to the HTML form or to a path of the tracking API."""

    door: str
    body: Any

    def send(self, shop: MemoryShop) -> None:
        """Send the call; a refusal is no failure."""
        try:
            if self.door == "form":
                shop.submit_form(self.body)
            else:
                shop.send_call(self.door, self.body)
        except RegularsError:
            pass


class Attack:
    """A sequence of calls, and the customers whom they name."""

    def __init__(self, seed: int) -> None:
        self._draw = Random(seed)
        self._seed = seed
        self._victims = self._draw.sample(CUSTOMERS, self._draw.choice((1, 2, 3, 5, 60)))
        self._own = [f"own-{seed}-{number}" for number in range(3)]
        is_chain = self._draw.random() < CHAIN_SHARE
        self.calls = self._build_chain() if is_chain else self._build_calls()
        if self._draw.random() < 0.2:
            self.calls += self._draw.sample(self.calls, 1)

    @property
    def victims(self) -> frozenset[int]:
        """The numbers of the customers whom the calls may name."""
        return frozenset(customer.number for customer in self._victims)

    def _build_calls(self) -> list[Call]:
        return [self._build_call() for _ in range(self._draw.randint(1, 5))]

    def _build_chain(self) -> list[Call]:
        """Return messages that name the same new identifier with one customer after the other, by itself or at once."""
        draw, own = self._draw, self._own[0]
        links: tuple[dict[str, Any], ...] = (
            {"type": "identify", "userId": own},
            {"type": "identify", "anonymousId": own},
            {"type": "identify", "context": {"traits": {"email": f"{own}@eve.example"}}},
            {"type": "alias", "userId": own, "previousId": own},
        )
        link = draw.choice(links)
        messages = []
        for victim in draw.sample(self._victims, min(len(self._victims), 5)):
            traits = {"email": victim.email, "phone": victim.phone}
            name = draw.choice(("email", "email", "phone"))
            known = draw.choice(({"traits": {name: traits[name]}}, {"userId": victim.user_id}))
            messages.append({"anonymousId": self._own[1]} | known | link)
        if draw.random() < 0.5:
            return [Call("batch", {"batch": messages})]
        return [Call("batch", {"batch": [message]}) for message in messages]

    def _build_call(self) -> Call:
        door = self._draw.choice(("message", "message", "message", "batch", "form"))
        if door == "form":
            return Call("form", self._build_form())
        if door == "message":
            message = self._build_message()
            return Call(message.pop("type"), message)
        batch = [self._build_message() for _ in range(self._draw.randint(1, 4))]
        body: dict[str, Any] = {"batch": batch, "sentAt": self._draw.choice(TIMES)}
        if self._draw.random() < 0.5:
            body["context"] = self._build_context()
        return Call("batch", body)

    def _build_form(self) -> dict[str, str]:
        fields = {"email": self._email(), "phone": self._phone(), "name": "Eve"}
        kept = self._draw.sample(sorted(fields), self._draw.randint(1, 3))
        consents = self._draw.sample(FORM_CONSENTS, self._draw.randint(0, 2))
        return {name: fields[name] for name in kept} | dict.fromkeys(consents, "on")

    def _build_message(self) -> dict[str, Any]:
        draw = self._draw
        type_ = draw.choice(TYPES)
        fields: dict[str, Any] = {
            "userId": self._id(),
            "anonymousId": draw.choice((*self._own, self._id())),
            "previousId": self._id(),
            "groupId": self._id(),
            "traits": self._build_traits(),
            "context": self._build_context(),
            "properties": self._build_properties(),
            "integrations": {"All": True, "Salesforce": {"email": self._email()}},
            "timestamp": draw.choice(TIMES if draw.random() < 0.9 else ODD_TIMES),
            "sentAt": draw.choice(TIMES),
            "messageId": draw.choice((f"m{draw.random()}", "m1", "server\x1fm1")),
        }
        kept = draw.sample(sorted(fields), draw.randint(2, len(fields)))
        message = {"type": type_} | {name: fields[name] for name in kept}
        return message | ({"event": draw.choice(EVENTS)} if type_ == "track" else {})

    def _build_traits(self) -> dict[str, Any]:
        fields = {
            "email": self._email(),
            "phone": self._phone(),
            "emails": [self._email(), self._email()],
            "firstName": "Eve",
            "name": "Eve Evil",
            "id": self._id(),
            "company": {"email": self._email()},
            "country": "KP",
            "locale": "xx",
        }
        return {name: fields[name] for name in self._draw.sample(sorted(fields), 4)}

    def _build_context(self) -> dict[str, Any]:
        kinds = {
            "email": self._email,
            "phone": self._phone,
            "user_id": self._id,
            "anonymous_id": self._id,
        }
        external = [
            {"type": kind, "id": kinds[kind](), "collection": "users", "encoding": "none"}
            for kind in self._draw.choices(sorted(kinds), k=self._draw.choice((0, 1, 2, 60)))
        ]
        fields = {
            "traits": self._build_traits(),
            "externalIds": external,
            "userId": self._id(),
            "groupId": self._id(),
            "locale": "xx",
            "timezone": "Asia/Pyongyang",
        }
        return {name: fields[name] for name in self._draw.sample(sorted(fields), 3)}

    def _build_properties(self) -> dict[str, Any]:
        draw, victim = self._draw, self._pick()
        subjects = list(victim.addresses.values())
        return {
            "order_id": draw.choice((victim.order_id, f"shopify/main/{5000 + victim.number}", "x")),
            "total": draw.choice((0, 1, 10**6, -5, 30)),
            "currency": draw.choice(("EUR", "EUR", "USD", "")),
            "products": [{"product_id": "tea", "price": 1, "quantity": draw.randint(1, 99)}],
            "email": victim.email,
            "$user_id": victim.user_id,
            "trust": "owner",
            "action": draw.choice(("join", "separate")),
            "left": subjects[:1],
            "right": list(self._pick().addresses.values())[:1],
        }

    def _pick(self) -> Customer:
        return self._draw.choice(self._victims)

    def _email(self) -> Any:
        known = self._draw.random() < 0.8
        address = self._pick().email if known else f"{self._draw.choice(self._own)}@eve.example"
        return write_email(self._draw, address)

    def _phone(self) -> Any:
        known = self._draw.random() < 0.8
        number = self._pick().phone if known else f"+4420794690{self._draw.randint(10, 99)}"
        return write_phone(self._draw, number)

    def _id(self) -> Any:
        victim = self._pick()
        names = (victim.user_id, victim.user_id, victim.email, *self._own)
        return write_id(self._draw, self._draw.choice(names))
