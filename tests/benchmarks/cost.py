"""Write units an event costs, all functions together, counted from the sizes of the items they write."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from moto import mock_aws

from regulars.settings import TrackEventsSettings, UpdateProfilesSettings
from regulars.store.api_keys import ApiKeys
from tests.benchmarks.rows import Row, bounded
from tests.benchmarks.runtime import CREDENTIALS
from tests.functions.test_write_units import (
    ANN,
    AT,
    VISITOR,
    TrackedVisitor,
    build_order_message,
    count_writes,
    introduce_ann,
)
from tests.support import aws
from tests.support.gateway import load_handler

MOST = 4
DELIVERIES: dict[str, Callable[[TrackedVisitor], None]] = {
    "page view of a new visitor": lambda shop: shop.send_message(
        "page", **VISITOR | {"anonymousId": "b"}
    ),
    "page view of a known person": lambda shop: shop.send_message("page", **ANN),
    "order of a known person": lambda shop: shop.send_message(
        "track", **build_order_message(2, **ANN)
    ),
}


def rows() -> Iterator[Row]:
    """Each kind of event sent once, then many."""
    with ExitStack() as open_:
        patch = open_.enter_context(pytest.MonkeyPatch.context())
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        open_.enter_context(mock_aws())
        shop = _shop(patch)
        introduce_ann(shop)
        for name, deliver in DELIVERIES.items():
            with count_writes(patch) as bill:
                deliver(shop)
            yield bounded(f"write units, {name}", sum(bill.units.values()), "units", MOST)
        yield _mean(shop, patch)


def _mean(shop: TrackedVisitor, patch: pytest.MonkeyPatch) -> Row:
    with count_writes(patch) as bill:
        for number in range(3, 23):
            shop.send_message("page", **ANN)
            shop.send_message("track", **build_order_message(number, **ANN))
    return bounded("write units, mean of 40 events", sum(bill.units.values()) / 40, "units", MOST)


def _shop(patch: pytest.MonkeyPatch) -> TrackedVisitor:
    deployed = aws.create_moto_stack()
    ApiKeys("test-control", deployed.dynamodb).register_key(
        "wk_test", "write", "the shop", "web", AT
    )
    door = load_handler("track_events", deployed.build_settings(TrackEventsSettings), patch)
    update = load_handler("update_profiles", deployed.build_settings(UpdateProfilesSettings), patch)
    return TrackedVisitor(deployed, door.handler, update.handler)
