"""The erase_person function under its role, and the doors that call it: the API and a provider's demand."""

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import msgspec
import pytest
from botocore.stub import Stubber

from regulars.domain.contacts import ContactStatement
from regulars.domain.events import Event, event_id
from regulars.domain.manifests import DatasetManifest
from regulars.domain.times import to_text
from regulars.domain.trust import Trust
from regulars.privacy.deletion_requests import is_deletion_demand
from regulars.privacy.erasure import Eraser
from regulars.privacy.opened_stores import open_erasure_stores
from regulars.settings import ErasePersonSettings, ServeProfilesSettings
from regulars.store.api_keys import ApiKeys, Scope
from regulars.store.champions import Champions
from regulars.store.contacts import statement_item
from regulars.store.datasets import Datasets
from regulars.store.ledger import Ledger
from regulars.store.proposals import Proposal, Proposals
from tests.support import shopify_deliveries as shopify
from tests.support.aws import REGION, MotoStack
from tests.support.canary_shop import CanaryPerson, CanaryShop
from tests.support.gateway import http_event, load_handler

ANN, BEN = CanaryPerson(1), CanaryPerson(2)


@pytest.fixture
def shop(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> CanaryShop:
    shop = CanaryShop(aws, monkeypatch)
    for person in (ANN, BEN):
        shop.visit(person, to_text(datetime.now(UTC)))
        shop.order(person)
    shop.send_refused(ANN)
    shop.upload("audience.csv", [ANN])
    shop.deliver_stream()
    return shop


@pytest.fixture
def erase(aws: MotoStack, shop: CanaryShop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Calls the function as Lambda does; it does not wait, but the doors learn of the tombstones."""
    module = load_handler("erase_person", aws.build_settings(ErasePersonSettings), monkeypatch)

    def open_eraser() -> Eraser:
        opened = open_erasure_stores(module.SETTINGS)
        return Eraser(stores=opened, sleep=lambda _: shop.forget_tombstones())

    monkeypatch.setattr(module, "open_eraser", open_eraser)
    return lambda event: module.handler(event, None)


def prepare_invocations(store: Any, *payloads: dict[str, Any]) -> Stubber:
    """Let a queue of erasures expect these invocations, in any order of the subjects."""
    client = boto3.client("lambda", region_name=REGION)
    stubber = Stubber(client)
    for payload in payloads:
        expected = {
            "FunctionName": "eraseperson",
            "InvocationType": "Event",
            "Payload": json.dumps(payload).encode(),
        }
        stubber.add_response("invoke", {"StatusCode": 202}, expected)
    stubber.activate()
    store._client = client
    return stubber


def test_repeated_call_finds_nothing_more(erase: Callable[..., Any]) -> None:
    first, second = (erase({"subjects": list(ANN.subjects)}) for _ in range(2))
    assert sum(first["removed"].values()) > 0
    assert first["id"] == second["id"]


def publish_models_and_datasets(aws: MotoStack, now: str) -> None:
    """Store a dataset of today and one from before the people came, and a champion."""
    manifest = DatasetManifest(
        dataset_id="d1",
        cutoff=now,
        created_at=now,
        horizon_days=90,
        currency="EUR",
        files={},
        counts={},
        features=(),
    )
    old = msgspec.structs.replace(manifest, dataset_id="old", cutoff="2026-01-01")
    for dataset in (manifest, old):
        Datasets("test-lake", aws.s3).publish_dataset(dataset, Path())
    Champions("test-control", aws.dynamodb).promote_version("churn", "v1", "0", None)


def put_contacts(aws: MotoStack, now: str) -> None:
    """Store an address of Ann as a claim about Bob, and contact data of version 0.1."""
    claim = ContactStatement(
        subject=BEN.subjects[0],
        values={"email": ANN.email, "first_name": "Bob"},
        at=now,
        source="segment/web",
        trust=Trust.BROWSER,
    )
    aws.dynamodb.put_item(TableName="test-contacts", Item=statement_item(claim))
    former = {"subject": {"S": ANN.subjects[1]}, "contact": {"S": json.dumps({"name": ANN.name})}}
    aws.dynamodb.put_item(TableName="test-people", Item=former)


def record_shared_event(aws: MotoStack, now: str) -> None:
    """Record an event of Bob that names Ann: a claim of a browser, which joins nobody who was named before."""
    shared = Event(
        id=event_id("shared"),
        type="Customer Updated",
        channel="crm",
        source="segment/web",
        occurred_at=now,
        received_at=now,
        subjects=(BEN.subjects[0], ANN.subjects[1]),
    )
    Ledger("test-events", aws.dynamodb).record_events([shared])


def write_proposals(proposals: Proposals, now: str) -> Proposal:
    """Store a proposal that names Ann, and another one, which is returned."""
    proposal = Proposal(
        left=ANN.subjects[0],
        right=BEN.subjects[0],
        probability=0.9,
        evidence=("the same name",),
        proposed_at=now,
    )
    other = msgspec.structs.replace(proposal, left=BEN.subjects[1])
    proposals.write_proposals([proposal, other])
    return other


def test_function_erases_a_person_from_every_store(
    aws: MotoStack, shop: CanaryShop, erase: Callable[..., Any]
) -> None:
    now = to_text(datetime.now(UTC))
    publish_models_and_datasets(aws, now)
    put_contacts(aws, now)
    record_shared_event(aws, now)
    shop.deliver_stream()
    proposals = Proposals("test-control", aws.dynamodb)
    other = write_proposals(proposals, now)
    receipt = erase({"subjects": [ANN.subjects[1]]})
    assert proposals.read_proposals() == [other]
    shop.deliver_stream()
    assert shop.find_traces([ANN]) == []
    assert receipt["retrain"] == ("churn v1",)
    assert receipt["removed"].keys() >= {
        *("events", "rewritten_events", "profile_items", "contacts", "contact_claims"),
        *("former_contacts", "rejects", "upload_versions", "lake_events", "lake_versions"),
        *("datasets", "cart_checks"),
    }
    keys = {key for key, _ in shop.list_versions("lake")}
    assert "datasets/old/manifest.json" in keys
    assert "datasets/d1/manifest.json" not in keys


def send_dead_letters(*bodies: str) -> str:
    """Create a dead-letter queue with these messages, and return its URL."""
    sqs = boto3.client("sqs", region_name=REGION)
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    for body in bodies:
        error: Any = {"ERROR_MESSAGE": {"DataType": "String", "StringValue": f"failed: {body}"}}
        sqs.send_message(QueueUrl=url, MessageBody="{}", MessageAttributes=error)
        payload = json.dumps({"requestContext": {}, "requestPayload": {"note": body}})
        sqs.send_message(QueueUrl=url, MessageBody=payload)
    return url


def list_dead_letters(url: str) -> list[str]:
    sqs = boto3.client("sqs", region_name=REGION)
    messages: list[Any] = []
    while page := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        messages += page
    return [json.dumps([one["Body"], one.get("MessageAttributes")]) for one in messages]


def test_dead_letters_that_name_the_person_are_removed(
    aws: MotoStack, shop: CanaryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [ANN.email, ANN.subjects[0], ANN.phone, ANN.email.replace("@", "%40")]
    others = [BEN.email, BEN.subjects[0], *(f"other {number}" for number in range(10))]
    url = send_dead_letters(*named, *others)
    names = dataclasses.replace(
        aws.build_settings(ErasePersonSettings), dead_letter_queues=url, erasure_wait_seconds="0"
    )
    module = load_handler("erase_person", names, monkeypatch)
    receipt = module.handler({"subjects": list(ANN.subjects)}, None)
    assert receipt["removed"]["dead_letters"] == 2 * len(named)
    kept = " ".join(list_dead_letters(url))
    assert all(kept.count(text) == 2 for text in others)
    assert not any(text in kept for text in named)


def test_upload_whose_import_runs_waits(
    aws: MotoStack, shop: CanaryShop, erase: Callable[..., Any]
) -> None:
    key = "imports/running.csv"
    aws.s3.put_object(Bucket="test-uploads", Key=key, Body=f"Email\n{ANN.email}\n".encode())
    assert erase({"subjects": [ANN.subjects[1]]})["waiting"] == {"uploads": 1}
    assert key in dict(shop.list_versions("uploads"))


def test_demand_of_shopify_starts_an_erasure(aws: MotoStack, shop: CanaryShop) -> None:
    module = shop.modules["update_profiles"]
    for topic in ("customers/redact", "customers/data_request"):
        body = json.dumps(
            {
                "shop_domain": shopify.SHOP,
                "customer": {"id": 7_000_001, "email": ANN.email, "phone": ANN.phone},
            }
        ).encode()
        headers = shopify.build_headers(body, topic, event_id=topic)
        shop.deliver("receive_webhook", http_event("/hooks/shopify/main", body, headers))
    (redact,) = filter(is_deletion_demand, shop.list_events())
    assert redact.properties["request"] == "customers/redact"
    stubber = prepare_invocations(module.ERASURES, {"subjects": sorted(redact.subjects)})
    shop.deliver_stream()
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("is_demand", "changes"),
    [
        (True, {}),
        (True, {"source": "hubspot/main"}),
        (False, {"source": "segment/web"}),
        (False, {"source": "form/contact"}),
        (False, {"trust": "server"}),
        (False, {"trust": "browser"}),
        (False, {"type": "Customer Deleted"}),
        (False, {"test": True}),
        (False, {"subjects": ()}),
        (False, {"subjects": ("a:AAAAAAAAAAAAAAAA",)}),
        (False, {"properties": {"request": "customers/data_request"}}),
    ],
)
def test_only_a_provider_demands_an_erasure(is_demand: bool, changes: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        "id": event_id("demand"),
        "type": "Customer Deletion Requested",
        "channel": "crm",
        "source": "shopify/main",
        "occurred_at": "2026-11-20T09:00:00.000Z",
        "received_at": "2026-11-20T09:00:00.000Z",
        "subjects": ("e:AAAAAAAAAAAAAAAA",),
    }
    assert is_deletion_demand(Event(**fields | changes)) == is_demand


@pytest.fixture
def call_api(aws: MotoStack, shop: CanaryShop, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Posts an erasure with a key of a scope; returns the status, the body, and the module."""
    module = load_handler("serve_profiles", aws.build_settings(ServeProfilesSettings), monkeypatch)
    keys = ApiKeys("test-control", aws.dynamodb)
    scopes: tuple[Scope, ...] = ("read", "browser", "admin")
    for scope in scopes:
        keys.register_key(f"key {scope}", scope, scope, "", "2026-11-01T00:00:00.000Z")

    def call(body: dict[str, Any], scope: str = "admin") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer key {scope}"}
        response = module.handler(http_event("/privacy/erasures", body, headers), None)
        return response["statusCode"], json.loads(response["body"])

    return call, module


def test_erasure_is_shown_before_it_is_started(call_api: Any) -> None:
    call, module = call_api
    status, shown = call({"email": ANN.email})
    assert (status, shown["applied"], shown["identifiers"]) == (200, False, 5)
    assert (shown["events"], shown["orders"]) == (4, 1)
    stubber = prepare_invocations(
        module.API.owner.privacy.queue, {"subjects": list_subjects(module)}
    )
    status, started = call({"profile_id": shown["profile_id"], "apply": True})
    assert (status, started["applied"], started["erasure"]) == (202, True, shown["erasure"])
    stubber.assert_no_pending_responses()


def list_subjects(module: Any) -> list[str]:
    """Return all subjects of Ann."""
    return sorted(module.PROFILES.find_by_subjects(ANN.subjects).subjects)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "zoe@example.com"}, 404),
        ({"profile_id": "p_nobody"}, 404),
        ({}, 400),
        ({"email": ANN.email, "profile_id": "p_nobody"}, 400),
        ({"email": ANN.email, "user_id": ANN.user_id}, 400),
        ({"email": "no address"}, 400),
        ({"email": ANN.email, "yes": True}, 400),
    ],
)
def test_erasure_of_nobody_is_refused(call_api: Any, body: dict[str, Any], status: int) -> None:
    assert call_api[0](body)[0] == status


@pytest.mark.parametrize("scope", ["read", "browser"])
def test_only_an_admin_key_erases(call_api: Any, scope: str) -> None:
    assert call_api[0]({"email": ANN.email, "apply": True}, scope)[0] == 403
