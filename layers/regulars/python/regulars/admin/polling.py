"""Poll until AWS has finished an operation."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Polling:
    """`clock` returns monotonic seconds, `sleep` pauses for a number of seconds."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def repeat(self, timeout_seconds: float) -> Iterator[int]:
        """Yield the number of the attempt, with a pause before each but the first, until the time is over."""
        deadline = self.clock() + timeout_seconds
        attempt = 0
        while self.clock() < deadline:
            yield attempt
            self.sleep(POLL_SECONDS)
            attempt += 1


REAL_TIME = Polling()
