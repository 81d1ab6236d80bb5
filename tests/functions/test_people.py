"""Contact data on moto: the newest value of each field, written only when it changed."""

from typing import Any

import pytest

from regulars.store import people as module
from regulars.store.people import CACHE_SECONDS, People
from tests.support.aws import MotoStack

EARLY_TIME, LATE_TIME, LATEST_TIME = (f"2026-11-0{day}T10:00:00.000Z" for day in (1, 2, 3))
ANN_SUBJECT = {"email": "ann@example.com", "first_name": "Ann"}


@pytest.fixture
def people(aws: MotoStack) -> People:
    return People("test-people", aws.dynamodb)


def read_item(aws: MotoStack) -> dict[str, Any]:
    return dict(
        aws.dynamodb.get_item(TableName="test-people", Key={"subject": {"S": "u:ann"}})["Item"]
    )


@pytest.mark.parametrize("order", [(EARLY_TIME, LATE_TIME), (LATE_TIME, EARLY_TIME)])
def test_contact_is_the_newest_of_each_field(people: People, order: tuple[str, str]) -> None:
    contacts = {EARLY_TIME: ANN_SUBJECT, LATE_TIME: {"email": "ann@example.org"}}
    for at in order:
        people.store_contact("u:ann", contacts[at], at)
    assert people.read_contacts(["u:ann"]) == ANN_SUBJECT | {"email": "ann@example.org"}


def test_contacts_of_several_subjects_are_merged(people: People) -> None:
    people.store_contact("e:ann", ANN_SUBJECT, EARLY_TIME)
    people.store_contact("u:ann", {"first_name": "Anna"}, LATE_TIME)
    assert people.read_contacts(["u:ann", "e:ann"]) == ANN_SUBJECT | {"first_name": "Anna"}


def test_unchanged_contact_is_not_written_again(aws: MotoStack, people: People) -> None:
    people.store_contact("u:ann", ANN_SUBJECT, EARLY_TIME)
    before = read_item(aws)
    People("test-people", aws.dynamodb).store_contact("u:ann", ANN_SUBJECT, LATE_TIME)
    assert read_item(aws) == before


def test_unchanged_contact_costs_no_call(aws: MotoStack, people: People) -> None:
    people.store_contact("u:ann", ANN_SUBJECT, EARLY_TIME)
    aws.dynamodb.delete_item(TableName="test-people", Key={"subject": {"S": "u:ann"}})
    people.store_contact("u:ann", ANN_SUBJECT, LATE_TIME)
    assert people.read_contacts(["u:ann"]) == {}


def test_repeated_value_wins_over_an_older_one_of_another_container(
    aws: MotoStack,
) -> None:
    now = [0.0]
    here = People("test-people", aws.dynamodb, lambda: now[0])
    here.store_contact("u:ann", ANN_SUBJECT, EARLY_TIME)
    People("test-people", aws.dynamodb).store_contact(
        "u:ann", {"email": "ann@example.org"}, LATE_TIME
    )
    now[0] = CACHE_SECONDS
    here.store_contact("u:ann", ANN_SUBJECT, LATEST_TIME)
    assert here.read_contacts(["u:ann"]) == ANN_SUBJECT


def test_cache_of_stored_contacts_is_bounded(
    aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CACHED_CONTACTS", 2)
    people = People("test-people", aws.dynamodb)
    for subject in ("u:1", "u:2", "u:3"):
        people.store_contact(subject, ANN_SUBJECT, EARLY_TIME)
    assert len(people._stored_contacts) == 2
