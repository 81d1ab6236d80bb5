"""The upload door: a CSV of history dropped into the uploads bucket."""

from typing import Any

import boto3

from regulars.ingestion.imports.history_import import History
from regulars.ingestion.imports.import_run import Defaults
from regulars.ingestion.recording import Recorder
from regulars.settings import ImportHistorySettings
from regulars.store import schema
from regulars.store.checkpoints import Checkpoints
from regulars.store.ledger import Ledger
from regulars.store.parameters import Parameters
from regulars.store.people import People
from regulars.store.uploads import Uploads
from regulars.transport.s3_events import uploaded

SETTINGS = ImportHistorySettings.from_env()
CLIENT = boto3.client("dynamodb")
HISTORY = History(
    Uploads(SETTINGS.uploads_bucket),
    Checkpoints(SETTINGS.control_table, CLIENT),
    Recorder(
        Ledger(SETTINGS.events_table, CLIENT),
        People(SETTINGS.people_table, CLIENT),
        Parameters(SETTINGS.parameters_prefix),
    ),
    Defaults(SETTINGS.default_currency, SETTINGS.default_country),
)
# A part of a file takes about ten seconds; this leaves room for one that is slow.
RESERVE_MS = 120_000


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Import the uploaded file, or go on with it when its progress arrives."""
    key = uploaded(event).key.removesuffix(schema.PROGRESS_SUFFIX)
    status = HISTORY.import_file(
        key, lambda: bool(context.get_remaining_time_in_millis() > RESERVE_MS)
    )
    return {"file": key, "status": status}
