"""The doors: the tracking API, webhooks and uploaded history."""

from aws_cdk import Duration
from aws_cdk.aws_apigatewayv2 import HttpMethod
from constructs import Construct

from infra.constructs.api import Api
from infra.constructs.functions import Function
from infra.constructs.layers import Layers
from infra.constructs.sources import on_arrival
from infra.constructs.storage import Storage
from regulars.settings import (
    ImportHistorySettings,
    ReceiveWebhookSettings,
    Settings,
    TrackEventsSettings,
)
from regulars.store import schema


class Ingestion(Construct):
    """Everything that comes in ends in the ledger, or among the rejects with its reason."""

    def __init__(
        self, scope: Construct, id_: str, storage: Storage, layers: Layers, api: Api
    ) -> None:
        super().__init__(scope, id_)
        self._storage = storage
        self._layers = layers
        track = self._door(storage.settings(TrackEventsSettings))
        api.route(track, "/v1/{proxy+}", HttpMethod.POST, HttpMethod.GET, HttpMethod.OPTIONS)
        receive = self._door(storage.settings(ReceiveWebhookSettings), "signatures")
        storage.grant_parameter(receive, "sources/*")
        api.route(receive, "/hooks/{channel}/{source}", HttpMethod.ANY)
        self._import_history()

    def _door(self, settings: Settings, *third_party: str) -> Function:
        door = Function(self, settings, self._layers, third_party=third_party)
        self._may_record(door)
        self._storage.grant_table(
            door, schema.REJECTS, "dynamodb:PutItem", "dynamodb:BatchWriteItem"
        )
        self._storage.grant_table(door, schema.CONTROL, "dynamodb:GetItem")
        return door

    def _may_record(self, function: Function) -> None:
        self._storage.grant_table(
            function,
            schema.EVENTS,
            "dynamodb:PutItem",
            "dynamodb:BatchGetItem",
            "dynamodb:BatchWriteItem",
        )
        self._storage.grant_table(
            function, schema.PEOPLE, "dynamodb:GetItem", "dynamodb:UpdateItem"
        )
        self._storage.grant_parameter(function, "pepper")

    def _import_history(self) -> None:
        function = Function(
            self,
            self._storage.settings(ImportHistorySettings),
            self._layers,
            memory=2048,
            timeout=Duration.minutes(15),
            ephemeral_gib=2,
        )
        self._may_record(function)
        grants = self._storage
        grants.grant_table(function, schema.CONTROL, "dynamodb:GetItem", "dynamodb:PutItem")
        grants.grant_objects(function, "uploads", f"{schema.IMPORTS_PREFIX}*", "s3:GetObject")
        # The report, and the progress whose arrival starts the next run of a large file.
        grants.grant_objects(
            function,
            "uploads",
            schema.report_key(f"{schema.IMPORTS_PREFIX}*"),
            "s3:PutObject",
        )
        grants.grant_objects(
            function,
            "uploads",
            schema.progress_key(f"{schema.IMPORTS_PREFIX}*"),
            "s3:PutObject",
        )
        function.give_up_after_retries()
        files = f"{schema.IMPORTS_PREFIX}*.csv"
        on_arrival(function, grants.bucket("uploads"), files, schema.progress_key(files))
