"""Measure the write units of an event over all functions, from the sizes of the written items."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from moto import mock_aws

from regulars.settings import TrackEventsSettings, UpdateProfilesSettings
from regulars.store.api_keys import ApiKeys
from tests.benchmarks.rows import BenchmarkRow, create_bounded_row
from tests.benchmarks.runtime import CREDENTIALS
from tests.functions.test_write_units import (
    ANN_SUBJECT,
    EVENT_TIME,
    VISITOR,
    TrackedVisitor,
    build_order_message,
    count_writes,
    introduce_ann,
)
from tests.support import aws
from tests.support.gateway import load_handler

MAX_EVENT_UNITS = 4
MAX_CONTACT_UNITS = 6
MAX_MEAN_UNITS = 3.6
DELIVERIES: dict[str, Callable[[TrackedVisitor], None]] = {
    "page view of a new visitor": lambda visitor: visitor.send_message(
        "page", **VISITOR | {"anonymousId": "b"}
    ),
    "page view of a known person": lambda visitor: visitor.send_message("page", **ANN_SUBJECT),
    "order of a known person": lambda visitor: visitor.send_message(
        "track", **build_order_message(2, **ANN_SUBJECT)
    ),
}


def measure_costs() -> Iterator[BenchmarkRow]:
    """Send each kind of event once, then many events."""
    with ExitStack() as open_:
        patch = open_.enter_context(pytest.MonkeyPatch.context())
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        open_.enter_context(mock_aws())
        visitor = _create_visitor(patch)
        introduce_ann(visitor)
        for name, deliver in DELIVERIES.items():
            with count_writes(patch) as bill:
                deliver(visitor)
            yield create_bounded_row(
                f"write units, {name}", sum(bill.units.values()), "units", MAX_EVENT_UNITS
            )
        with count_writes(patch) as bill:
            visitor.send_message("identify", **ANN_SUBJECT, traits={"firstName": "Anna"})
        yield create_bounded_row(
            "write units, new contact data", sum(bill.units.values()), "units", MAX_CONTACT_UNITS
        )
        yield _measure_mean(visitor, patch)


def _measure_mean(visitor: TrackedVisitor, patch: pytest.MonkeyPatch) -> BenchmarkRow:
    with count_writes(patch) as bill:
        for number in range(3, 23):
            visitor.send_message("page", **ANN_SUBJECT)
            visitor.send_message("track", **build_order_message(number, **ANN_SUBJECT))
    return create_bounded_row(
        "write units, mean of 40 events", sum(bill.units.values()) / 40, "units", MAX_MEAN_UNITS
    )


def _create_visitor(patch: pytest.MonkeyPatch) -> TrackedVisitor:
    stack = aws.create_moto_stack()
    ApiKeys("test-control", stack.dynamodb).register_key(
        "wk_test", "browser", "the shop", "web", EVENT_TIME
    )
    track = load_handler("track_events", stack.build_settings(TrackEventsSettings), patch)
    update = load_handler("update_profiles", stack.build_settings(UpdateProfilesSettings), patch)
    return TrackedVisitor(stack, track.handler, update.handler)
