"""Who a subject is: the profile it points at, and the contact data that came with it; nowhere else is a name kept."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.timed_cache import TimedCache
from regulars.store.batches import read_all
from regulars.store.clients import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS = 5
MAX_CACHED_CONTACTS = 10_000
# Meanwhile another container may have stored something newer, over which the same told again must win.
CACHE_SECONDS = 60.0

# One contact field and when it was told: newest wins, field by field.
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
        self._client = client or dynamodb()
        # Digests of the contacts that this container has stored, by subject.
        self._stored_contacts = TimedCache[int](CACHE_SECONDS, clock, MAX_CACHED_CONTACTS)

    def resolve(self, subjects: Iterable[str]) -> dict[str, str]:
        """The profile each known subject points at, strongly consistent; an unknown subject is left out."""
        return {key: target for key, target in self.pointers(subjects).items() if target}

    def pointers(self, subjects: Iterable[str]) -> dict[str, str]:
        """As `resolve`, with '' for a subject of whom only contact data is known."""
        items = read_all(
            self._client,
            self._table,
            [_key(subject) for subject in dict.fromkeys(subjects)],
            ConsistentRead=True,
            ProjectionExpression="subject, profile_id",
        )
        return {item["subject"]["S"]: item.get("profile_id", {"S": ""})["S"] for item in items}

    def point(self, subject: str, profile_id: str, expected: str | None) -> bool:
        """Point the subject at a profile if it still points where `pointers` said (None: it had no item).

        False when somebody else pointed it first.
        """
        target = {"profile_id": {"S": profile_id}}
        try:
            if expected is None:
                self._client.put_item(
                    TableName=self._table,
                    Item=_key(subject) | target,
                    ConditionExpression="attribute_not_exists(subject)",
                )
            else:
                self._repoint(subject, profile_id, expected)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def remember(self, subject: str, contact: Mapping[str, str], at: str) -> None:
        """Keep contact data told at `at`: the newest value of each field stays, and nothing is written in vain.

        ConcurrentUpdateError when others kept writing to the same subject.
        """
        digest = hash(tuple(sorted(contact.items())))
        if not contact or self._stored_contacts.find(subject) == digest:
            return
        for _ in range(ATTEMPTS):
            if self._merge_contact(subject, contact, at):
                break
        else:
            raise ConcurrentUpdateError("Contact data of one subject was written by too many.")
        self._stored_contacts.put(subject, digest)

    def contacts(self, subjects: Iterable[str]) -> dict[str, str]:
        """All contact data of these subjects, the newest value of each field."""
        items = read_all(
            self._client,
            self._table,
            [_key(subject) for subject in dict.fromkeys(subjects)],
            ProjectionExpression="contact",
        )
        merged: Contact = {}
        for item in items:
            merged = _newest(merged, _contact(item))
        return {field: value for field, (value, _) in sorted(merged.items())}

    def _repoint(self, subject: str, profile_id: str, expected: str) -> None:
        condition, values = "attribute_not_exists(profile_id)", {":target": {"S": profile_id}}
        if expected:
            condition = "profile_id = :expected"
            values |= {":expected": {"S": expected}}
        self._client.update_item(
            TableName=self._table,
            Key=_key(subject),
            UpdateExpression="SET profile_id = :target",
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
        )

    def _merge_contact(self, subject: str, contact: Mapping[str, str], at: str) -> bool:
        item = self._client.get_item(
            TableName=self._table, Key=_key(subject), ProjectionExpression="contact"
        ).get("Item", {})
        known = _contact(item)
        merged = _newest(known, {field: (value, at) for field, value in contact.items()})
        # A newer time alone is not worth a write.
        if all(known.get(field, ("",))[0] == merged[field][0] for field in merged):
            return True
        return self._write_contact(subject, item, merged)

    def _write_contact(self, subject: str, item: Mapping[str, Any], contact: Contact) -> bool:
        condition = "attribute_not_exists(contact)"
        values: dict[str, Any] = {":contact": {"S": msgspec.json.encode(contact).decode()}}
        values[":at"] = {"S": max(at for _, at in contact.values())}
        if "contact" in item:
            condition = "contact = :known"
            values[":known"] = item["contact"]
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(subject),
                UpdateExpression="SET contact = :contact, contact_at = :at",
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _key(subject: str) -> dict[str, Any]:
    return {"subject": {"S": subject}}


def _contact(item: Mapping[str, Any]) -> Contact:
    return msgspec.json.decode(item["contact"]["S"], type=Contact) if "contact" in item else {}


def _newest(one: Contact, other: Contact) -> Contact:
    """Field by field the value told last; of two told at once the greater, so that order does not matter."""
    merged = dict(one)
    for field, (value, at) in other.items():
        if field not in merged or (at, value) > (merged[field][1], merged[field][0]):
            merged[field] = (value, at)
    return merged
