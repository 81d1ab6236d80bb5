"""What functions gave up, as AWS puts it into their queues, listed and given to them again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from regulars.admin.archived_events import ArchivedEvents
from regulars.admin.dead_letters import DeadLetter, DeadLetterQueues
from regulars.admin.deployment import Deployment
from regulars.admin.function_calls import FunctionInvoker, Invocation
from regulars.admin.lost_records import LedgerStream, LostRecordStores
from regulars.admin.redrive import DeadLetterSelection, list_dead_letters, redrive_dead_letters
from regulars.domain.events import Event
from regulars.settings import ArchiveEventsSettings, UpdateProfilesSettings
from regulars.store.inventory import Inventory
from regulars.store.ledger import Ledger
from regulars.store.message_queues import MessageQueues
from regulars.store.profiles import Profiles
from tests.support.aws import REGION, MotoStack
from tests.support.deployment import build_deployment
from tests.support.gateway import load_handler
from tests.support.profile_stories import build_event
from tests.support.stream_records import build_insert_record, build_stream_event

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:"
GIVEN_UP_MESSAGE = "2026-11-20T10:00:00.000Z"
UPLOAD: dict[str, Any] = {
    "detail-type": "Object Created",
    "detail": {"bucket": {"name": "test-uploads"}, "object": {"key": "imports/old.csv"}},
}
FIRST_EVENT = 800_000_000_003_126_276_362  # a number of the stream has at least 21 digits
SHARD = "shardId-00000001573689847184-864758bb"
EVENTS = (build_event("1", "u:ann"), build_event("2", "u:bob"), build_event("nobody"))
ERROR = {"errorType": "OSError", "errorMessage": "No space left.", "stackTrace": []}

type Send = Callable[..., str]


class FunctionCalls(FunctionInvoker):
    """Runs the functions on the stream; of the others it only remembers the calls."""

    def __init__(self, handlers: dict[str, Callable[..., Any]]) -> None:
        self.handlers = handlers
        self.calls: list[tuple[str, Any]] = []

    def invoke(self, function: str, event: Any) -> Invocation:
        """Return the payload of the handler."""
        self.calls.append((function, event))
        handler = self.handlers.get(function)
        payload = handler(event, None) if handler else None
        return Invocation(function=function, payload=payload)


class PreparedCalls(FunctionInvoker):
    """Returns the given payloads and errors, one after another."""

    def __init__(self, *answers: tuple[Any, str]) -> None:
        self._answers = list(answers)

    def invoke(self, function: str, event: Any) -> Invocation:  # noqa: ARG002 (the base's signature)
        """Return the next answer."""
        payload, error = self._answers.pop(0)
        return Invocation(function=function, payload=payload, error=error)


@dataclass
class Operator:
    """Lists and redrives the dead letters of a deployment."""

    queues: DeadLetterQueues
    stores: LostRecordStores
    functions: FunctionInvoker
    shard: "Shard"

    def list(self) -> list[DeadLetter]:
        """Return all dead letters."""
        return list_dead_letters(self.queues, self.stores.stream)

    def redrive(self, function: str = "", *ids: str) -> dict[str, str]:
        """Return the failures by the id of the letter."""
        selection = DeadLetterSelection(function, ids)
        return redrive_dead_letters(self.queues, self.stores, self.functions, selection)


@pytest.fixture
def deployment(aws: MotoStack) -> Deployment:
    """A deployment whose functions have queues."""
    names = ("import_history", "update_profiles", "archive_events")
    sqs = boto3.client("sqs", region_name=REGION)
    queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in names}
    return build_deployment({name: f"Regulars-{name}-X1" for name in names}, queues)


@pytest.fixture
def send(deployment: Deployment) -> Send:
    """Puts a letter into a function's queue, and returns its id."""
    sqs = boto3.client("sqs", region_name=REGION)

    def put(name: str, body: Any, **texts: str) -> str:
        attributes: Any = {
            key: {"DataType": "String", "StringValue": value} for key, value in texts.items()
        }
        text = body if isinstance(body, str) else json.dumps(body)
        answer = sqs.send_message(
            QueueUrl=deployment.queues[name], MessageBody=text, MessageAttributes=attributes
        )
        return answer["MessageId"]

    return put


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch, aws: MotoStack) -> FunctionCalls:
    """The functions that are called when letters are redriven."""
    settings = {"update_profiles": UpdateProfilesSettings, "archive_events": ArchiveEventsSettings}
    return FunctionCalls(
        {
            name: load_handler(name, aws.build_settings(cls), monkeypatch).handler
            for name, cls in settings.items()
        }
    )


