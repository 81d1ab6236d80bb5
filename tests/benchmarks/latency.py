"""Measure the CPU time of the HTTP functions, cold and warm, beside the minimum of the SDK, in one run on one stub."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from typing import Any

from regulars.settings import (
    ReceiveWebhookSettings,
    ServeProfilesSettings,
    Settings,
    TrackEventsSettings,
)
from regulars.store.schema import PROFILE_SORT_KEY
from tests.benchmarks import sandbox, shop
from tests.benchmarks.rows import BenchmarkRow, create_ratio_row
from tests.benchmarks.runtime import LambdaRuntime
from tests.benchmarks.stub import AwsStub

COLD_ROUNDS = 9
WARM_ROUNDS = 8
WARM_BLOCK_REQUESTS = 40
NUMBERS = count(1)


@dataclass(frozen=True)
class LatencyCase:
    """One request to a function; `baseline` is the SDK operation that the function cannot avoid."""

    name: str
    function: str
    settings: type[Settings]
    event: Callable[[], dict[str, Any]]
    baseline: str
    target: float | None = None


def _build_webhook(email: str | None = None) -> dict[str, Any]:
    number = next(NUMBERS)
    return shop.build_order_webhook(email or f"ann{number}@example.com", number)


PROFILE_CASE = LatencyCase(
    name="GET /profiles/{id}",
    function="serve_profiles",
    settings=ServeProfilesSettings,
    event=shop.build_profile_request,
    baseline="GetItem",
    target=1.5,
)
WEBHOOK_CASE = LatencyCase(
    name="20 KB webhook, contact remembered",
    function="receive_webhook",
    settings=ReceiveWebhookSettings,
    event=lambda: _build_webhook("ann@example.com"),
    baseline="PutItem",
    target=1.5,
)
TRACK_CASE = LatencyCase(
    name="batch of 100 track events",
    function="track_events",
    settings=TrackEventsSettings,
    event=lambda: shop.build_tracking_batch(100, next(NUMBERS)),
    baseline="BatchWriteItem",
    target=4.0,
)
CASES = (
    PROFILE_CASE,
    WEBHOOK_CASE,
    LatencyCase(
        name="20 KB webhook, new contact",
        function=WEBHOOK_CASE.function,
        settings=WEBHOOK_CASE.settings,
        event=_build_webhook,
        baseline="PutItem",
        target=1.6,
    ),
    TRACK_CASE,
)


def measure_cold_starts() -> Iterator[BenchmarkRow]:
    """Measure from the start to the first response, less an empty function, beside a function with only a client."""
    with AwsStub(shop.build_replies()) as stub:
        starts = {
            "bare": _build_baseline_start(stub, "bare"),
            "client": _build_baseline_start(stub, "client_only"),
        }
        for subject in (PROFILE_CASE, WEBHOOK_CASE, TRACK_CASE):
            starts[subject.function] = _build_function_start(stub, subject)
        # In turns, and the minimum of each: other work of the machine only adds.
        rounds = [{name: start() for name, start in starts.items()} for _ in range(COLD_ROUNDS)]
    best = {name: min(round_[name] for round_ in rounds) for name in starts}
    client = best["client"] - best["bare"]
    for subject in (PROFILE_CASE, WEBHOOK_CASE, TRACK_CASE):
        cold = best[subject.function] - best["bare"]
        yield create_ratio_row(f"cold start, {subject.function}", cold, "ms CPU", client, 1.35)


def measure_warm_requests() -> Iterator[BenchmarkRow]:
    """Measure a request in a warm function beside the bare calls, each less what the runtime takes to pass an event."""
    for subject in CASES:
        yield _measure_warm_case(subject)


def _measure_warm_case(subject: LatencyCase) -> BenchmarkRow:
    with ExitStack() as open_:
        stub = open_.enter_context(AwsStub(shop.build_replies()))
        function = open_.enter_context(_create_function(stub, subject))
        _invoke_function(function, subject.event())
        calls = _select_baseline_calls(stub, subject.baseline)
        bare, calling = (
            open_.enter_context(_create_baseline(stub, name)) for name in ("bare", "calls")
        )
        rounds = [
            (
                _measure_block(function, subject.event) - _measure_block(bare, subject.event),
                _measure_block(calling, lambda: {"calls": calls})
                - _measure_block(bare, lambda: {"calls": calls}),
            )
            for _ in range(WARM_ROUNDS)
        ]
    # The first round warms up; the minimum of the others counts, since a busy machine only adds.
    value, baseline = map(min, zip(*rounds[1:], strict=True))
    name = f"{subject.name}, beside {subject.baseline}" + (f" x{len(calls)}" if calls[1:] else "")
    return create_ratio_row(name, value, "ms CPU", baseline, subject.target)


def _select_baseline_calls(stub: AwsStub, operation: str) -> list[dict[str, Any]]:
    """Return the calls of this operation that the function made: the baseline makes the same ones.

    A put inside a transaction counts as a call of its own, without the contact data.
    """
    if operation == "GetItem":
        key = {"profile_id": {"S": shop.PROFILE_ID}, "sk": {"S": PROFILE_SORT_KEY}}
        return [{"call": operation, "arguments": {"TableName": "profiles_table", "Key": key}}]
    puts = [
        action["Put"] for _, request in stub.calls for action in request.get("TransactItems", ())
    ]
    calls = [arguments for name, arguments in stub.calls if name == operation]
    return [
        {"call": operation, "arguments": arguments}
        for arguments in (*puts, *calls)
        if "contacts_table" not in str(arguments)
    ]


def _measure_block(runtime: LambdaRuntime, event: Callable[[], dict[str, Any]]) -> float:
    before = runtime.read_cpu_ms()
    for _ in range(WARM_BLOCK_REQUESTS):
        _invoke_function(runtime, event())
    return (runtime.read_cpu_ms() - before) / WARM_BLOCK_REQUESTS


def _invoke_function(runtime: LambdaRuntime, event: dict[str, Any]) -> None:
    answer = runtime.invoke_function(event)
    if answer["statusCode"] != HTTPStatus.OK:
        raise RuntimeError(answer)


def _build_baseline_start(stub: AwsStub, name: str) -> Callable[[], float]:
    def start() -> float:
        with _create_baseline(stub, name) as runtime:
            runtime.invoke_function({})
            return runtime.read_cpu_ms()

    return start


def _build_function_start(stub: AwsStub, subject: LatencyCase) -> Callable[[], float]:
    def start() -> float:
        with _create_function(stub, subject) as runtime:
            _invoke_function(runtime, subject.event())
            return runtime.read_cpu_ms()

    return start


def _create_baseline(stub: AwsStub, name: str) -> LambdaRuntime:
    return LambdaRuntime(sandbox.create_baseline_sandbox(), f"{name}.handler", stub.environment)


def _create_function(stub: AwsStub, subject: LatencyCase) -> LambdaRuntime:
    variables = {**shop.build_environment(subject.settings), **stub.environment}
    box = sandbox.create_function_sandbox(subject.function)
    return LambdaRuntime(box, f"{subject.function}.handler.handler", variables)
