"""Store what is known under each subject: its identity facts, and the fold of its events; every write compares a revision."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched, zip_longest
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.errors import ConcurrentUpdateError
from regulars.domain.identifiers import profile_id_of
from regulars.domain.identity_facts import NO_FACTS, IdentityFacts
from regulars.domain.manifests import hash_bytes
from regulars.domain.profiles import SubjectProfile, decode_state, encode_state
from regulars.store import schema
from regulars.store.batches import delete_items, read_items
from regulars.store.clients import create_dynamodb_client
from regulars.store.identity_codec import decode_facts, encode_facts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EVENT_ID_BYTES = 12  # the 16 base64 characters of an event id
PAGE_SIZE = 1_000  # event ids, and as many order keys, on a page that a repeated fold writes
SUBJECT_SORT_KEYS = (schema.PROFILE_SORT_KEY, schema.IDENTITY_SORT_KEY)


class CountedPage(msgspec.Struct, frozen=True):
    """The ids of events that a profile has counted, and the keys of the orders that they report."""

    event_ids: tuple[str, ...] = ()
    order_keys: tuple[str, ...] = ()


class SubjectIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """The stored identity facts that name a subject.

    `rev` counts the writes (0: not stored yet). `settled` is whether the subject was worthless when its events were last
    assigned (`profiles/assignment`).
    """

    subject: str
    facts: IdentityFacts = NO_FACTS
    rev: int = 0
    settled: bool = False


class SubjectItems(msgspec.Struct, frozen=True):
    """The stored identities and profiles of subjects, by subject; those that are not stored are left out."""

    identities: dict[str, SubjectIdentity] = {}
    profiles: dict[str, SubjectProfile] = {}

    def get_profile(self, subject: str) -> SubjectProfile:
        """Return the profile of a subject; one with `rev` 0 when it is not stored."""
        return self.profiles.get(subject) or SubjectProfile(subject=subject)

    def get_identity(self, subject: str) -> SubjectIdentity:
        """Return the identity of a subject; one with `rev` 0 when it is not stored."""
        return self.identities.get(subject) or SubjectIdentity(subject=subject)


class Profiles:
    """The items of subjects in the PROFILES table; `store/orders` keeps its orders, and `store/scores` its scores."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()

    def read_subjects(self, subjects: Iterable[str]) -> SubjectItems:
        """Return what is stored under these subjects, strongly consistent."""
        keys = [
            _item_key(subject, sort_key)
            for subject in dict.fromkeys(subjects)
            for sort_key in SUBJECT_SORT_KEYS
        ]
        return subject_items_from(read_items(self._client, self._table, keys, ConsistentRead=True))

    def read_facts(self, subjects: Iterable[str]) -> dict[str, IdentityFacts]:
        """Return the identity facts of these subjects; those of unknown subjects are left out."""
        keys = [_item_key(subject, schema.IDENTITY_SORT_KEY) for subject in dict.fromkeys(subjects)]
        items = read_items(self._client, self._table, keys, ConsistentRead=True)
        return {item["subject"]["S"]: decode_facts(item["facts"]["B"]) for item in items}

    def scan_facts(self) -> Iterator[IdentityFacts]:
        """Yield the identity facts of every subject. This scans the whole table."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="sk = :identity",
            ExpressionAttributeValues={":identity": {"S": schema.IDENTITY_SORT_KEY}},
        )
        return (decode_facts(item["facts"]["B"]) for page in pages for item in page["Items"])

    def write_identity(self, identity: SubjectIdentity) -> None:
        """Store the identity if `rev` - 1 is the stored revision; raise ConcurrentUpdateError otherwise."""
        put_revision(self._client, self._table, identity_item(identity), identity.rev)

    def write_profile(self, profile: SubjectProfile) -> None:
        """Store the profile if `rev` - 1 is the stored revision; raise ConcurrentUpdateError otherwise."""
        put_revision(self._client, self._table, profile_item(profile), profile.rev)

    def spill_counted(self, profile: SubjectProfile) -> None:
        """Store what the profile carries beside it under its `rev`, so that the next write can drop it.

        What a profile has counted at a `rev` never changes, so this may be repeated, or precede a write that fails.
        """
        page = CountedPage(profile.applied, profile.order_keys)
        self._put_page(profile.subject, profile.epoch, f"{profile.rev:010}", page)

    def store_counted(self, subject: str, page: CountedPage) -> str:
        """Store all that a repeated fold counts on pages of its own; return the epoch that names them.

        The epoch derives from the content, so that another worker who stores other content disturbs nobody.
        """
        epoch = hash_bytes("\n".join((*page.event_ids, "", *page.order_keys)).encode())[:12]
        parts = zip_longest(
            batched(page.event_ids, PAGE_SIZE, strict=False),
            batched(page.order_keys, PAGE_SIZE, strict=False),
            fillvalue=(),
        )
        for number, (event_ids, order_keys) in enumerate(parts):
            self._put_page(subject, epoch, f"all{number:07}", CountedPage(event_ids, order_keys))
        return epoch

    def read_spilled(self, profile: SubjectProfile) -> CountedPage:
        """Return all that is stored beside a profile, strongly consistent, on one page."""
        prefix = schema.event_page_prefix(profile.epoch)
        items = query_items(self._client, self._table, profile_id_of(profile.subject), prefix)
        pages = list(map(_page_from_item, items))
        return CountedPage(
            tuple(id_ for page in pages for id_ in page.event_ids),
            tuple(key for page in pages for key in page.order_keys),
        )

    def delete_epoch(self, subject: str, epoch: str) -> None:
        """Delete the pages of an epoch that no profile names any more."""
        prefix = schema.event_page_prefix(epoch)
        for item in query_items(self._client, self._table, profile_id_of(subject), prefix):
            key = {name: item[name] for name in ("profile_id", "sk")}
            self._client.delete_item(TableName=self._table, Key=key)

    def delete_subject(self, subject: str) -> int:
        """Delete all that is stored under the id of a subject, and return the number of items."""
        keys = [
            {name: item[name] for name in ("profile_id", "sk")}
            for item in query_items(self._client, self._table, profile_id_of(subject), "")
        ]
        delete_items(self._client, self._table, keys)
        return len(keys)

    def _put_page(self, subject: str, epoch: str, name: str, page: CountedPage) -> None:
        item = _item_key(subject, f"{schema.event_page_prefix(epoch)}{name}") | _page_attributes(
            page
        )
        self._client.put_item(TableName=self._table, Item=item)


def put_revision(client: "DynamoDBClient", table: str, item: dict[str, Any], rev: int) -> None:
    """Put an item if `rev` - 1 is the stored revision (0: no item); raise ConcurrentUpdateError otherwise."""
    condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(profile_id)"}
    if rev > 1:
        condition = {
            "ConditionExpression": "rev = :rev",
            "ExpressionAttributeValues": {":rev": {"N": str(rev - 1)}},
        }
    try:
        client.put_item(TableName=table, Item=item, **condition)
    except client.exceptions.ConditionalCheckFailedException:
        raise ConcurrentUpdateError("Another worker wrote this item first.") from None


def query_items(
    client: "DynamoDBClient", table: str, partition_key: str, prefix: str
) -> Iterator[dict[str, Any]]:
    """Yield the items of a partition whose sort key begins with a prefix ('' for all), strongly consistent."""
    values = {":id": {"S": partition_key}} | ({":prefix": {"S": prefix}} if prefix else {})
    pages = client.get_paginator("query").paginate(
        TableName=table,
        ConsistentRead=True,
        KeyConditionExpression="profile_id = :id"
        + (" AND begins_with(sk, :prefix)" if prefix else ""),
        ExpressionAttributeValues=values,
    )
    return (item for page in pages for item in page["Items"])


def subject_items_from(items: Iterable[Mapping[str, Any]]) -> SubjectItems:
    """Return the identities and the profiles among these items."""
    subject_items = SubjectItems({}, {})
    for item in items:
        if item["sk"]["S"] == schema.PROFILE_SORT_KEY:
            subject_items.profiles[item["subject"]["S"]] = profile_from_item(item)
        elif item["sk"]["S"] == schema.IDENTITY_SORT_KEY:
            subject_items.identities[item["subject"]["S"]] = identity_from_item(item)
    return subject_items


def profile_item(profile: SubjectProfile) -> dict[str, Any]:
    """Return the DynamoDB item of a subject's profile."""
    texts = {"newest": profile.newest, "floor": profile.floor, "epoch": profile.epoch}
    return {
        **_item_key(profile.subject, schema.PROFILE_SORT_KEY),
        "subject": {"S": profile.subject},
        "state": {"S": encode_state(profile.state).decode()},
        "rev": {"N": str(profile.rev)},
        **_page_attributes(CountedPage(profile.applied, profile.order_keys)),
        **{name: {"S": text} for name, text in texts.items() if text},
    }


