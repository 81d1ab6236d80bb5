"""What works, told to anybody: names of parts and no more."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from regulars.domain.timed_cache import TimedCache

# An open door must not be a way to make us read tables.
CACHE_SECONDS = 10.0


class Health:
    """Probes of the parts an answer needs; each is a call that fails when the part does."""

    def __init__(
        self,
        probes: Mapping[str, Callable[[], object]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probes = probes
        self._statuses = TimedCache[str](CACHE_SECONDS, clock)

    def report(self) -> dict[str, Any]:
        """`status` ok or failing, and the same for each part."""
        parts = {name: self._statuses.get(name, self._probe) for name in self._probes}
        works = all(status == "ok" for status in parts.values())
        return {"status": "ok" if works else "failing", "parts": parts}

    def _probe(self, name: str) -> str:
        try:
            self._probes[name]()
        except (BotoCoreError, ClientError):
            return "failing"
        return "ok"
