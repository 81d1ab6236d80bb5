"""One frozen class of settings per function: infra fills the very classes that handlers read, so no variable drifts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings read from the environment; every field is the variable of the same name in capitals."""

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read all fields; KeyError names the variable that is missing."""
        values = os.environ if environment is None else environment
        return cls(**{field.name: values[field.name.upper()] for field in fields(cls)})

    def environment(self) -> dict[str, str]:
        """The variables that `from_env` reads back."""
        return {field.name.upper(): str(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True, kw_only=True)
class TrackEventsSettings(Settings):
    """The tracking door."""

    events_table: str
    people_table: str
    control_table: str
    rejects_table: str
    parameters_prefix: str
    default_country: str
    default_currency: str


@dataclass(frozen=True, kw_only=True)
class ReceiveWebhookSettings(Settings):
    """The webhook door."""

    events_table: str
    people_table: str
    control_table: str
    rejects_table: str
    parameters_prefix: str
    default_country: str
    default_currency: str


@dataclass(frozen=True, kw_only=True)
class ReconcileSourcesSettings(Settings):
    """The providers that are asked for what they could not deliver."""

    events_table: str
    people_table: str
    control_table: str
    rejects_table: str
    parameters_prefix: str
    default_country: str
    default_currency: str


@dataclass(frozen=True, kw_only=True)
class ImportHistorySettings(Settings):
    """The upload door."""

    events_table: str
    people_table: str
    control_table: str
    uploads_bucket: str
    parameters_prefix: str
    default_country: str
    default_currency: str


@dataclass(frozen=True, kw_only=True)
class UpdateProfilesSettings(Settings):
    """The ledger's stream to profiles."""

    events_table: str
    people_table: str
    profiles_table: str
    rejects_table: str
    abandoned_after_minutes: str
    cart_checks_function: str
    cart_checks_role: str
    cart_checks_dead_letters: str
    cart_checks_prefix: str


@dataclass(frozen=True, kw_only=True)
class DetectAbandonmentSettings(Settings):
    """Carts left behind."""

    events_table: str
    people_table: str
    profiles_table: str
    abandoned_after_minutes: str


@dataclass(frozen=True, kw_only=True)
class ArchiveEventsSettings(Settings):
    """The ledger's stream to the lake."""

    lake_bucket: str
    rejects_table: str


@dataclass(frozen=True, kw_only=True)
class BuildDatasetSettings(Settings):
    """The lake to datasets."""

    lake_bucket: str
    profiles_table: str
    control_table: str


@dataclass(frozen=True, kw_only=True)
class TrainSettings(Settings):
    """Datasets to models; the same for every train function."""

    lake_bucket: str
    artifacts_bucket: str
    control_table: str


class TrainSegmentsSettings(TrainSettings):
    """Segments."""


class TrainChurnSettings(TrainSettings):
    """Churn."""


class TrainRecommenderSettings(TrainSettings):
    """Recommendations."""


@dataclass(frozen=True, kw_only=True)
class ScoreProfilesSettings(Settings):
    """Promoted models to scored profiles and the catalogue's neighbours."""

    lake_bucket: str
    artifacts_bucket: str
    profiles_table: str
    catalog_table: str
    control_table: str


@dataclass(frozen=True, kw_only=True)
class ServeProfilesSettings(Settings):
    """The API."""

    people_table: str
    profiles_table: str
    catalog_table: str
    control_table: str
    parameters_prefix: str
    default_country: str
