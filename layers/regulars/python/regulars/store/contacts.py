"""Store contact data as facts under the subject that they are stated of; no other table holds a name."""

import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.contacts import ContactFact, ContactStatement
from regulars.domain.identifiers import profile_id_of
from regulars.domain.timed_cache import TimedCache
from regulars.domain.trust import Trust
from regulars.store.batches import read_items, write_items
from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_CACHED_STATEMENTS = 10_000
# The deliveries of one order arrive within minutes, and each repeats the contact data. Another container may store other
# data meanwhile; the old data, received once more, must then be written again.
CACHE_SECONDS = 600.0
# Anybody can add claims of browsers, which sort last: a look-up reads no more than this of one subject.
MAX_STATEMENTS = 1_000
NEWER_CONDITION = "attribute_not_exists(stated_at) OR stated_at <= :at"


class Contacts:
    """The CONTACTS table.

    A statement is one item. Its key is made of all but its time, so that a repetition only renews the time.
    """

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()
        # The trust and the digest of what this container stored last, by subject.
        self._stored = TimedCache[tuple[Trust, int]](CACHE_SECONDS, clock, MAX_CACHED_STATEMENTS)

    def read_facts(self, subjects: Iterable[str]) -> list[ContactFact]:
        """Return all that was stated of these subjects, in no order."""
        return [
            fact
            for subject in dict.fromkeys(subjects)
            for item in self._query_items(subject)
            for fact in statement_from_item(subject, item).list_facts()
        ]

    def scan_facts(self, subjects: Mapping[str, str]) -> Iterator[ContactFact]:
        """Yield all that was stated of these subjects, given by `profile_id_of`. This scans the whole table."""
        pages = self._client.get_paginator("scan").paginate(TableName=self._table)
        for item in (item for page in pages for item in page["Items"]):
            if subject := subjects.get(item["profile_id"]["S"]):
                yield from statement_from_item(subject, item).list_facts()

    def select_new(
        self, statements: Iterable[ContactStatement], erased: Container[str] = ()
    ) -> list[ContactStatement]:
        """Return the statements to store: of equal ones the newest, and none that this container has just stored.

        What it has stored of `erased` subjects may be removed.
        """
        newest: dict[tuple[str, str], ContactStatement] = {}
        for statement in statements:
            key = profile_id_of(statement.subject), statement_sort_key(statement)
            newest[key] = max(newest.get(key, statement), statement, key=_time_of)
        subjects = [statement.subject for statement in newest.values()]
        return [
            statement
            for statement in newest.values()
            # Of several statements of one subject none may be left out: another one would count as the newest.
            if subjects.count(statement.subject) > 1
            or statement.subject in erased
            or not self._is_stored(statement)
        ]

    def remember(self, statements: Iterable[ContactStatement]) -> None:
        """Keep in memory that these statements are stored."""
        for statement in sorted(statements, key=_time_of):
            self._stored.put(statement.subject, (statement.trust, _digest_values(statement)))

    def build_put(self, statement: ContactStatement) -> dict[str, Any]:
        """Return the arguments of a put that is refused when the same was stated later."""
        return {
            "TableName": self._table,
            "Item": statement_item(statement),
            "ConditionExpression": NEWER_CONDITION,
            "ExpressionAttributeValues": {":at": {"S": statement.at}},
        }

    def store_statements(self, statements: Sequence[ContactStatement]) -> None:
        """Store the statements that are not stored with this time or a later one; raise StoreBusyError."""
        items = [statement_item(statement) for statement in statements]
        stored_items = read_items(
            self._client,
            self._table,
            [{name: item[name] for name in ("profile_id", "sk")} for item in items],
            ProjectionExpression="profile_id, sk, stated_at",
        )
        times = {_key_of(item): item["stated_at"]["S"] for item in stored_items}
        newer = [item for item in items if times.get(_key_of(item), "") < item["stated_at"]["S"]]
        write_items(self._client, self._table, newer)

    def _is_stored(self, statement: ContactStatement) -> bool:
        """Return whether this container stored the same values last, with the same trust or a stronger one."""
        trust, digest = self._stored.find(statement.subject) or (Trust.BROWSER, None)
        return digest == _digest_values(statement) and trust <= statement.trust

    def _query_items(self, subject: str) -> Iterable[Mapping[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="profile_id = :id",
            ExpressionAttributeValues={":id": {"S": profile_id_of(subject)}},
            PaginationConfig={"MaxItems": MAX_STATEMENTS},
        )
        return (item for page in pages for item in page["Items"])


def statement_item(statement: ContactStatement) -> dict[str, Any]:
    """Return the DynamoDB item of a statement."""
    return {
        "profile_id": {"S": profile_id_of(statement.subject)},
        "sk": {"S": statement_sort_key(statement)},
        "contact": {"S": msgspec.json.encode(statement.values, order="sorted").decode()},
        "origin": {"S": statement.source},
        "stated_at": {"S": statement.at},
    }


def statement_sort_key(statement: ContactStatement) -> str:
    """Return `<trust>#<digest of source and values>`: strong statements sort first."""
    content = msgspec.json.encode((statement.source, statement.values), order="sorted")
    return f"{int(statement.trust)}#{sha256(content).hexdigest()[:20]}"


def statement_from_item(subject: str, item: Mapping[str, Any]) -> ContactStatement:
    """Return the statement of an item that is stored under the subject."""
    return ContactStatement(
        subject=subject,
        values=msgspec.json.decode(item["contact"]["S"], type=dict[str, str]),
        at=item["stated_at"]["S"],
        source=item["origin"]["S"],
        trust=Trust(int(item["sk"]["S"].partition("#")[0])),
    )


def _key_of(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["profile_id"]["S"], item["sk"]["S"]


def _time_of(statement: ContactStatement) -> str:
    return statement.at


def _digest_values(statement: ContactStatement) -> int:
    return hash(tuple(sorted(statement.values.items())))
