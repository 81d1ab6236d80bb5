"""What a provider's webhooks did not deliver is fetched from its API, and counts once."""

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from itertools import batched
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from regulars.admin.function_calls import FunctionInvoker, Invocation
from regulars.admin.reconciliation import run_reconciliation
from regulars.admin.reject_replay import RejectReplayer
from regulars.admin.rejects import find_rejects
from regulars.admin.replay_stores import ReplayStores
from regulars.admin.sources import SourceStores, list_sources
from regulars.channels.commerce.shopify import resource_event
from regulars.channels.feeds.https import HttpsClient, ProviderResponse
from regulars.channels.feeds.provider_api import ProviderApi
from regulars.domain.events import Event
from regulars.domain.times import from_text
from regulars.domain.trust import Trust, trust_of
from regulars.settings import ReceiveWebhookSettings, ReconcileSourcesSettings
from regulars.store.inventory import Inventory
from regulars.store.order_sources import OrderSources
from regulars.store.reconciliations import FeedWalk, Reconciliation, Reconciliations
from regulars.store.rejects import Rejects
from regulars.store.sources import Source, Sources
from tests.functions.conftest import StackTables
from tests.providers.outage import STOREFRONTS, Storefront
from tests.providers.server import (
    BAD_GATEWAY,
    HALF_RESPONSE,
    NO_RESPONSE,
    RATE_LIMITED,
    ApiRequest,
    ApiResponse,
    ProviderServer,
    ServerFault,
)
from tests.support.aws import MotoStack
from tests.support.deployment import build_deployment
from tests.support.gateway import http_event, load_handler
from tests.support.memory_stores import CrashError, MemoryStores
from tests.support.profile_oracle import assert_profiles_folded
from tests.support.profile_stories import deliver_events
from tests.support.shopify_deliveries import SHOP

RUN_MS = 15 * 60_000
HOSTS = {"shopify": SHOP, "woocommerce": "shop.example.com", "stripe": "api.stripe.com"}


@dataclass
class DrainingContext:
    """A Lambda context whose remaining time shrinks each time it is read."""

    remaining_ms: int = RUN_MS
    ms_per_check: int = 0

    def get_remaining_time_in_millis(self) -> int:
        self.remaining_ms -= self.ms_per_check
        return self.remaining_ms


class ProviderWire(HttpsClient):
    """Sends each request to its provider's server; crashes before the request with the number `crash_at`."""

    def __init__(self, servers: dict[str, ProviderServer], crash_at: int = 0) -> None:
        super().__init__()
        self._wires = {host: server.wire for host, server in servers.items()}
        self._requests_left = crash_at

    def send_request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> ProviderResponse:
        self._requests_left -= 1
        if self._requests_left == 0:
            raise CrashError
        return self._wires[str(urlsplit(url).hostname)].send_request(method, url, headers, body)


