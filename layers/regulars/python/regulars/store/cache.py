"""What was read a moment ago, told again without asking: bounded in number and in age."""

import time
from collections.abc import Callable
from typing import NamedTuple

MOST = 1024  # a flood of made-up names must not fill the container's memory
# What is not there may be made at any moment.
ABSENT_SECONDS = 5.0
# A flood of forgeries must not become a flood of reads.
RENEWED_SECONDS = 30.0
# What was read for this very call is not read for it again.
FRESH_SECONDS = 1.0


class _Kept[V](NamedTuple):
    value: V
    read_at: float
    renewable_at: float


class Remembered[V]:
    """Values by their names, each read when it is first asked for and kept for `seconds`; an empty one for five."""

    def __init__(
        self,
        read: Callable[[str], V],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._clock = clock
        self._kept: dict[str, _Kept[V]] = {}

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._kept)

    def get(self, name: str) -> V:
        """The value, as it is or was until lately."""
        kept = self._kept.get(name)
        if kept and self._clock() < kept.read_at + (
            self._seconds if kept.value else ABSENT_SECONDS
        ):
            return kept.value
        return self._asked(name, kept.renewable_at if kept else 0.0)

    def renewed(self, name: str) -> V:
        """The value read again now, which is done once in half a minute; what is remembered otherwise."""
        kept, now = self._kept.get(name), self._clock()
        if kept and now < max(kept.renewable_at, kept.read_at + FRESH_SECONDS):
            return self.get(name)
        return self._asked(name, now + RENEWED_SECONDS)

    def forget(self, name: str) -> None:
        """Read it anew when it is next asked for."""
        self._kept.pop(name, None)

    def _asked(self, name: str, renewable_at: float) -> V:
        value = self._read(name)
        self.forget(name)
        if len(self._kept) >= MOST:
            self.forget(next(iter(self._kept)))  # the one read longest ago
        self._kept[name] = _Kept(value, self._clock(), renewable_at)
        return value
