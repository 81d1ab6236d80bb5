"""The doors: the tracking API, webhooks and uploaded history."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk.aws_apigatewayv2 import HttpMethod
from constructs import Construct

from infra.constructs.api import Api
from infra.constructs.functions import Function
from infra.constructs.layers import Layers
from infra.constructs.sources import on_arrival, on_schedule
from infra.constructs.storage import Storage
from regulars.settings import (
    ImportHistorySettings,
    ReceiveWebhookSettings,
    ReconcileSourcesSettings,
    TrackEventsSettings,
)
from regulars.store import schema

# What it takes to record several events at once.
SEVERAL = ("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem")


class Ingestion(Construct):
    """Everything that comes in ends in the ledger, or among the rejects with its reason."""

    def __init__(
        self, scope: Construct, id_: str, storage: Storage, layers: Layers, api: Api
    ) -> None:
        super().__init__(scope, id_)
        self._storage = storage
        self._layers = layers
        self._track_events(api)
        self._receive_webhook(api)
        self._reconcile_sources()
        self._import_history()

    def _track_events(self, api: Api) -> None:
        function = Function(
            self,
            self._storage.settings(TrackEventsSettings),
            self._layers,
            # A full batch may speak of hundreds of people; the gateway waits for 30.
            timeout=Duration.seconds(29),
        )
        self._may_record(function, *SEVERAL)
        self._may_reject(function, "dynamodb:BatchWriteItem")
        api.route(function, "/v1/{proxy+}", HttpMethod.POST, HttpMethod.GET)
        api.route(function, "/beacon/v1/batch", HttpMethod.POST)

    def _receive_webhook(self, api: Api) -> None:
        settings = self._storage.settings(ReceiveWebhookSettings)
        function = Function(self, settings, self._layers, third_party=("signatures",))
        # A mail provider's delivery tells of several recipients.
        self._may_record(function, *SEVERAL)
        self._may_reject(function)
        self._storage.grant_parameter(function, "sources/*")
        api.route(function, "/hooks/{channel}/{source}", HttpMethod.ANY)

    def _reconcile_sources(self) -> None:
        grants = self._storage
        function = Function(
            self,
            grants.settings(ReconcileSourcesSettings),
            self._layers,
            memory=1024,
            timeout=Duration.minutes(15),
        )
        self._may_record(function, *SEVERAL)
        grants.grant_table(function, schema.REJECTS, "dynamodb:PutItem")
        # The sources are looked for; how far each is, is kept beside them.
        grants.grant_table(
            function, schema.CONTROL, "dynamodb:Scan", "dynamodb:GetItem", "dynamodb:PutItem"
        )
        grants.grant_parameter(function, "sources/*")
        function.give_up_after_retries()
        on_schedule(function, events.Schedule.rate(Duration.hours(1)))

    def _may_record(self, function: Function, *several: str) -> None:
        grants = self._storage
        grants.grant_table(function, schema.EVENTS, "dynamodb:PutItem", *several)
        grants.grant_table(function, schema.PEOPLE, "dynamodb:GetItem", "dynamodb:UpdateItem")
        grants.grant_parameter(function, "pepper")

    def _may_reject(self, door: Function, *several: str) -> None:
        self._storage.grant_table(door, schema.REJECTS, "dynamodb:PutItem", *several)
        self._storage.grant_table(door, schema.CONTROL, "dynamodb:GetItem")

    def _import_history(self) -> None:
        function = Function(
            self,
            self._storage.settings(ImportHistorySettings),
            self._layers,
            memory=2048,
            timeout=Duration.minutes(15),
            ephemeral_gib=2,
        )
        self._may_record(function, *SEVERAL)
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
        # Windows names files in capitals too; a pattern tells the two apart.
        files = [f"{schema.IMPORTS_PREFIX}*{suffix}" for suffix in (".csv", ".CSV")]
        on_arrival(function, grants.bucket("uploads"), *files, *map(schema.progress_key, files))
