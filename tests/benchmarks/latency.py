"""CPU time of the HTTP functions, cold and warm, each beside the least it could be, in one run on one stub."""

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
from tests.benchmarks import sandbox, shop
from tests.benchmarks.rows import Row, compared
from tests.benchmarks.runtime import Runtime
from tests.benchmarks.stub import Stub

COLD_ROUNDS = 9
WARM_ROUNDS = 8
WARM_BLOCK = 40
CONTACT = {"email": "ann@example.com", "first_name": "Ann", "last_name": "Made-Up"}
NUMBERS = count(1)


@dataclass(frozen=True)
class Subject:
    """One way to use a function; `baseline` is the call of the SDK that it cannot do without."""

    name: str
    function: str
    settings: type[Settings]
    event: Callable[[], dict[str, Any]]
    baseline: str
    target: float | None = None
    known: bool = True


def _webhook(email: str | None = None) -> dict[str, Any]:
    number = next(NUMBERS)
    return shop.order_webhook(email or f"ann{number}@example.com", number)


PROFILE = Subject(
    "GET /profiles/{id}",
    "serve_profiles",
    ServeProfilesSettings,
    shop.get_profile,
    "GetItem",
    1.5,
)
WEBHOOK = Subject(
    "20 KB webhook, contact remembered",
    "receive_webhook",
    ReceiveWebhookSettings,
    lambda: _webhook("ann@example.com"),
    "PutItem",
    1.5,
)
TRACK = Subject(
    "batch of 100 track events",
    "track_events",
    TrackEventsSettings,
    lambda: shop.tracking_batch(100, next(NUMBERS)),
    "BatchWriteItem",
    4.0,
)
SUBJECTS = (
    PROFILE,
    WEBHOOK,
    Subject(
        "20 KB webhook, new contact",
        WEBHOOK.function,
        WEBHOOK.settings,
        _webhook,
        "PutItem",
        None,
        known=False,
    ),
    TRACK,
)


def cold_rows() -> Iterator[Row]:
    """Start to first answer, above an interpreter that does nothing, beside a function with a client and no more."""
    with Stub(shop.replies(CONTACT)) as stub:
        starts = {"bare": _starting(stub, "bare"), "client": _starting(stub, "client_only")}
        for subject in (PROFILE, WEBHOOK, TRACK):
            starts[subject.function] = _starting_function(stub, subject)
        # In turns, and the best of each: what the machine does meanwhile only ever adds.
        rounds = [{name: start() for name, start in starts.items()} for _ in range(COLD_ROUNDS)]
    best = {name: min(round_[name] for round_ in rounds) for name in starts}
    client = best["client"] - best["bare"]
    for subject in (PROFILE, WEBHOOK, TRACK):
        cold = best[subject.function] - best["bare"]
        yield compared(f"cold start, {subject.function}", cold, "ms CPU", client, 1.35)


def warm_rows() -> Iterator[Row]:
    """A request in a warm function beside the bare call; what the runtime takes to pass each event is taken off."""
    for subject in SUBJECTS:
        yield _warm(subject)


def _warm(subject: Subject) -> Row:
    with ExitStack() as open_:
        stub = open_.enter_context(Stub(shop.replies(CONTACT if subject.known else None)))
        function = open_.enter_context(_function(stub, subject))
        _invoke(function, subject.event())
        calls = _calls(stub, subject.baseline)
        bare, one = (open_.enter_context(_baseline(stub, name)) for name in ("bare", "calls"))
        rounds = [
            (
                _block(function, subject.event) - _block(bare, subject.event),
                _block(one, lambda: {"calls": calls}) - _block(bare, lambda: {"calls": calls}),
            )
            for _ in range(WARM_ROUNDS)
        ]
    # The first round warms up; of the others the best, since a busy machine only ever adds.
    value, baseline = map(min, zip(*rounds[1:], strict=True))
    name = f"{subject.name}, beside {subject.baseline}" + (f" x{len(calls)}" if calls[1:] else "")
    return compared(name, value, "ms CPU", baseline, subject.target)


def _calls(stub: Stub, operation: str) -> list[dict[str, Any]]:
    """What the function asked of the stub with this operation: the baseline asks the very same."""
    if operation == "GetItem":
        key = {"profile_id": {"S": shop.PROFILE_ID}, "sk": {"S": "profile"}}
        return [{"call": operation, "arguments": {"TableName": "profiles_table", "Key": key}}]
    return [
        {"call": operation, "arguments": asked}
        for called, asked in stub.calls
        if called == operation and "people_table" not in str(asked)
    ]


def _block(runtime: Runtime, event: Callable[[], dict[str, Any]]) -> float:
    before = runtime.cpu_ms()
    for _ in range(WARM_BLOCK):
        _invoke(runtime, event())
    return (runtime.cpu_ms() - before) / WARM_BLOCK


def _invoke(runtime: Runtime, event: dict[str, Any]) -> None:
    answer = runtime.invoke(event)
    if answer["statusCode"] != HTTPStatus.OK:
        raise RuntimeError(answer)


def _starting(stub: Stub, name: str) -> Callable[[], float]:
    def start() -> float:
        with _baseline(stub, name) as runtime:
            runtime.invoke({})
            return runtime.cpu_ms()

    return start


def _starting_function(stub: Stub, subject: Subject) -> Callable[[], float]:
    def start() -> float:
        with _function(stub, subject) as runtime:
            _invoke(runtime, subject.event())
            return runtime.cpu_ms()

    return start


def _baseline(stub: Stub, name: str) -> Runtime:
    return Runtime(sandbox.of_baselines(), f"{name}.handler", stub.environment)


def _function(stub: Stub, subject: Subject) -> Runtime:
    variables = {**shop.environment(subject.settings), **stub.environment}
    box = sandbox.of_function(subject.function)
    return Runtime(box, f"{subject.function}.handler.handler", variables)
