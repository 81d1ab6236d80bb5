"""A cart that is left behind and one that is ordered, on the local AWS: real schedules, moved forward to strike now."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import urllib3

pytestmark = pytest.mark.local

SECONDS = 90  # the emulator looks at its schedules every ten


def wait_until(found: Any) -> Any:
    """What is found before the time is up."""
    deadline = time.monotonic() + SECONDS
    while not (answer := found()) and time.monotonic() < deadline:
        time.sleep(1)
    return answer


def time_ago(minutes: int) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def build_added_event(visitor: str) -> dict[str, Any]:
    properties = {"product_id": "85123A", "price": 2.55, "currency": "GBP"}
    told = {"type": "track", "event": "Product Added", "properties": properties}
    return told | {"anonymousId": visitor, "timestamp": time_ago(120)}


def buyer(stack_facts: Any, user_id: str) -> Any:
    """The counts of a person's events."""
    headers = {"Authorization": f"Bearer {stack_facts['keys']['admin']}"}
    body = json.dumps({"user_id": user_id}).encode()
    url = stack_facts["api"] + "/profiles/lookup"
    answer = urllib3.request("POST", url, body=body, headers=headers, timeout=60)
    return answer.json().get("counts", {})


@pytest.fixture(scope="module")
def scheduler(stack_facts: Any) -> Any:
    """The local stack's scheduler."""
    return boto3.client(
        "scheduler",
        endpoint_url=stack_facts["aws_endpoint"],
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture(scope="module")
def schedule_names(stack_facts: Any, scheduler: Any) -> list[str]:
    """Ann leaves a cart; Bob orders under his name, after he filled his as a stranger: the schedules set for both."""
    order = {"order_id": "cart-1", "total": 2.55, "currency": "GBP"}
    events = [
        build_added_event("cart-ann"),
        {"type": "identify", "userId": "ann", "anonymousId": "cart-ann"},
        build_added_event("cart-bob"),
        {"type": "track", "event": "Order Completed", "userId": "bob", "properties": order},
        {"type": "identify", "userId": "bob", "anonymousId": "cart-bob"},
    ]
    body = json.dumps({"batch": events, "writeKey": stack_facts["keys"]["write"]}).encode()
    urllib3.request("POST", stack_facts["api"] + "/v1/batch", body=body, timeout=60)
    wait_until(lambda: len(scheduler.list_schedules()["Schedules"]) == 2)
    wait_until(lambda: buyer(stack_facts, "bob").get("Identified"))
    return [one["Name"] for one in scheduler.list_schedules()["Schedules"]]


@pytest.fixture(scope="module")
def schedules(scheduler: Any, schedule_names: list[str]) -> list[str]:
    """The schedules' names after they struck: an hour has passed."""
    for name in schedule_names:
        told = scheduler.get_schedule(Name=name)
        kept = {key: told[key] for key in ("FlexibleTimeWindow", "Target", "ActionAfterCompletion")}
        now = f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})"
        scheduler.update_schedule(Name=name, ScheduleExpression=now, **kept)
    wait_until(lambda: not scheduler.list_schedules()["Schedules"])
    return schedule_names


def test_cart_left_behind_is_told_of_once(stack_facts: Any, schedules: list[str]) -> None:
    counts = wait_until(
        lambda: (found := buyer(stack_facts, "ann")).get("Checkout Abandoned") and found
    )
    assert counts == {"Product Added": 1, "Identified": 1, "Checkout Abandoned": 1}


def test_order_under_another_identity_cancels(stack_facts: Any, schedules: list[str]) -> None:
    wait_until(lambda: buyer(stack_facts, "ann").get("Checkout Abandoned"))
    assert buyer(stack_facts, "bob") == {"Product Added": 1, "Identified": 1, "Order Completed": 1}


def test_schedules_carry_the_stacks_name(schedules: list[str]) -> None:
    assert [name.startswith("Regulars-cart-") for name in schedules] == [True, True]
