"""Personal data that comes in at a door stays in the contact data, and in what was stored to be received again."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import StringIO
from logging import StreamHandler
from typing import Any

import msgspec
import pytest

from regulars.admin.source_connection import ConnectionRequest, connect_source
from regulars.admin.sources import SourceStores
from regulars.channels.chat.wechat.envelope import build_encrypted_request
from regulars.channels.contract import Draft, Request
from regulars.channels.registry import CHANNELS, load_channel
from regulars.domain.times import to_text
from regulars.settings import (
    ArchiveEventsSettings,
    BuildDatasetSettings,
    ImportHistorySettings,
    ReconcileSourcesSettings,
    TrackEventsSettings,
    UpdateProfilesSettings,
)
from regulars.store.api_keys import ApiKeys
from regulars.store.sources import Source, Sources
from regulars.transport.logging import LOGGER
from tests.functions.conftest import Deliver, StackTables
from tests.providers.outage import build_shopify_storefront
from tests.providers.server import ProviderServer
from tests.support import canaries
from tests.support.aws import MotoStack
from tests.support.canaries import find_canaries
from tests.support.canary_deliveries import CANARY_DELIVERIES
from tests.support.canary_deliveries.delivery import TIME, CanaryDelivery
from tests.support.canary_deliveries.files import CSV_HEADINGS, CSV_ROWS
from tests.support.canary_deliveries.tracking import CALL_BODIES, CALL_FIELDS, TRAIT_FIELDS
from tests.support.canary_search import find_kept, find_leaks
from tests.support.channel_answers import find_required_secret, list_required_answers
from tests.support.deployment import API_URL, build_deployment
from tests.support.gateway import http_event, load_handler
from tests.support.stream_records import build_insert_record, build_stream_event
from tests.support.verification import accept_deliveries

type CheckStores = Callable[..., None]
type SendDelivery = Callable[[str, CanaryDelivery], Any]
type PostCall = Callable[..., Any]

NOW = datetime(2026, 11, 20, 9, 0, 10, tzinfo=UTC)
KEY = "wk_canary"
# Their providers send no name and no address, only ids and what was written.
CHANNELS_WITHOUT_CONTACT = {"crisp", "instagram", "line", "messenger", "wechat", "wecom"}
ENCRYPTING_CHANNELS = {"wechat", "wecom"}


class UnlimitedContext:
    """A Lambda context with enough remaining time for any import."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 900_000


@pytest.fixture
def logs() -> Iterator[StringIO]:
    """What the functions log; the handler writes to the stream that was there when it was made."""
    handler = LOGGER.registered_handler
    assert isinstance(handler, StreamHandler)
    stream, former = StringIO(), handler.stream
    handler.setStream(stream)
    yield stream
    handler.setStream(former)


@pytest.fixture
def check_stores(aws: MotoStack, logs: StringIO, capfd: pytest.CaptureFixture[str]) -> CheckStores:
    """Assert that no canary is in a store, in the answers or in the logs."""

    def check(*answers: object) -> None:
        assert find_leaks(aws) == {}
        assert find_canaries(*answers) == set()
        assert find_canaries(logs.getvalue(), *capfd.readouterr()) == set()

    return check


@pytest.fixture
def send_delivery(aws: MotoStack, deliver: Deliver) -> SendDelivery:
    """Deliver to the source `main` of a channel."""
    stores = SourceStores.from_deployment(build_deployment())
    connected = set()

    def send(channel: str, delivery: CanaryDelivery) -> Any:
        if channel not in connected:
            connect_source(stores, _build_connection(channel))
            connected.add(channel)
        answers = list_required_answers(channel)
        request = Request(
            source="main",
            body=delivery.body,
            received_at=NOW,
            headers=delivery.headers,
            url=f"{API_URL}/hooks/{channel}/main",
            config=answers,
        )
        if channel in ENCRYPTING_CHANNELS:
            text = delivery.body.decode()
            request = build_encrypted_request(request, "wrong", text, answers["app_id"])
        return deliver(request)

    return send


