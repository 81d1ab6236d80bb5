"""Times at which a function of ours is invoked once: schedules of EventBridge that delete themselves afterwards."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from regulars.domain.events import event_id
from regulars.store.clients import scheduler

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

REMEMBERED = 10_000  # schedules a container knows to be set already
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
        self._known: set[str] = set()

    def set(self, key: str, at: datetime, payload: Mapping[str, str]) -> None:
        """Invoke the function at that time, by the second; one with the same key and time is set only once."""
        moment = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
        name = self._target.prefix + event_id(key, moment)
        if name in self._known:
            return
        self._create(name, moment, json.dumps(payload))
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known.add(name)

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