@pytest.fixture
def shard() -> "Shard":
    """The shard of the ledger's stream."""
    return Shard()


@pytest.fixture
def operator(deployment: Deployment, functions: FunctionCalls, shard: "Shard") -> Operator:
    stores = LostRecordStores(
        stream=LedgerStream(shard),
        inventory=Inventory("test-events", "test-profiles"),
        archived=ArchivedEvents("test-lake"),
    )
    queues = DeadLetterQueues(deployment, MessageQueues(wait_seconds=0))
    return Operator(queues=queues, stores=stores, functions=functions, shard=shard)


def failure(function: str, payload: Any) -> dict[str, Any]:
    """What Lambda tells of an asynchronous call that failed three times."""
    return {
        "version": "1.0",
        "timestamp": GIVEN_UP_MESSAGE,
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": f"{ARN}Regulars-{function}-X1:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": ERROR,
    }


class Shard:
    """A client of the ledger's stream, of which one shard can be read; moto has none."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def write(self, *events: Event, first: int = FIRST_EVENT) -> None:
        """Append the records of events."""
        self.records += [
            build_insert_record(one) | {"dynamodb": record_of(one, str(first + number))}
            for number, one in enumerate(events)
        ]

    def get_shard_iterator(self, **asked: str) -> dict[str, str]:
        """From a record on that is still there."""
        assert asked["ShardIteratorType"] == "AT_SEQUENCE_NUMBER"
        numbers = [record["dynamodb"]["SequenceNumber"] for record in self.records]
        if asked["ShardId"] != SHARD:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetShardIterator")
        if asked["SequenceNumber"] not in numbers:
            raise ClientError({"Error": {"Code": "TrimmedDataAccessException"}}, "GetShardIterator")
        return {"ShardIterator": str(numbers.index(asked["SequenceNumber"]))}

    def get_records(self, ShardIterator: str) -> dict[str, Any]:  # noqa: N803 (as AWS names it)
        """One record a page, with an empty page before it, as DynamoDB may answer."""
        at, half = divmod(int(float(ShardIterator) * 2), 2)
        page = self.records[at : at + 1] if half else []
        return {"Records": page, "NextShardIterator": str(at + (half + 1) / 2)}


def record_of(one: Event, number: str) -> dict[str, Any]:
    images: dict[str, Any] = build_insert_record(one)["dynamodb"]
    return images | {
        "SequenceNumber": number,
        "Keys": {"event_id": {"S": one.id}},
        "ApproximateCreationDateTime": datetime(2026, 11, 20, tzinfo=UTC),
    }


def stream_failure(
    function: str, first: int = FIRST_EVENT, last: int = FIRST_EVENT + 1
) -> dict[str, Any]:
    """What Lambda tells of records of the ledger's stream: nothing of what they say."""
    letter = failure(function, None)
    del letter["requestPayload"], letter["responsePayload"]
    letter["requestContext"]["condition"] = "RetryAttemptsExhausted"
    letter["DDBStreamBatchInfo"] = {
        "shardId": SHARD,
        "startSequenceNumber": str(first),
        "endSequenceNumber": str(last),
        "approximateArrivalOfFirstRecord": GIVEN_UP_MESSAGE,
        "approximateArrivalOfLastRecord": GIVEN_UP_MESSAGE,
        "batchSize": last - first + 1,
        "streamArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/events/stream/2026",
    }
    return letter


def write_events(aws: MotoStack, shard: Shard, *events: Event) -> tuple[str, ...]:
    """Write events to the ledger and its stream, and return their ids."""
    Ledger("test-events", aws.dynamodb).record_events(events)
    shard.write(*events)
    return tuple(one.id for one in events)


def list_folded_subjects(aws: MotoStack) -> list[str]:
    profiles = Profiles("test-profiles", aws.dynamodb)
    return sorted(profiles.read_subjects(["u:ann", "u:bob"]).profiles)


def test_failed_call_is_listed_with_its_object_and_its_error(
    operator: Operator, send: Send
) -> None:
    id_ = send("import_history", failure("import_history", UPLOAD))
    (letter,) = operator.list()
    assert (letter.id, letter.function, letter.at) == (id_, "import_history", GIVEN_UP_MESSAGE)
    assert letter.why == "RetriesExhausted: OSError: No space left."
    assert letter.about == ("imports/old.csv",)


