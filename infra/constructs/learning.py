"""The functions that learn every night: lake to dataset, dataset to models, models to scores."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from infra.constructs.functions import Function
from infra.constructs.layers import Layers
from infra.constructs.storage import Storage
from infra.constructs.triggers import start_on_arrival, start_on_schedule
from regulars.settings import (
    BuildDatasetSettings,
    ScoreProfilesSettings,
    Settings,
    TrainChurnSettings,
    TrainRecommenderSettings,
    TrainSegmentsSettings,
)
from regulars.store import schema

# The maximum of a new account.
MAX_MEMORY_MB = 3008
NIGHTLY_SCHEDULE = events.Schedule.cron(hour="2", minute="30")
# After the longest build and the last attempt of a training: scores what a crash or a lost event left unscored.
OVERDUE_SCHEDULE = events.Schedule.cron(hour="3", minute="45")


class Learning(Construct):
    """Each function starts when the one before has written its last object."""

    def __init__(self, scope: Construct, id_: str, storage: Storage, layers: Layers) -> None:
        super().__init__(scope, id_)
        self._storage = storage
        self._layers = layers
        self._create_build_dataset()
        self._create_training(storage.build_settings(TrainSegmentsSettings))
        self._create_training(storage.build_settings(TrainChurnSettings))
        self._create_training(storage.build_settings(TrainRecommenderSettings))
        self._create_score_profiles()

    def _create_function(
        self, settings: Settings, layer: str, ephemeral_gib: float = 2
    ) -> Function:
        function = Function(
            self,
            settings,
            self._layers,
            third_party=(layer,),
            memory=MAX_MEMORY_MB,
            timeout=Duration.minutes(15),
            ephemeral_gib=ephemeral_gib,
        )
        function.give_up_after_retries()
        return function

    def _create_build_dataset(self) -> None:
        grants = self._storage
        function = self._create_function(
            grants.build_settings(BuildDatasetSettings), layer="lake", ephemeral_gib=4
        )
        grants.grant_list(function, "lake", schema.LAKE_PREFIX)
        grants.grant_objects(function, "lake", f"{schema.LAKE_PREFIX}*", "s3:GetObject")
        grants.grant_objects(
            function,
            "lake",
            f"{schema.DATASETS_PREFIX}*",
            "s3:PutObject",
            "s3:AbortMultipartUpload",
        )
        grants.grant_table(function, schema.CONTROL, "dynamodb:GetItem", "dynamodb:PutItem")
        start_on_schedule(function, NIGHTLY_SCHEDULE)

    def _create_training(self, settings: Settings) -> None:
        grants = self._storage
        function = self._create_function(settings, layer="science")
        model = function.folder.removeprefix("train_")
        grants.grant_objects(function, "lake", f"{schema.DATASETS_PREFIX}*", "s3:GetObject")
        grants.grant_objects(
            function,
            "artifacts",
            f"{schema.MODELS_PREFIX}{model}/*",
            "s3:GetObject",
            "s3:PutObject",
        )
        grants.grant_table(function, schema.CONTROL, "dynamodb:GetItem", "dynamodb:PutItem")
        start_on_arrival(
            function, grants.buckets["lake"], f"{schema.DATASETS_PREFIX}*/manifest.json"
        )

    def _create_score_profiles(self) -> None:
        grants = self._storage
        function = self._create_function(
            grants.build_settings(ScoreProfilesSettings), layer="science"
        )
        grants.grant_objects(function, "lake", f"{schema.DATASETS_PREFIX}*", "s3:GetObject")
        grants.grant_objects(function, "artifacts", f"{schema.MODELS_PREFIX}*", "s3:GetObject")
        grants.grant_table(
            function, schema.PROFILES, "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"
        )
        grants.grant_index(function, schema.PROFILES, "members")
        grants.grant_table(
            function, schema.CATALOG, "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"
        )
        grants.grant_table(function, schema.CONTROL, "dynamodb:GetItem", "dynamodb:PutItem")
        start_on_arrival(
            function, grants.buckets["artifacts"], f"{schema.MODELS_PREFIX}*/outcome.json"
        )
        start_on_schedule(function, OVERDUE_SCHEDULE)
