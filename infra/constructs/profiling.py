"""The functions that carry the stream of the ledger to the profiles and to the lake."""

from aws_cdk import Duration
from constructs import Construct

from infra.constructs.abandonment import Abandonment
from infra.constructs.erasure import Erasure
from infra.constructs.functions import Function
from infra.constructs.layers import Layers
from infra.constructs.storage import Storage
from infra.constructs.triggers import start_on_stream
from regulars.settings import ArchiveEventsSettings, UpdateProfilesSettings
from regulars.store import schema


class Profiling(Construct):
    """Two consumers of one stream, each with its own batches and dead letters."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        storage: Storage,
        layers: Layers,
        requests: tuple[Abandonment, Erasure],
    ) -> None:
        super().__init__(scope, id_)
        self._storage = storage
        self._layers = layers
        self._create_update_profiles(*requests)
        self._create_archive_events()

    def _create_update_profiles(self, abandonment: Abandonment, erasure: Erasure) -> None:
        grants = self._storage
        names = abandonment.schedule_settings() | erasure.queue_settings()
        function = Function(
            self,
            grants.build_settings(UpdateProfilesSettings, **names),
            self._layers,
            timeout=Duration.minutes(1),
        )
        grants.grant_table(function, schema.EVENTS, "dynamodb:BatchGetItem")
        grants.grant_table(
            function,
            schema.PROFILES,
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:DeleteItem",
        )
        grants.grant_table(function, schema.REJECTS, "dynamodb:PutItem", "dynamodb:BatchWriteItem")
        abandonment.grant_schedules(function)
        erasure.grant_requests(function)
        start_on_stream(
            function, grants.tables[schema.EVENTS.name], batch_size=100, window=Duration.seconds(1)
        )

    def _create_archive_events(self) -> None:
        grants = self._storage
        function = Function(
            self,
            grants.build_settings(ArchiveEventsSettings),
            self._layers,
            timeout=Duration.minutes(1),
        )
        grants.grant_tombstones(function)
        grants.grant_objects(function, "lake", f"{schema.LAKE_PREFIX}*", "s3:PutObject")
        grants.grant_table(function, schema.REJECTS, "dynamodb:PutItem", "dynamodb:BatchWriteItem")
        # Few and large objects, because a dataset reads them all.
        start_on_stream(
            function, grants.tables[schema.EVENTS.name], batch_size=1000, window=Duration.minutes(1)
        )
