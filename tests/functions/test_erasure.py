"""Erased people leave nothing behind, nothing brings them back, and nobody else changes."""

from collections.abc import Callable
from typing import Any

import pytest

from regulars.privacy.erasure import Eraser
from regulars.privacy.opened_stores import open_erasure_stores
from regulars.profiles.served_profiles import ServedProfiles
from regulars.profiles.verify import verify_profiles
from regulars.store.inventory import Inventory
from tests.support.aws import MotoStack
from tests.support.canary_shop import CanaryPerson, CanaryShop
from tests.support.deployment import build_deployment

PEOPLE = 40


@pytest.fixture
def shop(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> CanaryShop:
    return CanaryShop(aws, monkeypatch)


def build_eraser(meanwhile: Callable[[], None] = lambda: None) -> Eraser:
    """Return an eraser that does not wait; `meanwhile` happens while it would."""
    stores = open_erasure_stores(build_deployment())
    return Eraser(stores=stores, sleep=lambda _: meanwhile())


def list_differences(aws: MotoStack) -> list[Any]:
    inventory = Inventory("test-events", "test-profiles", aws.dynamodb)
    return list(verify_profiles(inventory).differences)


def copy_tables(shop: CanaryShop, excluded: set[str]) -> dict[str, str]:
    """Return all items of the tables about people, but those that name one of the excluded tokens."""
    return {
        place: text
        for place, text in shop.read_everything()
        if place.split()[0] in {"events", "profiles", "contacts"}
        and not place.startswith("profiles tombstones")
        and not any(token in place + text for token in excluded)
    }


def find_person(aws: MotoStack, person: CanaryPerson) -> Any:
    return ServedProfiles("test-profiles", aws.dynamodb).find_by_subjects(person.subjects)


def test_erased_people_leave_nothing_while_events_flow_and_everything_is_sent_again(
    aws: MotoStack, shop: CanaryShop
) -> None:
    people = [CanaryPerson(number) for number in range(PEOPLE)]
    erased, others = people[: PEOPLE // 10], people[PEOPLE // 10 :]
    for person in people:
        shop.visit(person)
        shop.order(person)
    for person in people[::10]:
        shop.send_refused(person)
    shop.upload("audience.csv", people)
    shop.deliver_stream()
    excluded = {token for one in erased for token in (*one.tokens, *one.profile_ids)} | {
        f"order#shopify/example-shop/{1_000_000 + one.number * 100 + 1}" for one in erased
    }
    before = copy_tables(shop, excluded)
    assert list_differences(aws) == []
    assert {place.split()[0] for place in map(str, shop.find_traces(erased))} >= {
        *("events", "profiles", "contacts", "rejects", "uploads", "lake")
    }

    def send_more() -> None:
        """Send more of erased people to doors that do not know the tombstones yet, then let them read them."""
        for person in erased:
            shop.visit(person, "2026-11-21T10:00:00.000Z")
            shop.order(person, 2)
            shop.send_refused(person)
        shop.deliver_stream()
        shop.forget_tombstones()
        for person in erased:
            shop.order(person, 3)
        shop.deliver_stream()

    eraser = build_eraser(send_more)
    job = eraser.start_erasure(one.subjects[1] for one in erased)
    receipt = eraser.finish_erasure(job)
    shop.deliver_stream()
    assert shop.find_traces(erased) == []
    assert copy_tables(shop, set()) == before
    assert receipt.identifiers == 5 * len(erased)
    shop.repeat_deliveries()
    shop.repeat_deliveries()
    assert set(eraser.repeat_erasures()) == {"rejects"}
    assert shop.find_traces(erased) == []
    assert copy_tables(shop, set()) == before
    assert list_differences(aws) == []
    assert all(find_person(aws, one) is None for one in erased)
    assert all(find_person(aws, one) is not None for one in others)
