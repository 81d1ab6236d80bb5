"""Group records by average linkage: a record joins a group that it resembles as a whole, not through one member."""

import heapq
from collections.abc import Iterator, Mapping

from regulars.identity.proposals.pair import Pair

# The log2 odds of a pair that shares no blocking key, and the least that a difference counts.
MIN_WEIGHT = -10.0


def list_components(weights: Mapping[Pair, float], threshold: float = 0.0) -> dict[str, str]:
    """Return a name for the component of each record that pairs of at least this weight connect."""
    roots: dict[str, str] = {}

    def find_root(record: str) -> str:
        while (parent := roots.setdefault(record, record)) != record:
            roots[record] = record = roots[parent]
        return record

    for (left, right), weight in sorted(weights.items()):
        if weight >= threshold:
            roots[find_root(right)] = find_root(left)
    return {record: find_root(record) for record in sorted(roots)}


def group_records(weights: Mapping[Pair, float], threshold: float = 0.0) -> dict[Pair, float]:
    """Return every pair of records of one group, with the average weight at which their groups were joined.

    `weights` are log2 odds. The two groups with the greatest average are joined first, while it is at least `threshold`:
    at 0, while it is more likely than not that they are one person.
    """
    groups = _LinkedRecords(weights)
    queue = [
        (-average, *pair)
        for pair in weights
        if (average := groups.weigh_join(*pair)) is not None and average >= threshold
    ]
    heapq.heapify(queue)
    joined: dict[Pair, float] = {}
    while queue:
        weight, left, right = heapq.heappop(queue)
        if -weight != groups.weigh_join(left, right):
            continue  # one of the groups has grown since
        joined |= dict.fromkeys(groups.list_pairs(left, right), -weight)
        for other, average in groups.join(left, right):
            if average >= threshold:
                heapq.heappush(queue, (-average, min(left, other), max(left, other)))
    return joined


class _LinkedRecords:
    """Groups by their first member, and the summed excess over MIN_WEIGHT of the pairs between two groups."""

    def __init__(self, weights: Mapping[Pair, float]) -> None:
        self._members = {record: [record] for pair in weights for record in pair}
        self._excess: dict[str, dict[str, float]] = {record: {} for record in self._members}
        for (left, right), weight in sorted(weights.items()):
            excess = max(weight, MIN_WEIGHT) - MIN_WEIGHT
            self._excess[left][right] = self._excess[right][left] = excess

    def weigh_join(self, left: str, right: str) -> float | None:
        """Return the average weight of the pairs between two groups; None when one is no longer there."""
        if left not in self._members or right not in self._members:
            return None
        count = len(self._members[left]) * len(self._members[right])
        return self._excess[left].get(right, 0.0) / count + MIN_WEIGHT

    def list_pairs(self, left: str, right: str) -> list[Pair]:
        """Return the pairs of records between two groups, each in order."""
        members, others = self._members[left], self._members[right]
        return [(min(a, b), max(a, b)) for a in members for b in others]

    def join(self, left: str, right: str) -> Iterator[tuple[str, float]]:
        """Add the second group to the first; yield every other group that resembles it, with the average weight."""
        self._members[left] += self._members.pop(right)
        del self._excess[left][right]
        for other, excess in self._excess.pop(right).items():
            if other != left:
                del self._excess[other][right]
                total = self._excess[left].get(other, 0.0) + excess
                self._excess[left][other] = self._excess[other][left] = total
        for other in sorted(self._excess[left]):
            if (average := self.weigh_join(left, other)) is not None:
                yield other, average
