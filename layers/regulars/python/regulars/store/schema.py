"""Define the shape of every table and object key as plain data, read by infra, the adapters and the tests."""

from dataclasses import dataclass
from datetime import timedelta

# For how long a table can be restored: personal data in clear must be forgotten soon after an erasure.
PERSONAL_DATA_DAYS = 7
KEYED_DATA_DAYS = 35
REJECT_RETENTION = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Index:
    """A global secondary index; `projection` lists the non-key attributes it carries."""

    name: str
    partition_key: str
    sort_key: str
    projection: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; all key attributes are strings. `max_write_units` is the most that it takes a second, None for no limit."""

    name: str
    partition_key: str
    sort_key: str | None = None
    indexes: tuple[Index, ...] = ()
    stream: bool = False
    backup_days: int = KEYED_DATA_DAYS
    ttl_attribute: str | None = None
    max_write_units: int | None = None

    @property
    def settings_field(self) -> str:
        """The settings field, and so the environment variable, that holds the deployed name."""
        return f"{self.name}_table"


# The ledger. Item: event_id, subject (absent when no person is known), occurred_at, event (canonical JSON text),
# privacy_request (access or erasure: only on an event that requests it, so that the index holds nothing else).
EVENTS = Table(
    name="events",
    partition_key="event_id",
    indexes=(
        Index(name="timeline", partition_key="subject", sort_key="occurred_at"),
        Index(name="requests", partition_key="privacy_request", sort_key="occurred_at"),
    ),
    stream=True,
    ttl_attribute="expires_at",
)

# Contact data as version 0.1 stored it, until `migrate_contacts` moves it.
# Item: subject, contact (JSON text: {field: [value, time]}), contact_at (RFC 3339), profile_id.
PEOPLE = Table(name="people", partition_key="subject", backup_days=PERSONAL_DATA_DAYS)

# Contact data as facts, by the subject of which it is stated; `profile_id` is `profile_id_of(subject)`.
# Item: profile_id, sk (<trust>#<digest>), contact (JSON text), origin (the source), stated_at (RFC 3339).
CONTACTS = Table(
    name="contacts", partition_key="profile_id", sort_key="sk", backup_days=PERSONAL_DATA_DAYS
)

# Derived state. A person is computed from the items of its subjects when it is read (docs/identity.md).
# Sort keys of a subject's items, under `profile_id_of(subject)`:
#   profile#fold          subject, state (canonical JSON text), rev, applied, orders, newest, floor, epoch
#   profile#identity      subject, facts (MessagePack), rev, settled
#   counted#<epoch>#<rev> applied (event ids), orders (their order keys): moved out of the fold to keep it small
# Sort keys of a person's items, under the id of the person, which is that of the subject named first:
#   profile#scores        scores (JSON text), as_of, digest: a derived item is written when it changed; the newest as_of wins
#   recommendations       candidates (JSON text), as_of, digest
#   segment#<scheme>      segment (<scheme>:<name>), rank (sortable text), as_of, digest: the membership, indexed
# Under `order#<order key>`:
#   order                 order (JSON text), reports (JSON text), unnamed (event ids), rev
# Under `tombstones`, which ingestion may read:
#   <subject>             erased_at (RFC 3339); without it the subject names nobody, and stands beside erased ones in events
PROFILES = Table(
    name="profiles",
    partition_key="profile_id",
    sort_key="sk",
    indexes=(Index(name="members", partition_key="segment", sort_key="rank"),),
)
PROFILE_SORT_KEY = "profile#fold"
IDENTITY_SORT_KEY = "profile#identity"
ORDER_SORT_KEY = "order"
TOMBSTONES_KEY = "tombstones"
SCORES_SORT_KEY = "profile#scores"
RECOMMENDATIONS_SORT_KEY = "recommendations"

# Products and their neighbours. Item: product_id, product (JSON text), neighbours (JSON text), as_of, digest.
CATALOG = Table(name="catalog", partition_key="product_id")

# What the owner or a run of ours sets. Item id:
#   key#<sha256 of the API key>, source#<channel>/<source>, champion#<model>, segments, popular, weights, dataset, scoring,
#   import#<object>, reconciliation#<channel>/<source>, answered#<event id of a privacy request>, proposals,
#   order-sources (by source the day on which it last reported an order)
CONTROL = Table(name="control", partition_key="id")

# Rejects with their reason, for 30 days. Item: day, reject_id, reason, code, source, raw (gzip), …
REJECTS = Table(
    name="rejects",
    partition_key="day",
    sort_key="reject_id",
    ttl_attribute="expires_at",
    backup_days=PERSONAL_DATA_DAYS,
    # Strangers cause writes here: the limit is what they can cost. Unused units of five minutes serve a burst.
    max_write_units=5,
)

ORDER_SOURCES_ID = "order-sources"

TABLES = (EVENTS, PEOPLE, CONTACTS, PROFILES, CATALOG, CONTROL, REJECTS)


def order_partition_key(order_key: str) -> str:
    """Return the partition key of an order."""
    return f"order#{order_key}"


def event_page_prefix(epoch: str) -> str:
    """Return what the sort keys of the pages of counted event ids begin with."""
    return f"counted#{epoch}#"


def is_outdated(sort_key: str) -> bool:
    """Return whether an earlier version wrote an item of PROFILES."""
    return sort_key == "profile" or sort_key.startswith(("order#", "applied#"))


def segment_sort_key(scheme: str) -> str:
    """Return the sort key of a membership in a scheme (rfm, kmeans)."""
    return f"segment#{scheme}"


# Objects. Uploads: imports/[<channel>/<account>/]<file>.csv, and beside it <file>.csv.{report,progress}.json.
# Lake: erasures/<erasure id>.json and receipts/<time>-<erasure id>.json (privacy/),
# events/dt=<day>/<batch>.ndjson.gz, datasets/<dataset id>/{*.parquet, manifest.json}.
# Artifacts: models/<model>/<version>/{model.joblib, scorer.json, manifest.json}, models/<model>/outcome.json.
IMPORTS_PREFIX = "imports/"
FILE_FOLDER = "file"  # in place of a channel, for a file of a system that is no channel
ORDERS_METADATA_NAME = (
    "orders"  # of an upload: `elsewhere` when the orders of its source are recorded from a shop
)
PROGRESS_SUFFIX = ".progress.json"
LAKE_PREFIX = "events/"
DATASETS_PREFIX = "datasets/"
MODELS_PREFIX = "models/"


def dataset_key(dataset_id: str, name: str) -> str:
    """Return the object key of a file of a dataset."""
    return f"{DATASETS_PREFIX}{dataset_id}/{name}"


def model_key(model: str, version: str, name: str) -> str:
    """Return the object key of a file of a model version."""
    return f"{MODELS_PREFIX}{model}/{version}/{name}"


def outcome_key(model: str) -> str:
    """Return the object key of the outcome of a model's last training."""
    return f"{MODELS_PREFIX}{model}/outcome.json"


