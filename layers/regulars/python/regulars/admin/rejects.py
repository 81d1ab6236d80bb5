"""Finds and counts what was refused or set aside in the last 30 days."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

from regulars.admin.deployment import Deployment
from regulars.admin.errors import AmbiguousIdError
from regulars.store.rejects import Rejects, StoredDelivery
from regulars.store.schema import REJECT_RETENTION


class StoredReject(msgspec.Struct, frozen=True, kw_only=True):
    """One reject: `raw` is what came, `cut` says that it was too large to store whole."""

    reject_id: str
    received_at: str
    code: str
    reason: str
    source: str
    raw: bytes
    cut: bool
    delivery: StoredDelivery | None
    replayed_at: str

    @property
    def channel(self) -> str:
        """The channel, or where else it came from."""
        return self.source.partition("/")[0]

    @property
    def day(self) -> str:
        """The UTC day on which it came."""
        return self.received_at[:10]


class RejectFilter(msgspec.Struct, frozen=True):
    """Which rejects: since a day (`YYYY-MM-DD`), of a source or of all sources of a channel, with a code; '' for all."""

    since: str = ""
    source: str = ""
    code: str = ""

    def matches(self, reject: StoredReject) -> bool:
        """Return whether the source and the code are those asked for."""
        is_source = not self.source or reject.source == self.source
        is_of_channel = reject.source.startswith(f"{self.source}/")
        return (is_source or is_of_channel) and self.code in {"", reject.code}


class RejectCount(msgspec.Struct, frozen=True, order=True):
    """The number of rejects of one source on one day with one reason."""

    day: str
    code: str
    source: str
    count: int


ALL_REJECTS = RejectFilter()


def open_rejects(deployment: Deployment) -> Rejects:
    """Return the rejects of a deployment."""
    return Rejects(deployment.rejects_table)


def find_rejects(
    store: Rejects, today: date, selection: RejectFilter = ALL_REJECTS
) -> Iterator[StoredReject]:
    """Return the rejects that the filter chooses, oldest first."""
    for day in _list_stored_days(today):
        if day >= selection.since:
            yield from filter(selection.matches, map(_to_reject, store.list_rejects(day)))


def find_reject(rejects: Iterable[StoredReject], id_prefix: str) -> StoredReject:
    """Return the reject whose id begins with the prefix; raise AmbiguousIdError unless there is exactly one."""
    matches = [reject for reject in rejects if reject.reject_id.startswith(id_prefix)]
    if len(matches) != 1:
        raise AmbiguousIdError("rejects", id_prefix, len(matches))
    return matches[0]


def count_rejects(rejects: Iterable[StoredReject]) -> list[RejectCount]:
    """Return the number of rejects by day, code and source."""
    counts = Counter((reject.day, reject.code, reject.source) for reject in rejects)
    return sorted(RejectCount(*group, count) for group, count in counts.items())


def count_refused_calls(
    store: Rejects, today: date, selection: RejectFilter = ALL_REJECTS
) -> list[RejectCount]:
    """Return the number of calls by day and kind of which nothing is stored; none when the filter names a source."""
    if selection.source:
        return []
    counts = Counter[tuple[str, str]]()
    for day in _list_stored_days(today):
        for count in store.list_call_counts(day) if day >= selection.since else ():
            if selection.code in {"", count.kind}:
                counts[day, count.kind] += count.calls
    return sorted(
        RejectCount(day=day, code=kind, source="", count=count)
        for (day, kind), count in counts.items()
    )


def count_waiting(rejects: Iterable[StoredReject]) -> dict[str, int]:
    """Return the number of rejects by source that were not replayed yet; `?` stands for none."""
    waiting = (reject.source or "?" for reject in rejects if not reject.replayed_at)
    return dict(sorted(Counter(waiting).items()))


def find_mentions(rejects: Iterable[StoredReject], values: Iterable[str]) -> Iterator[StoredReject]:
    """Return the rejects whose body or query contains one of these texts, plain or encoded, in any case."""
    forms = {form for value in values for form in (value, quote(value, safe=""), quote_plus(value))}
    needles = {form.lower().encode() for form in forms if form}
    for reject in rejects:
        query = reject.delivery.raw_query if reject.delivery else ""
        content = reject.raw.lower() + query.lower().encode()
        if any(needle in content for needle in needles):
            yield reject


def _list_stored_days(today: date) -> Iterator[str]:
    first = today - REJECT_RETENTION
    return ((first + timedelta(days=age)).isoformat() for age in range((today - first).days + 1))


def _to_reject(item: dict[str, Any]) -> StoredReject:
    return StoredReject(**item)
