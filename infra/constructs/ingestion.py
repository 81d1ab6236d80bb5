"""The functions that receive events: the tracking API, webhooks, reconciliation and uploaded history."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk.aws_apigatewayv2 import HttpMethod
from constructs import Construct

from infra.constructs.api import PublicApi
from infra.constructs.functions import Function
from infra.constructs.layers import Layers
from infra.constructs.storage import Storage
from infra.constructs.triggers import start_on_arrival, start_on_schedule
from regulars.settings import (
    ImportHistorySettings,
    ReceiveWebhookSettings,
    ReconcileSourcesSettings,
    TrackEventsSettings,
)
from regulars.store import schema

# To record several events at once.
BATCH_ACTIONS = ("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem")


class Ingestion(Construct):
    """Each function records events in the ledger, or stores a reject with its reason."""

    def __init__(
        self, scope: Construct, id_: str, storage: Storage, layers: Layers, api: PublicApi
    ) -> None:
        super().__init__(scope, id_)
        self._storage = storage
        self._layers = layers
        self._create_track_events(api)
        self._create_receive_webhook(api)
        self._create_reconcile_sources()
        self._create_import_history()

    def _create_track_events(self, api: PublicApi) -> None:
        function = Function(
            self,
            self._storage.build_settings(TrackEventsSettings),
            self._layers,
            # A full batch may hold events of hundreds of people; the gateway waits for 30.
            timeout=Duration.seconds(29),
        )
        self._grant_recording(function, *BATCH_ACTIONS)
        self._grant_rejecting(function, "dynamodb:BatchWriteItem")
        self._grant_order_sources(function)
        api.route_path(function, "/v1/{proxy+}", HttpMethod.POST, HttpMethod.GET)
        api.route_path(function, "/beacon/v1/batch", HttpMethod.POST)

    def _create_receive_webhook(self, api: PublicApi) -> None:
        settings = self._storage.build_settings(ReceiveWebhookSettings)
        function = Function(self, settings, self._layers, third_party=("signatures",))
        # A delivery of a mail provider holds events of several recipients.
        self._grant_recording(function, *BATCH_ACTIONS)
        self._grant_rejecting(function)
        self._grant_order_sources(function)
        self._storage.grant_parameter(function, "sources/*")
        api.route_path(function, "/hooks/{channel}/{source}", HttpMethod.ANY)

    def _create_reconcile_sources(self) -> None:
        grants = self._storage
        function = Function(
            self,
            grants.build_settings(ReconcileSourcesSettings),
            self._layers,
            memory=1024,
            timeout=Duration.minutes(15),
        )
        self._grant_recording(function, *BATCH_ACTIONS)
        grants.grant_table(function, schema.REJECTS, "dynamodb:PutItem")
        # It lists the sources, and stores their watermarks beside them.
        grants.grant_table(
            function, schema.CONTROL, "dynamodb:Scan", "dynamodb:GetItem", "dynamodb:PutItem"
        )
        self._grant_order_sources(function)
        grants.grant_parameter(function, "sources/*")
        function.give_up_after_retries()
        start_on_schedule(function, events.Schedule.rate(Duration.hours(1)))

    def _grant_recording(self, function: Function, *batch_actions: str) -> None:
        grants = self._storage
        grants.grant_table(function, schema.EVENTS, "dynamodb:PutItem", *batch_actions)
        grants.grant_table(function, schema.CONTACTS, "dynamodb:PutItem", *BATCH_ACTIONS)
        grants.grant_tombstones(function)
        grants.grant_parameter(function, "pepper")

    def _grant_rejecting(self, function: Function, *batch_actions: str) -> None:
        self._storage.grant_table(
            function, schema.REJECTS, "dynamodb:PutItem", "dynamodb:UpdateItem", *batch_actions
        )
        self._storage.grant_table(function, schema.CONTROL, "dynamodb:GetItem")

    def _grant_order_sources(self, function: Function) -> None:
        # One item only: the table holds the API keys, too.
        self._storage.grant_item(
            function, schema.CONTROL, schema.ORDER_SOURCES_ID, "dynamodb:UpdateItem"
        )

    def _create_import_history(self) -> None:
        function = Function(
            self,
            self._storage.build_settings(ImportHistorySettings),
            self._layers,
            memory=2048,
            timeout=Duration.minutes(15),
            ephemeral_gib=2,
        )
        self._grant_recording(function, *BATCH_ACTIONS)
        grants = self._storage
        grants.grant_table(function, schema.CONTROL, "dynamodb:GetItem", "dynamodb:PutItem")
        grants.grant_objects(function, "uploads", f"{schema.IMPORTS_PREFIX}*", "s3:GetObject")
        # The report, and the progress, whose arrival starts the next run of a large file.
        grants.grant_objects(
            function, "uploads", schema.report_key(f"{schema.IMPORTS_PREFIX}*"), "s3:PutObject"
        )
        grants.grant_objects(
            function, "uploads", schema.progress_key(f"{schema.IMPORTS_PREFIX}*"), "s3:PutObject"
        )
        function.give_up_after_retries()
        # Windows may write the suffix in capitals, and patterns are case-sensitive.
        files = [f"{schema.IMPORTS_PREFIX}*{suffix}" for suffix in (".csv", ".CSV")]
        start_on_arrival(
            function, grants.buckets["uploads"], *files, *map(schema.progress_key, files)
        )
