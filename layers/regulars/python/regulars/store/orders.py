"""Store every order once, with the subjects for which it was reported; one of them holds it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.domain.orders import Order
from regulars.store import schema
from regulars.store.batches import read_items
from regulars.store.clients import create_dynamodb_client
from regulars.store.profiles import put_revision

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A report by subject: its trust and the moment of its event (`domain.identity_statements.moment_of`); the least is the best.
type Reports = dict[str, tuple[int, int]]

_ORDER_ENCODER = msgspec.json.Encoder(order="deterministic")
_ORDER_DECODER = msgspec.json.Decoder(Order)
_REPORTS_DECODER = msgspec.json.Decoder(Reports)


class OrderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An order as all its events report it; `rev` counts the writes (0: not stored yet).

    `unnamed` are the ids of the events that report the order and name nobody.
    """

    key: str
    order: Order = Order()
    reports: Reports = {}
    unnamed: tuple[str, ...] = ()
    rev: int = 0

    @property
    def holder(self) -> str:
        """The subject that holds the order, that with the best report; '' when no event names a person."""
        return min(self.reports, key=lambda subject: (*self.reports[subject], subject), default="")


class Orders:
    """The orders in the PROFILES table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()

    def read_orders(self, keys: Iterable[str]) -> dict[str, OrderRecord]:
        """Return the orders with these keys, strongly consistent; those that are not stored are left out."""
        item_keys = [_order_item_key(key) for key in dict.fromkeys(keys)]
        items = read_items(self._client, self._table, item_keys, ConsistentRead=True)
        records = map(order_from_item, items)
        return {record.key: record for record in records}

    def write_order(self, record: OrderRecord) -> None:
        """Store the order if `rev` - 1 is the stored revision; raise ConcurrentUpdateError otherwise."""
        item = _order_item_key(record.key) | {
            "order": {"S": _ORDER_ENCODER.encode(record.order).decode()},
            "reports": {"S": _ORDER_ENCODER.encode(record.reports).decode()},
            "unnamed": {"S": " ".join(record.unnamed)},
            "rev": {"N": str(record.rev)},
        }
        put_revision(self._client, self._table, item, record.rev)

    def delete_order(self, key: str) -> None:
        """Delete the order with this key."""
        self._client.delete_item(TableName=self._table, Key=_order_item_key(key))


def order_from_item(item: dict[str, Any]) -> OrderRecord:
    """Return the order of an item with the sort key `order`."""
    return OrderRecord(
        key=item["profile_id"]["S"].removeprefix(schema.order_partition_key("")),
        order=_ORDER_DECODER.decode(item["order"]["S"]),
        reports=_REPORTS_DECODER.decode(item["reports"]["S"]),
        unnamed=tuple(item["unnamed"]["S"].split()),
        rev=int(item["rev"]["N"]),
    )


def _order_item_key(key: str) -> dict[str, Any]:
    return {
        "profile_id": {"S": schema.order_partition_key(key)},
        "sk": {"S": schema.ORDER_SORT_KEY},
    }
