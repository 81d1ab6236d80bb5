"""Use cases that take a while, as steps whose progress is shown; the commands and the demo share them."""

from dataclasses import dataclass
from typing import IO

import boto3
import msgspec

from infra.cli.stack import Stack
from infra.cli.terminal import show_step
from regulars.admin.deployment import Deployment
from regulars.admin.function_calls import FunctionInvoker
from regulars.admin.imports import ImportReport, ImportStores, await_report, upload_export
from regulars.admin.polling import REAL_TIME, Polling
from regulars.admin.stream_progress import STALLED_SECONDS, StreamStores, await_stream
from regulars.admin.training import (
    DatasetBuild,
    TrainingStores,
    await_outcomes,
    await_scores,
    build_dataset,
)
from regulars.admin.unfinished_imports import UnfinishedImport, UploadStores, resume_import
from regulars.domain.manifests import TrainingOutcome
from regulars.domain.texts import format_count

POLLING: Polling = REAL_TIME


class TrainingResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a training. Without a dataset there are no trainings and no scores."""

    dataset: DatasetBuild
    trainings: dict[str, TrainingOutcome] = {}
    scored_at: str = ""


@dataclass(frozen=True, kw_only=True)
class UploadStep:
    """An upload and the title of its step; `rows` is how many there may be, 0 when that is not known."""

    title: str
    key: str
    content: IO[bytes]
    rows: int = 0
    without_orders: bool = False


def await_local_stream(stack: Stack, stalled_seconds: float = STALLED_SECONDS) -> None:
    """Wait until the events of the stack on this machine are folded and archived; raise StreamStalledError.

    In an account the stream is never quiet for long, and reading the whole ledger costs money.
    """
    if not stack.is_local:
        return
    title = f"Folding events into profiles, until {stalled_seconds:.0f} s pass without progress"
    with show_step(title) as step:
        stores = StreamStores.from_deployment(stack.deployment)
        await_stream(stores, POLLING, step.update, stalled_seconds)


def import_upload(deployment: Deployment, upload: UploadStep) -> ImportReport:
    """Upload a file, wait for its import, and return the report."""
    stores = ImportStores.from_deployment(deployment, boto3.client("s3"))
    with show_step(upload.title) as step:
        step.update("uploading")
        upload_export(stores, upload.key, upload.content, without_orders=upload.without_orders)
        report = await_report(
            stores,
            upload.key,
            POLLING,
            lambda imported: step.update(_describe_rows(imported, upload.rows)),
        )
        step.update("")
    return report


def resume_unfinished(deployment: Deployment, unfinished: UnfinishedImport) -> ImportReport:
    """Continue an import that stopped, wait for its end, and return the report."""
    stores = ImportStores.from_deployment(deployment, boto3.client("s3"))
    with show_step(f"Importing the rest of {unfinished.file}") as step:
        resume_import(UploadStores.from_deployment(deployment), unfinished)
        return await_report(
            stores, unfinished.key, POLLING, lambda rows: step.update(_describe_rows(rows, 0))
        )


def train_models(stack: Stack) -> TrainingResult:
    """Build a dataset, train the models on it and score all persons; too little data is a result, not an error."""
    await_local_stream(stack)
    with show_step("Building the dataset"):
        dataset = build_dataset(FunctionInvoker(stack.deployment))
    if not dataset.is_built:
        return TrainingResult(dataset=dataset)
    stores = TrainingStores.from_deployment(stack.deployment)
    with show_step("Training segments, churn and recommender") as step:
        outcomes = await_outcomes(
            stores,
            dataset.dataset_id,
            POLLING,
            lambda ended: step.update(_describe_outcomes(ended)),
        )
    with show_step("Scoring all persons"):
        scored_at = await_scores(stores, dataset.dataset_id, POLLING)
    return TrainingResult(dataset=dataset, trainings=outcomes, scored_at=scored_at)


def _describe_rows(imported: int, rows: int) -> str:
    if not imported:
        return ""
    return (
        f"{imported} of about {format_count(rows, 'row')}"
        if rows
        else format_count(imported, "row")
    )


def _describe_outcomes(outcomes: dict[str, TrainingOutcome]) -> str:
    return ", ".join(f"{model} {outcome.status}" for model, outcome in outcomes.items())
