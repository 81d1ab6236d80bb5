"""How far each provider was asked for what its webhooks may not have brought, in the owner's words."""

from typing import Any

from infra.cli import connections
from infra.cli.stack import Stack
from regulars.channels.registry import FEED_PROVIDERS
from regulars.settings import ReconcileSourcesSettings
from regulars.store.reconciliations import Reconciliations
from regulars.store.sources import Source


def of_source(deployed: Stack, source: Source) -> dict[str, Any]:
    """When a source was last asked, what came of it, and what has been in the way since when; {} when it never was."""
    if source.channel not in FEED_PROVIDERS:
        return {}
    table = deployed.settings(ReconcileSourcesSettings).control_table
    state = Reconciliations(table).read_reconciliation(source.channel, source.source)
    faults = {
        name: {"code": walk.fault, "reason": walk.reason, "since": walk.faulty_since}
        for name, walk in state.walks.items()
        if walk.fault
    }
    counts = {"new": state.new, "known": state.known, "rejected": state.rejected}
    return {"at": state.ran_at, **counts, "faults": faults} if state.ran_at else {}


def all_sources(deployed: Stack) -> dict[str, dict[str, Any]]:
    """The same by source, those that were ever asked."""
    found = {
        f"{source.channel}/{source.source}": of_source(deployed, source)
        for source in connections.sources_of(deployed).list_sources()
    }
    return {name: told for name, told in found.items() if told}


def words(told: dict[str, Any]) -> str:
    """In one line: `2026-11-22 10:00`, or `orders: key refused since 2026-11-20 07:00`."""
    if not told:
        return "-"
    faults = [
        f"{name}: {fault['code'].replace('_', ' ')} since {_minute(fault['since'])}"
        for name, fault in told["faults"].items()
    ]
    return "; ".join(faults) or _minute(told["at"])


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")
