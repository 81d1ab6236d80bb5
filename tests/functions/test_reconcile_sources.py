"""Nothing is lost when a provider gives up: what its webhooks did not bring is fetched, and counts once."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
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

from infra.cli import main, reconcile
from infra.cli.receiving import Receiver
from regulars.channels.commerce.shopify import webhook as shopify_channel
from regulars.channels.feeds.https import Answer, Wire
from regulars.channels.feeds.provider_api import Provider
from regulars.domain.events import Event
from regulars.domain.times import from_text
from regulars.settings import ReceiveWebhookSettings, ReconcileSourcesSettings
from regulars.store.inventory import Inventory
from regulars.store.reconciliations import FeedWalk, Reconciliation, Reconciliations
from regulars.store.rejects import Rejects
from regulars.store.sources import Source, Sources
from tests.functions.conftest import Kept, OnMoto
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
from tests.support.gateway import http_event, load_handler
from tests.support.memory_stores import CrashError, MemoryStores
from tests.support.profile_oracle import assert_profiles_folded
from tests.support.profile_stories import deliver_events
from tests.support.shopify_deliveries import SHOP

MINUTES = 15 * 60_000
HOSTS = {"shopify": SHOP, "woocommerce": "shop.example.com", "stripe": "api.stripe.com"}


@dataclass
class Clock:
    """Lambda's context: the time that is left, less a page's worth each time it is asked for."""

    left: int = MINUTES
    page: int = 0

    def get_remaining_time_in_millis(self) -> int:
        self.left -= self.page
        return self.left


class Roads(Wire):
    """Leads to each provider by its host; gone before the request with the number `dies_at`."""

    def __init__(self, servers: dict[str, ProviderServer], dies_at: int = 0) -> None:
        super().__init__()
        self._wires = {host: server.wire for host, server in servers.items()}
        self._left = dies_at

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        self._left -= 1
        if self._left == 0:
            raise CrashError
        return self._wires[str(urlsplit(url).hostname)].request(method, url, headers, body)


@dataclass
class Town:
    """The deployed functions, the shops connected to them, and their providers."""

    aws: MotoStack
    patch: pytest.MonkeyPatch
    open: ExitStack
    servers: dict[str, ProviderServer] = field(default_factory=dict)

    def connect(self, front: Storefront, *troubles: ServerFault) -> ProviderServer:
        """Set a source up; its provider has the time it is."""
        date = format_datetime(datetime.now(UTC), usegmt=True)
        server = self.open.enter_context(ProviderServer(front.provider, troubles, date))
        Sources("test-control").save_source(
            Source(channel=front.channel, source="main", config=front.config)
        )
        self.aws.put_secrets(f"{front.channel}/main", front.signing_secret, **front.credentials)
        self.servers[HOSTS[front.channel]] = server
        return server

    def function(self, dies_at: int = 0) -> Any:
        """The function as it starts anew, without the patience of the real one."""
        settings = self.aws.build_settings(ReconcileSourcesSettings)
        module = load_handler("reconcile_sources", settings, self.patch)
        self.patch.setattr(module, "Provider", partial(Provider, sleep=lambda _: None))
        self.patch.setattr(module, "WIRE", Roads(self.servers, dies_at))
        return module

    def reconcile(self, clock: Clock | None = None, **event: str) -> dict[str, Any]:
        """One run over all sources: what each came to."""
        answer = self.function().handler(event, clock or Clock())
        return {one["source"]: one for one in answer["sources"]}

    def killed(self, dies_at: int) -> None:
        """A run that is gone before one of its requests."""
        with pytest.raises(CrashError):
            self.function(dies_at).handler({}, Clock())

    def deliver(self, front: Storefront, *numbers: int) -> None:
        """Webhooks through the real door."""
        settings = self.aws.build_settings(ReceiveWebhookSettings)
        door = load_handler("receive_webhook", settings, self.patch)
        for number in numbers:
            headers, body = front.build_delivery(number)
            event = http_event(f"/hooks/{front.channel}/main", body, headers)
            assert door.handler(event, None)["statusCode"] == 200

    def state(self, source: str = "shopify/main") -> Reconciliation:
        """How far a source is."""
        return Reconciliations("test-control").read_reconciliation(*source.split("/"))

    def events(self) -> list[Event]:
        """The whole ledger."""
        return list(Inventory("test-events", "test-people", "test-profiles").scan_events())

    def memory(self) -> MemoryStores:
        """The ledger, folded into profiles in any order; each is what the oracle says."""
        events = self.events()
        random.Random(7).shuffle(events)
        memory = MemoryStores()
        for batch in batched(events, 100, strict=False):
            deliver_events(memory, *batch)
        assert_profiles_folded(memory)
        return memory

    def sold(self) -> tuple[int, dict[str, int]]:
        """Orders and money of all profiles together."""
        told = [profile.state.orders for profile in self.memory().live_profiles().values()]
        money: dict[str, int] = {}
        for one in told:
            for currency, amount in one.money.items():
                money[currency] = money.get(currency, 0) + amount
        return sum(one.count for one in told), money


@pytest.fixture
def town(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    with ExitStack() as servers:
        yield Town(aws, monkeypatch, servers)


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three pages are a walk, without hundreds of orders."""
    monkeypatch.setattr("regulars.channels.commerce.shopify.feed.LIMIT", "20")
    monkeypatch.setattr("regulars.channels.payments.stripe.feed.LIMIT", "20")
    monkeypatch.setattr("regulars.channels.commerce.woocommerce.feed.SIZE", 30)


