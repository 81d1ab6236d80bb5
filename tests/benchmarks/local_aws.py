"""Run a proof on a local AWS of its own: ministack in a temporary folder and on a free port, with the tables of the schema.

It touches no other local stack: `regulars up` keeps its data, its port and its process.
"""

import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.rows import BenchmarkRow, create_bounded_row, format_table
from tests.support.aws import MotoStack, create_moto_stack

STOP_SECONDS = 5.0  # its data is of no use to anybody

type Proof = Callable[[MotoStack], Iterable[BenchmarkRow]]


def run_proof(prove: Proof) -> int:
    """Run a proof, print its figures as they come and as a table at the end; return 1 when one breaks its bound."""
    begin = time.perf_counter()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the local AWS is stopped, too
    with open_local_aws() as stack:
        rows = [print_row(row) for row in prove(stack)]
    rows.append(create_bounded_row("the whole proof", time.perf_counter() - begin, "s", None))
    print(f"\n{format_table(rows)}")  # noqa: T201 (its result)
    return int(any(row.ok is False for row in rows))


def print_row(row: BenchmarkRow) -> BenchmarkRow:
    """Print a figure at once, and return it."""
    print(f"{row.name}: {row.value:,} {row.unit}", file=sys.stderr, flush=True)  # noqa: T201
    return row


def print_progress(name: str, done: int, total: int) -> None:
    """Print how far a long step has come, ten times."""
    if done % max(total // 10, 1) == 0:
        print(f"{done:,} of {total:,} {name}", file=sys.stderr, flush=True)  # noqa: T201


def create_count_row(name: str, count: int) -> BenchmarkRow:
    """Return the row of a number of violations, which must be 0."""
    return create_bounded_row(name, count, "", 0)


@contextmanager
def open_local_aws() -> Iterator[MotoStack]:
    """Point all AWS clients at a local AWS until the block ends; raise RuntimeError in a process that uses another one."""
    with tempfile.TemporaryDirectory(prefix="regulars-aws-") as folder:
        os.environ["REGULARS_LOCAL"] = folder
        from infra.local import access, emulator, installation, places  # noqa: PLC0415 (read the variable)

        if Path(folder) != places.LOCAL_FOLDER:
            raise RuntimeError("This process uses another local AWS already.")
        if not installation.is_installed():
            installation.install_emulator()
        running = emulator.start_emulator(Path(folder) / "data", find_free_port())
        try:
            access.use_endpoint(running.endpoint)
            yield create_moto_stack()
        finally:
            emulator.stop_emulator(STOP_SECONDS)


def find_free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def measure_seconds() -> Iterator[Callable[[], float]]:
    """Yield a function that returns the seconds since the block began; they stand still when it ends."""
    begin, seconds = time.perf_counter(), list[float]()

    def read_seconds() -> float:
        return seconds[0] if seconds else time.perf_counter() - begin

    yield read_seconds
    seconds.append(time.perf_counter() - begin)
