"""Replays rejects with stores that remember nothing of the run before."""

from datetime import UTC, datetime

from regulars.admin.reject_replay import RejectReplayer
from regulars.admin.rejects import RejectFilter
from regulars.admin.replay import ReplayReport, replay_rejects, select_rejects
from regulars.admin.replay_stores import ReplayStores
from tests.support.deployment import build_deployment


def run_replay(
    source: str = "", *, code: str = "", since: str = "", id_prefix: str = "", into: str = ""
) -> ReplayReport:
    """Replay the rejects of the test stack that are selected, and return the report."""
    stores = ReplayStores.from_deployment(build_deployment())
    selection = RejectFilter(since, source, code)
    rejects = select_rejects(stores.rejects, datetime.now(UTC).date(), selection, id_prefix)
    return replay_rejects(stores.rejects, RejectReplayer(stores, into), rejects)


def replay_source(source: str) -> dict[str, int]:
    """Replay the rejects of a source, and return the number of rejects by outcome."""
    return run_replay(source).counts
