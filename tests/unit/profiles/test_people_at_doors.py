"""Who is one person and who is not, from deliveries at the doors to orders, contact data and consent."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.support.memory_shop import MemoryShop
from tests.support.shopify_deliveries import build_order

FAMILY_NUMBER = "+442079460018"
FAKE_NUMBERS = ("0000000000", "000-000 0000", "1234567890", "+1 555 555 5555", "9876543210")
WORTHLESS_IDS = ("undefined", '"null"', "{}", "{{ user.id }}", "(not set)", "distinct_id", "0000")
ADDRESS_SPELLINGS = (
    "mia@door.example",
    " MIA@Door.Example\t",
    "mailto:mia@door.example",
    "Mia Door <mia@door.example>",
    "mia@door.example;",
    "mia@door.example.",
    "mia\u200b@door.example",
)

type OrderDoor = Callable[[MemoryShop, int, str, str], None]


def order_on_woocommerce(shop: MemoryShop, number: int, email: str, phone: str) -> None:
    body: dict[str, Any] = {
        "id": number,
        "status": "processing",
        "currency": "EUR",
        "total": "5.00",
    }
    body |= {"date_created_gmt": "2026-11-20T08:00:00", "date_modified_gmt": "2026-11-20T08:00:00"}
    billing = {"email": email, "phone": phone, "country": "US"}
    shop.deliver_woocommerce(body | {"customer_id": number, "billing": billing, "line_items": []})


def order_on_shopify(shop: MemoryShop, number: int, email: str, phone: str) -> None:
    sample, person = build_order(), {"email": email, "phone": phone}
    customer = sample["customer"] | person | {"id": number}
    order = sample | person | {"id": number, "customer": customer, "contact_email": email}
    billing = sample["billing_address"] | {"phone": phone}
    shop.deliver_shopify("orders/paid", order | {"billing_address": billing, "note_attributes": []})


def order_by_key(key: str) -> OrderDoor:
    def send_order(shop: MemoryShop, number: int, email: str, phone: str) -> None:
        traits = {"email": email, "phone": phone}
        order = {"order_id": f"o{number}", "total": 5, "currency": "EUR"}
        message = {"anonymousId": f"d{number}", "event": "Order Completed", "properties": order}
        shop.send_call("track", message | {"context": {"traits": traits}}, key)

    return send_order


def order_in_file(shop: MemoryShop, number: int, email: str, phone: str) -> None:
    shop.import_file(
        "email,phone,order_id,occurred_at,product_id,quantity,unit_price,currency\n"
        f'"{email}","{phone}",f{number},2026-10-02T10:00:00Z,tea,1,5.00,EUR\n'
    )


ORDER_DOORS: dict[str, OrderDoor] = {
    "woocommerce": order_on_woocommerce,
    "shopify": order_on_shopify,
    "server": order_by_key("server"),
    "browser": order_by_key("browser"),
    "file": order_in_file,
}


def list_orders(shop: MemoryShop) -> list[tuple[str, int]]:
    """Return the e-mail address and the number of orders of each buyer."""
    return [(buyer.contact.get("email", ""), buyer.orders.count) for buyer in shop.list_buyers()]


def send_messages(shop: MemoryShop, key: str, messages: Sequence[dict[str, Any]]) -> None:
    for message in messages:
        shop.send_call(message["type"], message, key)


@pytest.mark.parametrize("key", ["browser", "server"])
@pytest.mark.parametrize("kind", ["identify", "alias", "context"])
def test_two_people_on_one_device_stay_two(key: str, kind: str) -> None:
    shop = MemoryShop()
    for number, name in enumerate(("ida", "jon"), 1):
        device, traits = {"anonymousId": "till-1"}, {"email": f"{name}@till.example"}
        order = {"order_id": f"t{number}", "total": 10 * number, "currency": "EUR"}
        named = {
            "identify": {"type": "identify", "userId": name, "traits": traits},
            "alias": {"type": "alias", "userId": name, "previousId": "till-1", "traits": traits},
            "context": {"type": "page", "userId": name, "context": {"traits": traits}},
        }
        sale = {"type": "track", "userId": name, "event": "Order Completed", "properties": order}
        view = {"type": "page", "name": "Home"}
        send_messages(
            shop, key, [device | view, device | named[kind], device | sale, device | view]
        )
    buyers = shop.list_buyers()
    assert [buyer.orders.money for buyer in buyers] == [{"EUR": 1000}, {"EUR": 2000}]
    assert shop.find_person("anonymous_id", "till-1").subjects not in {b.subjects for b in buyers}
    for name, buyer in zip(("ida", "jon"), buyers, strict=True):
        assert shop.find_person("user_id", name).subjects == buyer.subjects
    if kind != "alias" or key == "server":
        assert list_orders(shop) == [("ida@till.example", 1), ("jon@till.example", 1)]


@pytest.mark.parametrize("door", ORDER_DOORS.values(), ids=ORDER_DOORS)
def test_numbers_of_nobody_join_nobody(door: OrderDoor) -> None:
    shop = MemoryShop()
    for number, phone in enumerate(FAKE_NUMBERS, 1):
        door(shop, number, f"buyer{number}@door.example", phone)
        door(shop, number + 10, f"other{number}@door.example", phone)
    assert len(list_orders(shop)) == 2 * len(FAKE_NUMBERS)
    assert {count for _, count in list_orders(shop)} == {1}
    assert not any("phone" in buyer.contact for buyer in shop.list_buyers())


@pytest.mark.parametrize("key", ["browser", "server"])
@pytest.mark.parametrize("field", ["userId", "previousId", "email", "externalIds"])
def test_words_for_nothing_join_no_devices(key: str, field: str) -> None:
    shop = MemoryShop()
    for number, word in enumerate(WORTHLESS_IDS * 2):
        value = f"{word}@{word}.com" if field == "email" else word
        fields: dict[str, dict[str, Any]] = {
            "userId": {"type": "page", "userId": value},
            "previousId": {"type": "alias", "previousId": value},
            "email": {"type": "identify", "traits": {"email": "noreply@door.example"}},
            "externalIds": {
                "type": "page",
                "context": {"externalIds": [{"type": "user_id", "id": value}]},
            },
        }
        send_messages(shop, key, [{"anonymousId": f"d{number}"} | fields[field]])
    people = shop.memory.list_people()
    assert sorted(map(len, people)) == [1] * 2 * len(WORTHLESS_IDS)


@pytest.mark.parametrize("door", ORDER_DOORS.values(), ids=ORDER_DOORS)
def test_address_with_debris_is_of_one_person(door: OrderDoor) -> None:
    shop = MemoryShop()
    for number, address in enumerate(ADDRESS_SPELLINGS, 1):
        door(shop, number if door is not order_on_shopify else 1, address, "")
    expected = 1 if door is order_on_shopify else len(ADDRESS_SPELLINGS)
    assert list_orders(shop) == [(ADDRESS_SPELLINGS[0], expected)]


def test_address_with_debris_is_of_one_person_across_doors() -> None:
    shop = MemoryShop()
    for number, (door, address) in enumerate(
        zip(ORDER_DOORS.values(), ADDRESS_SPELLINGS[1:], strict=False), 1
    ):
        door(shop, number, address, "")
    shop.submit_form({"email": ADDRESS_SPELLINGS[-1], "name": "Mia"})
    # The order of the browser is a claim, since others report orders.
    assert list_orders(shop) == [(ADDRESS_SPELLINGS[0], len(ORDER_DOORS) - 1)]


@pytest.mark.parametrize("door", ORDER_DOORS.values(), ids=ORDER_DOORS)
def test_family_with_one_landline_stays_two_with_their_own_consents(door: OrderDoor) -> None:
    shop = MemoryShop()
    for number, name in enumerate(("kim", "lou"), 1):
        door(shop, number, f"{name}@home.example", FAMILY_NUMBER)
    leave = {"anonymousId": "m1", "event": "Unsubscribed"}
    traits = {"traits": {"email": "kim@home.example"}}
    shop.send_call("track", leave | {"context": traits}, "server")
    shop.import_file("Email,Name,Opt in,Date\nlou@home.example,Lou,yes,2026-11-26\n")
    shop.moment = shop.moment.replace(day=28)
    assert list_orders(shop) == [("kim@home.example", 1), ("lou@home.example", 1)]
    assert shop.decide_sending("kim@home.example") == "denied"
    assert shop.decide_sending("lou@home.example") in {"granted", "not yet"}


@pytest.mark.parametrize("key", ["browser", "server"])
def test_consent_belongs_to_the_address_of_a_person_with_two(key: str) -> None:
    shop = MemoryShop()
    for name in ("work", "home"):
        traits = {"email": f"{name}@pat.example"}
        shop.send_call("identify", {"userId": "pat", "traits": traits}, key)
    leave = {"anonymousId": "m1", "event": "Unsubscribed"}
    shop.send_call("track", leave | {"context": {"traits": {"email": "WORK@pat.example"}}}, key)
    shop.import_file("Email,Name,Opt in,Date\nhome@pat.example,Pat,yes,2026-11-19\n")
    work, home = (shop.find_person("email", f"{name}@pat.example") for name in ("work", "home"))
    assert work.subjects == home.subjects
    assert shop.decide_sending("work@pat.example") == "denied"
    assert shop.decide_sending("home@pat.example") == "granted"


def test_server_and_webhooks_join_what_a_browser_only_claims() -> None:
    shop = MemoryShop()
    order_on_shopify(shop, 1, "pat@one.example", FAMILY_NUMBER)
    shop.send_call("identify", {"userId": "pat"}, "server")
    link = {"userId": "pat", "traits": {"email": "pat@one.example"}}
    shop.send_call("identify", link)
    assert (
        shop.find_person("user_id", "pat").subjects
        != shop.find_person("email", "pat@one.example").subjects
    )
    shop.send_call("identify", link, "server")
    assert (
        shop.find_person("user_id", "pat").subjects
        == shop.find_person("email", "pat@one.example").subjects
    )
    assert shop.describe_person("user_id", "pat").orders.count == 1


def test_webhooks_of_two_shops_join_the_buyer_by_address_and_by_number() -> None:
    shop = MemoryShop()
    order_on_shopify(shop, 1, "pat@one.example", FAMILY_NUMBER)
    order_on_woocommerce(shop, 2, "pat@one.example", "")
    order_on_woocommerce(shop, 0, "", FAMILY_NUMBER)
    assert list_orders(shop) == [("pat@one.example", 3)]


def test_order_of_nobody_is_of_nobody() -> None:
    shop = MemoryShop()
    order_on_woocommerce(shop, 0, "", "")
    assert (shop.list_buyers(), len(shop.memory.orders.records)) == ([], 1)


TILL_ORDER = (
    "customer_id,email,order_id,occurred_at,product_id,quantity,unit_price,currency\n"
    "17,ida@till.example,1,2026-10-02T10:00:00Z,tea,1,5.00,EUR\n"
)
TILL_CONTACT = "customer_id,Email,Name\n17,ida@till.example,Ida\n"


def send_shop_order(shop: MemoryShop) -> None:
    """Order number 1 of the shop, by the buyer whose user id there is 4711."""
    order = {"order_id": "1", "total": 9, "currency": "EUR"}
    message = {"userId": "4711", "event": "Order Completed", "properties": order}
    traits = {"traits": {"email": "ida@till.example"}}
    shop.send_call("track", message | {"context": traits}, "server")


def test_customer_of_a_till_is_the_buyer_of_the_shop_with_the_same_address() -> None:
    shop = MemoryShop()
    send_shop_order(shop)
    shop.import_file(TILL_ORDER, folder="file/till/")
    shop.import_file(TILL_CONTACT, folder="file/till/")
    (ida,) = shop.list_buyers()
    assert [subject[0] for subject in ida.subjects] == ["u", "e", "c"]
    assert (ida.orders.count, ida.contact["name"]) == (2, "Ida")


def test_customers_of_two_tills_with_one_number_are_two_people() -> None:
    shop = MemoryShop()
    shop.import_file(TILL_ORDER, folder="file/north/")
    shop.import_file(TILL_ORDER.replace("ida@", "jon@"), folder="file/south/")
    assert list_orders(shop) == [("ida@till.example", 1), ("jon@till.example", 1)]


def test_customer_number_in_a_file_without_an_account_is_a_user_id() -> None:
    shop = MemoryShop()
    shop.import_file(TILL_ORDER)
    assert shop.find_person("user_id", "17").subjects == shop.list_buyers()[0].subjects
