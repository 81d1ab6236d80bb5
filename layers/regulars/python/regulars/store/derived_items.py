"""Writes of derived items that cost nothing when nothing changed, and never put older knowledge over newer."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, NamedTuple

from regulars.domain.manifests import sha256
from regulars.store.batches import Item, read_all, write_all

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

AS_OF, DIGEST = "as_of", "digest"


class Written(NamedTuple):
    """How many items were written, were the same already, or were left to whoever knew more."""

    written: int = 0
    unchanged: int = 0
    skipped: int = 0

    def __add__(self, other: object) -> "Written":
        if not isinstance(other, Written):
            return NotImplemented
        return Written(*(mine + its for mine, its in zip(self, other, strict=True)))


def derived(key: Mapping[str, str], as_of: str, content: Mapping[str, str], same: str = "") -> Item:
    """An item of text attributes known as of a sortable time; `same` is what makes two of them the same."""
    digest = sha256((same or "\x1f".join(content.values())).encode())[:16]
    texts = {**key, **content, AS_OF: as_of, DIGEST: digest}
    return {name: {"S": text} for name, text in texts.items()}


def stored(
    client: "DynamoDBClient", table: str, names: Sequence[str], items: Iterable[Item], *more: str
) -> dict[tuple[str, ...], Item]:
    """What is stored under the items' keys (attributes `names`): age, digest and `more` attributes, by key."""
    keys = [{name: item[name] for name in names} for item in items]
    wanted = ", ".join((*names, AS_OF, DIGEST, *more))
    found = read_all(client, table, keys, ProjectionExpression=wanted, ConsistentRead=True)
    return {key_of(item, names): item for item in found}


def key_of(item: Item, names: Sequence[str]) -> tuple[str, ...]:
    """The values of an item's key."""
    return tuple(item[name]["S"] for name in names)


def is_newer(before: Item | None, item: Item) -> bool:
    """Whether what is stored was known later than the item."""
    return before is not None and _text(before, AS_OF) > _text(item, AS_OF)


def is_same(before: Item | None, item: Item) -> bool:
    """Whether the item says what is stored already."""
    return before is not None and _text(before, DIGEST) == _text(item, DIGEST)


def write_changed(
    client: "DynamoDBClient", table: str, names: Sequence[str], items: Iterable[Item]
) -> Written:
    """Write the items that say something new, a few hundred at a time."""
    total = Written()
    for chunk in batched(items, 500, strict=False):
        total += put_changed(client, table, chunk, stored(client, table, names, chunk), names)
    return total


def put_changed(
    client: "DynamoDBClient",
    table: str,
    items: Sequence[Item],
    before: Mapping[tuple[str, ...], Item],
    names: Sequence[str],
) -> Written:
    """Write those of the items that differ from what was stored before."""
    pairs = [(item, before.get(key_of(item, names))) for item in items]
    current = [(item, old) for item, old in pairs if not is_newer(old, item)]
    changed = [item for item, old in current if not is_same(old, item)]
    write_all(client, table, changed)
    return Written(len(changed), len(current) - len(changed), len(pairs) - len(current))


def _text(item: Item, name: str) -> str:
    text: str = item.get(name, {}).get("S", "")
    return text
