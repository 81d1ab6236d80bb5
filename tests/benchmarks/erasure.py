"""Measure an erasure on moto: `python -m tests.benchmarks.erasure --people 10000 --erased 1000`.

One person is erased alone, then the others in one erasure while events flow; then everything is delivered again.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from moto import mock_aws

from regulars.privacy.erasure import Eraser
from regulars.privacy.opened_stores import open_erasure_stores
from regulars.profiles.served_profiles import ServedProfiles
from regulars.profiles.verify import verify_profiles
from regulars.store import ledger
from regulars.store.inventory import Inventory
from regulars.transport.logging import LOGGER
from tests.benchmarks.runtime import CREDENTIALS
from tests.benchmarks.sandbox import ROOT
from tests.support import aws
from tests.support.canary_shop import CanaryPerson, CanaryShop
from tests.support.deployment import build_deployment

UPLOAD_PEOPLE = 1_000  # in one file


@contextmanager
def measure_time(name: str) -> Iterator[None]:
    """Print how long the block took."""
    begin = time.perf_counter()
    yield
    print(f"{name:<44} {time.perf_counter() - begin:9.1f} s", flush=True)  # noqa: T201 (its result)


def open_shop(open_: ExitStack) -> CanaryShop:
    """Return a shop on moto."""
    patch = open_.enter_context(pytest.MonkeyPatch.context())
    for name, value in CREDENTIALS.items():
        patch.setenv(name, value)
    open_.enter_context(mock_aws())
    # A transaction on moto copies all tables. Without one, an event and its contact data are stored one after the other.
    patch.setattr(ledger, "put_together", lambda *_: False)
    return CanaryShop(aws.create_moto_stack(), patch)


def fill_shop(shop: CanaryShop, people: list[CanaryPerson]) -> None:
    """Let everybody visit the shop and buy, some be refused, and all be in an uploaded list."""
    for person in people:
        shop.visit(person)
        shop.order(person)
    for person in people[::10]:
        shop.send_refused(person)
    for first in range(0, len(people), UPLOAD_PEOPLE):
        shop.upload(f"audience-{first}.csv", people[first : first + UPLOAD_PEOPLE])
    shop.deliver_stream()


def count_people(people: list[CanaryPerson]) -> int:
    """Return how many of these people the profiles know."""
    served = ServedProfiles("test-profiles")
    return sum(served.find_by_subjects(person.subjects) is not None for person in people)


def main() -> int:
    """Run the benchmark; return 1 when something of an erased person remains, or anybody else is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--erased", type=int, default=1_000)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "functions"))
    people = [CanaryPerson(number) for number in range(arguments.people)]
    erased, others = people[: arguments.erased], people[arguments.erased :]
    LOGGER.setLevel("WARNING")  # each dropped event is logged
    with ExitStack() as open_:
        shop = open_shop(open_)
        with measure_time(f"fill the shop with {len(people)} people"):
            fill_shop(shop, people)

        def send_more(_seconds: float) -> None:
            for person in erased[:50]:
                shop.visit(person, "2026-11-21T10:00:00.000Z")
                shop.order(person, 2)
            shop.deliver_stream()
            shop.forget_tombstones()

        eraser = Eraser(stores=open_erasure_stores(build_deployment()), sleep=send_more)
        for name, some in {"1 person": erased[:1], f"{len(erased)} people": erased}.items():
            with measure_time(f"erase {name}"):
                job = eraser.start_erasure(person.subjects[1] for person in some)
                receipt = eraser.finish_erasure(job)
            print(receipt.removed, flush=True)  # noqa: T201 (its result)
        shop.deliver_stream()
        remaining = shop.find_traces(erased)
        with measure_time("deliver everything again"):
            shop.repeat_deliveries()
        with measure_time("repeat all erasures"):
            print(dict(eraser.repeat_erasures()))  # noqa: T201 (its result)
        returned = shop.find_traces(erased)
        differences = verify_profiles(Inventory("test-events", "test-profiles")).differences
        missing = len(others) - count_people(others)
        figures = {
            "tokens that remained": len(remaining),
            "tokens after everything was sent again": len(returned),
            "erased people who are known": count_people(erased),
            "other people who are not known": missing,
            "differences from the ledger": len(differences),
        }
    for name, figure in figures.items():
        print(f"{name:<44} {figure:9}")  # noqa: T201 (its result)
    return 1 if any(figures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
