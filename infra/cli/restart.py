"""Says what a started stack has of an earlier run, and continues what was interrupted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra.cli.stack import Stack
from infra.cli.terminal import print_message, show_step
from infra.local.journal.database import REPAIR_FILE, list_pending_events
from regulars.admin.deployment import Deployment
from regulars.admin.unfinished_imports import UploadStores, list_unfinished_imports, resume_import
from regulars.admin.verification import repair_deployment
from regulars.store import clients

TABLES_FILE = Path("services") / "dynamodb.json"


@dataclass(frozen=True)
class EarlierRun:
    """What a data folder holds before the stack starts: whether there is data, and the events of unfinished invocations."""

    folder: Path
    has_data: bool
    pending_events: list[str]

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """Read a data folder that no process uses."""
        return cls(folder, (folder / TABLES_FILE).exists(), list_pending_events(folder))


def restore_run(stack: Stack, earlier: EarlierRun) -> int:
    """Continue what an earlier run left unfinished, and return the number of events that it stored."""
    if not earlier.has_data:
        print_message(f"No data was found in {earlier.folder}. The stack starts empty.")
        return 0
    events = _count_events(stack.deployment)
    print_message(f"{events:,} events were restored from {earlier.folder}.")
    if earlier.pending_events:
        print_message(f"{len(earlier.pending_events)} interrupted runs of functions go on.")
    _resume_imports(stack.deployment, earlier.pending_events)
    _repair_derived(stack.deployment, earlier.folder / REPAIR_FILE)
    return events


def _count_events(deployment: Deployment) -> int:
    table = clients.create_dynamodb_client().describe_table(TableName=deployment.events_table)
    return table["Table"]["ItemCount"]


def _resume_imports(deployment: Deployment, pending_events: list[str]) -> None:
    """Continue each import that no interrupted run continues; none can be at work on a stack that just started."""
    stores = UploadStores.from_deployment(deployment)
    for unfinished in list_unfinished_imports(stores):
        print_message(f"The import of {unfinished.file} goes on after {unfinished.rows:,} rows.")
        if not any(unfinished.key in event for event in pending_events):
            resume_import(stores, unfinished)


def _repair_derived(deployment: Deployment, marker: Path) -> None:
    """Fold and archive what an earlier version of the stack skipped; it lost its stream whenever it stopped."""
    if not marker.exists():
        return
    with show_step("Comparing the profiles and the lake with the ledger") as step:
        repair_deployment(
            deployment, lambda done, total: step.update(f"{done} of {total} repaired")
        )
    marker.unlink()
