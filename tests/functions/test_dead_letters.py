"""What functions gave up, as AWS puts it into their queues, listed and given to them again."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.cli import main
from infra.cli.settling import Lake
from infra.local.faults import FaultError
from regulars.domain.events import Event
from regulars.settings import ArchiveEventsSettings, UpdateProfilesSettings
from regulars.store.ledger import Ledger
from regulars.store.people import People
from tests.functions.conftest import OnMoto
from tests.support.aws import REGION, MotoStack
from tests.support.gateway import load_handler
from tests.support.profile_stories import build_event
from tests.support.stream_records import build_insert_record, build_stream_event

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:"
GIVEN_UP = "2026-11-20T10:00:00.000Z"
UPLOAD: dict[str, Any] = {
    "detail-type": "Object Created",
    "detail": {"bucket": {"name": "test-uploads"}, "object": {"key": "imports/old.csv"}},
}
FIRST = 800_000_000_003_126_276_362  # a number of the stream has at least 21 digits
SHARD = "shardId-00000001573689847184-864758bb"
EVENTS = (build_event("1", "u:ann"), build_event("2", "u:bob"), build_event("nobody"))
ERROR = {"errorType": "OSError", "errorMessage": "No space left.", "stackTrace": []}

type Owner = Callable[..., Any]
type Sent = Callable[..., str]


@pytest.fixture
def send(deployed: OnMoto, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Puts a letter into a function's queue; its id."""
    monkeypatch.setattr("infra.cli.letters.WAIT_SECONDS", 0)
    sqs = boto3.client("sqs", region_name=REGION)
    for name in ("import_history", "update_profiles", "archive_events"):
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        deployed.queues[name] = url
        deployed.functions[name] = f"Regulars-{name}-X1"

    def put(name: str, body: Any, **said: str) -> str:
        attributes: Any = {
            key: {"DataType": "String", "StringValue": value} for key, value in said.items()
        }
        text = body if isinstance(body, str) else json.dumps(body)
        answer = sqs.send_message(
            QueueUrl=deployed.queues[name], MessageBody=text, MessageAttributes=attributes
        )
        return answer["MessageId"]

    return put


@dataclass
class Functions:
    """The functions on the stream run, the others only remember with what they were called."""

    handlers: dict[str, Callable[..., Any]]
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, _deployed: Any, function: str, given: Any) -> dict[str, Any]:
        self.calls.append((function, given))
        handler = self.handlers.get(function)
        return {"payload": handler(given, None) if handler else None, "error": ""}


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch, aws: MotoStack) -> Functions:
    """What is called when letters are redriven."""
    settings = {"update_profiles": UpdateProfilesSettings, "archive_events": ArchiveEventsSettings}
    handlers = {
        name: load_handler(name, aws.build_settings(cls), monkeypatch).handler
        for name, cls in settings.items()
    }
    found = Functions(handlers)
    monkeypatch.setattr("infra.cli.redriving.invoked", found)
    return found