def _build_connection(channel: str) -> ConnectionRequest:
    return ConnectionRequest(
        channel=channel,
        name="main",
        secret=find_required_secret(channel),
        answers=list_required_answers(channel),
    )


def test_every_channel_has_a_delivery() -> None:
    assert set(CANARY_DELIVERIES) == set(CHANNELS)


@pytest.mark.parametrize("channel", sorted(CANARY_DELIVERIES))
def test_delivery_leaves_personal_data_in_the_contact_data_only(
    aws: MotoStack,
    tables: StackTables,
    send_delivery: SendDelivery,
    check_stores: CheckStores,
    channel: str,
) -> None:
    with accept_deliveries(channel):
        answers = [send_delivery(channel, delivery) for delivery in CANARY_DELIVERIES[channel]]
    check_stores(*answers)
    assert tables.list_events()
    assert bool(find_kept(aws)) == (channel not in CHANNELS_WITHOUT_CONTACT)


@pytest.mark.parametrize("channel", sorted(CANARY_DELIVERIES))
def test_forged_delivery_leaves_no_personal_data(
    send_delivery: SendDelivery, check_stores: CheckStores, channel: str
) -> None:
    check_stores(*(send_delivery(channel, delivery) for delivery in CANARY_DELIVERIES[channel]))


@pytest.fixture
def post_call(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> PostCall:
    """Call the tracking API."""
    ApiKeys("test-control", aws.dynamodb).register_key(KEY, "browser", "the shop", "web", TIME)
    module = load_handler("track_events", aws.build_settings(TrackEventsSettings), monkeypatch)

    def post(kind: str, body: object, key: str = KEY) -> Any:
        headers = {"Authorization": f"Bearer {key}", "content-type": "text/plain"}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return module.handler(http_event(f"/v1/{kind}", content, headers), None)

    return post


@pytest.mark.parametrize("kind", sorted(CALL_BODIES))
def test_tracking_call_leaves_personal_data_in_the_contact_data_only(
    aws: MotoStack,
    tables: StackTables,
    post_call: PostCall,
    check_stores: CheckStores,
    kind: str,
) -> None:
    answer = post_call(kind, CALL_BODIES[kind])
    check_stores(answer)
    assert answer["statusCode"] == 200
    assert tables.list_events()
    assert find_kept(aws)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (CALL_BODIES["track"], "wrong"),
        (b'{"email": "zqcanary.mail@example.com"', KEY),
        ({"traits": TRAIT_FIELDS, "type": canaries.MESSAGE}, KEY),
        (CALL_FIELDS | {"event": {"name": canaries.FULL_NAME}, "timestamp": canaries.MESSAGE}, KEY),
    ],
)
def test_refused_tracking_call_leaves_personal_data_in_its_reject_only(
    aws: MotoStack,
    post_call: PostCall,
    check_stores: CheckStores,
    body: object,
    key: str,
) -> None:
    check_stores(post_call("track", body, key))


@pytest.mark.parametrize("headings", [CSV_HEADINGS, f"{CSV_HEADINGS},{canaries.USER_NAME}"])
def test_import_leaves_personal_data_in_the_contact_data_only(
    aws: MotoStack,
    monkeypatch: pytest.MonkeyPatch,
    check_stores: CheckStores,
    headings: str,
) -> None:
    module = load_handler("import_history", aws.build_settings(ImportHistorySettings), monkeypatch)
    key = "imports/orders.csv"
    body = "\n".join((headings, *CSV_ROWS)).encode()
    aws.s3.put_object(Bucket="test-uploads", Key=key, Body=body)
    upload = {"detail": {"bucket": {"name": "test-uploads"}, "object": {"key": key, "size": 1}}}
    answer = module.handler(upload, UnlimitedContext())
    check_stores(answer)
    assert find_kept(aws)


