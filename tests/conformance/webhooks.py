"""Runs files of signature vectors, or folders of payloads with a manifest, through the real doors.

python -m tests.conformance.webhooks FILE…
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.conformance import fixtures, vectors
from tests.conformance.doors import Doors, doors

# Where the providers' files lie, if they are here.
SHARED = Path(os.environ.get("SHARED", Path(__file__).parents[3] / "shared"))
VECTORS = SHARED / "webhooks" / "vectors.json"
FIXTURES = SHARED / "webhooks" / "fixtures"

type Outcome = tuple[str, list[str]]  # what was run, and what is not as expected


def outcomes(opened: Doors, path: Path) -> list[Outcome]:
    """Everything in a file or a folder, run."""
    if path.is_dir():
        return [
            (str(one["file"]), list(fixtures.failures(opened, one))) for one in fixtures.read(path)
        ]
    return [(str(one["id"]), list(vectors.failures(opened, one))) for one in vectors.read(path)]


def told(ran: Sequence[Outcome]) -> int:
    """Print what failed and how much did not; 1 when something failed."""
    failed = [(name, faults) for name, faults in ran if faults]
    for name, faults in failed:
        print(f"{name}: {'; '.join(faults)}")  # noqa: T201 (a command line prints)
    print(f"{len(ran) - len(failed)} passed, {len(failed)} failed")  # noqa: T201
    return 1 if failed else 0


def main(paths: Sequence[str]) -> int:
    """Run all; 0 when everything passed, 1 when something failed, 2 without anything to run."""
    if not paths:
        print(__doc__)  # noqa: T201
        return 2
    with doors() as opened:
        return told([outcome for path in paths for outcome in outcomes(opened, Path(path))])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
