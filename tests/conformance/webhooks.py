"""Runs files of signature vectors, or folders of payloads with a manifest, through the real doors.

python -m tests.conformance.webhooks FILE…
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.conformance import payloads as fixtures
from tests.conformance import vectors
from tests.conformance.endpoints import Doors, doors

# Where the providers' files lie, if they are here.
SHARED = Path(os.environ.get("SHARED", Path(__file__).parents[3] / "shared"))
VECTORS = SHARED / "webhooks" / "vectors.json"
FIXTURES = SHARED / "webhooks" / "fixtures"

type Run = Callable[[Doors, dict[str, Any]], Iterator[str]]
type Outcome = tuple[str, list[str]]  # what was run, and what is not as expected


def outcomes(opened: Doors, path: Path) -> list[Outcome]:
    """Everything in a file or a folder, run; one that cannot be read, or holds nothing, has failed."""
    kind, name = (fixtures, "file") if path.is_dir() else (vectors, "id")
    try:
        listed = kind.read(path)
        named = [(str(one[name]), one) for one in listed]
    except (OSError, ValueError, LookupError, TypeError) as error:
        return [(str(path), [f"cannot be read: {error!r}"])]
    ran = [(said, _faults(kind.failures, opened, one)) for said, one in named]
    return ran or [(str(path), ["there is nothing in it"])]


def _faults(failures: Run, opened: Doors, one: dict[str, Any]) -> list[str]:
    try:
        return list(failures(opened, one))
    except Exception as error:  # noqa: BLE001 (one that lacks a part keeps no other from being run)
        return [f"cannot be run: {error!r}"]


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
