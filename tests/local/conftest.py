"""One stack on this machine for the whole suite, apart from the owner's, driven by the command line alone."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.places import SAMPLE_FILE
from tests.support.owner import Owner

CUSTOMERS = 120


@pytest.fixture(scope="session")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Owner:
    """An owner whose stack does not run."""
    return Owner(tmp_path_factory.mktemp("local"))


@pytest.fixture(scope="session")
def stack_facts(owner: Owner) -> Iterator[Any]:
    """What `up` says; the stack runs until the session ends."""
    yield owner.read_result("up")
    owner.run_command("down")


@pytest.fixture(scope="session")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The order lines of some customers of the sample shop."""
    file = tmp_path_factory.mktemp("uploads") / "orders.csv"
    with gzip.open(SAMPLE_FILE, "rt", newline="") as text, file.open("w", newline="") as chosen:
        lines = list(csv.DictReader(text))
        customers = sorted({line["customer_id"] for line in lines})[:CUSTOMERS]
        writer = csv.DictWriter(chosen, list(lines[0]))
        writer.writeheader()
        writer.writerows(line for line in lines if line["customer_id"] in customers)
    return file
