"""What each role allows, as a table to read; one test holds it against the template, others against the calls made."""

import re

STREAM = "DescribeStream GetRecords GetShardIterator ListStreams"
RECORD = {
    "events": "PutItem",
    "people": "GetItem UpdateItem",
    "parameter/Regulars/pepper": "GetParameter",
}
SEVERAL = {"events": "BatchGetItem BatchWriteItem PutItem"}
ASYNCHRONOUS = {"dead letters": "SendMessage"}


def trains(model: str) -> dict[str, str]:
    """What the training of a model may do."""
    return ASYNCHRONOUS | {
        "lake/datasets/*": "GetObject",
        f"artifacts/models/{model}/*": "GetObject PutObject",
        "control": "GetItem PutItem",
    }


ALLOWED = {
    "track_events": RECORD | SEVERAL | {"control": "GetItem", "rejects": "BatchWriteItem PutItem"},
    "receive_webhook": RECORD
    | SEVERAL
    | {
        "control": "GetItem",
        "rejects": "PutItem",
        "parameter/Regulars/sources/*": "GetParameter",
    },
    "reconcile_sources": RECORD
    | SEVERAL
    | ASYNCHRONOUS
    | {
        "control": "GetItem PutItem Scan",
        "rejects": "PutItem",
        "parameter/Regulars/sources/*": "GetParameter",
    },
    "import_history": RECORD
    | SEVERAL
    | ASYNCHRONOUS
    | {
        "control": "GetItem PutItem",
        "uploads/imports/*": "GetObject",
        "uploads/imports/*.report.json": "PutObject",
        "uploads/imports/*.progress.json": "PutObject",
    },
    "update_profiles": ASYNCHRONOUS
    | {
        "events stream": STREAM,
        "events": "BatchGetItem",
        "people": "BatchGetItem PutItem UpdateItem",
        "profiles": "BatchGetItem DeleteItem PutItem Query",
        "rejects": "BatchWriteItem PutItem",
        "schedule/default/Regulars-cart-*": "CreateSchedule",
        "schedules": "PassRole",
    },
    "detect_abandonment": ASYNCHRONOUS
    | {
        "events": "BatchGetItem PutItem",
        "events/index/timeline": "Query",
        "people": "BatchGetItem",
        "profiles": "BatchGetItem",
    },
    "archive_events": ASYNCHRONOUS
    | {"events stream": STREAM, "lake/events/*": "PutObject", "rejects": "BatchWriteItem PutItem"},
    "build_dataset": ASYNCHRONOUS
    | {
        "lake": "ListBucket",
        "lake/events/*": "GetObject",
        "lake/datasets/*": "AbortMultipartUpload PutObject",
        "profiles": "Scan",
        "control": "PutItem",
    },
    "train_segments": trains("segments"),
    "train_churn": trains("churn"),
    "train_recommender": trains("recommender"),
    "score_profiles": ASYNCHRONOUS
    | {
        "lake/datasets/*": "GetObject",
        "artifacts/models/*": "GetObject",
        "profiles": "BatchGetItem BatchWriteItem",
        "catalog": "BatchGetItem BatchWriteItem",
        "control": "GetItem PutItem",
    },
    "serve_profiles": {
        "people": "BatchGetItem",
        "profiles": "BatchGetItem Query",
        "profiles/index/members": "Query",
        "catalog": "BatchGetItem",
        "control": "GetItem",
        "parameter/Regulars/pepper": "GetParameter",
    },
}
# Used by Lambda itself on the function's behalf, never by our code.
BY_LAMBDA = ("dead letters", "events stream")
# Granted for what no test brings about.
UNSEEN = {
    ("build_dataset", "lake/datasets/*", "AbortMultipartUpload"): (
        "boto3 cleans up with it when the upload of a large file fails midway."
    ),
}


def allowed(function: str) -> dict[str, set[str]]:
    """Resource → actions that the function's own code may use."""
    table = ALLOWED[function].items()
    return {name: set(actions.split()) for name, actions in table if name not in BY_LAMBDA}


def matches(resource: str, pattern: str) -> bool:
    """Whether a role's resource, where `*` is any text, covers what a call asks for."""
    parts = (re.escape(part) for part in pattern.split("*"))
    return bool(re.fullmatch(".*".join(parts), resource))
