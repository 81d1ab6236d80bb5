"""What models say of people: scores, what to recommend, and membership of segments, written when it changed."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from regulars.store import schema
from regulars.store.batches import delete_all
from regulars.store.derived_items import (
    Written,
    derived,
    is_newer,
    key_of,
    put_changed,
    stored,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEYS = ("profile_id", "sk")
MEMBERS = schema.PROFILES.indexes[0]
SCHEMES = ("rfm", "kmeans")
CHUNK = 100


class Membership(msgspec.Struct, frozen=True):
    """A person's segment in a scheme; members are paged in the order of `rank`, a sortable text."""

    segment: str
    rank: str


class Scored(msgspec.Struct, frozen=True):
    """All that one scoring says of a person; `memberships` are by scheme, a scheme left out has no segment for them."""

    profile_id: str
    scores: dict[str, Any]
    recommendations: dict[str, Any]
    memberships: dict[str, Membership] = {}


class Scores:
    """What models write into the PROFILES table."""

    def __init__(self, table: str, client: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._client = client or boto3.client("dynamodb")

    def write(self, people: Iterable[Scored], as_of: str, moment: Mapping[str, str]) -> Written:
        """Store what changed of the people who still are there; `moment` joins the scores but makes no change.

        Whoever was merged away or erased is left out; what is stored as of a later time stays.
        """
        total = Written()
        for chunk in batched(people, CHUNK, strict=False):
            total += self._write(chunk, as_of, moment)
        return total

    def _write(self, people: Sequence[Scored], as_of: str, moment: Mapping[str, str]) -> Written:
        wanted = [item for person in people for item in _items(person, as_of, moment)]
        asked = [*wanted, *(_key(person, sk) for person in people for sk in _others(person))]
        before = stored(self._client, self._table, KEYS, asked, "merged_into")
        here = {id_ for (id_, sk), item in before.items() if sk == schema.PROFILE and _stands(item)}
        items = [item for item in wanted if item["profile_id"]["S"] in here]
        written = put_changed(self._client, self._table, items, before, KEYS)
        self._leave([person for person in people if person.profile_id in here], as_of, before)
        return written._replace(skipped=written.skipped + len(wanted) - len(items))

    def _leave(self, people: Sequence[Scored], as_of: str, before: Mapping[Any, Any]) -> None:
        """Take people out of schemes that have no segment for them any more."""
        keys = [_key(person, sk) for person in people for sk in _schemes_left(person)]
        old = [
            key
            for key in keys
            if (found := before.get(key_of(key, KEYS)))
            and not is_newer(found, derived({}, as_of, {}))
        ]
        delete_all(self._client, self._table, old)


def _items(person: Scored, as_of: str, moment: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    told = {schema.SCORES: ("scores", person.scores, moment)}
    told[schema.RECOMMENDATIONS] = ("candidates", person.recommendations, {})
    for sk, (name, content, added) in told.items():
        same = _json(content)
        text = _json({**content, **added}) if added else same
        yield derived({"profile_id": person.profile_id, "sk": sk}, as_of, {name: text}, same)
    for scheme, membership in person.memberships.items():
        key = {"profile_id": person.profile_id, "sk": schema.segment_sort_key(scheme)}
        segment = f"{scheme}:{membership.segment}"
        index = {MEMBERS.partition_key: segment, MEMBERS.sort_key: membership.rank}
        yield derived(key, as_of, index)


def _others(person: Scored) -> list[str]:
    """What else has to be known of a person before anything is written."""
    return [schema.PROFILE, *_schemes_left(person)]


def _schemes_left(person: Scored) -> list[str]:
    return [schema.segment_sort_key(name) for name in SCHEMES if name not in person.memberships]


def _stands(profile: Mapping[str, Any]) -> bool:
    return "merged_into" not in profile


def _key(person: Scored, sk: str) -> dict[str, Any]:
    return {"profile_id": {"S": person.profile_id}, "sk": {"S": sk}}


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
