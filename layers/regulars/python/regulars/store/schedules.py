"""Times at which a function of ours is invoked once: schedules of EventBridge that delete themselves afterwards."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from regulars.domain.events import event_id
from regulars.domain.timed_cache import TimedCache
from regulars.store.clients import scheduler

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

MAX_CACHED_SCHEDULES = 10_000
CACHE_SECONDS = 86_400.0  # a batch of the stream comes again for a day at most
HOURS = 6  # for which, and
RETRIES = 8  # as often as which a function that cannot be invoked is tried again


@dataclass(frozen=True)
class Target:
    """The function, the role that may invoke it, its dead letters, and what the names of its schedules begin with."""

    function: str
    role: str
    dead_letters: str
    prefix: str


class Schedules:
    """Schedules of one target; the client is made when the first one is set, for most invocations set none."""

    def __init__(self, target: Target, client: "EventBridgeSchedulerClient | None" = None) -> None:
        self._target = target
        self._client = client
        # The names of the schedules that this container has created.
        self._created = TimedCache[bool](CACHE_SECONDS, max_entries=MAX_CACHED_SCHEDULES)

    def set(self, key: str, at: datetime, payload: Mapping[str, str]) -> None:
        """Invoke the function at that time, by the second; one with the same key and time is set only once."""
        moment = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
        name = self._target.prefix + event_id(key, moment)
        if self._created.find(name):
            return
        self._create(name, moment, json.dumps(payload))
        self._created.put(name, value=True)

    def _create(self, name: str, moment: str, payload: str) -> None:
        client = self._client = self._client or scheduler()
        try:
            client.create_schedule(
                Name=name,
                ScheduleExpression=f"at({moment})",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self._target.function,
                    "RoleArn": self._target.role,
                    "Input": payload,
                    "DeadLetterConfig": {"Arn": self._target.dead_letters},
                    "RetryPolicy": {
                        "MaximumRetryAttempts": RETRIES,
                        "MaximumEventAgeInSeconds": HOURS * 3600,
                    },
                },
            )
        except client.exceptions.ConflictException:
            return
