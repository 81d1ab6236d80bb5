"""Load the lake's events, and who their people were at each cut-off, into the database of a dataset."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from regulars.domain.identity_statements import DECISION_EVENT_TYPE
from regulars.domain.trust import PUBLIC_CHANNELS
from regulars.learning.datasets.lake_database import LakeDatabase
from regulars.learning.datasets.people_history import (
    ConnectedStatements,
    connect_statements,
    list_lone_assignments,
)
from regulars.learning.datasets.statements import (
    read_decisions,
    read_linked_statements,
    read_lone_statements,
)


def load_events(lake: LakeDatabase, objects: Sequence[Path], present: int) -> None:
    """Load what the lake's objects say before the present cut-off, in epoch seconds."""
    parameters = {
        "objects": [str(path) for path in objects],
        "cutoff": present,
        "decision_type": DECISION_EVENT_TYPE,
        "public_channels": sorted(PUBLIC_CHANNELS),
    }
    lake.run_statements("lake", parameters)


def load_present_people(lake: LakeDatabase, present: int) -> list[ConnectedStatements]:
    """Load the people as of the present; return those that may have been others before."""
    lake.load_rows("people", list_lone_assignments(read_lone_statements(lake)))
    connected = connect_statements([*read_decisions(lake), *read_linked_statements(lake)])
    assignments = (group.list_present_assignments(present) for group in connected)
    lake.load_rows("people", chain.from_iterable(assignments))
    return connected


def load_past_people(
    lake: LakeDatabase,
    people: Sequence[ConnectedStatements],
    cutoffs: Sequence[int],
    present: int,
) -> None:
    """Load the people as of each past cut-off, oldest first, and who they have become since."""
    assignments = (group.list_past_assignments(cutoffs, present) for group in people)
    lake.load_rows("people", chain.from_iterable(assignments))
