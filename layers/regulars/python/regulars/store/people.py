"""Store the contact data of each subject; no other table holds a name."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.timed_cache import TimedCache
from regulars.store.batches import read_items
from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS = 5
MAX_CACHED_CONTACTS = 10_000
# Another container may store a newer value meanwhile; the old value, received once more, must then be written again.
CACHE_SECONDS = 60.0

# The value and the time of each contact field: the newest value of a field wins.
type Contact = dict[str, tuple[str, str]]


class People:
    """The PEOPLE table."""

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()
        # Digests of the contacts that this container has stored, by subject.
        self._stored_contacts = TimedCache[int](CACHE_SECONDS, clock, MAX_CACHED_CONTACTS)

    def store_contact(self, subject: str, contact: Mapping[str, str], at: str) -> None:
        """Store contact data as of a time: the newest value of each field stays, and an unchanged value is not written.

        Raise ConcurrentUpdateError when others kept writing to the same subject.
        """
        digest = hash(tuple(sorted(contact.items())))
        if not contact or self._stored_contacts.find(subject) == digest:
            return
        for _ in range(MAX_ATTEMPTS):
            if self._merge_contact(subject, contact, at):
                break
        else:
            raise ConcurrentUpdateError("Too many writers changed the contact data of one subject.")
        self._stored_contacts.put(subject, digest)

    def read_contacts(self, subjects: Iterable[str]) -> dict[str, str]:
        """Return all contact data of these subjects, the newest value of each field."""
        items = read_items(
            self._client,
            self._table,
            [_subject_item_key(subject) for subject in dict.fromkeys(subjects)],
            ProjectionExpression="contact",
        )
        merged: Contact = {}
        for item in items:
            merged = _merge_newest_fields(merged, _contact_from_item(item))
        return {field: value for field, (value, _) in sorted(merged.items())}

    def _merge_contact(self, subject: str, contact: Mapping[str, str], at: str) -> bool:
        item = self._client.get_item(
            TableName=self._table, Key=_subject_item_key(subject), ProjectionExpression="contact"
        ).get("Item", {})
        stored = _contact_from_item(item)
        received = {field: (value, at) for field, value in contact.items()}
        merged = _merge_newest_fields(stored, received)
        # A newer time alone is not worth a write.
        if all(stored.get(field, ("",))[0] == merged[field][0] for field in merged):
            return True
        return self._write_contact(subject, item, merged)

    def _write_contact(self, subject: str, item: Mapping[str, Any], contact: Contact) -> bool:
        condition = "attribute_not_exists(contact)"
        values: dict[str, Any] = {":contact": {"S": msgspec.json.encode(contact).decode()}}
        values[":at"] = {"S": max(at for _, at in contact.values())}
        if "contact" in item:
            condition = "contact = :known"
            values[":known"] = item["contact"]
        update = "SET contact = :contact, contact_at = :at"
        return self._update_item(subject, update, condition, values)

    def _update_item(
        self, subject: str, update: str, condition: str, values: Mapping[str, Any]
    ) -> bool:
        """Return False when the stored item does not meet the condition."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_subject_item_key(subject),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _subject_item_key(subject: str) -> dict[str, Any]:
    return {"subject": {"S": subject}}


def _contact_from_item(item: Mapping[str, Any]) -> Contact:
    return msgspec.json.decode(item["contact"]["S"], type=Contact) if "contact" in item else {}


def _merge_newest_fields(first: Contact, second: Contact) -> Contact:
    """Return the newest value of each field; of two values of the same time the greater, so that order is irrelevant."""
    merged = dict(first)
    for field, (value, at) in second.items():
        if field not in merged or (at, value) > (merged[field][1], merged[field][0]):
            merged[field] = (value, at)
    return merged
