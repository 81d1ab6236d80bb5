"""Define the settings of each function: infra fills the same classes that handlers read, so no variable drifts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings from the environment; each field is the variable of the same name in capitals."""

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read all fields; raise KeyError with the name of a missing variable."""
        values = os.environ if environment is None else environment
        return cls(**{field.name: values[field.name.upper()] for field in fields(cls)})

    def to_environment(self) -> dict[str, str]:
        """Return the variables that `from_env` reads back."""
        return {field.name.upper(): str(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True, kw_only=True)
class TrackEventsSettings(Settings):
    """Settings of the tracking API."""

    events_table: str
    contacts_table: str
    profiles_table: str
    control_table: str
    rejects_table: str
    parameters_prefix: str
    default_country: str
    default_currency: str


@dataclass(frozen=True, kw_only=True)
class ReceiveWebhookSettings(Settings):
    """Settings of the webhook receiver."""

    events_table: str
    contacts_table: str
    profiles_table: str
    control_table: str
    rejects_table: str
    parameters_prefix: str
    default_country: str
    default_currency: str


@dataclass(frozen=True, kw_only=True)
class ReconcileSourcesSettings(Settings):
    """Settings of the reconciliation with providers."""

    events_table: str
    contacts_table: str
    profiles_table: str
    control_table: str
    rejects_table: str
    parameters_prefix: str
    default_country: str
    default_currency: str


@dataclass(frozen=True, kw_only=True)
class ImportHistorySettings(Settings):
    """Settings of the import of uploaded files."""

    events_table: str
    contacts_table: str
    profiles_table: str
    control_table: str
    uploads_bucket: str
    parameters_prefix: str
    default_country: str
    default_currency: str


@dataclass(frozen=True, kw_only=True)
class UpdateProfilesSettings(Settings):
    """Settings of the update of profiles from the ledger's stream."""

    events_table: str
    profiles_table: str
    rejects_table: str
    abandoned_after_minutes: str
    cart_checks_function: str
    cart_checks_role: str
    cart_checks_dead_letters: str
    cart_checks_prefix: str
    erase_function: str


@dataclass(frozen=True, kw_only=True)
class ErasePersonSettings(Settings):
    """Settings of the erasure of people."""

    events_table: str
    people_table: str
    contacts_table: str
    profiles_table: str
    control_table: str
    rejects_table: str
    uploads_bucket: str
    lake_bucket: str
    parameters_prefix: str
    default_country: str
    abandoned_after_minutes: str
    cart_checks_prefix: str
    dead_letter_queues: str  # the URLs, with blanks between them
    erasure_wait_seconds: str


@dataclass(frozen=True, kw_only=True)
class DetectAbandonmentSettings(Settings):
    """Settings of the detection of abandoned carts."""

    events_table: str
    profiles_table: str
    abandoned_after_minutes: str


@dataclass(frozen=True, kw_only=True)
class ArchiveEventsSettings(Settings):
    """Settings of the archiving of the ledger's stream in the lake."""

    lake_bucket: str
    profiles_table: str
    rejects_table: str


@dataclass(frozen=True, kw_only=True)
class BuildDatasetSettings(Settings):
    """Settings of the build of datasets from the lake."""

    lake_bucket: str
    control_table: str


@dataclass(frozen=True, kw_only=True)
class TrainSettings(Settings):
    """Settings of the training of models from datasets, the same for every model."""

    lake_bucket: str
    artifacts_bucket: str
    control_table: str


class TrainSegmentsSettings(TrainSettings):
    """Settings of the training of segments."""


class TrainChurnSettings(TrainSettings):
    """Settings of the training of the churn model."""


class TrainRecommenderSettings(TrainSettings):
    """Settings of the training of the recommender."""


@dataclass(frozen=True, kw_only=True)
class ScoreProfilesSettings(Settings):
    """Settings of the scoring of profiles and of the catalog's neighbours with the champions."""

    lake_bucket: str
    artifacts_bucket: str
    profiles_table: str
    catalog_table: str
    control_table: str


@dataclass(frozen=True, kw_only=True)
class ProposePeopleSettings(Settings):
    """Settings of the proposals that two people are one."""

    profiles_table: str
    contacts_table: str
    control_table: str


@dataclass(frozen=True, kw_only=True)
class ServeProfilesSettings(Settings):
    """Settings of the API that serves profiles."""

    events_table: str
    contacts_table: str
    profiles_table: str
    catalog_table: str
    control_table: str
    parameters_prefix: str
    default_country: str
    erase_function: str
