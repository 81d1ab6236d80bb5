"""Report the health of the parts that a response needs; anybody may read it, so it contains only names."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from regulars.domain.timed_cache import TimedCache

# The endpoint needs no key, so requests must not be able to cause many table reads.
CACHE_SECONDS = 10.0


class HealthProbes:
    """One probe per part: a call that fails when the part fails."""

    def __init__(
        self,
        probes: Mapping[str, Callable[[], object]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probes = probes
        self._statuses = TimedCache[str](CACHE_SECONDS, clock)

    def report_health(self) -> dict[str, Any]:
        """Return `status` ok or failing, and the status of each part in `parts`."""
        parts = {name: self._statuses.get(name, self._check_part) for name in self._probes}
        is_healthy = all(status == "ok" for status in parts.values())
        return {"status": "ok" if is_healthy else "failing", "parts": parts}

    def _check_part(self, name: str) -> str:
        try:
            self._probes[name]()
        except (BotoCoreError, ClientError):
            return "failing"
        return "ok"