def failure(function: str, payload: Any) -> dict[str, Any]:
    """What Lambda tells of an asynchronous call that failed three times."""
    return {
        "version": "1.0",
        "timestamp": GIVEN_UP,
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


class Stream:
    """The ledger's stream of two shards; moto has none that can be read."""

    def __init__(self, *events: Event, first: int = FIRST) -> None:
        self.records = [
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


def stream_failure(function: str, first: int = FIRST, last: int = FIRST + 1) -> dict[str, Any]:
    """What Lambda tells of records of the ledger's stream: nothing of what they say."""
    letter = failure(function, None)
    del letter["requestPayload"], letter["responsePayload"]
    letter["requestContext"]["condition"] = "RetryAttemptsExhausted"
    letter["DDBStreamBatchInfo"] = {
        "shardId": SHARD,
        "startSequenceNumber": str(first),
        "endSequenceNumber": str(last),
        "approximateArrivalOfFirstRecord": GIVEN_UP,
        "approximateArrivalOfLastRecord": GIVEN_UP,
        "batchSize": last - first + 1,
        "streamArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/events/stream/2026",
    }
    return letter


def written(aws: MotoStack, monkeypatch: pytest.MonkeyPatch, *events: Event) -> list[str]:
    """The ids of events in the ledger and in its stream."""
    Ledger("test-events", aws.dynamodb).record_events(events)
    monkeypatch.setattr("infra.cli.given_up.stream_client", lambda: Stream(*events))
    return [one.id for one in events]


def folded(aws: MotoStack) -> list[str]:
    return sorted(People("test-people", aws.dynamodb).resolve_subjects(["u:ann", "u:bob"]))


def test_failed_call_is_listed_with_its_object_and_its_error(owner: Owner, send: Sent) -> None:
    id_ = send("import_history", failure("import_history", UPLOAD))
    (told,) = owner("dead-letters", "list")
    assert told == {
        "id": id_,
        "function": "import_history",
        "at": GIVEN_UP,
        "why": "RetriesExhausted: OSError: No space left.",
        "about": ["imports/old.csv"],
    }


def test_event_a_rule_could_not_deliver_is_listed_with_the_rules_words(
    owner: Owner, send: Sent
) -> None:
    rule = f"{ARN}Regulars-import_history-X1"
    said = {"TARGET_ARN": rule, "ERROR_CODE": "THROTTLING", "ERROR_MESSAGE": "Rate exceeded"}
    send("import_history", UPLOAD, RULE_ARN="arn:aws:events:::rule/Arrival", **said)
    (told,) = owner("dead-letters", "list")
    assert (told["function"], told["why"]) == ("import_history", "THROTTLING: Rate exceeded")
    assert told["about"] == ["imports/old.csv"]


def test_listing_takes_no_letter_away(owner: Owner, send: Sent) -> None:
    for number in range(12):
        send("import_history", failure("import_history", UPLOAD | {"n": number}))
    for _ in range(2):
        assert len(owner("dead-letters", "list")) == 12


@pytest.mark.parametrize("body", [failure("import_history", UPLOAD), UPLOAD])
def test_redriven_event_is_the_one_given_up_and_its_letter_goes(
    owner: Owner, send: Sent, functions: Functions, body: dict[str, Any]
) -> None:
    id_ = send("import_history", body)
    assert owner("dead-letters", "redrive", "--all") == {id_: ""}
    assert functions.calls == [("import_history", UPLOAD)]
    assert owner("dead-letters", "list") == []


def test_letter_stays_when_its_function_fails_again(
    owner: Owner, send: Sent, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [send("import_history", failure("import_history", UPLOAD)) for _ in range(2)]
    answers = iter([{"payload": ERROR, "error": "Unhandled"}, {"payload": None, "error": ""}])
    monkeypatch.setattr("infra.cli.redriving.invoked", lambda *_: next(answers))
    arguments = main.parser().parse_args(["dead-letters", "redrive", "--all", "--json"])
    assert arguments.run(arguments) == 1
    became = json.loads(capsys.readouterr().out)
    assert sorted(became.values()) == ["", "OSError: No space left."]
    (left,) = owner("dead-letters", "list")
    assert became[left["id"]]
    assert left["id"] in ids


@pytest.mark.parametrize("words", [["--function", "update_profiles"], ["imports/other.csv"]])
def test_other_letters_are_left_alone(
    owner: Owner, send: Sent, functions: Functions, words: list[str]
) -> None:
    send("import_history", failure("import_history", UPLOAD))
    assert owner("dead-letters", "redrive", *words) == {}
    assert functions.calls == []
    assert len(owner("dead-letters", "list")) == 1


def test_redrive_of_nothing_in_particular_is_explained(owner: Owner) -> None:
    with pytest.raises(FaultError, match="Which ones"):
        owner("dead-letters", "redrive")


def test_records_of_the_stream_are_named_and_given_again(
    aws: MotoStack, owner: Owner, send: Sent, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = written(aws, monkeypatch, *EVENTS)
    send("update_profiles", stream_failure("update_profiles"))
    assert owner("dead-letters", "list")[0]["about"] == ids[:2]
    assert list(owner("dead-letters", "redrive", ids[0]).values()) == [""]
    assert folded(aws) == ["u:ann", "u:bob"]
    assert owner("dead-letters", "list") == []
    json.dumps(functions.calls)  # as it is sent


@pytest.mark.parametrize("gone", [{"shardId": "shardId-9"}, {"startSequenceNumber": "7"}])
def test_records_the_stream_let_go_are_found_by_what_is_missing(
    aws: MotoStack,
    owner: Owner,
    send: Sent,
    functions: Functions,
    gone: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written(aws, monkeypatch, *EVENTS)
    functions(None, "update_profiles", build_stream_event(build_insert_record(EVENTS[0])))
    letter = stream_failure("update_profiles")
    letter["DDBStreamBatchInfo"] |= gone
    send("update_profiles", letter)
    assert list(owner("dead-letters", "redrive", "--all").values()) == [""]
    assert [len(given["Records"]) for _, given in functions.calls] == [1, 1]
    assert folded(aws) == ["u:ann", "u:bob"]


def test_events_the_lake_lacks_are_archived(
    aws: MotoStack, owner: Owner, send: Sent, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = written(aws, monkeypatch, *EVENTS)
    functions(None, "archive_events", build_stream_event(build_insert_record(EVENTS[0])))
    send("archive_events", stream_failure("archive_events", 7))
    owner("dead-letters", "redrive", "--all")
    lake = Lake("test-lake")
    assert (lake.count(), lake.ids) == (3, set(ids))


@pytest.mark.parametrize("body", ["no JSON", "[]", "{}", '{"requestContext": null}'])
def test_letter_nobody_understands_is_listed_all_the_same(
    owner: Owner, send: Sent, body: str
) -> None:
    send("import_history", body)
    (told,) = owner("dead-letters", "list")
    assert (told["function"], told["why"]) == ("import_history", "unknown")
