"""Write derived items only where they changed, and never over items that are known as of a later time."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, NamedTuple

from regulars.domain.manifests import hash_bytes
from regulars.store.batches import TableItem, read_items, write_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AS_OF_ATTRIBUTE, DIGEST = "as_of", "digest"
MAX_CHUNK_ITEMS = 500


class WriteCounts(NamedTuple):
    """The number of items that were written, were unchanged, or were skipped because a newer one is stored."""

    written: int = 0
    unchanged: int = 0
    skipped: int = 0

    def __add__(self, other: object) -> "WriteCounts":
        if not isinstance(other, WriteCounts):
            return NotImplemented
        return WriteCounts(*map(sum, zip(self, other, strict=True)))


def build_derived_item(
    key: Mapping[str, str], as_of: str, content: Mapping[str, str], compared: str = ""
) -> TableItem:
    """Return an item of text attributes, known as of a sortable time.

    Two items with the same `compared` text, by default the content, count as unchanged.
    """
    digest = hash_bytes((compared or "\x1f".join(content.values())).encode())[:16]
    texts = {**key, **content, AS_OF_ATTRIBUTE: as_of, DIGEST: digest}
    return {name: {"S": text} for name, text in texts.items()}


def read_stored_items(
    client: "DynamoDBClient",
    table: str,
    key_names: Sequence[str],
    items: Iterable[TableItem],
    *attributes: str,
) -> dict[tuple[str, ...], TableItem]:
    """Return what is stored under the keys of these items, by key: time, digest and the `attributes`."""
    keys = [{name: item[name] for name in key_names} for item in items]
    projection = ", ".join((*key_names, AS_OF_ATTRIBUTE, DIGEST, *attributes))
    stored_items = read_items(
        client, table, keys, ProjectionExpression=projection, ConsistentRead=True
    )
    return {item_key(item, key_names): item for item in stored_items}


def item_key(item: TableItem, key_names: Sequence[str]) -> tuple[str, ...]:
    """Return the values of an item's key."""
    return tuple(item[name]["S"] for name in key_names)


def is_newer(stored: TableItem | None, item: TableItem) -> bool:
    """Return whether the stored item is known as of a later time than the item."""
    return stored is not None and _attribute_text(stored, AS_OF_ATTRIBUTE) > _attribute_text(
        item, AS_OF_ATTRIBUTE
    )


def has_same_content(stored: TableItem | None, item: TableItem) -> bool:
    """Return whether the stored item has the content of the item."""
    return stored is not None and _attribute_text(stored, DIGEST) == _attribute_text(item, DIGEST)


def write_changed_items(
    client: "DynamoDBClient", table: str, key_names: Sequence[str], items: Iterable[TableItem]
) -> WriteCounts:
    """Read what is stored and write the items that differ from it, 500 at a time."""
    total = WriteCounts()
    for chunk in batched(items, MAX_CHUNK_ITEMS, strict=False):
        stored_items = read_stored_items(client, table, key_names, chunk)
        total += put_changed_items(client, table, chunk, stored_items, key_names)
    return total


def put_changed_items(
    client: "DynamoDBClient",
    table: str,
    items: Sequence[TableItem],
    stored_items: Mapping[tuple[str, ...], TableItem],
    key_names: Sequence[str],
) -> WriteCounts:
    """Write those of the items that differ from what is stored."""
    pairs = [(item, stored_items.get(item_key(item, key_names))) for item in items]
    current = [(item, stored) for item, stored in pairs if not is_newer(stored, item)]
    changed = [item for item, stored in current if not has_same_content(stored, item)]
    write_items(client, table, changed)
    unchanged = len(current) - len(changed)
    skipped = len(pairs) - len(current)
    return WriteCounts(written=len(changed), unchanged=unchanged, skipped=skipped)


def _attribute_text(item: TableItem, name: str) -> str:
    text: str = item.get(name, {}).get("S", "")
    return text
