"""Keep values in a container's memory, bounded in number and in age."""

import time
from collections.abc import Callable
from typing import NamedTuple

MAX_ENTRIES = 1024  # a flood of made-up names must not fill the container's memory
# An absent value may be created at any moment.
ABSENT_SECONDS = 5.0
# A flood of forged requests must not become a flood of reads.
RENEWAL_SECONDS = 30.0
# A value that was read for the present request is not read again for it.
FRESH_SECONDS = 1.0


class _Entry[V](NamedTuple):
    value: V
    stored_at: float
    renewable_at: float


class TimedCache[V]:
    """Values by name, each kept for `seconds`; an empty value counts as absent and is kept for five seconds at most.

    A full cache drops the entry that was stored first.

    >>> cache = TimedCache[str](60.0)
    >>> cache.get("pepper", str.upper), cache.find("pepper"), cache.find("salt")
    ('PEPPER', 'PEPPER', None)
    """

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        max_entries: int = MAX_ENTRIES,
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._max_entries = max_entries
        self._entries: dict[str, _Entry[V]] = {}

    def __len__(self) -> int:
        """Return the number of entries, expired ones included."""
        return len(self._entries)

    def find(self, name: str) -> V | None:
        """Return the value under this name, or None when there is none or it has expired."""
        entry = self._entries.get(name)
        return entry.value if entry and self._is_current(entry) else None

    def put(self, name: str, value: V) -> None:
        """Store a value under this name."""
        self._store(name, value, 0.0)

    def get(self, name: str, read: Callable[[str], V]) -> V:
        """Return the value under this name; read and store it first when it is missing or has expired."""
        entry = self._entries.get(name)
        if entry and self._is_current(entry):
            return entry.value
        return self._store(name, read(name), entry.renewable_at if entry else 0.0)

    def renew(self, name: str, read: Callable[[str], V]) -> V:
        """Read, store and return the value, at most once in `RENEWAL_SECONDS`; return the cached value otherwise."""
        entry, now = self._entries.get(name), self._clock()
        if entry and now < max(entry.renewable_at, entry.stored_at + FRESH_SECONDS):
            return self.get(name, read)
        return self._store(name, read(name), now + RENEWAL_SECONDS)

    def forget(self, name: str) -> None:
        """Drop the value under this name."""
        self._entries.pop(name, None)

    def _is_current(self, entry: _Entry[V]) -> bool:
        seconds = self._seconds if entry.value else min(self._seconds, ABSENT_SECONDS)
        return self._clock() < entry.stored_at + seconds

    def _store(self, name: str, value: V, renewable_at: float) -> V:
        self.forget(name)
        if len(self._entries) >= self._max_entries:
            self.forget(next(iter(self._entries)))
        self._entries[name] = _Entry(value, self._clock(), renewable_at)
        return value
