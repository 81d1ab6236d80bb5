"""Checks that a malformed delivery becomes events or a reject, without an internal error, by work linear in its size."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, product
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.channels.contract import Request
from regulars.channels.registry import load_channel
from regulars.domain.errors import RegularsError, UntranslatableError
from regulars.domain.events import decode_event, encode_event
from tests.conformance.endpoints import Endpoints, ProviderRequest, open_endpoints
from tests.conformance.malformed_deliveries import (
    ABSENT_VALUE,
    BODY_BUILDERS,
    JSON_VALUES,
    MALFORMED_BODIES,
    PATH_STEPS,
    channel_names,
    collect_deliveries,
    iterate_replacements,
    replace_part,
)
from tests.support.deliveries import FORM_TYPE, NOW
from tests.support.verification import accept_deliveries
from tests.support.work_counter import assert_linear_work

CONTENT_TYPES = ("application/json", FORM_TYPE, "multipart/form-data; boundary=b")
COUNTED_SIZE = 200  # elements of a body whose work is counted
ENDPOINT_DELIVERIES = 3  # per channel: a delivery through the endpoint takes long
EXTREME_VALUES: tuple[Any, ...] = (
    None,
    [],
    {},
    10**400,
    float("nan"),
    "\ud800",
    ABSENT_VALUE,
    [[[]]],
    {"a": None},
    "",
    True,
    -1,
)
VALUES_BY_TYPE: tuple[Any, ...] = ([], True, {}, "", [None], -1, None)


@pytest.fixture(scope="module")
def endpoints() -> Iterator[Endpoints]:
    with open_endpoints() as opened:
        yield opened


def check_translation(channel: str, request: Request) -> None:
    """Translate a request, and check that every event can be stored and read again."""
    try:
        drafts = load_channel(channel).translate(request)
    except RegularsError as error:
        if error.code == UntranslatableError.code:
            raise AssertionError from error
        return
    for draft in drafts:
        assert decode_event(encode_event(draft.event)) == draft.event


@pytest.mark.parametrize("channel", channel_names())
@settings(deadline=None, max_examples=40)
@given(st.data(), JSON_VALUES | st.just(ABSENT_VALUE), PATH_STEPS)
def test_malformed_delivery_is_translated_or_refused(
    channel: str, data: st.DataObject, value: object, steps: list[int]
) -> None:
    delivery = data.draw(st.sampled_from(collect_deliveries(channel)))
    check_translation(channel, replace_part(delivery, value, steps))


@pytest.mark.parametrize("channel", channel_names())
def test_each_value_may_have_another_type(channel: str) -> None:
    values = cycle(VALUES_BY_TYPE)
    for delivery in collect_deliveries(channel):
        for body in iterate_replacements(delivery, values):
            check_translation(channel, msgspec.structs.replace(delivery, body=body))


@pytest.mark.parametrize("channel", channel_names())
def test_malformed_body_is_translated_or_refused(channel: str) -> None:
    delivery = collect_deliveries(channel)[0]
    for body, content_type in product(MALFORMED_BODIES.values(), CONTENT_TYPES):
        headers = delivery.headers | {"content-type": content_type}
        check_translation(channel, msgspec.structs.replace(delivery, body=body, headers=headers))


@pytest.mark.parametrize("channel", channel_names())
def test_malformed_body_is_linear_work(channel: str) -> None:
    delivery = collect_deliveries(channel)[0]

    def translate(size: int, build_body: Callable[[int], bytes], content_type: str) -> None:
        headers = delivery.headers | {"content-type": content_type}
        request = msgspec.structs.replace(delivery, body=build_body(size), headers=headers)
        check_translation(channel, request)

    for build_body, content_type in product(BODY_BUILDERS.values(), CONTENT_TYPES):
        call = partial(translate, build_body=build_body, content_type=content_type)
        assert_linear_work(call, COUNTED_SIZE)


def send_without_verification(endpoints: Endpoints, channel: str, request: Request) -> int:
    """Return the status that the endpoint responds with when the signature counts as valid."""
    provider_request = ProviderRequest(
        provider=channel,
        method="POST",
        url="https://hooks.example.com/",
        headers=request.headers,
        body=request.body,
        now=NOW,
        secrets=("s",),
        config=request.config,
    )
    with accept_deliveries(channel):
        return endpoints.send(provider_request).status


@pytest.mark.parametrize("channel", channel_names())
def test_malformed_delivery_causes_no_server_error(endpoints: Endpoints, channel: str) -> None:
    random = Random(channel)
    endpoints.reset()
    for _ in range(ENDPOINT_DELIVERIES):
        delivery = random.choice(collect_deliveries(channel))
        steps = [random.randrange(40) for _ in range(random.randint(1, 6))]
        request = replace_part(delivery, random.choice(EXTREME_VALUES), steps)
        assert send_without_verification(endpoints, channel, request) < 500, request


@pytest.mark.parametrize("channel", ["stripe", "form", "wechat"])
def test_malformed_body_causes_no_server_error(endpoints: Endpoints, channel: str) -> None:
    for name, body in MALFORMED_BODIES.items():
        endpoints.reset()
        request = msgspec.structs.replace(collect_deliveries(channel)[0], body=body)
        assert send_without_verification(endpoints, channel, request) < 500, name
