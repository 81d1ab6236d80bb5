"""The function that erases people, from every table and from every version of every object."""

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.abandonment import Abandonment
from infra.constructs.acknowledgments import acknowledge_wildcard
from infra.constructs.functions import Function
from infra.constructs.layers import Layers
from infra.constructs.storage import Storage
from regulars.privacy.erasure_jobs import JOBS_PREFIX
from regulars.privacy.receipts import RECEIPTS_PREFIX
from regulars.settings import ErasePersonSettings
from regulars.store import schema

TABLE_GRANTS = {
    schema.EVENTS.name: ("Scan", "BatchGetItem", "PutItem", "BatchWriteItem"),
    schema.PEOPLE.name: ("BatchGetItem", "BatchWriteItem"),
    schema.CONTACTS.name: ("Scan", "PutItem", "BatchWriteItem"),
    schema.PROFILES.name: ("BatchGetItem", "Query", "PutItem", "DeleteItem", "BatchWriteItem"),
    schema.REJECTS.name: ("Scan", "BatchWriteItem"),
    schema.CONTROL.name: ("GetItem", "PutItem"),
}
QUEUE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
OBJECT_ACTIONS = ("s3:GetObjectVersion", "s3:DeleteObjectVersion")


class Erasure(Construct):
    """The function is called with keyed hashes, and goes on where it was interrupted when it is called again."""

    def __init__(
        self, scope: Construct, id_: str, storage: Storage, layers: Layers, abandonment: Abandonment
    ) -> None:
        super().__init__(scope, id_)
        self._prefix = abandonment.schedule_settings()["cart_checks_prefix"]
        settings = storage.build_settings(
            ErasePersonSettings, cart_checks_prefix=self._prefix, dead_letter_queues=""
        )
        self._function = Function(self, settings, layers, memory=1769, timeout=Duration.minutes(15))
        self._function.give_up_after_retries()
        self._grant_tables(storage)
        self._grant_objects(storage)
        self._grant_schedules()
        storage.grant_parameter(self._function, "pepper")

    def queue_settings(self) -> dict[str, str]:
        """Return the settings of a function that requests erasures."""
        return {"erase_function": self._function.function_arn}

    def grant_requests(self, function: Function) -> None:
        """Allow a function to request erasures."""
        function.allow_actions(self._function.function_arn, "lambda:InvokeFunction")

    def sweep_dead_letters(self, queues: Sequence[sqs.Queue]) -> None:
        """Let the function remove the dead letters that name an erased person from all queues."""
        urls = " ".join(queue.queue_url for queue in queues)
        self._function.add_environment("DEAD_LETTER_QUEUES", urls)
        for queue in queues:
            self._function.allow_actions(queue.queue_arn, *QUEUE_ACTIONS)

    def _grant_tables(self, storage: Storage) -> None:
        shapes = {shape.name: shape for shape in schema.TABLES}
        for name, actions in TABLE_GRANTS.items():
            storage.grant_table(
                self._function, shapes[name], *(f"dynamodb:{action}" for action in actions)
            )

    def _grant_objects(self, storage: Storage) -> None:
        function = self._function
        lake_prefixes = (schema.LAKE_PREFIX, schema.DATASETS_PREFIX, JOBS_PREFIX)
        storage.grant_versions(function, "uploads", schema.IMPORTS_PREFIX)
        storage.grant_versions(function, "lake", *lake_prefixes)
        storage.grant_objects(function, "uploads", f"{schema.IMPORTS_PREFIX}*", *OBJECT_ACTIONS)
        storage.grant_objects(
            function, "lake", f"{schema.LAKE_PREFIX}*", "s3:PutObject", *OBJECT_ACTIONS
        )
        storage.grant_objects(function, "lake", f"{schema.DATASETS_PREFIX}*", *OBJECT_ACTIONS)
        storage.grant_objects(
            function, "lake", f"{JOBS_PREFIX}*", "s3:PutObject", "s3:GetObjectVersion"
        )
        storage.grant_objects(function, "lake", f"{RECEIPTS_PREFIX}*", "s3:PutObject")

    def _grant_schedules(self) -> None:
        name = f"schedule/default/{self._prefix}*"
        arn = Stack.of(self).format_arn(service="scheduler", resource=name)
        self._function.allow_actions(arn, "scheduler:DeleteSchedule")
        acknowledge_wildcard(
            self._function.own_role,
            f"arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:{name}",
            "Each schedule has a name of its own.",
        )
