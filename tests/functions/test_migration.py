"""What version 0.1 stored becomes what this version stores, in one repair that may be interrupted and repeated."""

import base64
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from regulars.admin.contact_migration import migrate_contacts
from regulars.domain.contacts import choose_contacts
from regulars.domain.events import Event, event_id
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.profiles.repair import repair_profiles
from regulars.profiles.served_profiles import ScoredProfile, ServedProfiles
from regulars.profiles.update import update_profiles
from regulars.profiles.verify import verify_profiles
from regulars.store.contacts import Contacts
from regulars.store.inventory import Inventory
from regulars.store.ledger import Ledger
from regulars.store.orders import Orders
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects
from tests.support.aws import MotoStack

# The tables as version 0.1 left them after invented messages: three buyers with a device, a user id, an address and a
# phone number each, six orders and a refund, and one visitor.
STORED_ITEMS_FILE = Path(__file__).parents[1] / "events" / "stored_by_version_0_1.json.gz"
BUYERS = {"ann@example.com": "Ann", "ben@example.com": "Ben", "cleo@example.com": "Cleo"}


class InterruptedMigrationError(Exception):
    """The process was stopped."""


@pytest.fixture
def stores(aws: MotoStack) -> ProfileStores:
    """Stores that version 0.1 filled."""
    tables: dict[str, list[Any]] = json.loads(gzip.decompress(STORED_ITEMS_FILE.read_bytes()))
    for table, items in tables.items():
        for item in items:
            decoded = {name: decode_attribute(value) for name, value in item.items()}
            aws.dynamodb.put_item(TableName=f"test-{table}", Item=decoded)
    client = aws.dynamodb
    return ProfileStores(
        profiles=Profiles("test-profiles", client),
        orders=Orders("test-profiles", client),
        ledger=Ledger("test-events", client),
        rejects=Rejects("test-rejects", client),
    )


@pytest.fixture
def inventory(aws: MotoStack) -> Inventory:
    return Inventory("test-events", "test-profiles", aws.dynamodb)


def decode_attribute(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": base64.b64decode(value["B"])} if "B" in value else value


def list_people(aws: MotoStack, inventory: Inventory) -> dict[str, ScoredProfile]:
    """Return the people by their e-mail address, the visitor under ''."""
    served, contacts = ServedProfiles("test-profiles"), Contacts("test-contacts", aws.dynamodb)
    people = {}
    for subject in inventory.scan_profiles().identities:
        if profile := served.find_by_subjects([subject]):
            contact = choose_contacts(contacts.read_facts(profile.subjects)).values
            people[contact.get("email", "")] = profile
    return people


def assert_migrated(aws: MotoStack, inventory: Inventory) -> None:
    assert verify_profiles(inventory).is_clean
    people = list_people(aws, inventory)
    assert people.keys() == {*BUYERS, ""}
    for address in BUYERS:
        state = people[address].state
        assert (state.events, state.orders.count) == (17, 6)
        assert state.orders.money == {"EUR": 6750}
        assert state.orders.refunded == {"EUR": 1050}
    assert people[""].state.events == 5
    contacts = Contacts("test-contacts", aws.dynamodb)
    names = {
        address: choose_contacts(contacts.read_facts(people[address].subjects)).values["first_name"]
        for address in BUYERS
    }
    assert names == BUYERS


def test_repair_moves_all_that_version_0_1_stored(
    aws: MotoStack, stores: ProfileStores, inventory: Inventory
) -> None:
    assert not verify_profiles(inventory).is_clean
    for _ in range(2):
        migrate_contacts("test-people", Contacts("test-contacts", aws.dynamodb), aws.dynamodb)
        repair_profiles(inventory, stores)
        assert_migrated(aws, inventory)


@pytest.mark.parametrize("number", [1, 7, 20, 33])
def test_interrupted_repair_goes_on(
    aws: MotoStack, stores: ProfileStores, inventory: Inventory, number: int
) -> None:
    def crash_midway(done: int, _: int) -> None:
        if done == number:
            raise InterruptedMigrationError

    with pytest.raises(InterruptedMigrationError):
        repair_profiles(inventory, stores, crash_midway)
    migrate_contacts("test-people", Contacts("test-contacts", aws.dynamodb), aws.dynamodb)
    repair_profiles(inventory, stores)
    assert_migrated(aws, inventory)


def test_event_that_arrives_before_the_repair_is_counted_once(
    aws: MotoStack, stores: ProfileStores, inventory: Inventory
) -> None:
    subject = next(event.subject for event in inventory.scan_events() if event.order)
    page = Event(
        id=event_id("page after the update"),
        type="Page Viewed",
        channel="web",
        source="segment/web",
        occurred_at="2026-12-01T10:00:00.000Z",
        received_at="2026-12-01T10:00:00.000Z",
        subjects=(subject,),
    )
    stores.ledger.record_events([page])
    for _ in range(2):
        update_profiles(ChangeBatch((EventChange(page),)), stores, datetime.now(UTC))
        repair_profiles(inventory, stores)
    assert verify_profiles(inventory).is_clean
    person = ServedProfiles("test-profiles", aws.dynamodb).find_by_subjects([subject])
    assert person
    assert person.state.events == 18
