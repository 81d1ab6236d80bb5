"""Archive the ledger's stream in the lake."""

from datetime import UTC, datetime
from typing import Any

from regulars.ingestion.archiving import archive_events
from regulars.settings import ArchiveEventsSettings
from regulars.store.lake import Lake
from regulars.store.rejects import Rejects
from regulars.store.tombstones import TombstoneStore
from regulars.transport.stream_events import read_changes

SETTINGS = ArchiveEventsSettings.from_env()
LAKE = Lake(SETTINGS.lake_bucket)
REJECTS = Rejects(SETTINGS.rejects_table)
TOMBSTONES = TombstoneStore(SETTINGS.profiles_table)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Write a batch of stream records to the lake; raise an S3 error, so that the stream delivers the batch again."""
    batch = TOMBSTONES.read_tombstones().drop_erased(read_changes(event))
    archive_events(batch, LAKE, REJECTS, datetime.now(UTC))
    return {"batchItemFailures": []}
