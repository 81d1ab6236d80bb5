"""Cancel the pending cart checks of erased people."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from regulars.domain.carts import cart_check_time, is_cart_activity
from regulars.domain.events import Event
from regulars.domain.times import FUTURE_TOLERANCE, from_text
from regulars.store.schedules import Schedules


class CartCheckSweep:
    """The schedules of cart checks, `delay` after an activity."""

    def __init__(self, schedules: Schedules, delay: timedelta) -> None:
        self._schedules = schedules
        self._delay = delay

    def cancel_checks(self, events: Iterable[Event], now: datetime) -> Counter[str]:
        """Cancel the checks that these events have scheduled."""
        checks = {
            (event.subject, at)
            for event in events
            if event.subject and is_cart_activity(event)
            for at in self._list_times(event, now)
        }
        return Counter(
            cart_checks=sum(self._schedules.cancel_invocation(*check) for check in checks)
        )

    def _list_times(self, event: Event, now: datetime) -> Iterator[datetime]:
        """Yield the times of the checks that may be pending: the stream may have carried the event until now."""
        at = max(from_text(event.received_at), now - 2 * self._delay)
        while at <= now + FUTURE_TOLERANCE:
            if (check_time := cart_check_time(event, self._delay, at)) > now:
                yield check_time
            at += timedelta(minutes=1)
