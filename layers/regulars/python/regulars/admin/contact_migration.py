"""Move the contact data that version 0.1 stored in the PEOPLE table to the CONTACTS table."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.contacts import ContactStatement
from regulars.domain.trust import Trust
from regulars.store.batches import delete_items
from regulars.store.clients import create_dynamodb_client
from regulars.store.contacts import Contacts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# That version stored no source.
MIGRATION_SOURCE = "import/people"


def migrate_contacts(
    people_table: str, contacts: Contacts, client: "DynamoDBClient | None" = None
) -> int:
    """Store all contact data of PEOPLE as verified facts, remove it there, and return the number of moved subjects.

    Each page of the scan is stored before it is removed: a call that was interrupted is repeated. Raise StoreBusyError.
    """
    client = client or create_dynamodb_client()
    pages = client.get_paginator("scan").paginate(
        TableName=people_table,
        FilterExpression="attribute_exists(contact)",
        ProjectionExpression="subject, contact",
    )
    count = 0
    for page in pages:
        items = page["Items"]
        contacts.store_statements([part for item in items for part in list_statements(item)])
        delete_items(client, people_table, [{"subject": item["subject"]} for item in items])
        count += len(items)
    return count


def list_statements(item: Mapping[str, Any]) -> Iterator[ContactStatement]:
    """Yield one statement for each time in an item of PEOPLE: `contact` is JSON text, {field: [value, time]}."""
    fields = msgspec.json.decode(item["contact"]["S"], type=dict[str, tuple[str, str]])
    by_time = sorted((at, field, value) for field, (value, at) in fields.items())
    for at, entries in groupby(by_time, key=lambda entry: entry[0]):
        yield ContactStatement(
            subject=item["subject"]["S"],
            values={field: value for _, field, value in entries},
            at=at,
            source=MIGRATION_SOURCE,
            trust=Trust.VERIFIED,
        )