def opened(channel: str, sold: int = 0) -> Storefront:
    front = STOREFRONTS[channel]()
    front.place_orders(sold)
    return front


def refusing(_: ApiRequest) -> ApiResponse:
    return ApiResponse({"errors": "[API] Invalid API key or access token"}, 401)


@pytest.mark.parametrize(
    ("channel", "count"), [("shopify", 2000), ("woocommerce", 350), ("stripe", 250)]
)
def test_orders_of_a_six_hour_outage_are_recorded_once(
    town: Town, channel: str, count: int
) -> None:
    front = opened(channel, count)
    town.connect(front, RATE_LIMITED, BAD_GATEWAY, None, NO_RESPONSE, None, HALF_RESPONSE)
    town.deliver(front, 1, 2, 3)  # the last before the door went down
    town.killed(dies_at=7)
    assert town.reconcile()[f"{channel}/main"]["finished"]
    town.deliver(front, 3, 4, count // 2, count)  # late, when it was up again
    assert town.reconcile()[f"{channel}/main"]["new"] == 0
    assert town.sold() == (count, {"EUR": count * 1000})


@pytest.mark.parametrize("channel", sorted(STOREFRONTS))
def test_killed_run_is_continued_at_its_page(town: Town, short_pages: None, channel: str) -> None:
    server = town.connect(opened(channel, 50))
    town.killed(dies_at=2)
    assert any(walk.cursor for walk in town.state(f"{channel}/main").walks.values())
    first = server.requests[0].query_pairs
    assert town.reconcile()[f"{channel}/main"]["finished"]
    assert [call.query_pairs for call in server.requests].count(first) == 1


def test_two_concurrent_runs_record_every_order_once(town: Town, short_pages: None) -> None:
    server = town.connect(opened("shopify", 90))
    outcomes: list[Any] = []

    def run(module: Any) -> None:
        provider = Provider(server.wire, lambda: 60.0, lambda _: None)
        outcomes.extend(module.RECONCILER.run(provider, lambda: True))

    runs = [Thread(target=run, args=(town.function(),)) for _ in range(2)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert any(outcome.finished for outcome in outcomes)
    assert town.sold() == (90, {"EUR": 90_000})


@pytest.mark.parametrize("channel", sorted(STOREFRONTS))
def test_fetched_order_is_known_from_its_webhook(town: Town, channel: str) -> None:
    front = opened(channel, 30)
    town.connect(front)
    town.deliver(front, *range(1, 31))
    before = len(town.events())
    outcome = town.reconcile()[f"{channel}/main"]
    # Stripe's webhook told the charge alone; the PaymentIntent shows the order, too.
    new = 30 if channel == "stripe" else 0
    assert (len(town.events()) - before, outcome["new"], outcome["known"] >= 30) == (new, new, True)


def test_run_stops_between_pages_when_time_runs_out(town: Town, short_pages: None) -> None:
    town.connect(opened("shopify", 50))
    short = Clock(left=151_700, page=500)
    assert not town.reconcile(short)["shopify/main"]["finished"]
    assert town.state().walks["orders"].cursor
    assert town.reconcile()["shopify/main"]["finished"]
    assert len(town.events()) == 50


def test_skipped_source_is_first_in_the_next_run(town: Town) -> None:
    for channel in ("shopify", "stripe"):
        town.connect(opened(channel, 1))
    assert list(town.reconcile(Clock(left=151_700, page=500))) == ["shopify/main"]
    assert list(town.reconcile()) == ["stripe/main", "shopify/main"]


def test_watermark_follows_the_clock_of_the_provider(town: Town) -> None:
    front = opened("shopify", 5)
    future = (front.outage_end + timedelta(days=300)).isoformat()
    front.provider.orders[5]["updated_at"] = future
    server = town.connect(front)
    earlier = front.outage_end - timedelta(hours=2)
    server.date_header = format_datetime(earlier, usegmt=True)
    town.reconcile()
    assert from_text(town.state().walks["orders"].since) == earlier - timedelta(minutes=10)


def test_watermark_stays_when_nothing_changed(town: Town) -> None:
    front = opened("shopify", 3)
    server = town.connect(front)
    town.reconcile()
    newest = from_text(front.provider.orders[3]["updated_at"])
    town.reconcile()
    asked = [call.query["updated_at_min"] for call in server.requests if "orders" in call.path]
    assert from_text(asked[0]) < front.outage_end - timedelta(days=6)
    assert from_text(asked[1]) == newest - timedelta(minutes=10)


def test_first_run_fetches_a_week_and_marks_history(town: Town, kept: Kept) -> None:
    front = opened("shopify")
    for number, days in enumerate((0.1, 2, 6, 9), 1):
        front.place_order(number, front.outage_end - timedelta(days=days))
    town.connect(front)
    town.reconcile()
    assert [event.backfill for event in kept.events()] == [True, True, False]


def test_refused_key_is_reported_and_stops_no_other_source(town: Town) -> None:
    front = opened("shopify")
    front.provider = refusing
    town.connect(front)
    town.connect(opened("stripe", 2))
    found = town.reconcile()
    assert "refuses the key" in found["shopify/main"]["faults"]["orders"]
    assert found["stripe/main"]["finished"]
    walk = town.state().walks["orders"]
    assert (walk.fault, walk.faulty_since != "") == ("key_refused", True)


def test_fault_keeps_its_first_time_until_it_ends(town: Town) -> None:
    front = opened("shopify", 2)
    front.provider.refused_kinds = frozenset({"customers"})
    town.connect(front)
    assert town.reconcile()["shopify/main"]["new"] == 2
    since = town.state().walks["customers"].faulty_since
    town.reconcile()
    assert town.state().walks["customers"].faulty_since == since
    front.provider.refused_kinds = frozenset()
    assert town.reconcile()["shopify/main"]["finished"]
    assert town.state().failed_walks == []


def test_provider_is_asked_nothing_more_when_down(town: Town) -> None:
    front = opened("shopify")
    server = town.connect(front, *[BAD_GATEWAY] * 6)
    assert set(town.reconcile()["shopify/main"]["faults"]) == {"orders"}
    assert len(server.requests) == 6
    assert town.reconcile()["shopify/main"]["finished"]


@pytest.mark.parametrize(
    "broken",
    [
        ApiResponse(b'{"orders": [' + b"[" * 90_000 + b"]" * 90_000 + b"]}"),
        ApiResponse({"orders": []}, headers={"Date": "Fri, 31 Dec 9999 23:59:59 -1400"}),
        ApiResponse({"orders": []}, headers={"Link": '<https://[::1/x?page_info=a>; rel="next"'}),
    ],
)
def test_unreadable_answer_is_reported_and_stops_no_other_source(
    town: Town, broken: ApiResponse
) -> None:
    front = opened("shopify")
    town.connect(front, broken)
    town.connect(opened("stripe", 2))
    found = town.reconcile()
    assert "cannot be read" in found["shopify/main"]["faults"]["orders"]
    assert found["stripe/main"]["finished"]
    assert town.reconcile()["shopify/main"]["finished"]


def test_incomplete_configuration_is_reported_as_setup_fault(town: Town) -> None:
    front = opened("woocommerce")
    front.config = {}
    town.connect(front)
    assert "address" in town.reconcile()["woocommerce/main"]["faults"]["setup"]
    Sources("test-control").save_source(
        Source(channel="woocommerce", source="main", config=opened("woocommerce").config)
    )
    assert town.reconcile()["woocommerce/main"]["finished"]


def test_incomplete_credentials_are_reported_and_keep_the_watermark(town: Town) -> None:
    front = opened("shopify", 3)
    town.connect(front)
    town.reconcile()
    walks = town.state().walks
    town.aws.put_secrets("shopify/main", front.signing_secret, client_id="alone")
    assert "not complete" in town.reconcile()["shopify/main"]["faults"]["setup"]
    assert town.state().walks.items() > walks.items()


def test_walk_starts_again_when_cursor_is_lost(town: Town) -> None:
    front = opened("stripe", 2)
    server = town.connect(front)
    town.reconcile()
    old = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    state = town.state("stripe/main")
    lost = Reconciliation(
        channel="stripe",
        source="main",
        walks=state.walks | {"sales": FeedWalk(since=old, cursor="evt_gone")},
        rev=state.rev,
    )
    Reconciliations("test-control").save_reconciliation(lost)
    assert "no longer knows" in town.reconcile()["stripe/main"]["faults"]["sales"]
    # The other kind is asked for all the same.
    assert ("types[]", "customer.created") in server.requests[-1].query_pairs
    assert town.reconcile()["stripe/main"]["finished"]


def test_invalid_record_is_rejected_and_hides_no_other(town: Town, kept: Kept) -> None:
    front = opened("shopify", 3)
    front.provider.orders[2]["line_items"] = [{"product_id": 1, "quantity": -4, "price": "1.00"}]
    town.connect(front)
    outcome = town.reconcile()["shopify/main"]
    assert (outcome["new"], outcome["rejected"], kept.codes()) == (2, 1, ["invalid_quantity"])
    assert json.loads(kept.rejects()[0]["raw"])["id"] == 2


def test_record_is_replayed_after_a_translator_bug_is_fixed(town: Town, kept: Kept) -> None:
    town.connect(opened("shopify", 1))
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(shopify_channel, "order_of", _broken)
        assert town.reconcile()["shopify/main"]["rejected"] == 1
    assert (kept.codes(), kept.events()) == (["untranslatable"], [])
    deployed: Any = OnMoto(town.aws)
    receiver = Receiver(deployed, Rejects("test-rejects"))
    assert receiver.receive(kept.rejects()[0]).new == 1
    assert town.sold()[0] == 1


def _broken(*_: object) -> None:
    raise RuntimeError


@pytest.mark.parametrize("change", ["disabled", "without credentials", "elsewhere"])
def test_excluded_source_is_not_asked(town: Town, change: str) -> None:
    front = opened("shopify", 1)
    server = town.connect(front)
    if change == "disabled":
        Sources("test-control").save_source(
            Source(channel="shopify", source="main", config=front.config, disabled=True)
        )
    if change == "without credentials":
        town.aws.put_secrets("shopify/main", front.signing_secret)
    only = "shopify/other" if change == "elsewhere" else "shopify/main"
    assert (town.reconcile(only=only), server.requests) == ({}, [])


def test_fetched_contact_data_is_stored_in_people_only(
    town: Town, kept: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    town.connect(opened("shopify", 2), BAD_GATEWAY)
    town.reconcile()
    assert {contact["email"] for contact in kept.contacts()} == {
        "buyer1@canary.example",
        "buyer2@canary.example",
    }
    control = str(town.aws.dynamodb.scan(TableName="test-control")["Items"])
    said = kept.ledger_text() + control + capsys.readouterr().out
    assert "canary" not in said
    assert "shpat" not in said


def test_fetched_customer_is_translated_like_its_webhook(town: Town, kept: Kept) -> None:
    front = opened("shopify")
    at = front.outage_end.isoformat()
    customer = {"id": 9, "email": "x@canary.example", "created_at": at, "updated_at": at}
    front.provider.customers[9] = customer
    town.connect(front)
    town.reconcile()
    (event,) = kept.events()
    assert (event.type, len(event.subjects)) == ("Customer Updated", 2)


@pytest.fixture
def command(
    town: Town, deployed: OnMoto, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs a command line, its function in place: the exit code and what is printed."""

    def invoked(_deployed: OnMoto, name: str, event: dict[str, Any]) -> dict[str, Any]:
        assert name == "reconcile_sources"
        return {"error": "", "payload": town.function().handler(event, Clock())}

    town.patch.setattr(reconcile, "invoked", invoked)

    def run(*words: str) -> tuple[int, str]:
        arguments = main.parser().parse_args(words)
        return arguments.run(arguments), capsys.readouterr().out

    return run


def test_reconcile_command_shows_new_events(
    town: Town, command: Callable[..., tuple[int, str]]
) -> None:
    assert "no such source" in command("reconcile")[1].lower()
    town.connect(opened("shopify", 3))
    code, said = command("reconcile", "shopify", "main")
    assert (code, said.splitlines()[-1].split()) == (0, ["shopify/main", "3", "0", "0", "done"])
    assert datetime.now(UTC).date().isoformat() in command("sources", "list")[1]


def test_commands_show_since_when_a_key_is_refused(
    town: Town, command: Callable[..., tuple[int, str]]
) -> None:
    front = opened("shopify")
    front.provider = refusing
    town.connect(front)
    code, said = command("reconcile")
    assert (code, "refuses the key" in said) == (1, True)
    since = f"key refused since {datetime.now(UTC).date().isoformat()}"
    listed = command("sources", "list")[1]
    assert (f"orders: {since}" in listed, f"customers: {since}" in listed) == (True, True)