def test_event_a_rule_could_not_deliver_is_listed_with_the_error_of_the_rule(
    operator: Operator, send: Send
) -> None:
    rule = f"{ARN}Regulars-import_history-X1"
    error = {"TARGET_ARN": rule, "ERROR_CODE": "THROTTLING", "ERROR_MESSAGE": "Rate exceeded"}
    send("import_history", UPLOAD, RULE_ARN="arn:aws:events:::rule/Arrival", **error)
    (letter,) = operator.list()
    assert (letter.function, letter.why) == ("import_history", "THROTTLING: Rate exceeded")
    assert letter.about == ("imports/old.csv",)


def test_listing_takes_no_letter_away(operator: Operator, send: Send) -> None:
    for number in range(12):
        send("import_history", failure("import_history", UPLOAD | {"n": number}))
    for _ in range(2):
        assert len(operator.list()) == 12


def test_letters_are_counted_by_function(operator: Operator, send: Send) -> None:
    send("import_history", UPLOAD)
    counts = {"archive_events": 0, "import_history": 1, "update_profiles": 0}
    assert operator.queues.count() == counts


@pytest.mark.parametrize("body", [failure("import_history", UPLOAD), UPLOAD])
def test_redriven_event_is_the_one_given_up_and_its_letter_is_deleted(
    operator: Operator, send: Send, functions: FunctionCalls, body: dict[str, Any]
) -> None:
    id_ = send("import_history", body)
    assert operator.redrive() == {id_: ""}
    assert functions.calls == [("import_history", UPLOAD)]
    assert operator.list() == []


def test_letter_stays_when_its_function_fails_again(operator: Operator, send: Send) -> None:
    ids = [send("import_history", failure("import_history", UPLOAD)) for _ in range(2)]
    operator.functions = PreparedCalls((ERROR, "Unhandled"), (None, ""))
    failures = operator.redrive()
    assert sorted(failures.values()) == ["", "OSError: No space left."]
    (left,) = operator.list()
    assert failures[left.id]
    assert left.id in ids


@pytest.mark.parametrize("selection", [("update_profiles",), ("", "imports/other.csv")])
def test_letters_that_are_not_selected_are_left_alone(
    operator: Operator, send: Send, functions: FunctionCalls, selection: tuple[str, ...]
) -> None:
    send("import_history", failure("import_history", UPLOAD))
    assert operator.redrive(*selection) == {}
    assert functions.calls == []
    assert len(operator.list()) == 1


def test_records_of_the_stream_are_named_and_given_again(
    aws: MotoStack, operator: Operator, send: Send, functions: FunctionCalls
) -> None:
    ids = write_events(aws, operator.shard, *EVENTS)
    send("update_profiles", stream_failure("update_profiles"))
    assert operator.list()[0].about == ids[:2]
    assert list(operator.redrive("", ids[0]).values()) == [""]
    assert list_folded_subjects(aws) == ["u:ann", "u:bob"]
    assert operator.list() == []
    json.dumps(functions.calls)  # as it is sent


@pytest.mark.parametrize("gone", [{"shardId": "shardId-9"}, {"startSequenceNumber": "7"}])
def test_records_the_stream_no_longer_holds_are_found_by_what_is_missing(
    aws: MotoStack, operator: Operator, send: Send, functions: FunctionCalls, gone: dict[str, str]
) -> None:
    write_events(aws, operator.shard, *EVENTS)
    functions.invoke("update_profiles", build_stream_event(build_insert_record(EVENTS[0])))
    letter = stream_failure("update_profiles")
    letter["DDBStreamBatchInfo"] |= gone
    send("update_profiles", letter)
    assert list(operator.redrive().values()) == [""]
    assert [len(given["Records"]) for _, given in functions.calls] == [1, 1]
    assert list_folded_subjects(aws) == ["u:ann", "u:bob"]


def test_events_the_lake_lacks_are_archived(
    aws: MotoStack, operator: Operator, send: Send, functions: FunctionCalls
) -> None:
    ids = write_events(aws, operator.shard, *EVENTS)
    functions.invoke("archive_events", build_stream_event(build_insert_record(EVENTS[0])))
    send("archive_events", stream_failure("archive_events", 7))
    operator.redrive()
    assert ArchivedEvents("test-lake").read_ids() == {*ids}


@pytest.mark.parametrize("body", ["no JSON", "[]", "{}", '{"requestContext": null}'])
def test_letter_in_no_known_form_is_listed_all_the_same(
    operator: Operator, send: Send, body: str
) -> None:
    send("import_history", body)
    (letter,) = operator.list()
    assert (letter.function, letter.why) == ("import_history", "unknown")
