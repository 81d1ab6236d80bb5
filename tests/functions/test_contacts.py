"""Contact data on moto: one item for each different statement, written only when it is new or newer."""

from collections.abc import Iterable
from typing import Any

import pytest

from regulars.domain.contacts import ContactStatement, choose_contacts
from regulars.domain.errors import StoreBusyError
from regulars.domain.trust import Trust
from regulars.store import contacts as module
from regulars.store import transactions
from regulars.store.contacts import CACHE_SECONDS, Contacts
from regulars.store.ledger import Ledger
from tests.support.aws import MotoStack
from tests.support.contacts import build_contact_statement
from tests.support.profile_stories import build_event

EARLY_TIME, LATE_TIME, LATEST_TIME = (f"2026-11-0{day}T10:00:00.000Z" for day in (1, 2, 3))
ANN = {"email": "ann@example.com", "first_name": "Ann"}
ANN_EARLY, ANN_LATEST = (
    build_contact_statement("u:ann", ANN, at) for at in (EARLY_TIME, LATEST_TIME)
)
MOVED_ANN = build_contact_statement("u:ann", {"email": "ann@example.org"}, LATE_TIME)


@pytest.fixture
def contacts(aws: MotoStack) -> Contacts:
    return Contacts("test-contacts", aws.dynamodb)


def scan_items(aws: MotoStack) -> list[dict[str, Any]]:
    return list(aws.dynamodb.scan(TableName="test-contacts")["Items"])


def store_new(contacts: Contacts, *statements: ContactStatement) -> list[ContactStatement]:
    """Store statements as the recorder does; return those that were not left out."""
    new = contacts.select_new(statements)
    contacts.store_statements(new)
    contacts.remember(new)
    return new


@pytest.mark.parametrize("order", [(ANN_EARLY, MOVED_ANN), (MOVED_ANN, ANN_EARLY)])
def test_contact_is_the_newest_of_each_field(
    contacts: Contacts, order: Iterable[ContactStatement]
) -> None:
    for statement in order:
        contacts.store_statements([statement])
    assert choose_contacts(contacts.read_facts(["u:ann"])).values == ANN | {
        "email": "ann@example.org"
    }


def test_statement_is_read_as_it_was_stored(contacts: Contacts) -> None:
    statement = build_contact_statement("e:ann", ANN, LATE_TIME, Trust.BROWSER, "form/contact")
    contacts.store_statements([statement])
    assert contacts.read_facts(["e:ann"]) == statement.list_facts()


def test_contact_of_a_person_is_chosen_over_all_subjects(contacts: Contacts) -> None:
    other = build_contact_statement("e:ann", {"first_name": "Anna"}, LATE_TIME)
    contacts.store_statements([ANN_EARLY, other])
    assert choose_contacts(contacts.read_facts(["u:ann", "e:ann"])).values == ANN | {
        "first_name": "Anna"
    }
    assert choose_contacts(contacts.read_facts(["u:ann"])).values == ANN


def test_repeated_statement_is_one_item_with_the_newest_time(
    aws: MotoStack, contacts: Contacts
) -> None:
    for statement in (ANN_EARLY, ANN_LATEST, ANN_EARLY):
        contacts.store_statements([statement])
    (item,) = scan_items(aws)
    assert item["stated_at"] == {"S": LATEST_TIME}


@pytest.mark.parametrize("order", [(ANN_EARLY, ANN_LATEST), (ANN_LATEST, ANN_EARLY)])
def test_batch_with_a_repeated_statement_stores_its_newest_time(
    aws: MotoStack, contacts: Contacts, order: Iterable[ContactStatement]
) -> None:
    store_new(contacts, *order, MOVED_ANN)
    assert sorted(item["stated_at"]["S"] for item in scan_items(aws)) == [LATE_TIME, LATEST_TIME]
    assert choose_contacts(contacts.read_facts(["u:ann"])).values == ANN


def test_repetition_in_one_container_is_left_out(contacts: Contacts) -> None:
    assert store_new(contacts, ANN_EARLY) == [ANN_EARLY]
    claim = build_contact_statement("u:ann", ANN, LATE_TIME, Trust.BROWSER)
    assert store_new(contacts, ANN_LATEST) == store_new(contacts, claim) == []


