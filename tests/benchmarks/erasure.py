"""Erase 1,000 of 10,000 people while events flow, then bring everything back: `python -m tests.benchmarks.erasure`.

Every store holds tokens of each person. One person is erased alone, then the others in one erasure. Then everything is
delivered again, the ledger is restored from the lake as it was before, and all profiles are repaired from nothing: no token
may come back. The wait for the doors is not waited, but counted; events flow meanwhile.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from regulars.admin.people import PeopleStores
from regulars.admin.privacy import PrivacyOffice
from regulars.privacy.erasure import Eraser
from regulars.privacy.opened_stores import open_erasure_stores
from regulars.profiles.repair import repair_profiles
from regulars.profiles.served_profiles import ServedProfiles
from regulars.profiles.verify import verify_profiles
from regulars.store import schema
from regulars.transport.logging import LOGGER
from tests.benchmarks.full_shop import LATE_TIME, FullShop
from tests.benchmarks.local_aws import create_count_row, measure_seconds, run_proof
from tests.benchmarks.profile_writers import open_profile_stores, read_peak_mib
from tests.benchmarks.repair_load import delete_profiles
from tests.benchmarks.rows import BenchmarkRow, create_bounded_row
from tests.benchmarks.sandbox import ROOT
from tests.support.aws import MotoStack
from tests.support.canary_shop import CanaryPerson

MAX_SINGLE_SECONDS = 15 * 60
FLOWING_PEOPLE = 50  # of the erased, who send more while the erasure waits
STORES = {"events", "profiles", "contacts", "people", "rejects", "uploads", "lake", "dead letter"}


def prove_erasure(arguments: argparse.Namespace, stack: MotoStack) -> Iterator[BenchmarkRow]:
    """Fill the shop, erase people, bring everything back, and search for tokens after each step."""
    people = [CanaryPerson(number) for number in range(arguments.people)]
    erased, others = people[: arguments.erased], people[arguments.erased :]
    with pytest.MonkeyPatch.context() as patch:
        shop = FullShop(stack, patch)
        with measure_seconds() as read_seconds:
            shop.fill(people)
        yield create_bounded_row("fill the shop", read_seconds(), "s", None)
        archived = {
            key: body
            for key, body in shop.list_versions("lake")
            if key.startswith(schema.LAKE_PREFIX)
        }
        yield create_count_row(
            "stores without a token before", len(list_missing_stores(shop, erased))
        )
        office = open_office(shop, erased)
        yield from erase_people(office, erased)
        shop.deliver_stream()
        yield from search_traces(shop, erased, "after the erasure")
        yield create_count_row("files of datasets after the erasure", shop.count_datasets())
        shop.repeat_deliveries()
        yield from search_people(shop, erased, "after everything was sent again")
        office.eraser.repeat_erasures()
        yield from search_traces(shop, erased, "after everything was sent again")
        shop.restore_lake(archived)
        office.eraser.repeat_erasures()
        yield from search_traces(shop, erased, "after a restore from the lake")
        delete_profiles(stack)
        repair_profiles(shop.inventory, open_profile_stores())
        office.eraser.repeat_erasures()
        shop.repeat_deliveries()
        yield from search_people(shop, erased, "after a repair from nothing")
        yield from check_others(shop, others)


def open_office(shop: FullShop, erased: Sequence[CanaryPerson]) -> PrivacyOffice:
    """Return the owner's erasures; while one waits, erased people send more to doors that do not know it yet."""

    def send_more(_seconds: float) -> None:
        for person in erased[:FLOWING_PEOPLE]:
            shop.visit(person, LATE_TIME)
            shop.order(person, 2)
            shop.send_refused(person)
        shop.deliver_stream()
        shop.forget_tombstones()

    return PrivacyOffice(
        people=PeopleStores.from_deployment(shop.deployment),
        eraser=Eraser(stores=open_erasure_stores(shop.deployment), sleep=send_more),
    )


def erase_people(office: PrivacyOffice, erased: Sequence[CanaryPerson]) -> Iterator[BenchmarkRow]:
    """Erase one person alone, then all; yield what it took."""
    with measure_seconds() as read_seconds:
        office.erase_people([erased[0].email])
    seconds = read_seconds() + office.eraser.stores.wait_seconds
    yield create_bounded_row("erase 1 person, with the wait", seconds, "s", MAX_SINGLE_SECONDS)
    with measure_seconds() as read_seconds:
        receipt = office.erase_people([person.email for person in erased])
    seconds = read_seconds() + office.eraser.stores.wait_seconds
    yield create_bounded_row(f"erase {len(erased)} people, with the wait", seconds, "s", None)
    for store, count in receipt.removed.items():
        yield create_bounded_row(f"removed: {store}", count, "", None)
    yield create_bounded_row("memory", read_peak_mib(), "MiB", None)


def list_missing_stores(shop: FullShop, erased: Sequence[CanaryPerson]) -> set[str]:
    """Return the stores that hold no token of one of these people; the datasets, if there is none."""
    traces = shop.find_traces(erased)
    missing = {store for store in STORES if not any(one.startswith(store) for one in traces)}
    return missing if shop.count_datasets() else missing | {"datasets"}


def search_traces(
    shop: FullShop, erased: Sequence[CanaryPerson], when: str
) -> Iterator[BenchmarkRow]:
    """Yield the numbers of tokens that remain, and of erased people who are known."""
    traces = shop.find_traces(erased)
    for trace in traces[:5]:
        print(trace, file=sys.stderr)  # noqa: T201 (a broken invariant)
    yield create_count_row(f"tokens {when}", len(traces))
    yield from search_people(shop, erased, when)


def search_people(
    shop: FullShop, erased: Sequence[CanaryPerson], when: str
) -> Iterator[BenchmarkRow]:
    """Yield the number of erased people who are known."""
    yield create_count_row(f"erased people who are known {when}", count_people(shop, erased))


def count_people(shop: FullShop, people: Sequence[CanaryPerson]) -> int:
    """Return how many of these people the profiles know."""
    served = ServedProfiles("test-profiles", shop.aws.dynamodb)
    return sum(served.find_by_subjects(person.subjects) is not None for person in people)


def check_others(shop: FullShop, others: Sequence[CanaryPerson]) -> Iterator[BenchmarkRow]:
    """Yield the numbers of other people who are gone, and of differences from the ledger."""
    missing = len(others) - count_people(shop, others)
    yield create_count_row("other people who are not known", missing)
    differences = verify_profiles(shop.inventory).differences
    yield create_count_row("differences from the ledger", len(differences))


def main() -> int:
    """Run the proof."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--erased", type=int, default=1_000)
    sys.path.insert(0, str(ROOT / "functions"))
    LOGGER.setLevel("WARNING")  # each dropped event is logged
    return run_proof(partial(prove_erasure, parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