def profile_from_item(item: Mapping[str, Any]) -> SubjectProfile:
    """Return the profile of an item with the sort key `profile#fold`."""
    texts = {name: item.get(name, {"S": ""})["S"] for name in ("newest", "floor", "epoch")}
    page = _page_from_item(item)
    return SubjectProfile(
        subject=item["subject"]["S"],
        state=decode_state(item["state"]["S"]),
        rev=int(item["rev"]["N"]),
        applied=page.event_ids,
        order_keys=page.order_keys,
        **texts,
    )


def identity_item(identity: SubjectIdentity) -> dict[str, Any]:
    """Return the DynamoDB item of a subject's identity facts."""
    return {
        **_item_key(identity.subject, schema.IDENTITY_SORT_KEY),
        "subject": {"S": identity.subject},
        "facts": {"B": encode_facts(identity.facts)},
        "rev": {"N": str(identity.rev)},
        **({"settled": {"BOOL": True}} if identity.settled else {}),
    }


def identity_from_item(item: Mapping[str, Any]) -> SubjectIdentity:
    """Return the identity of an item with the sort key `profile#identity`."""
    return SubjectIdentity(
        subject=item["subject"]["S"],
        facts=decode_facts(item["facts"]["B"]),
        rev=int(item["rev"]["N"]),
        settled=item.get("settled", {"BOOL": False})["BOOL"],
    )


def pack_event_ids(event_ids: Sequence[str]) -> bytes:
    """Return event ids as their raw bytes, which are a quarter smaller."""
    return b"".join(map(base64.urlsafe_b64decode, event_ids))


def unpack_event_ids(attribute: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the event ids of a binary attribute."""
    chunks = batched(attribute["B"], EVENT_ID_BYTES, strict=True)
    return tuple(base64.urlsafe_b64encode(bytes(chunk)).decode() for chunk in chunks)


def _page_attributes(page: CountedPage) -> dict[str, Any]:
    attributes: dict[str, Any] = {"applied": {"B": pack_event_ids(page.event_ids)}}
    if page.order_keys:
        attributes["orders"] = {"S": msgspec.json.encode(page.order_keys).decode()}
    return attributes


def _page_from_item(item: Mapping[str, Any]) -> CountedPage:
    keys = item.get("orders", {"S": "[]"})["S"]
    return CountedPage(
        unpack_event_ids(item["applied"]), msgspec.json.decode(keys, type=tuple[str, ...])
    )


def _item_key(subject: str, sort_key: str) -> dict[str, Any]:
    return {"profile_id": {"S": profile_id_of(subject)}, "sk": {"S": sort_key}}
