"""A damaged delivery becomes events or a reject, never a fault of ours, and takes work that grows with its size."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, product
from random import Random
from typing import Any
from unittest import mock

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.channels.contract import Request
from regulars.channels.registry import channel_of
from regulars.domain.errors import RegularsError, UntranslatableError
from regulars.domain.events import decode_event, encode_event
from tests.conformance import damage
from tests.conformance.doors import Doors, Sent, doors
from tests.support.deliveries import FORM, NOW
from tests.support.work_counter import assert_linear_work

KINDS = ("application/json", FORM, "multipart/form-data; boundary=b")
SIZE = 200  # of a body whose work is counted
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
        drafts = channel_of(channel).translate(request)
    except RegularsError as error:
        if error.code == UntranslatableError.code:
            raise AssertionError from error
        return
    for draft in drafts:
        assert decode_event(encode_event(draft.event)) == draft.event


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
def test_body_that_is_none_is_refused(channel: str) -> None:
    seed = damage.seeds(channel)[0]
    for body, kind in product(damage.BROKEN.values(), KINDS):
        headers = seed.headers | {"content-type": kind}
        translated(channel, msgspec.structs.replace(seed, body=body, headers=headers))


@pytest.mark.parametrize("channel", damage.names())
def test_body_that_is_none_is_linear_work(channel: str) -> None:
    seed = damage.seeds(channel)[0]
    for build_body, kind in product(damage.GROWING.values(), KINDS):

        def translate(size: int, build: Callable[[int], bytes], content_type: str) -> None:
            headers = seed.headers | {"content-type": content_type}
            request = msgspec.structs.replace(seed, body=build(size), headers=headers)
            translated(channel, request)

        call = partial(translate, build=build_body, content_type=kind)
        assert_linear_work(call, SIZE)


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
    with mock.patch.object(channel_of(channel), "verify"):
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
