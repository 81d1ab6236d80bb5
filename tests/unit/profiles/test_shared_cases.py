"""The cases from public reports about identity, sent through the doors: who is one person, with which orders."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.provider_files import SHARED_FOLDER
from tests.support.memory_shop import MemoryShop

CASES_FOLDER = SHARED_FOLDER / "cases"
# The folder of a case → the orders and the money in EUR of each buyer, by their e-mail addresses.
BUYERS_BY_CASE: dict[str, list[tuple[int, int]]] = {
    "01-shared-device": [(1, 4000), (1, 6000)],
    "09-placeholder-phone": [(1, 1000), (1, 1100), (1, 1200), (1, 1300), (1, 1400)],
    "15-placeholder-ids": [],
    "21-email-with-debris": [(8, 10_800)],
    "22-family-phone": [(1, 2000), (1, 2100)],
    "26-odd-characters": [(1, 1200)],
    "32-shopify-csv-nobody": [],
    "39-consent-by-address": [],
}

pytestmark = pytest.mark.skipif(not CASES_FOLDER.exists(), reason="the shared cases are absent")


def send_case(name: str, key: str = "browser") -> MemoryShop:
    """Return a shop that has received the files of a case in their order."""
    shop = MemoryShop()
    for path in sorted((CASES_FOLDER / name).iterdir()):
        if path.suffix == ".csv":
            shop.import_file(path.read_text(), "shopify/main/" if "shopify" in name else "")
        elif path.name.endswith("order.created.json"):
            shop.deliver_woocommerce(json.loads(path.read_text()))
        else:
            for message in read_messages(path):
                shop.send_call(json.loads(message)["type"], message, key)
    return shop


def read_messages(path: Path) -> Iterator[bytes]:
    """Yield the messages of a file of the tracking API."""
    if path.suffix == ".jsonl":
        yield from path.read_bytes().splitlines()
    elif path.suffix == ".json":
        yield path.read_bytes()


@pytest.mark.parametrize("key", ["browser", "server"])
@pytest.mark.parametrize("case", BUYERS_BY_CASE)
def test_case_gives_the_buyers_that_are_right(case: str, key: str) -> None:
    buyers = send_case(case, key).list_buyers()
    assert [(buyer.orders.count, buyer.orders.money["EUR"]) for buyer in buyers] == BUYERS_BY_CASE[
        case
    ]


@pytest.mark.parametrize("key", ["browser", "server"])
def test_placeholder_ids_join_no_devices(key: str) -> None:
    people = send_case("15-placeholder-ids", key).memory.list_people()
    lines = (CASES_FOLDER / "15-placeholder-ids" / "messages.jsonl").read_bytes().splitlines()
    assert len(people) == len(lines)
    assert {len(subjects) for subjects in people} == {1}


@pytest.mark.parametrize("key", ["browser", "server"])
def test_consent_of_one_address_leaves_the_other(key: str) -> None:
    family = send_case("22-family-phone", key)
    two = send_case("39-consent-by-address", key)
    for shop in (family, two):
        shop.moment = shop.moment.replace(day=30)
    assert family.decide_sending("vic@home.example") == "denied"
    assert two.decide_sending("ray.work@two.example") == "denied"
    for shop, address in ((family, "wes@home.example"), (two, "ray.home@two.example")):
        assert shop.decide_sending(address) == "granted"
    work, home = (two.find_person("email", f"ray.{name}@two.example") for name in ("work", "home"))
    assert work.subjects == home.subjects


def test_order_of_nobody_is_kept() -> None:
    shop = send_case("32-shopify-csv-nobody")
    assert len(shop.memory.orders.records) == 1
