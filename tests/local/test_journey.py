"""One journey end to end on the local AWS: every handler under its own role, in the very template."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import urllib3

from infra.cli.main import COMMANDS
from infra.local.omitted_resources import OMITTED_TYPES
from tests.support.owner import Owner

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def buyer(orders: Path) -> str:
    """The customer with the most order lines."""
    with orders.open(newline="") as text:
        return Counter(line["customer_id"] for line in csv.DictReader(text)).most_common(1)[0][0]


@pytest.fixture(scope="module")
def counts_before(owner: Owner, stack_facts: Any) -> Any:
    """What other suites left in the stack they share with this one."""
    return owner.read_result("status")


@pytest.fixture(scope="module")
def people_before(owner: Owner, counts_before: Any) -> int:
    """The people of other suites, without the visitors of whom only a device is known."""
    return int(owner.read_result("verify")["people"])


@pytest.fixture(scope="module")
def import_report(owner: Owner, people_before: int, orders: Path) -> Any:
    return owner.read_result("import", str(orders))


@pytest.fixture(scope="module")
def event_count(stack_facts: Any, import_report: Any, buyer: str) -> int:
    events = [
        {"type": "track", "event": "Product Viewed", "messageId": "m-1", "userId": buyer},
        {"type": "page", "messageId": "m-2", "anonymousId": "anon-2"},
        {"type": "page", "messageId": "m-2", "anonymousId": "anon-2"},
        {"type": "nonsense", "messageId": "m-3", "anonymousId": "anon-2"},
    ]
    body = json.dumps({"batch": events, "writeKey": stack_facts["keys"]["write"]}).encode()
    return urllib3.request("POST", stack_facts["api"] + "/v1/batch", body=body, timeout=60).status


@pytest.fixture(scope="module")
def training_report(owner: Owner, event_count: int) -> Any:
    return owner.read_result("train")


@pytest.fixture(scope="module")
def profile_view(stack_facts: Any, training_report: Any, buyer: str) -> Any:
    headers = {"Authorization": f"Bearer {stack_facts['keys']['admin']}"}
    url, body = stack_facts["api"] + "/profiles/lookup", json.dumps({"user_id": buyer}).encode()
    return urllib3.request("POST", url, body=body, headers=headers, timeout=60).json()


def test_import_takes_every_line(import_report: Any) -> None:
    assert import_report["status"] == "done"
    assert import_report["imported"] == import_report["rows"] > 1000


def test_import_knows_every_line_when_run_again(
    owner: Owner, import_report: Any, orders: Path
) -> None:
    again = owner.read_result("import", str(orders))
    assert (again["imported"], again["known"]) == (0, import_report["imported"])


def test_batch_is_taken_whole(event_count: int) -> None:
    assert event_count == 200


def test_browser_may_send_its_key_and_read_the_answer(stack_facts: Any) -> None:
    url, origin = stack_facts["api"] + "/v1/m", {"Origin": "https://shop.example.com"}
    asked = origin | {"Access-Control-Request-Method": "POST"}
    allowed = urllib3.request("OPTIONS", url, headers=asked, timeout=60).headers
    answered = urllib3.request("POST", url, headers=origin, body=b"{}", timeout=60).headers
    assert "authorization" in allowed["access-control-allow-headers"]
    assert answered.getlist("access-control-allow-origin") == ["*"]


def test_every_model_says_how_it_ended(training_report: Any) -> None:
    statuses = {one["status"] for one in training_report["trainings"].values()}
    assert sorted(training_report["trainings"]) == ["churn", "recommender", "segments"]
    assert statuses <= {"ok", "insufficient_data"}


def test_buyer_is_one_person_on_every_channel(profile_view: Any) -> None:
    assert {"import", "web"} <= profile_view["channels"].keys()
    assert profile_view["orders"]["count"] > 1


def test_profile_is_scored_with_its_basis(profile_view: Any) -> None:
    assert profile_view["churn"]["basis"] in {"model", "rules"}
    assert 0 <= profile_view["churn"]["probability"] <= 1
    assert profile_view["segments"]["rfm"]


def test_recommendations_are_served_to_a_public_key(stack_facts: Any, profile_view: Any) -> None:
    headers = {"Authorization": f"Bearer {stack_facts['keys']['read']}"}
    url = f"{stack_facts['api']}/profiles/{profile_view['id']}/recommendations?n=3"
    answer = urllib3.request("GET", url, headers=headers, timeout=60).json()
    assert len(answer["items"]) == 3


def test_every_profile_is_the_fold_of_the_ledger(
    owner: Owner, people_before: int, training_report: Any
) -> None:
    found = owner.read_result("verify")
    assert found["differences"] == []
    assert found["people"] == people_before + 120


def test_status_counts_what_was_refused(
    owner: Owner, counts_before: Any, training_report: Any
) -> None:
    found = owner.read_result("status")
    assert Counter(found["rejects"]) - Counter(counts_before["rejects"]) == {"unknown_type": 1}
    assert not any(found["dead_letters"].values())
    assert found["counts"]["profiles"] == counts_before["counts"]["profiles"] + 121


def test_revoked_key_is_listed_as_revoked(owner: Owner, stack_facts: Any) -> None:
    made = owner.read_result("keys", "new", "read", "--label", "old shop")
    owner.read_result("keys", "revoke", made["id"][:12])
    listed = {key["id"]: key["revoked_at"] for key in owner.read_result("keys", "list")}
    assert listed[made["id"]]


def test_invoke_runs_one_handler(owner: Owner, stack_facts: Any, tmp_path: Path) -> None:
    request = {"version": "2.0", "rawPath": "/health", "rawQueryString": "", "headers": {}}
    request["requestContext"] = {"http": {"method": "GET", "path": "/health"}, "stage": "$default"}
    event = tmp_path / "event.json"
    event.write_text(json.dumps(request))
    answer = owner.read_result("invoke", "serve_profiles", "--event", str(event))
    assert answer["payload"]["statusCode"] == 200


def test_unknown_function_is_named_with_those_there_are(owner: Owner, stack_facts: Any) -> None:
    finished = owner.run_command("invoke", "nothing")
    assert finished.returncode == 1
    assert "There are: archive_events" in finished.stderr


def test_what_is_left_out_locally_is_only_policies_that_demand_tls() -> None:
    assert set(OMITTED_TYPES) == {"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"}
    assert all(OMITTED_TYPES.values())


def test_every_command_says_what_it_does(owner: Owner) -> None:
    said = owner.run_command("--help").stdout
    assert all(f"\n    {name} " in said for name in COMMANDS)
