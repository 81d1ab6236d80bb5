"""What no browser may do, the shop's server, its webhooks and the owner's files do: they join two known customers."""

from collections.abc import Callable

import pytest

from tests.support.browser_attacks import Attack
from tests.support.known_customers import CUSTOMERS, Customer, serve_customers
from tests.support.memory_shop import MemoryShop

ON_SHOPIFY, ON_WOOCOMMERCE = CUSTOMERS[0], CUSTOMERS[1]

type Step = Callable[[MemoryShop, str], None]


def link_in_one_message(shop: MemoryShop, key: str) -> None:
    addresses = [{"type": "email", "id": one.email} for one in (ON_SHOPIFY, ON_WOOCOMMERCE)]
    shop.send_call(
        "track", {"anonymousId": "d", "event": "x", "context": {"externalIds": addresses}}, key
    )


def link_by_user_id(shop: MemoryShop, key: str) -> None:
    for customer in (ON_SHOPIFY, ON_WOOCOMMERCE):
        shop.send_call(
            "identify", {"userId": "one", "traits": {"email": customer.email.upper()}}, key
        )


def link_by_alias(shop: MemoryShop, key: str) -> None:
    shop.send_call("alias", {"userId": ON_SHOPIFY.email, "previousId": ON_WOOCOMMERCE.email}, key)


LINK_STEPS: dict[str, Step] = {
    "one message": link_in_one_message,
    "user id": link_by_user_id,
    "alias": link_by_alias,
}


@pytest.fixture
def shop() -> MemoryShop:
    shop = MemoryShop()
    serve_customers(shop)
    return shop


def is_one_person(shop: MemoryShop, first: Customer, second: Customer) -> bool:
    people = {shop.find_person("email", customer.email).subjects for customer in (first, second)}
    return len(people) == 1


@pytest.mark.parametrize("link", LINK_STEPS.values(), ids=LINK_STEPS)
def test_server_joins_customers_whom_a_browser_does_not_join(shop: MemoryShop, link: Step) -> None:
    link(shop, "browser")
    assert not is_one_person(shop, ON_SHOPIFY, ON_WOOCOMMERCE)
    link(shop, "server")
    assert is_one_person(shop, ON_SHOPIFY, ON_WOOCOMMERCE)
    assert shop.describe_person("email", ON_SHOPIFY.email).orders.count == 2


def test_webhook_joins_customers(shop: MemoryShop) -> None:
    order = {"id": 9, "status": "processing", "currency": "EUR", "total": "1.00", "line_items": []}
    times = {"date_created_gmt": "2026-11-20T08:00:00", "date_modified_gmt": "2026-11-20T08:00:00"}
    billing = {"email": ON_SHOPIFY.email}
    number = 300 + ON_WOOCOMMERCE.number
    shop.deliver_woocommerce(order | times | {"customer_id": number, "billing": billing})
    assert is_one_person(shop, ON_SHOPIFY, ON_WOOCOMMERCE)


def test_file_of_the_owner_joins_customers(shop: MemoryShop) -> None:
    rows = [f"{one.email},one" for one in (ON_SHOPIFY, ON_WOOCOMMERCE)]
    shop.import_file("\n".join(["Email,customer_id", *rows]))
    assert is_one_person(shop, ON_SHOPIFY, ON_WOOCOMMERCE)


@pytest.mark.parametrize("link", LINK_STEPS.values(), ids=LINK_STEPS)
def test_attacks_before_keep_no_server_from_joining(shop: MemoryShop, link: Step) -> None:
    for seed in range(100):
        for call in Attack(seed).calls:
            call.send(shop)
    link(shop, "server")
    assert is_one_person(shop, ON_SHOPIFY, ON_WOOCOMMERCE)


def test_consent_and_contact_data_of_a_server_count(shop: MemoryShop) -> None:
    traits = {"email": ON_SHOPIFY.email, "firstName": "Zeb"}
    message = {"anonymousId": "d", "event": "Unsubscribed", "context": {"traits": traits}}
    assert shop.decide_sending(ON_SHOPIFY.email) == "granted"
    shop.send_call("track", message, "server")
    assert shop.decide_sending(ON_SHOPIFY.email) == "denied"
    assert shop.describe_person("email", ON_SHOPIFY.email).contact["first_name"] == "Zebedee"
    shop.send_call("identify", {"userId": "zeb", "traits": traits}, "server")
    assert shop.find_person("user_id", "zeb") == shop.find_person("email", ON_SHOPIFY.email)
