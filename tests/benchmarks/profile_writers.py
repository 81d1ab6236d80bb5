"""Deliver events to workers that update profiles, each in a process of its own, as Lambda delivers a stream."""

import os
import resource
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from multiprocessing import Process
from multiprocessing.pool import Pool
from typing import Any

import msgspec
import pytest
from botocore.client import BaseClient

from regulars.domain.errors import ConcurrentUpdateError, LedgerLaggingError
from regulars.domain.events import Event
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.profiles import write
from regulars.profiles.update import update_profiles
from regulars.store.batches import back_off
from regulars.store.ledger import Ledger
from regulars.store.orders import Orders
from regulars.store.profile_stores import ProfileStores
from regulars.store.profiles import Profiles
from regulars.store.rejects import Rejects
from tests.functions.test_write_units import count_writes

MAX_DELIVERIES = 100  # of one batch
WRITE_METHODS = frozenset(
    {"PutItem", "DeleteItem", "BatchWriteItem", "UpdateItem", "TransactWriteItems"}
)


class Delivery(msgspec.Struct, frozen=True):
    """What it took to deliver a batch: lost writes, write units, and the memory of the worker in MiB until then."""

    lost_writes: int
    units: int
    mib: float


class _Worker:
    """The stores of this process, opened after it was forked."""

    stores: ProfileStores


def open_profile_stores() -> ProfileStores:
    """Open the stores of the test stack with clients of this process."""
    return ProfileStores(
        profiles=Profiles("test-profiles"),
        orders=Orders("test-profiles"),
        ledger=Ledger("test-events"),
        rejects=Rejects("test-rejects"),
    )


@contextmanager
def open_writers(count: int) -> Iterator[Pool]:
    """Start this many workers until the block ends."""
    with Pool(count, initializer=_open_worker) as pool:
        yield pool


def deliver_batches(pool: Pool, batches: Iterable[Sequence[Event]]) -> Iterator[Delivery]:
    """Deliver recorded events in batches, each to the next free worker, and yield what each batch took."""
    return pool.imap_unordered(deliver_batch, batches)


def deliver_batch(events: Sequence[Event]) -> Delivery:
    """Update profiles; deliver the batch again after an error that may pass."""
    lost_writes = list[int]()

    def count_lost_write(attempt: int) -> None:
        lost_writes.append(attempt)
        back_off(attempt)

    with pytest.MonkeyPatch.context() as patch, count_writes(patch) as bill:
        patch.setattr(write, "back_off", count_lost_write)
        _update_until_done(events)
    return Delivery(len(lost_writes), sum(bill.units.values()), read_peak_mib())


def read_peak_mib() -> float:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def update_once(events: Sequence[Event]) -> None:
    """Update profiles in this process."""
    batch = ChangeBatch(tuple(map(EventChange, events)))
    update_profiles(batch, _Worker.stores, datetime.now(UTC))


def _update_until_done(events: Sequence[Event]) -> None:
    for _ in range(MAX_DELIVERIES):
        with suppress(ConcurrentUpdateError, LedgerLaggingError):
            update_once(events)
            return
    raise ConcurrentUpdateError(f"A batch failed {MAX_DELIVERIES} times.")


def kill_at_write(number: int, call: Any, *arguments: Any) -> bool:
    """Call something in a process that is killed before its write with this number; return whether it was killed."""
    process = Process(target=_call_until_write, args=(number, call, *arguments))
    process.start()
    process.join()
    if process.exitcode not in {0, -signal.SIGKILL}:
        raise RuntimeError(f"The worker ended with {process.exitcode}.")
    return process.exitcode != 0


def _call_until_write(number: int, call: Any, *arguments: Any) -> None:
    send, writes = BaseClient._make_api_call, iter(range(1, number + 1))  # type: ignore[attr-defined]

    def send_or_die(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation in WRITE_METHODS and next(writes, number) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return send(client, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", send_or_die)
        _open_worker()
        call(*arguments)


def _open_worker() -> None:
    _Worker.stores = open_profile_stores()
