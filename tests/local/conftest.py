"""One stack on this machine for the whole suite, apart from the owner's, driven by the command line alone."""

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local.places import ROOT, SAMPLE

CUSTOMERS = 120


@dataclass(frozen=True)
class Owner:
    """Somebody at the command line."""

    folder: Path

    def runs(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `regulars` as a process of its own."""
        command = [sys.executable, "-m", "infra.cli.main", *arguments]
        environment = os.environ | {"REGULARS_LOCAL": str(self.folder)}
        return subprocess.run(  # noqa: S603  our own command line, arguments of the tests
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    def learns(self, *arguments: str) -> Any:
        """Run it with --json; the facts, or a failed test that shows what was said."""
        finished = self.runs(*arguments, "--json")
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)


@pytest.fixture(scope="session")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Owner:
    """An owner whose stack does not run."""
    return Owner(tmp_path_factory.mktemp("local"))


@pytest.fixture(scope="session")
def up(owner: Owner) -> Iterator[Any]:
    """What `up` says; the stack runs until the session ends."""
    yield owner.learns("up")
    owner.runs("down")


@pytest.fixture(scope="session")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The order lines of some customers of the sample shop."""
    file = tmp_path_factory.mktemp("uploads") / "orders.csv"
    with gzip.open(SAMPLE, "rt", newline="") as text, file.open("w", newline="") as chosen:
        lines = list(csv.DictReader(text))
        customers = sorted({line["customer_id"] for line in lines})[:CUSTOMERS]
        writer = csv.DictWriter(chosen, list(lines[0]))
        writer.writeheader()
        writer.writerows(line for line in lines if line["customer_id"] in customers)
    return file
