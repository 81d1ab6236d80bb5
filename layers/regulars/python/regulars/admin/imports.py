"""Uploads an export, follows its import and returns the report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Self

import msgspec

from regulars.admin.dead_letters import DeadLetterQueues
from regulars.admin.deployment import Deployment
from regulars.admin.errors import ImportAbandonedError, ImportTimeoutError
from regulars.admin.polling import REAL_TIME, Polling
from regulars.admin.progress import OnProgress, discard_progress
from regulars.channels.drafts.sales import ORDERS_ELSEWHERE
from regulars.store import schema
from regulars.store.checkpoints import Checkpoints

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

IMPORT_FUNCTION = "import_history"
TIMEOUT_SECONDS = (
    3600  # 1 GB takes several runs of the function, each of which resumes the one before
)
QUEUE_CHECK_ATTEMPTS = 20  # between two checks of the dead-letter queue

type ImportReport = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ImportStores:
    """The stores to which exports are uploaded and in which their imports report.

    `s3` is a client of boto3, whose `upload_fileobj` sends a large file in parts.
    """

    s3: "S3Client"
    uploads_bucket: str
    checkpoints: Checkpoints
    queues: DeadLetterQueues

    @classmethod
    def from_deployment(cls, deployment: Deployment, s3: "S3Client") -> Self:
        """Open the stores of a deployment."""
        return cls(
            s3=s3,
            uploads_bucket=deployment.uploads_bucket,
            checkpoints=Checkpoints(deployment.control_table),
            queues=DeadLetterQueues(deployment),
        )


def upload_export(
    stores: ImportStores, key: str, content: IO[bytes], *, without_orders: bool = False
) -> None:
    """Upload a file, which starts its import; `without_orders` leaves its orders to the shop that reports them."""
    stores.s3.delete_object(Bucket=stores.uploads_bucket, Key=schema.report_key(key))
    metadata = {schema.ORDERS_METADATA_NAME: ORDERS_ELSEWHERE} if without_orders else {}
    extra: dict[str, Any] = {"Metadata": metadata} if metadata else {}
    stores.s3.upload_fileobj(content, stores.uploads_bucket, key, extra)


def await_report(
    stores: ImportStores,
    key: str,
    polling: Polling = REAL_TIME,
    on_progress: OnProgress[int] = discard_progress,
) -> ImportReport:
    """Wait for the report of an upload; `on_progress` is called with the number of imported rows.

    Raise ImportAbandonedError when the function gave the import up, ImportTimeoutError after an hour.
    """
    abandoned_before = stores.queues.count_of(IMPORT_FUNCTION)
    for attempt in polling.repeat(TIMEOUT_SECONDS):
        if report := _find_report(stores, key):
            return report
        checkpoint = stores.checkpoints.read_checkpoint(key)
        on_progress(checkpoint.rows if checkpoint else 0)
        is_check = attempt % QUEUE_CHECK_ATTEMPTS == QUEUE_CHECK_ATTEMPTS - 1
        if is_check and stores.queues.count_of(IMPORT_FUNCTION) > abandoned_before:
            raise ImportAbandonedError
    raise ImportTimeoutError


def is_failed_import(report: Mapping[str, Any]) -> bool:
    """Return whether a whole file was refused."""
    return bool(report["status"] == "failed" or report["refused"] == report["rows"])


def _find_report(stores: ImportStores, key: str) -> ImportReport | None:
    bucket, report_key = stores.uploads_bucket, schema.report_key(key)
    if not stores.s3.list_objects_v2(Bucket=bucket, Prefix=report_key).get("Contents"):
        return None
    body = stores.s3.get_object(Bucket=bucket, Key=report_key)["Body"].read()
    return dict(msgspec.json.decode(body))
