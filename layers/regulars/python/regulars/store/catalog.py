"""Write the catalog's products and their neighbours after a training; skip products that did not change."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.store import schema
from regulars.store.batches import TableItem
from regulars.store.derived_items import WriteCounts, build_derived_item, write_changed_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Neighbour = tuple[str, float, float]
PRODUCT_KEY = schema.CATALOG.partition_key


class CatalogProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product and its neighbours as (product id, content, collaborative), best first."""

    product_id: str
    name: str
    category: str
    price: int | None
    currency: str
    neighbours: list[Neighbour] = []


class Catalog:
    """The CATALOG table, written by the scoring."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def write_products(self, products: Iterable[CatalogProduct], as_of: str) -> WriteCounts:
        """Store the products that changed, except those stored as of a later time."""
        items = (_product_item(product, as_of) for product in products)
        return write_changed_items(self._client, self._table, (PRODUCT_KEY,), items)


def _product_item(product: CatalogProduct, as_of: str) -> TableItem:
    fields = msgspec.structs.asdict(product)
    product_id, neighbours = fields.pop("product_id"), fields.pop("neighbours")
    content = {"product": _to_json(fields), "neighbours": _to_json(neighbours)}
    return build_derived_item({PRODUCT_KEY: product_id}, as_of, content)


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