@dataclass
class ConnectedShops:
    """The deployed functions, the sources connected to them, and the servers of their providers."""

    aws: MotoStack
    monkeypatch: pytest.MonkeyPatch
    exit_stack: ExitStack
    servers: dict[str, ProviderServer] = field(default_factory=dict)

    def connect_source(self, storefront: Storefront, *faults: ServerFault) -> ProviderServer:
        """Connect a source; its provider's clock shows the current time."""
        date = format_datetime(datetime.now(UTC), usegmt=True)
        server = self.exit_stack.enter_context(ProviderServer(storefront.provider, faults, date))
        Sources("test-control").save_source(
            Source(channel=storefront.channel, source="main", config=storefront.config)
        )
        self.aws.put_secrets(
            f"{storefront.channel}/main", storefront.signing_secret, **storefront.credentials
        )
        self.servers[HOSTS[storefront.channel]] = server
        return server

    def load_function(self, crash_at: int = 0) -> Any:
        """Return the function's module, imported anew; it does not wait between retries."""
        settings = self.aws.build_settings(ReconcileSourcesSettings)
        module = load_handler("reconcile_sources", settings, self.monkeypatch)
        self.monkeypatch.setattr(module, "ProviderApi", partial(ProviderApi, sleep=lambda _: None))
        self.monkeypatch.setattr(module, "HTTPS_CLIENT", ProviderWire(self.servers, crash_at))
        return module

    def run_reconciliation(
        self, context: DrainingContext | None = None, **event: str
    ) -> dict[str, Any]:
        """Run the function; return the outcome of each source by its name."""
        response = self.load_function().handler(event, context or DrainingContext())
        return {outcome["source"]: outcome for outcome in response["sources"]}

    def crash_run(self, crash_at: int) -> None:
        """Run the function, and crash it before a request."""
        with pytest.raises(CrashError):
            self.load_function(crash_at).handler({}, DrainingContext())

    def deliver_orders(self, storefront: Storefront, *numbers: int) -> None:
        """Deliver the webhooks of these orders to the webhook function."""
        settings = self.aws.build_settings(ReceiveWebhookSettings)
        webhook_function = load_handler("receive_webhook", settings, self.monkeypatch)
        for number in numbers:
            headers, body = storefront.build_delivery(number)
            event = http_event(f"/hooks/{storefront.channel}/main", body, headers)
            assert webhook_function.handler(event, None)["statusCode"] == 200

    def read_state(self, source: str = "shopify/main") -> Reconciliation:
        """Return the reconciliation state of a source."""
        return Reconciliations("test-control").read_reconciliation(*source.split("/"))

    def read_events(self) -> list[Event]:
        """Return all events of the ledger."""
        return list(Inventory("test-events", "test-profiles").scan_events())

    def fold_ledger(self) -> MemoryStores:
        """Return the profiles of the ledger, folded in random order and checked by the oracle."""
        events = self.read_events()
        random.Random(7).shuffle(events)
        memory = MemoryStores()
        for batch in batched(events, 100, strict=False):
            deliver_events(memory, *batch)
        assert_profiles_folded(memory)
        return memory

    def sum_orders(self) -> tuple[int, dict[str, int]]:
        """Return the number of orders and the money of all profiles together."""
        profiles = self.fold_ledger().list_profiles().values()
        totals = [profile.state.orders for profile in profiles]
        money: dict[str, int] = {}
        for total in totals:
            for currency, amount in total.money.items():
                money[currency] = money.get(currency, 0) + amount
        return sum(total.count for total in totals), money


