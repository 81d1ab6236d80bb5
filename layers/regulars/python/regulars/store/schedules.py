"""Schedule one invocation of a function at a time, by EventBridge schedules that delete themselves afterwards."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from regulars.domain.events import event_id
from regulars.domain.timed_cache import TimedCache
from regulars.store.clients import create_scheduler_client

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

MAX_CACHED_SCHEDULES = 10_000
CACHE_SECONDS = 86_400.0  # a batch of the stream comes again for a day at most
# How long, and how often, the invocation of a function is retried.
MAX_RETRY_HOURS = 6
MAX_RETRIES = 8


@dataclass(frozen=True, kw_only=True)
class ScheduleTarget:
    """The ARNs of the function, of the role that may invoke it and of its dead-letter queue; `prefix` begins the names."""

    function: str
    role: str
    dead_letters: str
    prefix: str


class Schedules:
    """The schedules of one target; the client is created with the first schedule, since most invocations set none."""

    def __init__(
        self, target: ScheduleTarget, client: "EventBridgeSchedulerClient | None" = None
    ) -> None:
        self._target = target
        self._client = client
        # The names of the schedules that this container has created.
        self._created = TimedCache[bool](CACHE_SECONDS, max_entries=MAX_CACHED_SCHEDULES)

    def schedule_invocation(self, key: str, at: datetime, payload: Mapping[str, str]) -> None:
        """Schedule an invocation at that second; a second schedule with the same key and time is not created."""
        time_text = _to_second(at)
        name = self._name_schedule(key, time_text)
        if self._created.find(name):
            return
        self._create_schedule(name, time_text, json.dumps(payload))
        self._created.put(name, value=True)

    def cancel_invocation(self, key: str, at: datetime) -> bool:
        """Delete the schedule with this key and time; return False when there is none."""
        client = self._client = self._client or create_scheduler_client()
        name = self._name_schedule(key, _to_second(at))
        try:
            client.delete_schedule(Name=name)
        except client.exceptions.ResourceNotFoundException:
            return False
        return True

    def _name_schedule(self, key: str, time_text: str) -> str:
        return self._target.prefix + event_id(key, time_text)

    def _create_schedule(self, name: str, time_text: str, payload: str) -> None:
        client = self._client = self._client or create_scheduler_client()
        try:
            client.create_schedule(
                Name=name,
                ScheduleExpression=f"at({time_text})",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self._target.function,
                    "RoleArn": self._target.role,
                    "Input": payload,
                    "DeadLetterConfig": {"Arn": self._target.dead_letters},
                    "RetryPolicy": {
                        "MaximumRetryAttempts": MAX_RETRIES,
                        "MaximumEventAgeInSeconds": MAX_RETRY_HOURS * 3600,
                    },
                },
            )
        except client.exceptions.ConflictException:
            return


def _to_second(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
