"""The shape of every table as plain data: read by infra, by the adapters and by the tests alike."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Index:
    """A global secondary index; `projection` lists the non-key attributes it carries."""

    name: str
    partition_key: str
    sort_key: str
    projection: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: all key attributes are strings."""

    name: str
    partition_key: str
    sort_key: str | None = None
    indexes: tuple[Index, ...] = ()
    stream: bool = False
    ttl_attribute: str | None = None

    @property
    def setting(self) -> str:
        """The settings field, and so the environment variable, that carries the deployed name."""
        return f"{self.name}_table"


# The ledger. Item: event_id, subject (absent when nobody is known), occurred_at, event (canonical JSON text).
EVENTS = Table(
    "events",
    "event_id",
    indexes=(Index("timeline", "subject", "occurred_at"),),
    stream=True,
    ttl_attribute="expires_at",
)

# Identity → profile, and the contact data that came with it.
# Item: subject, profile_id, contact (JSON text), contact_at (RFC 3339).
PEOPLE = Table("people", "subject")

# Derived state, by person. Sort keys:
#   profile           subjects, state (canonical JSON text), rev, applied, newest, floor, born; or merged_into
#   profile#scores    scores (JSON text), as_of, digest: what is derived is written when it changed, newest as_of wins
#   order#<order key> order (JSON text), rev
#   applied#<rev>     applied: the ids of the events counted by then, put aside from the profile to keep it small
#   recommendations   candidates (JSON text), as_of, digest
#   segment#<scheme>  segment (<scheme>:<name>), rank (sortable text), as_of, digest: the membership, indexed
PROFILES = Table(
    "profiles",
    "profile_id",
    "sk",
    indexes=(Index("members", "segment", "rank"),),
)
PROFILE = "profile"
SCORES = "profile#scores"
RECOMMENDATIONS = "recommendations"

# Products and each one's neighbours. Item: product_id, product (JSON text), neighbours (JSON text), as_of, digest.
CATALOG = Table("catalog", "product_id")

# Everything the owner's hand or a training run sets. Item id:
#   key#<sha256 of the API key>, source#<channel>/<source>, champion#<model>, segments, popular, dataset, import#<object>,
#   reconciliation#<channel>/<source>
CONTROL = Table("control", "id")

# What was refused or set aside, with its reason, for 30 days. Item: day, reject_id, reason, code, source, raw (gzip), …
REJECTS = Table("rejects", "day", "reject_id", ttl_attribute="expires_at")

TABLES = (EVENTS, PEOPLE, PROFILES, CATALOG, CONTROL, REJECTS)


def order_sort_key(order_key: str) -> str:
    """The sort key of one order under its person."""
    return f"order#{order_key}"


def applied_sort_key(rev: int) -> str:
    """The sort key of the ids a profile put aside after its `rev`-th write."""
    return f"applied#{rev:010}"


def segment_sort_key(scheme: str) -> str:
    """The sort key of a person's membership in a scheme (rfm, kmeans)."""
    return f"segment#{scheme}"


# Objects. Uploads: imports/[<channel>/<account>/]<file>.csv and what is written beside it, .{report,progress}.json.
# Lake: events/dt=<day>/<batch>.ndjson.gz, datasets/<dataset id>/{*.parquet, manifest.json}.
# Artifacts: models/<model>/<version>/{model.joblib, scorer.json, manifest.json}, models/<model>/outcome.json.
IMPORTS_PREFIX = "imports/"
ORDERS_METADATA = "orders"  # of an upload: `elsewhere` when its source leaves them to a shop
PROGRESS_SUFFIX = ".progress.json"
LAKE_PREFIX = "events/"
DATASETS_PREFIX = "datasets/"
MODELS_PREFIX = "models/"


def dataset_key(dataset_id: str, name: str) -> str:
    """The object key of one file of a dataset."""
    return f"{DATASETS_PREFIX}{dataset_id}/{name}"


def model_key(model: str, version: str, name: str) -> str:
    """The object key of one file of a model's version."""
    return f"{MODELS_PREFIX}{model}/{version}/{name}"


def outcome_key(model: str) -> str:
    """The object key of how a model's last training ended."""
    return f"{MODELS_PREFIX}{model}/outcome.json"


DATASET_ID = "dataset"  # the control item that names the newest dataset


def champion_id(model: str) -> str:
    """The control item that names a model's champion."""
    return f"champion#{model}"


SOURCE_PREFIX = "source#"


def source_id(channel: str, source: str) -> str:
    """The control item of a webhook source."""
    return f"{SOURCE_PREFIX}{channel}/{source}"


def upload_key(file: str, channel: str = "", account: str = "") -> str:
    """The object key of an upload; the account scopes the ids in an export of this channel's provider."""
    folder = f"{channel}/{account}/" if channel else ""
    return f"{IMPORTS_PREFIX}{folder}{file}"


def reconciliation_id(channel: str, source: str) -> str:
    """The control item that says how far a source's provider has been asked."""
    return f"reconciliation#{channel}/{source}"


def import_id(object_key: str) -> str:
    """The control item that says how far the import of an upload has come."""
    return f"import#{object_key}"


def report_key(object_key: str) -> str:
    """The object key of the report beside an upload."""
    return f"{object_key}.report.json"


def progress_key(object_key: str) -> str:
    """The object key whose arrival continues the import of an upload."""
    return f"{object_key}{PROGRESS_SUFFIX}"
