"""Sends signature vectors, or the payloads of folders with a manifest, through the real endpoints.

python -m tests.conformance.webhooks FILE…
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.conformance import payloads, vectors
from tests.conformance.endpoints import Endpoints, open_endpoints

type Entry = dict[str, Any]  # a vector, or a payload of a manifest
type FailureFinder = Callable[[Endpoints, Entry], Iterator[str]]
type CheckResult = tuple[str, list[str]]  # the name of an entry, and its failures


def check_path(endpoints: Endpoints, path: Path) -> list[CheckResult]:
    """Check all entries of a file or folder. One that is unreadable or empty counts as a failure."""
    try:
        entries = _read_entries(path)
    except (OSError, ValueError, LookupError, TypeError) as error:
        return [(str(path), [f"cannot be read: {error!r}"])]
    find_failures = payloads.find_failures if path.is_dir() else vectors.find_failures
    results = [(name, _check_entry(find_failures, endpoints, entry)) for name, entry in entries]
    return results or [(str(path), ["contains no entries"])]


def _read_entries(path: Path) -> list[tuple[str, Entry]]:
    """Return each entry of a file or folder with its name."""
    if path.is_dir():
        return [(str(payload["file"]), payload) for payload in payloads.read_payloads(path)]
    return [(str(vector["id"]), vector) for vector in vectors.read_vectors(path)]


def _check_entry(find_failures: FailureFinder, endpoints: Endpoints, entry: Entry) -> list[str]:
    try:
        return list(find_failures(endpoints, entry))
    except Exception as error:  # noqa: BLE001 (an incomplete entry must not stop the others)
        return [f"cannot be run: {error!r}"]


def report_results(results: Sequence[CheckResult]) -> int:
    """Print the failures and the counts. Return the exit code: 1 if there is a failure, else 0."""
    failed = [(name, failures) for name, failures in results if failures]
    for name, failures in failed:
        print(f"{name}: {'; '.join(failures)}")  # noqa: T201 (a command line prints)
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")  # noqa: T201
    return 1 if failed else 0


def main(paths: Sequence[str]) -> int:
    """Check all paths. Return 0 if all checks pass, 1 if one fails, and 2 if no path is given."""
    if not paths:
        print(__doc__)  # noqa: T201
        return 2
    with open_endpoints() as endpoints:
        return report_results(
            [result for path in paths for result in check_path(endpoints, Path(path))]
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
