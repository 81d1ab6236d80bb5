"""Whatever becomes of a delivery on its way, it is events or a reject: never a fault of ours, and never a long wait."""

import time
from collections.abc import Iterator
from itertools import cycle
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.channels.contract import Request
from regulars.channels.registry import load_channel
from regulars.domain.errors import RegularsError, UntranslatableError
from regulars.domain.events import decode, encode
from tests.conformance import damage
from tests.conformance.doors import Doors, Sent, doors
from tests.support.deliveries import FORM, NOW
from tests.support.verification import accept_deliveries

KINDS = ("application/json", FORM, "multipart/form-data; boundary=b")
SECONDS = 5.0  # of computing, on a busy machine
EACH = 3  # damaged deliveries of each channel through the door
WORST: tuple[Any, ...] = (
    None,
    [],
    {},
    10**400,
    float("nan"),
    "\ud800",
    damage.GONE,
    [[[]]],
    {"a": None},
    "",
    True,
    -1,
)

OTHERS: tuple[Any, ...] = ([], True, {}, "", [None], -1, None)


@pytest.fixture(scope="module")
def opened() -> Iterator[Doors]:
    with doors() as both:
        yield both


def translated(channel: str, request: Request) -> None:
    """Translate it; every event can be stored and read again."""
    try:
        drafts = load_channel(channel).translate(request)
    except RegularsError as error:
        if error.code == UntranslatableError.code:
            raise AssertionError from error
        return
    for draft in drafts:
        assert decode(encode(draft.event)) == draft.event


@pytest.mark.parametrize("channel", damage.names())
@settings(deadline=None, max_examples=40)
@given(st.data(), damage.ANYTHING | st.just(damage.GONE), damage.PLACES)
def test_damaged_delivery_is_events_or_refused(
    channel: str, data: st.DataObject, said: object, places: list[int]
) -> None:
    seed = data.draw(st.sampled_from(damage.seeds(channel)))
    translated(channel, damage.damaged(seed, said, places))


@pytest.mark.parametrize("channel", damage.names())
def test_each_value_may_be_of_another_type(channel: str) -> None:
    others = cycle(OTHERS)
    for seed in damage.seeds(channel):
        for body in damage.one_by_one(seed, others):
            translated(channel, msgspec.structs.replace(seed, body=body))


@pytest.mark.parametrize("channel", damage.names())
def test_body_that_is_none_is_refused_in_time(channel: str) -> None:
    seed = damage.seeds(channel)[0]
    for name, body in damage.BROKEN.items():
        began = time.process_time()
        for kind in KINDS:
            headers = seed.headers | {"content-type": kind}
            translated(channel, msgspec.structs.replace(seed, body=body, headers=headers))
        assert time.process_time() - began < SECONDS, name


def answered(opened: Doors, channel: str, request: Request) -> int:
    """What the door answers, were it genuine."""
    sent = Sent(
        channel,
        "POST",
        "https://hooks.example.com/",
        request.headers,
        request.body,
        NOW,
        ("s",),
        request.config,
    )
    with accept_deliveries(channel):
        return opened.send(sent).status


@pytest.mark.parametrize("channel", damage.names())
def test_damaged_delivery_is_no_fault_of_the_door(opened: Doors, channel: str) -> None:
    random = Random(channel)
    opened.clear()
    for _ in range(EACH):
        seed = random.choice(damage.seeds(channel))
        places = [random.randrange(40) for _ in range(random.randint(1, 6))]
        request = damage.damaged(seed, random.choice(WORST), places)
        assert answered(opened, channel, request) < 500, request


@pytest.mark.parametrize("channel", ["stripe", "form", "wechat"])
def test_body_that_is_none_is_no_fault_of_the_door(opened: Doors, channel: str) -> None:
    for name, body in damage.BROKEN.items():
        opened.clear()
        request = msgspec.structs.replace(damage.seeds(channel)[0], body=body)
        assert answered(opened, channel, request) < 500, name
