"""Import a CSV of history that was uploaded to the uploads bucket."""

from typing import Any

import boto3

from regulars.ingestion.imports.history_import import HistoryImporter
from regulars.ingestion.imports.import_run import ImportDefaults
from regulars.ingestion.recording import Recorder
from regulars.settings import ImportHistorySettings
from regulars.store import schema
from regulars.store.checkpoints import Checkpoints
from regulars.store.contacts import Contacts
from regulars.store.ledger import Ledger
from regulars.store.parameters import Parameters
from regulars.store.tombstones import TombstoneStore
from regulars.store.uploads import Uploads
from regulars.transport.s3_events import parse_object_event

SETTINGS = ImportHistorySettings.from_env()
CLIENT = boto3.client("dynamodb")
IMPORTER = HistoryImporter(
    Uploads(SETTINGS.uploads_bucket),
    Checkpoints(SETTINGS.control_table, CLIENT),
    Recorder(
        Ledger(SETTINGS.events_table, CLIENT),
        Contacts(SETTINGS.contacts_table, CLIENT),
        Parameters(SETTINGS.parameters_prefix),
        TombstoneStore(SETTINGS.profiles_table, CLIENT),
    ),
    ImportDefaults(SETTINGS.default_currency, SETTINGS.default_country),
)
# One part of a file takes about ten seconds; the reserve leaves time for a slow one.
RESERVE_MILLISECONDS = 120_000


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Import the uploaded file, or continue its import when its progress is uploaded."""
    key = parse_object_event(event).key.removesuffix(schema.PROGRESS_SUFFIX)
    status = IMPORTER.import_file(
        key, lambda: bool(context.get_remaining_time_in_millis() > RESERVE_MILLISECONDS)
    )
    return {"file": key, "status": status}
