"""Read products, as the shop shows them, and their neighbours from the catalog."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from regulars.store import schema
from regulars.store.batches import TableItem, read_items
from regulars.store.clients import create_dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PRODUCT_KEY = schema.CATALOG.partition_key


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product; `price` is in minor units of `currency`."""

    name: str = ""
    category: str = ""
    price: int | None = None
    currency: str = ""


class Products:
    """The CATALOG table, read only."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or create_dynamodb_client()

    def find_products(self, product_ids: Iterable[str]) -> dict[str, Product]:
        """Return those of the products that the catalog holds, by id."""
        items = self._read_items(product_ids, "product_id, product")
        return {
            item[PRODUCT_KEY]["S"]: _PRODUCT_DECODER.decode(item["product"]["S"]) for item in items
        }

    def find_neighbours(self, product_ids: Iterable[str]) -> dict[str, list[Any]]:
        """Return the neighbours of each known product: [[product id, content, collaborative], …]."""
        items = self._read_items(product_ids, "product_id, neighbours")
        return {
            item[PRODUCT_KEY]["S"]: msgspec.json.decode(item["neighbours"]["S"])
            for item in items
            if "neighbours" in item
        }

    def _read_items(self, product_ids: Iterable[str], projection: str) -> Iterable[TableItem]:
        keys = [{PRODUCT_KEY: {"S": product_id}} for product_id in dict.fromkeys(product_ids)]
        return read_items(self._client, self._table, keys, ProjectionExpression=projection)


_PRODUCT_DECODER = msgspec.json.Decoder(Product)
