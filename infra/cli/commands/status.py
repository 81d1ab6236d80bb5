"""Show counts, the last dataset and trainings, champions, reconciliations, rejects, dead letters, and what people request."""

import argparse
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from infra.cli import options
from infra.cli.commands.keys import SHOWN_ID_DIGITS
from infra.cli.stack import select_stack
from infra.cli.terminal import format_table, print_result, show_step
from infra.cli.texts.import_report import describe_unfinished
from infra.cli.texts.reconciliation import describe_reconciliation
from regulars.admin.status import DeploymentStatus, StatusStores, read_deployment_status
from regulars.admin.unfinished_imports import UnfinishedImport
from regulars.domain.manifests import TrainingOutcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --stack and --json."""
    options.add_stack(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read and print the status."""
    deployment = select_stack(arguments).deployment
    with show_step("Reading the status"):
        stores = StatusStores.from_deployment(deployment)
        status = read_deployment_status(deployment, stores, datetime.now(UTC).date())
    print_result(_to_result(status), _to_lines(status), as_json=arguments.json)
    return 0


def _to_result(status: DeploymentStatus) -> dict[str, Any]:
    return {
        "stack": status.name,
        "api": status.api_url,
        "counts": status.counts,
        "dataset": status.dataset,
        "scoring": status.scoring,
        "trainings": msgspec.to_builtins(status.trainings),
        "champions": msgspec.to_builtins(status.champions),
        "fetched": msgspec.to_builtins(status.reconciliations),
        "rejects": status.rejects,
        "dead_letters": status.dead_letters,
        "open_requests": status.open_requests,
        "order_reporters": list(status.order_reporters),
        "order_policies": status.order_policies,
        "unfinished_imports": msgspec.to_builtins(status.unfinished_imports),
    }


def _to_lines(status: DeploymentStatus) -> list[str]:
    champions = ((model, champion.version) for model, champion in status.champions.items())
    fetched = (
        (source, describe_reconciliation(reconciliation))
        for source, reconciliation in status.reconciliations.items()
    )
    return [
        f"{status.name} at {status.api_url}",
        *_format_section("Stored", status.counts.items()),
        *_format_section("Last dataset", [_to_dataset_row(status.dataset)]),
        *_format_section("Last trainings", map(_to_training_row, status.trainings.items())),
        *_format_section("Last scoring", [_to_scoring_row(status.scoring)]),
        *_format_section("Champions", champions),
        *_format_section("Fetched from providers", fetched),
        *_format_section("Refused or set aside in 30 days", status.rejects.items()),
        *_format_section("Dead letters", (item for item in status.dead_letters.items() if item[1])),
        *_format_section("Open privacy requests", status.open_requests.items()),
        *_format_section("Orders", [(_describe_orders(status),)]),
        *_format_section("Unfinished imports", map(_to_import_row, status.unfinished_imports)),
    ]


def _describe_orders(status: DeploymentStatus) -> str:
    """Return who reports orders, and what becomes of those of browser keys."""
    reporters = status.order_reporters
    reported = (
        f"reported by {', '.join(reporters)}" if reporters else "no trusted source reports them"
    )
    rule = "are claims until one of them reports the same" if reporters else "count"
    exceptions = [
        f"key {id_[:SHOWN_ID_DIGITS]}: {policy}"
        for id_, policy in status.order_policies.items()
        if policy != "auto"
    ]
    but = f" (but {', '.join(exceptions)})" if exceptions else ""
    return f"{reported}; those of browser keys {rule}{but}"


def _to_import_row(unfinished: UnfinishedImport) -> tuple[str, str]:
    return unfinished.file, describe_unfinished(unfinished, datetime.now(UTC))


def _to_dataset_row(dataset: dict[str, Any]) -> tuple[str, ...]:
    if not dataset:
        return ("none yet",)
    skipped_at = dataset.get("skipped_at")
    skip = (f"no new event at {skipped_at}, nothing was built or scored",) if skipped_at else ()
    return (dataset["dataset_id"], *skip)


def _to_scoring_row(scoring: dict[str, Any]) -> tuple[str, ...]:
    if not scoring:
        return ("none yet",)
    ended = f"ended at {scoring['ended_at']}" if scoring["ended_at"] else "has not ended"
    missing = (
        (f"without a training of {scoring['missing_models']}",) if scoring["missing_models"] else ()
    )
    return (scoring["dataset_id"], ended, *missing)


def _to_training_row(training: tuple[str, TrainingOutcome]) -> tuple[str, str, str]:
    model, outcome = training
    promoted = "promoted" if outcome.promoted else "not promoted"
    return model, f"{outcome.status}, {promoted}", outcome.reason


def _format_section(title: str, rows: Iterable[tuple[Any, ...]]) -> list[str]:
    listed = list(rows)
    return [title, *(format_table(listed) if listed else ["  none"])]
