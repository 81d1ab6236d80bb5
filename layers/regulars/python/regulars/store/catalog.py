"""Products and their neighbours as a training leaves them: only what changed is written."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.store import schema
from regulars.store.derived_items import Written, derived, write_changed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Neighbour = tuple[str, float, float]
KEY = schema.CATALOG.partition_key


class Listed(msgspec.Struct, frozen=True):
    """A product, and its neighbours as (product id, content, collaborative), best first."""

    product_id: str
    name: str
    category: str
    price: int | None
    currency: str
    neighbours: list[Neighbour] = []


class Catalog:
    """The CATALOG table, for whoever scores."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def write(self, products: Iterable[Listed], as_of: str) -> Written:
        """Store the products that changed, unless somebody stored them as of a later time."""
        items = (_item(product, as_of) for product in products)
        return write_changed(self._client, self._table, (KEY,), items)


def _item(product: Listed, as_of: str) -> dict[str, Any]:
    told = msgspec.structs.asdict(product)
    key, neighbours = told.pop("product_id"), told.pop("neighbours")
    content = {"product": _json(told), "neighbours": _json(neighbours)}
    return derived({KEY: key}, as_of, content)


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
