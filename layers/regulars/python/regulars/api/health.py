"""What works, told to anybody: names of parts and no more."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

# An open door must not be a way to make us read tables.
KEPT_SECONDS = 10


class Health:
    """Probes of the parts an answer needs; each is a call that fails when the part does."""

    def __init__(
        self,
        probes: Mapping[str, Callable[[], object]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probes = probes
        self._clock = clock
        self._kept: tuple[float, dict[str, str]] = (0.0, {})

    def report(self) -> dict[str, Any]:
        """`status` ok or failing, and the same for each part."""
        until, parts = self._kept
        if self._clock() >= until:
            parts = {name: _probed(probe) for name, probe in self._probes.items()}
            self._kept = (self._clock() + KEPT_SECONDS, parts)
        works = all(word == "ok" for word in parts.values())
        return {"status": "ok" if works else "failing", "parts": parts}


def _probed(probe: Callable[[], object]) -> str:
    try:
        probe()
    except (BotoCoreError, ClientError):
        return "failing"
    return "ok"
