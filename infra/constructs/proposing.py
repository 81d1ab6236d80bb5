"""The function that proposes every week which people may be one."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from infra.constructs.functions import Function
from infra.constructs.layers import Layers
from infra.constructs.learning import MAX_MEMORY_MB
from infra.constructs.storage import Storage
from infra.constructs.triggers import start_on_schedule
from regulars.settings import ProposePeopleSettings
from regulars.store import schema

WEEKLY_SCHEDULE = events.Schedule.cron(week_day="SUN", hour="4", minute="30")


class Proposing(Construct):
    """It reads contact data and writes proposals, which hold none."""

    def __init__(self, scope: Construct, id_: str, storage: Storage, layers: Layers) -> None:
        super().__init__(scope, id_)
        function = Function(
            self,
            storage.build_settings(ProposePeopleSettings),
            layers,
            third_party=("lake", "linkage"),
            memory=MAX_MEMORY_MB,
            timeout=Duration.minutes(15),
        )
        function.give_up_after_retries()
        storage.grant_table(function, schema.PROFILES, "dynamodb:Scan")
        storage.grant_table(function, schema.CONTACTS, "dynamodb:Scan")
        storage.grant_table(function, schema.CONTROL, "dynamodb:GetItem", "dynamodb:PutItem")
        start_on_schedule(function, WEEKLY_SCHEDULE)