@pytest.fixture
def shops(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[ConnectedShops]:
    with ExitStack() as servers:
        yield ConnectedShops(aws, monkeypatch, servers)


@pytest.fixture
def shorten_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pages, so that a walk has several pages without hundreds of orders."""
    monkeypatch.setattr("regulars.channels.commerce.shopify.feed.PAGE_SIZE", "20")
    monkeypatch.setattr("regulars.channels.payments.stripe.feed.PAGE_SIZE", "20")
    monkeypatch.setattr("regulars.channels.commerce.woocommerce.feed.PAGE_SIZE", 30)


def build_storefront(channel: str, order_count: int = 0) -> Storefront:
    storefront = STOREFRONTS[channel]()
    storefront.place_orders(order_count)
    return storefront


def refuse_key(_: ApiRequest) -> ApiResponse:
    return ApiResponse({"errors": "[API] Invalid API key or access token"}, 401)


@pytest.mark.parametrize(
    ("channel", "count"), [("shopify", 2000), ("woocommerce", 350), ("stripe", 250)]
)
def test_orders_of_a_six_hour_outage_are_recorded_once(
    shops: ConnectedShops, channel: str, count: int
) -> None:
    storefront = build_storefront(channel, count)
    shops.connect_source(
        storefront, RATE_LIMITED, BAD_GATEWAY, None, NO_RESPONSE, None, HALF_RESPONSE
    )
    shops.deliver_orders(storefront, 1, 2, 3)  # the last ones before the outage
    shops.crash_run(crash_at=7)
    assert shops.run_reconciliation()[f"{channel}/main"]["finished"]
    shops.deliver_orders(storefront, 3, 4, count // 2, count)  # late, after the outage
    assert shops.run_reconciliation()[f"{channel}/main"]["new"] == 0
    assert shops.sum_orders() == (count, {"EUR": count * 1000})


@pytest.mark.parametrize("channel", sorted(STOREFRONTS))
def test_killed_run_is_continued_at_its_page(
    shops: ConnectedShops, shorten_pages: None, channel: str
) -> None:
    server = shops.connect_source(build_storefront(channel, 50))
    shops.crash_run(crash_at=2)
    assert any(walk.cursor for walk in shops.read_state(f"{channel}/main").walks.values())
    first = server.requests[0].query_pairs
    assert shops.run_reconciliation()[f"{channel}/main"]["finished"]
    assert [request.query_pairs for request in server.requests].count(first) == 1


def test_two_concurrent_runs_record_every_order_once(
    shops: ConnectedShops, shorten_pages: None
) -> None:
    server = shops.connect_source(build_storefront("shopify", 90))
    outcomes: list[Any] = []

    def run(module: Any) -> None:
        provider = ProviderApi(server.wire, lambda: 60.0, lambda _: None)
        outcomes.extend(module.RECONCILER.run(provider, lambda: True))

    threads = [Thread(target=run, args=(shops.load_function(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert any(outcome.finished for outcome in outcomes)
    assert shops.sum_orders() == (90, {"EUR": 90_000})


@pytest.mark.parametrize("channel", sorted(STOREFRONTS))
def test_fetched_order_is_known_from_its_webhook(shops: ConnectedShops, channel: str) -> None:
    storefront = build_storefront(channel, 30)
    shops.connect_source(storefront)
    shops.deliver_orders(storefront, *range(1, 31))
    previous_count = len(shops.read_events())
    outcome = shops.run_reconciliation()[f"{channel}/main"]
    # Stripe's webhook has the charge only; the PaymentIntent has the order, too.
    new = 30 if channel == "stripe" else 0
    assert (len(shops.read_events()) - previous_count, outcome["new"], outcome["known"] >= 30) == (
        new,
        new,
        True,
    )


def test_run_stops_between_pages_when_time_runs_out(
    shops: ConnectedShops, shorten_pages: None
) -> None:
    shops.connect_source(build_storefront("shopify", 50))
    short_context = DrainingContext(remaining_ms=151_700, ms_per_check=500)
    assert not shops.run_reconciliation(short_context)["shopify/main"]["finished"]
    assert shops.read_state().walks["orders"].cursor
    assert shops.run_reconciliation()["shopify/main"]["finished"]
    assert len(shops.read_events()) == 50


def test_skipped_source_is_first_in_the_next_run(shops: ConnectedShops) -> None:
    for channel in ("shopify", "stripe"):
        shops.connect_source(build_storefront(channel, 1))
    assert list(
        shops.run_reconciliation(DrainingContext(remaining_ms=151_700, ms_per_check=500))
    ) == ["shopify/main"]
    assert list(shops.run_reconciliation()) == ["stripe/main", "shopify/main"]


def test_watermark_follows_the_clock_of_the_provider(shops: ConnectedShops) -> None:
    storefront = build_storefront("shopify", 5)
    future = (storefront.outage_end + timedelta(days=300)).isoformat()
    storefront.provider.orders[5]["updated_at"] = future
    server = shops.connect_source(storefront)
    earlier = storefront.outage_end - timedelta(hours=2)
    server.date_header = format_datetime(earlier, usegmt=True)
    shops.run_reconciliation()
    assert from_text(shops.read_state().walks["orders"].since) == earlier - timedelta(minutes=10)


def test_watermark_stays_when_nothing_changed(shops: ConnectedShops) -> None:
    storefront = build_storefront("shopify", 3)
    server = shops.connect_source(storefront)
    shops.run_reconciliation()
    newest = from_text(storefront.provider.orders[3]["updated_at"])
    shops.run_reconciliation()
    watermarks = [
        request.query["updated_at_min"] for request in server.requests if "orders" in request.path
    ]
    assert from_text(watermarks[0]) < storefront.outage_end - timedelta(days=6)
    assert from_text(watermarks[1]) == newest - timedelta(minutes=10)


def test_first_run_fetches_a_week_and_marks_history(
    shops: ConnectedShops, tables: StackTables
) -> None:
    storefront = build_storefront("shopify")
    for number, days in enumerate((0.1, 2, 6, 9), 1):
        storefront.place_order(number, storefront.outage_end - timedelta(days=days))
    shops.connect_source(storefront)
    shops.run_reconciliation()
    assert [event.backfill for event in tables.list_events()] == [True, True, False]


@pytest.mark.parametrize("channel", sorted(STOREFRONTS))
def test_fetched_orders_are_verified_and_make_claims_of_those_of_browsers(
    aws: MotoStack, shops: ConnectedShops, tables: StackTables, channel: str
) -> None:
    shops.connect_source(build_storefront(channel, 2))
    shops.run_reconciliation()
    assert {trust_of(event) for event in tables.list_events()} == {Trust.VERIFIED}
    assert OrderSources("test-control", aws.dynamodb).list_reporters("") == [f"{channel}/main"]


def test_refused_key_is_reported_and_stops_no_other_source(shops: ConnectedShops) -> None:
    storefront = build_storefront("shopify")
    storefront.provider = refuse_key
    shops.connect_source(storefront)
    shops.connect_source(build_storefront("stripe", 2))
    outcomes = shops.run_reconciliation()
    assert "rejects the key" in outcomes["shopify/main"]["faults"]["orders"]
    assert outcomes["stripe/main"]["finished"]
    walk = shops.read_state().walks["orders"]
    assert (walk.fault, walk.faulty_since != "") == ("key_refused", True)


def test_fault_keeps_its_first_time_until_it_ends(shops: ConnectedShops) -> None:
    storefront = build_storefront("shopify", 2)
    storefront.provider.refused_kinds = frozenset({"customers"})
    shops.connect_source(storefront)
    assert shops.run_reconciliation()["shopify/main"]["new"] == 2
    since = shops.read_state().walks["customers"].faulty_since
    shops.run_reconciliation()
    assert shops.read_state().walks["customers"].faulty_since == since
    storefront.provider.refused_kinds = frozenset()
    assert shops.run_reconciliation()["shopify/main"]["finished"]
    assert {walk.fault for walk in shops.read_state().walks.values()} == {""}


def test_provider_is_asked_nothing_more_when_down(shops: ConnectedShops) -> None:
    storefront = build_storefront("shopify")
    server = shops.connect_source(storefront, *[BAD_GATEWAY] * 6)
    assert set(shops.run_reconciliation()["shopify/main"]["faults"]) == {"orders"}
    assert len(server.requests) == 6
    assert shops.run_reconciliation()["shopify/main"]["finished"]


@pytest.mark.parametrize(
    "response",
    [
        ApiResponse(b'{"orders": [' + b"[" * 90_000 + b"]" * 90_000 + b"]}"),
        ApiResponse({"orders": []}, headers={"Date": "Fri, 31 Dec 9999 23:59:59 -1400"}),
        ApiResponse({"orders": []}, headers={"Link": '<https://[::1/x?page_info=a>; rel="next"'}),
    ],
)
def test_unreadable_answer_is_reported_and_stops_no_other_source(
    shops: ConnectedShops, response: ApiResponse
) -> None:
    storefront = build_storefront("shopify")
    shops.connect_source(storefront, response)
    shops.connect_source(build_storefront("stripe", 2))
    outcomes = shops.run_reconciliation()
    assert "is not valid" in outcomes["shopify/main"]["faults"]["orders"]
    assert outcomes["stripe/main"]["finished"]
    assert shops.run_reconciliation()["shopify/main"]["finished"]


def test_incomplete_configuration_is_reported_as_setup_fault(shops: ConnectedShops) -> None:
    storefront = build_storefront("woocommerce")
    storefront.config = {}
    shops.connect_source(storefront)
    assert "address" in shops.run_reconciliation()["woocommerce/main"]["faults"]["setup"]
    Sources("test-control").save_source(
        Source(channel="woocommerce", source="main", config=build_storefront("woocommerce").config)
    )
    assert shops.run_reconciliation()["woocommerce/main"]["finished"]


def test_incomplete_credentials_are_reported_and_keep_the_watermark(shops: ConnectedShops) -> None:
    storefront = build_storefront("shopify", 3)
    shops.connect_source(storefront)
    shops.run_reconciliation()
    walks = shops.read_state().walks
    shops.aws.put_secrets("shopify/main", storefront.signing_secret, client_id="alone")
    assert "not complete" in shops.run_reconciliation()["shopify/main"]["faults"]["setup"]
    assert shops.read_state().walks.items() > walks.items()


def test_walk_starts_again_when_cursor_is_lost(shops: ConnectedShops) -> None:
    storefront = build_storefront("stripe", 2)
    server = shops.connect_source(storefront)
    shops.run_reconciliation()
    old = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    state = shops.read_state("stripe/main")
    state_with_lost_cursor = Reconciliation(
        channel="stripe",
        source="main",
        walks=state.walks | {"sales": FeedWalk(since=old, cursor="evt_gone")},
        rev=state.rev,
    )
    Reconciliations("test-control").save_reconciliation(state_with_lost_cursor)
    assert "no longer knows" in shops.run_reconciliation()["stripe/main"]["faults"]["sales"]
    # The other feed is read nevertheless.
    assert ("types[]", "customer.created") in server.requests[-1].query_pairs
    assert shops.run_reconciliation()["stripe/main"]["finished"]


def test_invalid_record_is_rejected_and_hides_no_other(
    shops: ConnectedShops, tables: StackTables
) -> None:
    storefront = build_storefront("shopify", 3)
    storefront.provider.orders[2]["line_items"] = [
        {"product_id": 1, "quantity": -4, "price": "1.00"}
    ]
    shops.connect_source(storefront)
    outcome = shops.run_reconciliation()["shopify/main"]
    assert (outcome["new"], outcome["rejected"], tables.list_reject_codes()) == (
        2,
        1,
        ["invalid_quantity"],
    )
    assert json.loads(tables.list_rejects()[0]["raw"])["id"] == 2


def test_record_is_replayed_after_a_translator_bug_is_fixed(
    shops: ConnectedShops, tables: StackTables
) -> None:
    shops.connect_source(build_storefront("shopify", 1))
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(resource_event, "build_order", _raise_bug)
        assert shops.run_reconciliation()["shopify/main"]["rejected"] == 1
    assert (tables.list_reject_codes(), tables.list_events()) == (["untranslatable"], [])
    replayer = RejectReplayer(ReplayStores.from_deployment(build_deployment()))
    (reject,) = find_rejects(Rejects("test-rejects"), datetime.now(UTC).date())
    assert replayer.replay(reject).new == 1
    assert shops.sum_orders()[0] == 1


def _raise_bug(*_: object) -> None:
    raise RuntimeError


@pytest.mark.parametrize("change", ["disabled", "without credentials", "elsewhere"])
def test_excluded_source_is_not_asked(shops: ConnectedShops, change: str) -> None:
    storefront = build_storefront("shopify", 1)
    server = shops.connect_source(storefront)
    if change == "disabled":
        Sources("test-control").save_source(
            Source(channel="shopify", source="main", config=storefront.config, disabled=True)
        )
    if change == "without credentials":
        shops.aws.put_secrets("shopify/main", storefront.signing_secret)
    only = "shopify/other" if change == "elsewhere" else "shopify/main"
    assert (shops.run_reconciliation(only=only), server.requests) == ({}, [])


def test_fetched_contact_data_is_stored_in_people_only(
    shops: ConnectedShops, tables: StackTables, capsys: pytest.CaptureFixture[str]
) -> None:
    shops.connect_source(build_storefront("shopify", 2), BAD_GATEWAY)
    shops.run_reconciliation()
    assert {contact["email"] for contact in tables.list_contacts()} == {
        "buyer1@canary.example",
        "buyer2@canary.example",
    }
    control = str(shops.aws.dynamodb.scan(TableName="test-control")["Items"])
    text = tables.read_ledger_text() + control + capsys.readouterr().out
    assert "canary" not in text
    assert "shpat" not in text


def test_fetched_customer_is_translated_like_its_webhook(
    shops: ConnectedShops, tables: StackTables
) -> None:
    storefront = build_storefront("shopify")
    at = storefront.outage_end.isoformat()
    customer = {"id": 9, "email": "x@canary.example", "created_at": at, "updated_at": at}
    storefront.provider.customers[9] = customer
    shops.connect_source(storefront)
    shops.run_reconciliation()
    (event,) = tables.list_events()
    assert (event.type, len(event.subjects)) == ("Customer Updated", 2)


class ConnectedInvoker(FunctionInvoker):
    """Calls the reconciliation function of the connected shops."""

    def __init__(self, shops: ConnectedShops) -> None:
        self._shops = shops

    def invoke(self, function: str, event: Any) -> Invocation:
        """Return the payload of the function."""
        assert function == "reconcile_sources"
        payload = self._shops.load_function().handler(event, DrainingContext())
        return Invocation(function=function, payload=payload)


def test_owner_reconciles_now_and_sees_the_new_events(shops: ConnectedShops) -> None:
    assert run_reconciliation(ConnectedInvoker(shops)) == []
    shops.connect_source(build_storefront("shopify", 3))
    (outcome,) = run_reconciliation(ConnectedInvoker(shops), "shopify/main")
    assert (outcome.source, outcome.new, outcome.finished) == ("shopify/main", 3, True)
    (status,) = list_sources(SourceStores.from_deployment(build_deployment()))
    assert status.reconciliation
    assert status.reconciliation.at.startswith(datetime.now(UTC).date().isoformat())


def test_commands_show_since_when_a_key_is_refused(shops: ConnectedShops) -> None:
    storefront = build_storefront("shopify")
    storefront.provider = refuse_key
    shops.connect_source(storefront)
    (outcome,) = run_reconciliation(ConnectedInvoker(shops))
    assert "rejects the key" in str(outcome.faults)
    (status,) = list_sources(SourceStores.from_deployment(build_deployment()))
    assert status.reconciliation
    faults = status.reconciliation.faults
    assert {feed: fault.code for feed, fault in faults.items()} == {
        "orders": "key_refused",
        "customers": "key_refused",
    }
    assert faults["orders"].since.startswith(datetime.now(UTC).date().isoformat())