def test_feed_leaves_personal_data_in_the_contact_data_only(
    aws: MotoStack, monkeypatch: pytest.MonkeyPatch, check_stores: CheckStores
) -> None:
    storefront = build_shopify_storefront()
    order, customer = (json.loads(one.body) for one in CANARY_DELIVERIES["shopify"][:2])
    at = to_text(storefront.outage_end - timedelta(hours=1))
    times = dict.fromkeys(("created_at", "processed_at", "updated_at"), at)
    storefront.provider.orders[5] = order | times
    storefront.provider.customers[7] = customer | times
    Sources("test-control").save_source(
        Source(channel="shopify", source="main", config=storefront.config)
    )
    aws.put_secrets("shopify/main", storefront.signing_secret, **storefront.credentials)
    settings = aws.build_settings(ReconcileSourcesSettings)
    module = load_handler("reconcile_sources", settings, monkeypatch)
    with ProviderServer(
        storefront.provider, (), format_datetime(datetime.now(UTC), usegmt=True)
    ) as server:
        monkeypatch.setattr(module, "HTTPS_CLIENT", server.wire)
        answer = module.handler({}, UnlimitedContext())
    check_stores(answer)
    assert find_kept(aws)


def test_nothing_downstream_of_the_ledger_holds_personal_data(
    aws: MotoStack,
    tables: StackTables,
    monkeypatch: pytest.MonkeyPatch,
    send_delivery: SendDelivery,
    post_call: PostCall,
    check_stores: CheckStores,
) -> None:
    """Profiles, lake and datasets are made from the ledger; every door has filled it."""
    for channel, deliveries in CANARY_DELIVERIES.items():
        with accept_deliveries(channel):
            for delivery in deliveries:
                send_delivery(channel, delivery)
    for kind, body in CALL_BODIES.items():
        post_call(kind, body)
    records = build_stream_event(*map(build_insert_record, tables.list_events()))
    answers = [
        load_handler(name, aws.build_settings(settings), monkeypatch).handler(event, None)
        for name, settings, event in (
            ("archive_events", ArchiveEventsSettings, records),
            ("update_profiles", UpdateProfilesSettings, records),
            ("build_dataset", BuildDatasetSettings, {}),
        )
    ]
    check_stores(*answers)
    assert answers[-1]["status"] == "ok"
    assert aws.dynamodb.scan(TableName="test-profiles")["Count"]


def test_search_finds_a_canary_in_any_store(aws: MotoStack) -> None:
    canary = canaries.EMAIL.encode()
    aws.dynamodb.put_item(
        TableName="test-profiles",
        Item={"profile_id": {"S": "p"}, "sk": {"S": "x"}, "facts": {"B": canary}},
    )
    aws.s3.put_object(Bucket="test-lake", Key="events/a.gz", Body=gzip.compress(canary))
    assert find_leaks(aws) == {
        "profiles": {"zqcanary"},
        "lake/events/a.gz": {"zqcanary"},
    }


def test_bug_in_a_translator_reveals_nothing_that_it_quotes(
    aws: MotoStack,
    tables: StackTables,
    monkeypatch: pytest.MonkeyPatch,
    send_delivery: SendDelivery,
    check_stores: CheckStores,
) -> None:
    def fail_with_body(request: Request) -> list[Draft]:
        raise KeyError(request.body.decode())

    broken = msgspec.structs.replace(load_channel("brevo"), translate=fail_with_body)
    monkeypatch.setattr("regulars.channels.mail.brevo.CHANNEL", broken)
    with accept_deliveries("brevo"):
        check_stores(*(send_delivery("brevo", one) for one in CANARY_DELIVERIES["brevo"]))
    assert tables.list_reject_codes() == ["untranslatable"]


def test_failure_of_a_store_reveals_nothing(
    aws: MotoStack,
    logs: StringIO,
    send_delivery: SendDelivery,
    post_call: PostCall,
) -> None:
    aws.dynamodb.delete_table(TableName="test-contacts")
    with accept_deliveries("shopify"):
        answers = [send_delivery("shopify", one) for one in CANARY_DELIVERIES["shopify"][:2]]
    answers.append(post_call("identify", CALL_BODIES["identify"]))
    assert [answer["statusCode"] for answer in answers] == [500, 500, 500]
    assert logs.getvalue().count("ResourceNotFoundException") == len(answers)
    assert find_canaries(answers, logs.getvalue()) == set()