def test_strong_repetition_of_a_claim_is_stored(contacts: Contacts) -> None:
    claim = build_contact_statement("u:ann", ANN, EARLY_TIME, Trust.BROWSER)
    assert store_new(contacts, claim) == [claim]
    assert store_new(contacts, ANN_EARLY) == [ANN_EARLY]


def test_value_that_returns_is_stored_again(contacts: Contacts) -> None:
    for statement in (ANN_EARLY, MOVED_ANN, ANN_LATEST):
        assert store_new(contacts, statement) == [statement]
    assert choose_contacts(contacts.read_facts(["u:ann"])).values == ANN


def test_repeated_value_wins_over_an_older_one_of_another_container(aws: MotoStack) -> None:
    now = [0.0]
    here = Contacts("test-contacts", aws.dynamodb, lambda: now[0])
    store_new(here, ANN_EARLY)
    store_new(Contacts("test-contacts", aws.dynamodb), MOVED_ANN)
    now[0] = CACHE_SECONDS
    store_new(here, ANN_LATEST)
    assert choose_contacts(here.read_facts(["u:ann"])).values == ANN


def test_memory_of_stored_statements_is_bounded(
    aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CACHED_STATEMENTS", 2)
    contacts = Contacts("test-contacts", aws.dynamodb)
    store_new(contacts, *(build_contact_statement(f"u:{n}", ANN, EARLY_TIME) for n in range(3)))
    assert len(contacts._stored) == 2


def test_flood_of_claims_hides_no_strong_statement(
    aws: MotoStack, contacts: Contacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_STATEMENTS", 3)
    claims = [
        build_contact_statement("u:ann", {"first_name": f"E{n}"}, LATEST_TIME, Trust.BROWSER)
        for n in range(9)
    ]
    contacts.store_statements([*claims, ANN_EARLY])
    contact = choose_contacts(contacts.read_facts(["u:ann"]))
    assert (contact.values, len(contact.claims), len(scan_items(aws))) == (ANN, 2, 10)


def test_event_is_not_stored_when_its_contact_data_was_stated_later(
    aws: MotoStack, contacts: Contacts
) -> None:
    contacts.store_statements([ANN_LATEST])
    ledger, event = Ledger("test-events", aws.dynamodb), build_event("page", "u:ann")
    assert not ledger.record_beside(event, [contacts.build_put(ANN_EARLY)])
    assert ledger.read_events([event.id]) == []
    assert ledger.record_beside(event, [contacts.build_put(ANN_LATEST)])
    assert not ledger.record_beside(event, [contacts.build_put(MOVED_ANN)])
    assert len(scan_items(aws)) == 1


@pytest.mark.parametrize(("conflicts", "is_stored"), [(2, True), (99, False)])
def test_transaction_waits_for_another_one_on_the_same_item(
    aws: MotoStack,
    contacts: Contacts,
    monkeypatch: pytest.MonkeyPatch,
    conflicts: int,
    is_stored: bool,
) -> None:
    client, remaining = aws.dynamodb, [conflicts]
    write = client.transact_write_items

    def write_after_conflicts(**arguments: Any) -> Any:
        if remaining[0] == 0:
            return write(**arguments)
        remaining[0] -= 1
        reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
        raise client.exceptions.TransactionCanceledException(
            {"Error": {}, "CancellationReasons": reasons}, "TransactWriteItems"
        )

    monkeypatch.setattr(transactions, "back_off", lambda _: None)
    monkeypatch.setattr(client, "transact_write_items", write_after_conflicts)
    ledger, event = Ledger("test-events", client), build_event("page", "u:ann")
    if is_stored:
        assert ledger.record_beside(event, [contacts.build_put(ANN_EARLY)])
    else:
        with pytest.raises(StoreBusyError):
            ledger.record_beside(event, [contacts.build_put(ANN_EARLY)])
    assert bool(ledger.read_events([event.id])) is is_stored


def test_single_event_waits_for_a_transaction_on_it(
    aws: MotoStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, put, calls = aws.dynamodb, aws.dynamodb.put_item, []

    def put_after_conflict(**arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            raise client.exceptions.TransactionConflictException({"Error": {}}, "PutItem")
        return put(**arguments)

    monkeypatch.setattr(client, "put_item", put_after_conflict)
    event = build_event("page", "u:ann")
    assert Ledger("test-events", client).record_events([event]).new == (event.id,)
