"""The stack on this machine keeps what it acknowledged: through stops, `kill -9`, two starts at once, and an earlier version."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3

from infra.local import access
from tests.local.earlier_version import write_earlier_version
from tests.support.owner import Owner

pytestmark = pytest.mark.local

SCHEDULE = "kept-schedule"


class Stack:
    """The stack of one owner, which the tests start, stop and kill in their order."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.facts: Any = {}
        self.messages = ""
        self.sent = 0

    def start(self) -> None:
        finished = self.owner.run_command("up", "--json")
        assert finished.returncode == 0, finished.stderr
        self.facts, self.messages = json.loads(finished.stdout), finished.stderr

    def stop_at_once(self) -> None:
        os.kill(self.read_record()["pid"], signal.SIGKILL)

    def read_record(self) -> Any:
        return json.loads((self.owner.folder / "process.json").read_text())

    def send_event(self) -> None:
        self.sent += 1
        event = {"type": "track", "event": "Product Viewed", "userId": f"user-{self.sent}"}
        body = {"writeKey": self.facts["keys"]["server"], "batch": [event]}
        url = self.facts["api"] + "/v1/batch"
        answer = urllib3.request("POST", url, body=json.dumps(body), timeout=60)
        assert answer.status == 200

    def client(self, service: Any) -> Any:
        variables = access.build_access_variables(self.facts["aws_endpoint"])
        return boto3.client(
            service,
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            region_name=variables["AWS_REGION"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )

    def count_events(self) -> int:
        tables = self.client("dynamodb").list_tables()["TableNames"]
        (events,) = (name for name in tables if "StorageEvents" in name)
        described = self.client("dynamodb").describe_table(TableName=events)
        return int(described["Table"]["ItemCount"])

    def verify(self) -> Any:
        """Return the result of a verification that finds nothing; on a busy machine it gives the stream up too early."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            finished = self.owner.run_command("verify", "--json")
            if finished.returncode == 0:
                break
        assert finished.returncode == 0, finished.stdout
        return json.loads(finished.stdout)


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose folder holds the start lock of a dead process."""
    owner = Owner(tmp_path_factory.mktemp("durable"))
    (owner.folder / "start.lock").write_text("999999999")
    started = Stack(owner)
    yield started
    owner.run_command("down")


@pytest.fixture(scope="module")
def starts(stack: Stack) -> list[tuple[int, str]]:
    """Exit code and messages of two starts at once, the successful one first."""
    both = [stack.owner.start_command("up") for _ in range(2)]
    ended = [(process.wait(), process.communicate()[1]) for process in both]
    stack.start()
    return sorted(ended)


@pytest.fixture(scope="module")
def messages_after_stop(stack: Stack, starts: Any) -> str:
    """The messages of the second start, after a stop; an event was sent before and after it."""
    stack.send_event()
    stack.verify()
    stack.owner.run_command("down")
    stack.start()
    stack.send_event()
    return stack.messages


@pytest.fixture(scope="module")
def values_of_services(stack: Stack, messages_after_stop: str) -> dict[str, Any]:
    """What each service was given before the process was killed in the middle of an import."""
    clients = {name: stack.client(name) for name in ("s3", "sqs", "ssm", "scheduler")}
    bucket = clients["s3"].list_buckets()["Buckets"][0]["Name"]
    queue = clients["sqs"].create_queue(QueueName="kept-queue")["QueueUrl"]
    clients["s3"].put_object(Bucket=bucket, Key="kept/a b.txt", Body=b"kept object")
    clients["sqs"].send_message(QueueUrl=queue, MessageBody="kept message")
    clients["ssm"].put_parameter(Name="/kept", Value="kept secret", Type="SecureString")
    clients["scheduler"].create_schedule(
        Name=SCHEDULE,
        ScheduleExpression="at(2099-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:sqs:eu-west-1:123456789012:kept-queue",
            "RoleArn": "arn:aws:iam::1:role/r",
        },
    )
    return {"bucket": bucket, "queue": queue}


@pytest.fixture(scope="module")
def event_count(stack: Stack, values_of_services: Any, orders: Path) -> int:
    """The number of stored events when the process was killed in the middle of an import; the stack runs again."""
    before = stack.count_events()
    command = stack.owner.start_command("import", str(orders))
    wait_until(lambda: stack.count_events() > before)
    recorded = stack.count_events()
    stack.stop_at_once()
    command.kill()
    command.communicate()
    stack.start()
    return recorded


def test_second_start_at_once_is_told_who_is_first(starts: list[tuple[int, str]]) -> None:
    (first_code, _), (second_code, messages) = starts
    assert (first_code, second_code) == (0, 3)
    assert "is starting or stopping this stack" in messages


def test_empty_start_is_announced(starts: list[tuple[int, str]], stack: Stack) -> None:
    assert (
        f"No data was found in {stack.owner.folder / 'kept'}. The stack starts empty."
        in starts[0][1]
    )


def test_restored_events_are_counted(messages_after_stop: str) -> None:
    assert "1 events were restored from" in messages_after_stop


def test_port_is_the_same_after_a_stop(stack: Stack, messages_after_stop: str) -> None:
    assert stack.read_record()["port"] == int((stack.owner.folder / "port").read_text())
    assert "is taken" not in messages_after_stop


def test_new_event_after_a_stop_is_folded_and_archived(
    stack: Stack, messages_after_stop: str
) -> None:
    verified = stack.verify()
    assert (verified["events"], verified["people"], verified["unarchived"]) == (2, 2, 0)
    assert verified["differences"] == []


def test_killed_stack_has_all_that_it_acknowledged(
    stack: Stack, values_of_services: Any, event_count: int
) -> None:
    message = stack.client("sqs").receive_message(QueueUrl=values_of_services["queue"])["Messages"][
        0
    ]
    stored = stack.client("s3").get_object(Bucket=values_of_services["bucket"], Key="kept/a b.txt")
    secret = stack.client("ssm").get_parameter(Name="/kept", WithDecryption=True)
    assert message["Body"] == "kept message"
    assert stored["Body"].read() == b"kept object"
    assert secret["Parameter"]["Value"] == "kept secret"
    assert stack.client("scheduler").get_schedule(Name=SCHEDULE)["State"] == "ENABLED"
    assert stack.count_events() >= event_count


def test_import_that_was_killed_goes_on(stack: Stack, event_count: int) -> None:
    assert "The import of orders.csv goes on" in stack.messages
    wait_until(lambda: stack.owner.read_result("status")["unfinished_imports"] == [])
    verified = stack.verify()
    assert (verified["people"], verified["unarchived"]) == (122, 0)
    assert verified["differences"] == []


def test_data_of_an_earlier_version_is_taken_over_and_repaired(
    stack: Stack, event_count: int
) -> None:
    stack.owner.run_command("down")
    write_earlier_version(stack.owner.folder / "kept", without="StorageProfiles")
    stack.start()
    stack.send_event()
    verified = stack.verify()
    assert (verified["people"], verified["unarchived"]) == (123, 0)
    assert verified["differences"] == []
