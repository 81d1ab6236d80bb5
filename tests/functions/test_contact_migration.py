"""Contact data of the previous version is moved once, however often the move is interrupted."""

import json
from typing import Any

import pytest

from regulars.admin import contact_migration
from regulars.admin.contact_migration import MIGRATION_SOURCE, migrate_contacts
from regulars.domain.contacts import choose_contacts
from regulars.domain.trust import Trust
from regulars.store.contacts import Contacts
from tests.support.aws import MotoStack
from tests.support.contacts import build_contact_statement

EARLY_TIME, LATE_TIME = (f"2026-11-0{day}T10:00:00.000Z" for day in (1, 2))
# Items as the previous version wrote them: one with a pointer, one of which only contact data is known, one without any.
ANN_ITEM = {
    "subject": {"S": "u:ann"},
    "profile_id": {"S": "p_annannannannanna"},
    "contact": {
        "S": json.dumps(
            {
                "email": ["ann@example.com", LATE_TIME],
                "first_name": ["Ann", EARLY_TIME],
                "last_name": ["Made-Up", EARLY_TIME],
            }
        )
    },
    "contact_at": {"S": LATE_TIME},
}
BEN_ITEM = {
    "subject": {"S": "e:ben"},
    "contact": {"S": json.dumps({"email": ["ben@example.com", EARLY_TIME]})},
    "contact_at": {"S": EARLY_TIME},
}
DEVICE_ITEM = {"subject": {"S": "a:1"}, "profile_id": {"S": "p_annannannannanna"}}


@pytest.fixture
def contacts(aws: MotoStack) -> Contacts:
    """Return the contacts of a stack whose PEOPLE table the previous version filled."""
    for item in (ANN_ITEM, BEN_ITEM, DEVICE_ITEM):
        aws.dynamodb.put_item(TableName="test-people", Item=item)
    return Contacts("test-contacts", aws.dynamodb)


def list_people(aws: MotoStack) -> list[dict[str, Any]]:
    return list(aws.dynamodb.scan(TableName="test-people")["Items"])


def assert_everything_moved(aws: MotoStack, contacts: Contacts) -> None:
    ann = choose_contacts(contacts.read_facts(["u:ann"])).values
    assert ann == {"email": "ann@example.com", "first_name": "Ann", "last_name": "Made-Up"}
    assert choose_contacts(contacts.read_facts(["e:ben"])).values == {"email": "ben@example.com"}
    assert list_people(aws) == [DEVICE_ITEM]
    assert len(aws.dynamodb.scan(TableName="test-contacts")["Items"]) == 3


def test_contact_data_of_the_previous_version_is_moved_as_verified_facts(
    aws: MotoStack, contacts: Contacts
) -> None:
    assert migrate_contacts("test-people", contacts, aws.dynamodb) == 2
    assert_everything_moved(aws, contacts)
    facts = {fact.field: fact for fact in contacts.read_facts(["u:ann"])}
    assert (facts["email"].at, facts["last_name"].at) == (LATE_TIME, EARLY_TIME)
    assert {(fact.trust, fact.source) for fact in facts.values()} == {
        (Trust.VERIFIED, MIGRATION_SOURCE)
    }


def test_interrupted_migration_is_completed_by_the_next_one(
    aws: MotoStack, contacts: Contacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(contact_migration, "delete_items", crash)
        with pytest.raises(ConnectionError):
            migrate_contacts("test-people", contacts, aws.dynamodb)
    assert len(list_people(aws)) == 3
    assert migrate_contacts("test-people", contacts, aws.dynamodb) == 2
    assert migrate_contacts("test-people", contacts, aws.dynamodb) == 0
    assert_everything_moved(aws, contacts)


def test_migrated_data_does_not_hide_what_was_stated_since(
    aws: MotoStack, contacts: Contacts
) -> None:
    newer = build_contact_statement("u:ann", {"first_name": "Anna"}, LATE_TIME)
    contacts.store_statements([newer])
    migrate_contacts("test-people", contacts, aws.dynamodb)
    assert choose_contacts(contacts.read_facts(["u:ann"])).values["first_name"] == "Anna"
