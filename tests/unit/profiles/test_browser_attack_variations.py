"""A thousand variations of what a stranger can send with the key of a page change nothing about known customers."""

import pytest

from regulars.domain.consent_decisions import SendDecision
from regulars.domain.errors import UntranslatableError
from regulars.domain.orders import sum_orders
from regulars.domain.times import to_text
from regulars.profiles.update import STREAM_SOURCE
from regulars.store.profiles import SubjectItems
from regulars.store.rejects import Reject
from tests.support.browser_attacks import Attack
from tests.support.deliveries import NOW
from tests.support.known_customers import (
    CUSTOMERS,
    Address,
    CustomerView,
    describe_customer,
    describe_customers,
    serve_customers,
)
from tests.support.memory_shop import MemoryShop

ATTACK_COUNT = 1_000
ROUNDS = 10
# What a claim decides where nothing stronger is stated; docs/consent.md says why.
CLAIM_REASONS = {"no consent", "claimed", "denied", "complained"}


@pytest.fixture(scope="module")
def shop() -> MemoryShop:
    shop = MemoryShop()
    serve_customers(shop)
    return shop


@pytest.fixture(scope="module")
def views(shop: MemoryShop) -> dict[int, CustomerView]:
    return describe_customers(shop)


def check_customer(before: CustomerView, after: CustomerView) -> None:
    """Check what no stranger may change, whatever was named."""
    assert after.profile_id == before.profile_id
    assert after.known == before.known
    assert after.orders == before.orders
    assert after.contact == before.contact
    assert before.state.traits.items() <= after.state.traits.items()
    assert after.state.consents.statements == before.state.consents.statements
    for address, decision in before.decisions.items():
        check_decision(address, decision, after.decisions[address])


def check_decision(address: Address, before: SendDecision, after: SendDecision) -> None:
    """Check that a claim decides only about marketing, and only where nobody else has stated anything."""
    if address[1] == "marketing" and before.reason == "no consent":
        assert after.reason in CLAIM_REASONS
    else:
        assert after == before


def run_attacks(shop: MemoryShop, seeds: range) -> None:
    for seed in seeds:
        for call in Attack(seed).calls:
            call.send(shop)


def read_customer(shop: MemoryShop, view: CustomerView) -> SubjectItems:
    return shop.memory.profiles.read_subjects(view.known)


def list_failures(shop: MemoryShop) -> list[Reject]:
    """Return the rejects of events that were recorded and could not be folded, and of bugs."""
    rejects = shop.memory.rejects.stored_rejects
    codes = {UntranslatableError.code}
    return [one for one in rejects if one.source == STREAM_SOURCE or one.code in codes]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_stranger_changes_nothing_about_known_customers(
    shop: MemoryShop, views: dict[int, CustomerView], round_: int
) -> None:
    count = ATTACK_COUNT // ROUNDS
    for seed in range(round_ * count, (round_ + 1) * count):
        attack, attacked = Attack(seed), shop.copy_shop()
        for call in attack.calls:
            call.send(attacked)
        assert list_failures(attacked) == []
        for customer in CUSTOMERS:
            view = views[customer.number]
            if customer.number in attack.victims:
                check_customer(view, describe_customer(attacked, customer))
            else:
                assert read_customer(attacked, view) == read_customer(shop, view)


def test_all_attacks_on_one_shop_change_nothing_about_known_customers(
    shop: MemoryShop, views: dict[int, CustomerView]
) -> None:
    attacked = shop.copy_shop()
    run_attacks(attacked, range(0, ATTACK_COUNT, 3))
    for number, view in describe_customers(attacked).items():
        check_customer(views[number], view)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_attacks_before_the_customers_come_change_nothing_about_them(
    views: dict[int, CustomerView], seed: int
) -> None:
    attacked = MemoryShop()
    attacked.sources.days["shopify/main"] = to_text(NOW)[:10]  # a shop that sells already
    first = 20 * seed
    run_attacks(attacked, range(first, first + 15))
    serve_customers(attacked)
    run_attacks(attacked, range(first + 15, first + 20))
    for number, after in describe_customers(attacked).items():
        before = views[number]
        assert (after.known, after.contact) == (before.known, before.contact)
        assert (after.orders.count, after.orders.money) == (1, before.orders.money)
        for address, decision in before.decisions.items():
            check_decision(address, decision, after.decisions[address])


def test_orders_that_browsers_may_report_change_no_order_of_another_source(
    shop: MemoryShop,
) -> None:
    attacked = shop.copy_shop()
    attacked.sources.days.clear()  # as if no source had reported an order for long
    run_attacks(attacked, range(0, ATTACK_COUNT, 3))
    assert attacked.memory.orders.records.keys() > shop.memory.orders.records.keys()
    for key, record in shop.memory.orders.records.items():
        after = attacked.memory.orders.records[key]
        assert after.holder == record.holder
        assert sum_orders([after.order]) == sum_orders([record.order])
