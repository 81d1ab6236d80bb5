"""Remove the contact data of erased people, also where it was stated of somebody else."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.contacts import ADDRESS_FIELDS
from regulars.domain.identifiers import profile_id_of
from regulars.domain.tombstones import Tombstones
from regulars.privacy.named_subjects import SubjectFinder
from regulars.store.batches import delete_items, read_items
from regulars.store.clients import create_dynamodb_client
from regulars.store.contacts import statement_from_item, statement_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ContactSweep:
    """The CONTACTS table, and the PEOPLE table of version 0.1."""

    def __init__(self, contacts: str, people: str, client: "DynamoDBClient | None" = None) -> None:
        self._contacts, self._people = contacts, people
        self._client = client or create_dynamodb_client()

    def remove_people(self, tombstones: Tombstones, finder: SubjectFinder) -> Counter[str]:
        """Remove what is stated of erased people up to their erasure, and return what was removed."""
        counts: Counter[str] = Counter()
        erased_at = {profile_id_of(name): at for name, at in tombstones.erased_at.items()}
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._contacts, ConsistentRead=True
        )
        for item in (item for page in pages for item in page["Items"]):
            at = erased_at.get(item["profile_id"]["S"])
            if at is None:
                counts["contact_claims"] += self._strip_addresses(item, finder)
            elif item["stated_at"]["S"] <= at:
                delete_items(self._client, self._contacts, [_contact_key(item)])
                counts["contacts"] += 1
        counts["former_contacts"] += self._remove_former(tombstones)
        return counts

    def _strip_addresses(self, item: dict[str, Any], finder: SubjectFinder) -> bool:
        """Remove the addresses of an erased person from what is stated of somebody else; return whether there are any."""
        statement = statement_from_item("", item)
        values = {
            field: value
            for field, value in statement.values.items()
            if not (field in ADDRESS_FIELDS and finder.is_named_as(field, value))
        }
        if values == statement.values:
            return False
        if values:
            stripped = statement_item(
                msgspec.structs.replace(statement, values=values, subject="-")
            )
            stripped["profile_id"] = item["profile_id"]
            self._client.put_item(TableName=self._contacts, Item=stripped)
        delete_items(self._client, self._contacts, [_contact_key(item)])
        return True

    def _remove_former(self, tombstones: Tombstones) -> int:
        keys = [{"subject": {"S": subject}} for subject in tombstones.erased_at]
        stored = [
            {"subject": item["subject"]}
            for item in read_items(self._client, self._people, keys, ProjectionExpression="subject")
        ]
        delete_items(self._client, self._people, stored)
        return len(stored)


def _contact_key(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("profile_id", "sk")}
