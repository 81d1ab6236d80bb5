"""Sixty customers whom signed webhooks and the shop's server have named, and what the owner sees of each."""

from typing import Any

import msgspec

from regulars.domain.consent_decisions import SendDecision, may_send
from regulars.domain.contacts import choose_contacts
from regulars.domain.identifiers import Identifier, subject_key
from regulars.domain.orders import OrderTotals
from regulars.domain.profiles import ProfileState
from regulars.identity.people import find_people
from tests.support.memory_shop import PEPPER, MemoryShop
from tests.support.shopify_deliveries import build_order

CONSENT_CHANNELS = {"email": "email", "sms": "phone", "whatsapp": "phone"}
CONSENT_PURPOSES = ("marketing", "transactional")
CUSTOMER_COUNT = 60

type Address = tuple[str, str, str]  # channel, purpose, subject


class Customer(msgspec.Struct, frozen=True):
    """A customer as a stranger may know one: by everything but the device."""

    number: int

    @property
    def email(self) -> str:
        """The e-mail address."""
        return f"customer{self.number}@shop.example"

    @property
    def phone(self) -> str:
        """The phone number."""
        return f"+44207946{self.number:04}"

    @property
    def user_id(self) -> str:
        """The user id, which only the customers of the server have."""
        return f"user-{self.number}"

    @property
    def order_id(self) -> str:
        """The number of the order."""
        return f"order-{self.number}"

    @property
    def addresses(self) -> dict[str, str]:
        """The subjects of the e-mail address and the phone number."""
        return {
            "email": subject_key(Identifier("email", self.email), PEPPER),
            "phone": subject_key(Identifier("phone", self.phone), PEPPER),
        }


class CustomerView(msgspec.Struct, frozen=True):
    """What the owner sees of a customer; `known` are the subjects that strong evidence names."""

    profile_id: str
    known: frozenset[str]
    orders: OrderTotals
    contact: dict[str, str]
    decisions: dict[Address, SendDecision]
    state: ProfileState


CUSTOMERS = tuple(map(Customer, range(CUSTOMER_COUNT)))


def serve_customers(shop: MemoryShop) -> None:
    """Name the customers to a shop, a third each by Shopify, WooCommerce and its server."""
    for customer in CUSTOMERS:
        (_order_on_shopify, _order_on_woocommerce, _order_by_server)[customer.number % 3](
            shop, customer
        )
        if customer.number % 5 == 1:
            message = {"event": "Unsubscribed", "context": {"traits": {"email": customer.email}}}
            shop.send_call("track", message | {"anonymousId": f"mail-{customer.number}"}, "server")


def describe_customers(shop: MemoryShop) -> dict[int, CustomerView]:
    """Return what the owner sees of each customer by number."""
    return {customer.number: describe_customer(shop, customer) for customer in CUSTOMERS}


def _order_on_shopify(shop: MemoryShop, customer: Customer) -> None:
    sample = build_order()
    person = {"email": customer.email, "phone": customer.phone}
    buyer = sample["customer"] | person | {"id": 9000 + customer.number}
    shop.deliver_shopify(
        "orders/paid",
        sample
        | person
        | {"id": 5000 + customer.number, "customer": buyer, "contact_email": customer.email}
        | {"billing_address": sample["billing_address"] | {"phone": customer.phone}}
        | {"note_attributes": [], "total_price": f"{customer.number}.00"},
    )


def _order_on_woocommerce(shop: MemoryShop, customer: Customer) -> None:
    billing = {"email": customer.email, "phone": customer.phone, "first_name": "Wanda"}
    body: dict[str, Any] = {
        "id": 7000 + customer.number,
        "status": "processing",
        "currency": "EUR",
        "total": f"{customer.number}.00",
        "date_created_gmt": "2026-11-20T08:00:00",
        "date_modified_gmt": "2026-11-20T08:00:00",
        "customer_id": 300 + customer.number,
        "billing": billing,
        "line_items": [],
    }
    shop.deliver_woocommerce(body)


def _order_by_server(shop: MemoryShop, customer: Customer) -> None:
    traits = {"email": customer.email, "phone": customer.phone, "firstName": "Serena"}
    shop.send_call("identify", {"userId": customer.user_id, "traits": traits}, "server")
    # Without a total, the newest snapshot decides the time of an order.
    properties = {"order_id": customer.order_id, "total": customer.number, "currency": "EUR"}
    event = "Order Updated" if customer.number % 2 else "Order Completed"
    order = {"userId": customer.user_id, "event": event, "properties": properties}
    shop.send_call("track", order, "server")


def describe_customer(shop: MemoryShop, customer: Customer) -> CustomerView:
    """Return what the owner sees of a customer."""
    addresses, read_facts = customer.addresses, shop.memory.profiles.read_facts
    person = find_people(addresses.values(), read_facts)[addresses["email"]]
    facts = read_facts(person.subjects)
    state = shop.memory.read_person(person).state
    decisions = {
        (channel, purpose, namespace): may_send(
            state.consents, channel, purpose, addresses[namespace], shop.moment
        )
        for channel, namespace in CONSENT_CHANNELS.items()
        for purpose in CONSENT_PURPOSES
    }
    return CustomerView(
        profile_id=person.profile_id,
        known=frozenset(key for key in person.subjects if key in facts[key].known),
        orders=state.orders,
        contact=choose_contacts(shop.contacts.read_facts(person.subjects)).values,
        decisions=decisions,
        state=state,
    )