DATASET_ID = "dataset"  # the control item that names the newest dataset
SCORING_ID = "scoring"  # the control item of the last scoring


def champion_id(model: str) -> str:
    """Return the id of the control item that names a model's champion."""
    return f"champion#{model}"


SOURCE_PREFIX = "source#"


def source_id(channel: str, source: str) -> str:
    """Return the id of the control item of a webhook source."""
    return f"{SOURCE_PREFIX}{channel}/{source}"


def upload_key(file: str, channel: str = "", account: str = "") -> str:
    """Return the object key of an upload; the account scopes the ids in an export of this channel's provider."""
    folder = f"{channel or FILE_FOLDER}/{account}/" if channel or account else ""
    return f"{IMPORTS_PREFIX}{folder}{file}"


def reconciliation_id(channel: str, source: str) -> str:
    """Return the id of the control item that stores how far a source's provider was read."""
    return f"reconciliation#{channel}/{source}"


def answer_id(event_id: str) -> str:
    """Return the id of the control item that says when a privacy request was answered."""
    return f"answered#{event_id}"


def import_id(object_key: str) -> str:
    """Return the id of the control item that stores how far the import of an upload has come."""
    return f"import#{object_key}"


def report_key(object_key: str) -> str:
    """Return the object key of the report beside an upload."""
    return f"{object_key}.report.json"


def progress_key(object_key: str) -> str:
    """Return the object key whose arrival continues the import of an upload."""
    return f"{object_key}{PROGRESS_SUFFIX}"
