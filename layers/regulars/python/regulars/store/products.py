"""Products as the shop shows them, and each one's neighbours, read for an answer."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.store import schema
from regulars.store.batches import read_all
from regulars.store.clients import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = schema.CATALOG.partition_key


class Product(msgspec.Struct, frozen=True):
    """A product; `price` is in minor units of `currency`."""

    name: str = ""
    category: str = ""
    price: int | None = None
    currency: str = ""


class Products:
    """The CATALOG table, read only."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or dynamodb()

    def named(self, product_ids: Iterable[str]) -> dict[str, Product]:
        """The products among these that the catalogue holds."""
        items = self._read(product_ids, "product_id, product")
        return {item[KEY]["S"]: _DECODER.decode(item["product"]["S"]) for item in items}

    def neighbours(self, product_ids: Iterable[str]) -> dict[str, list[Any]]:
        """Each known product's neighbours: [[product id, content, collaborative], …]."""
        items = self._read(product_ids, "product_id, neighbours")
        return {
            item[KEY]["S"]: msgspec.json.decode(item["neighbours"]["S"])
            for item in items
            if "neighbours" in item
        }

    def _read(self, product_ids: Iterable[str], projection: str) -> Iterable[dict[str, Any]]:
        keys = [{KEY: {"S": id_}} for id_ in dict.fromkeys(product_ids)]
        return read_all(self._client, self._table, keys, ProjectionExpression=projection)


_DECODER = msgspec.json.Decoder(Product)
