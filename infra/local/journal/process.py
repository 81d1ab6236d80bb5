"""Installs the journal into the emulator and serves."""

import sys
from pathlib import Path

from ministack import app

from infra.local.journal.commits import Commits
from infra.local.journal.database import Database
from infra.local.journal.invocations import InvocationJournal
from infra.local.journal.layer_files import LayerFiles
from infra.local.journal.objects import ObjectFiles
from infra.local.journal.responses import DurableApplication
from infra.local.journal.service_states import ServiceStates
from infra.local.journal.table_items import ItemJournal
from infra.local.journal.table_streams import StreamJournal


def serve(folder: Path) -> None:
    """Serve with the data of a folder until the process is stopped."""
    database = Database(folder)
    commits = Commits(database)
    states = ServiceStates(folder / "services", commits)
    LayerFiles(folder / "layers").install()  # before the streams, which restore the functions too
    streams = StreamJournal(database, commits)
    invocations = InvocationJournal(database, commits, states)
    items = ItemJournal(folder, database, commits)
    for part in (states, items, streams, ObjectFiles(commits), invocations):
        part.install()
    app.app = DurableApplication(app.app, commits, states, streams, invocations)
    sys.argv[1:] = []
    app.main()
