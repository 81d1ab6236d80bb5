"""The grants of each role as a table; one test compares it with the template, others with the calls of the functions."""

import re

STREAM_ACTIONS = "DescribeStream GetRecords GetShardIterator ListStreams"
RECORD_GRANTS = {
    "events": "PutItem",
    "contacts": "BatchGetItem BatchWriteItem PutItem",
    "profiles": "Query",
    "parameter/Regulars/pepper": "GetParameter",
}
BATCH_GRANTS = {"events": "BatchGetItem BatchWriteItem PutItem"}
ASYNCHRONOUS_GRANTS = {"dead letters": "SendMessage"}


def build_training_grants(model: str) -> dict[str, str]:
    """Return the grants of the training of a model."""
    return ASYNCHRONOUS_GRANTS | {
        "lake/datasets/*": "GetObject",
        f"artifacts/models/{model}/*": "GetObject PutObject",
        "control": "GetItem PutItem",
    }


ROLE_GRANTS = {
    "track_events": RECORD_GRANTS
    | BATCH_GRANTS
    | {"control": "GetItem UpdateItem", "rejects": "BatchWriteItem PutItem UpdateItem"},
    "receive_webhook": RECORD_GRANTS
    | BATCH_GRANTS
    | {
        "control": "GetItem UpdateItem",
        "rejects": "PutItem UpdateItem",
        "parameter/Regulars/sources/*": "GetParameter",
    },
    "reconcile_sources": RECORD_GRANTS
    | BATCH_GRANTS
    | ASYNCHRONOUS_GRANTS
    | {
        "control": "GetItem PutItem Scan UpdateItem",
        "rejects": "PutItem",
        "parameter/Regulars/sources/*": "GetParameter",
    },
    "import_history": RECORD_GRANTS
    | BATCH_GRANTS
    | ASYNCHRONOUS_GRANTS
    | {
        "control": "GetItem PutItem",
        "uploads/imports/*": "GetObject",
        "uploads/imports/*.report.json": "PutObject",
        "uploads/imports/*.progress.json": "PutObject",
    },
    "update_profiles": ASYNCHRONOUS_GRANTS
    | {
        "events stream": STREAM_ACTIONS,
        "events": "BatchGetItem",
        "profiles": "BatchGetItem DeleteItem PutItem Query",
        "rejects": "BatchWriteItem PutItem",
        "schedule/default/Regulars-cart-*": "CreateSchedule",
        "schedules": "PassRole",
        "eraseperson": "InvokeFunction",
    },
    "erase_person": {
        "dead letters": "ChangeMessageVisibility DeleteMessage ReceiveMessage SendMessage",
        "events": "BatchGetItem BatchWriteItem PutItem Scan",
        "people": "BatchGetItem BatchWriteItem",
        "contacts": "BatchWriteItem PutItem Scan",
        "profiles": "BatchGetItem BatchWriteItem DeleteItem PutItem Query",
        "rejects": "BatchWriteItem Scan",
        "control": "GetItem PutItem",
        "uploads": "ListBucketVersions",
        "uploads/imports/*": "DeleteObjectVersion GetObjectVersion",
        "lake": "ListBucketVersions",
        "lake/events/*": "DeleteObjectVersion GetObjectVersion PutObject",
        "lake/datasets/*": "DeleteObjectVersion GetObjectVersion",
        "lake/erasures/*": "GetObjectVersion PutObject",
        "lake/receipts/*": "PutObject",
        "parameter/Regulars/pepper": "GetParameter",
        "schedule/default/Regulars-cart-*": "DeleteSchedule",
    },
    "detect_abandonment": ASYNCHRONOUS_GRANTS
    | {
        "events": "BatchGetItem PutItem",
        "events/index/timeline": "Query",
        "profiles": "BatchGetItem",
    },
    "archive_events": ASYNCHRONOUS_GRANTS
    | {
        "events stream": STREAM_ACTIONS,
        "lake/events/*": "PutObject",
        "profiles": "Query",
        "rejects": "BatchWriteItem PutItem",
    },
    "build_dataset": ASYNCHRONOUS_GRANTS
    | {
        "lake": "ListBucket",
        "lake/events/*": "GetObject",
        "lake/datasets/*": "AbortMultipartUpload PutObject",
        "control": "GetItem PutItem",
    },
    "train_segments": build_training_grants("segments"),
    "train_churn": build_training_grants("churn"),
    "train_recommender": build_training_grants("recommender"),
    "score_profiles": ASYNCHRONOUS_GRANTS
    | {
        "lake/datasets/*": "GetObject",
        "artifacts/models/*": "GetObject",
        "profiles": "BatchGetItem BatchWriteItem",
        "profiles/index/members": "Query",
        "catalog": "BatchGetItem BatchWriteItem",
        "control": "GetItem PutItem",
    },
    "propose_people": ASYNCHRONOUS_GRANTS
    | {"profiles": "Scan", "contacts": "Scan", "control": "GetItem PutItem"},
    "serve_profiles": {
        "events": "BatchGetItem PutItem",
        "events/index/timeline": "Query",
        "contacts": "Query",
        "profiles": "BatchGetItem Query",
        "profiles/index/members": "Query",
        "catalog": "BatchGetItem",
        "control": "GetItem",
        "parameter/Regulars/pepper": "GetParameter",
        "eraseperson": "InvokeFunction",
    },
}
# Used by Lambda on behalf of the function, never by the function's code.
LAMBDA_GRANTS = {"dead letters": "SendMessage", "events stream": STREAM_ACTIONS}
# Granted for what happens in no test.
UNOBSERVED_GRANTS = {
    ("build_dataset", "lake/datasets/*", "AbortMultipartUpload"): (
        "boto3 cleans up with it when the upload of a large file fails midway."
    ),
}


def list_allowed(function: str) -> dict[str, set[str]]:
    """Return the actions that the code of a function may use, by resource."""
    return {
        name: set(actions.split()) - set(LAMBDA_GRANTS.get(name, "").split())
        for name, actions in ROLE_GRANTS[function].items()
    }


def matches_pattern(resource: str, pattern: str) -> bool:
    """Return whether the resource of a role, in which `*` is any text, covers the resource of a call."""
    parts = (re.escape(part) for part in pattern.split("*"))
    return bool(re.fullmatch(".*".join(parts), resource))
