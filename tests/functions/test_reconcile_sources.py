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
from regulars.channels.feeds.https import HttpsClient, ProviderResponse
from regulars.channels.feeds.provider_api import ProviderApi
from regulars.domain.events import Event
from regulars.domain.times import from_text
from regulars.settings import ReceiveWebhookSettings, ReconcileSourcesSettings
from regulars.store.inventory import Inventory
from regulars.store.reconciliations import FeedWalk, Reconciliation, Reconciliations
from regulars.store.rejects import Rejects
from regulars.store.sources import Source, Sources
from tests.functions.conftest import Kept, OnMoto
from tests.providers.outage import FRONTS, Storefront
from tests.providers.server import (
    BROKEN,
    CUT,
    DROPPED,
    LIMITED,
    Call,
    ProviderServer,
    Said,
    Trouble,
)
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, loaded
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


class Roads(HttpsClient):
    """Leads to each provider by its host; gone before the request with the number `dies_at`."""

    def __init__(self, servers: dict[str, ProviderServer], dies_at: int = 0) -> None:
        super().__init__()
        self._wires = {host: server.wire for host, server in servers.items()}
        self._left = dies_at

    def send_request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> ProviderResponse:
        self._left -= 1
        if self._left == 0:
            raise CrashError
        return self._wires[str(urlsplit(url).hostname)].send_request(method, url, headers, body)


@dataclass
class Town:
    """The deployed functions, the shops connected to them, and their providers."""

    aws: MotoStack
    patch: pytest.MonkeyPatch
    open: ExitStack
    servers: dict[str, ProviderServer] = field(default_factory=dict)

    def connect(self, front: Storefront, *troubles: Trouble) -> ProviderServer:
        """Set a source up; its provider has the time it is."""
        date = format_datetime(datetime.now(UTC), usegmt=True)
        server = self.open.enter_context(ProviderServer(front.provider, troubles, date))
        Sources("test-control").save_source(
            Source(channel=front.channel, source="main", config=front.config)
        )
        self.aws.put_secrets(f"{front.channel}/main", front.signing, **front.credentials)
        self.servers[HOSTS[front.channel]] = server
        return server

    def function(self, dies_at: int = 0) -> Any:
        """The function as it starts anew, without the patience of the real one."""
        settings = self.aws.build_settings(ReconcileSourcesSettings)
        module = loaded("reconcile_sources", settings, self.patch)
        self.patch.setattr(module, "ProviderApi", partial(ProviderApi, sleep=lambda _: None))
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
        door = loaded("receive_webhook", settings, self.patch)
        for number in numbers:
            headers, body = front.deliver(number)
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
    for name, size in {"shopify.LIMIT": "20", "stripe.LIMIT": "20", "woocommerce.SIZE": 30}.items():
        monkeypatch.setattr(f"regulars.feeds.{name}", size)


def opened(channel: str, sold: int = 0) -> Storefront:
    front = FRONTS[channel]()
    front.sell(sold)
    return front


def refusing(_: Call) -> Said:
    return Said({"errors": "[API] Invalid API key or access token"}, 401)


@pytest.mark.parametrize(
    ("channel", "count"), [("shopify", 2000), ("woocommerce", 350), ("stripe", 250)]
)
def test_orders_of_six_hours_without_a_door_are_all_there_once(
    town: Town, channel: str, count: int
) -> None:
    front = opened(channel, count)
    town.connect(front, LIMITED, BROKEN, None, DROPPED, None, CUT)
    town.deliver(front, 1, 2, 3)  # the last before the door went down
    town.killed(dies_at=7)
    assert town.reconcile()[f"{channel}/main"]["finished"]
    town.deliver(front, 3, 4, count // 2, count)  # late, when it was up again
    assert town.reconcile()[f"{channel}/main"]["new"] == 0
    assert town.sold() == (count, {"EUR": count * 1000})


@pytest.mark.parametrize("channel", sorted(FRONTS))
def test_run_that_is_killed_between_pages_is_gone_on_with(
    town: Town, short_pages: None, channel: str
) -> None:
    server = town.connect(opened(channel, 50))
    town.killed(dies_at=2)
    assert any(walk.cursor for walk in town.state(f"{channel}/main").walks.values())
    first = server.calls[0].asked
    assert town.reconcile()[f"{channel}/main"]["finished"]
    assert [call.asked for call in server.calls].count(first) == 1


def test_two_runs_at_once_take_everything_in_once(town: Town, short_pages: None) -> None:
    server = town.connect(opened("shopify", 90))
    outcomes: list[Any] = []

    def run(module: Any) -> None:
        provider = ProviderApi(server.wire, lambda: 60.0, lambda _: None)
        outcomes.extend(module.RECONCILING.run(provider, lambda: True))

    runs = [Thread(target=run, args=(town.function(),)) for _ in range(2)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert any(outcome.finished for outcome in outcomes)
    assert town.sold() == (90, {"EUR": 90_000})


@pytest.mark.parametrize("channel", sorted(FRONTS))
def test_order_that_its_webhook_told_is_no_second_event(town: Town, channel: str) -> None:
    front = opened(channel, 30)
    town.connect(front)
    town.deliver(front, *range(1, 31))
    before = len(town.events())
    outcome = town.reconcile()[f"{channel}/main"]
    # Stripe's webhook told the charge alone; the PaymentIntent shows the order, too.
    new = 30 if channel == "stripe" else 0
    assert (len(town.events()) - before, outcome["new"], outcome["known"] >= 30) == (new, new, True)


def test_run_without_time_stops_between_pages_and_the_next_goes_on(
    town: Town, short_pages: None
) -> None:
    town.connect(opened("shopify", 50))
    short = Clock(left=151_700, page=500)
    assert not town.reconcile(short)["shopify/main"]["finished"]
    assert town.state().walks["orders"].cursor
    assert town.reconcile()["shopify/main"]["finished"]
    assert len(town.events()) == 50


def test_source_for_which_no_time_is_left_is_the_first_of_the_next_run(town: Town) -> None:
    for channel in ("shopify", "stripe"):
        town.connect(opened(channel, 1))
    assert list(town.reconcile(Clock(left=151_700, page=500))) == ["shopify/main"]
    assert list(town.reconcile()) == ["stripe/main", "shopify/main"]


def test_watermark_moves_by_the_clock_of_the_provider(town: Town) -> None:
    front = opened("shopify", 5)
    future = (front.began + timedelta(days=300)).isoformat()
    front.provider.orders[5]["updated_at"] = future
    server = town.connect(front)
    earlier = front.began - timedelta(hours=2)
    server.date = format_datetime(earlier, usegmt=True)
    town.reconcile()
    assert from_text(town.state().walks["orders"].since) == earlier - timedelta(minutes=10)


def test_quiet_shop_keeps_its_watermark_and_asks_for_little(town: Town) -> None:
    front = opened("shopify", 3)
    server = town.connect(front)
    town.reconcile()
    newest = from_text(front.provider.orders[3]["updated_at"])
    town.reconcile()
    asked = [call.query["updated_at_min"] for call in server.calls if "orders" in call.path]
    assert from_text(asked[0]) < front.began - timedelta(days=6)
    assert from_text(asked[1]) == newest - timedelta(minutes=10)


def test_first_run_leaves_history_to_the_importer_and_acts_on_one_day_only(
    town: Town, kept: Kept
) -> None:
    front = opened("shopify")
    for number, days in enumerate((0.1, 2, 6, 9), 1):
        front.place(number, front.began - timedelta(days=days))
    town.connect(front)
    town.reconcile()
    assert [event.backfill for event in kept.events()] == [True, True, False]


def test_refused_key_is_told_and_stops_no_other_source(town: Town) -> None:
    front = opened("shopify")
    front.provider = refusing
    town.connect(front)
    town.connect(opened("stripe", 2))
    found = town.reconcile()
    assert "rejects the key" in found["shopify/main"]["faults"]["orders"]
    assert found["stripe/main"]["finished"]
    walk = town.state().walks["orders"]
    assert (walk.fault, walk.faulty_since != "") == ("key_refused", True)


def test_fault_is_told_since_it_began_and_forgotten_when_it_ends(town: Town) -> None:
    front = opened("shopify", 2)
    front.provider.refused = frozenset({"customers"})
    town.connect(front)
    assert town.reconcile()["shopify/main"]["new"] == 2
    since = town.state().walks["customers"].faulty_since
    town.reconcile()
    assert town.state().walks["customers"].faulty_since == since
    front.provider.refused = frozenset()
    assert town.reconcile()["shopify/main"]["finished"]
    assert town.state().failed_walks == []


def test_provider_that_is_down_is_not_asked_for_more(town: Town) -> None:
    front = opened("shopify")
    server = town.connect(front, *[BROKEN] * 6)
    assert set(town.reconcile()["shopify/main"]["faults"]) == {"orders"}
    assert len(server.calls) == 6
    assert town.reconcile()["shopify/main"]["finished"]


@pytest.mark.parametrize(
    "broken",
    [
        Said(b'{"orders": [' + b"[" * 90_000 + b"]" * 90_000 + b"]}"),
        Said({"orders": []}, headers={"Date": "Fri, 31 Dec 9999 23:59:59 -1400"}),
        Said({"orders": []}, headers={"Link": '<https://[::1/x?page_info=a>; rel="next"'}),
    ],
)
def test_answer_that_breaks_a_feed_is_told_and_stops_no_other_source(
    town: Town, broken: Said
) -> None:
    front = opened("shopify")
    town.connect(front, broken)
    town.connect(opened("stripe", 2))
    found = town.reconcile()
    assert "is not valid" in found["shopify/main"]["faults"]["orders"]
    assert found["stripe/main"]["finished"]
    assert town.reconcile()["shopify/main"]["finished"]


def test_setup_that_cannot_work_is_told(town: Town) -> None:
    front = opened("woocommerce")
    front.config = {}
    town.connect(front)
    assert "address" in town.reconcile()["woocommerce/main"]["faults"]["setup"]
    Sources("test-control").save_source(
        Source(channel="woocommerce", source="main", config=opened("woocommerce").config)
    )
    assert town.reconcile()["woocommerce/main"]["finished"]


def test_credentials_that_are_not_complete_are_told_and_keep_the_watermark(town: Town) -> None:
    front = opened("shopify", 3)
    town.connect(front)
    town.reconcile()
    walks = town.state().walks
    town.aws.put_secrets("shopify/main", front.signing, client_id="alone")
    assert "not complete" in town.reconcile()["shopify/main"]["faults"]["setup"]
    assert town.state().walks.items() > walks.items()


def test_forgotten_cursor_begins_the_walk_anew(town: Town) -> None:
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
    assert ("types[]", "customer.created") in server.calls[-1].asked
    assert town.reconcile()["stripe/main"]["finished"]


def test_object_that_cannot_be_taken_is_set_aside_and_hides_no_other(
    town: Town, kept: Kept
) -> None:
    front = opened("shopify", 3)
    front.provider.orders[2]["line_items"] = [{"product_id": 1, "quantity": -4, "price": "1.00"}]
    town.connect(front)
    outcome = town.reconcile()["shopify/main"]
    assert (outcome["new"], outcome["rejected"], kept.codes()) == (2, 1, ["invalid_quantity"])
    assert json.loads(kept.rejects()[0]["raw"])["id"] == 2


def test_object_that_broke_the_translation_is_replayed_after_the_fix(
    town: Town, kept: Kept
) -> None:
    town.connect(opened("shopify", 1))
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(shopify_channel, "build_order", _broken)
        assert town.reconcile()["shopify/main"]["rejected"] == 1
    assert (kept.codes(), kept.events()) == (["untranslatable"], [])
    deployed: Any = OnMoto(town.aws)
    receiver = Receiver(deployed, Rejects("test-rejects"))
    assert receiver.receive(kept.rejects()[0]).new == 1
    assert town.sold()[0] == 1


def _broken(*_: object) -> None:
    raise RuntimeError


@pytest.mark.parametrize("change", ["disabled", "without credentials", "elsewhere"])
def test_source_that_is_not_to_be_asked_is_left_alone(town: Town, change: str) -> None:
    front = opened("shopify", 1)
    server = town.connect(front)
    if change == "disabled":
        Sources("test-control").save_source(
            Source(channel="shopify", source="main", config=front.config, disabled=True)
        )
    if change == "without credentials":
        town.aws.put_secrets("shopify/main", front.signing)
    only = "shopify/other" if change == "elsewhere" else "shopify/main"
    assert (town.reconcile(only=only), server.calls) == ({}, [])


def test_fetched_buyer_is_named_in_people_alone(
    town: Town, kept: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    town.connect(opened("shopify", 2), BROKEN)
    town.reconcile()
    assert {contact["email"] for contact in kept.contacts()} == {
        "buyer1@canary.example",
        "buyer2@canary.example",
    }
    control = str(town.aws.dynamodb.scan(TableName="test-control")["Items"])
    said = kept.ledger_text() + control + capsys.readouterr().out
    assert "canary" not in said
    assert "shpat" not in said


def test_fetched_customers_are_known_by_their_webhook(town: Town, kept: Kept) -> None:
    front = opened("shopify")
    at = front.began.isoformat()
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


def test_owner_asks_now_and_sees_what_came(
    town: Town, command: Callable[..., tuple[int, str]]
) -> None:
    assert "no such source" in command("reconcile")[1].lower()
    town.connect(opened("shopify", 3))
    code, said = command("reconcile", "shopify", "main")
    assert (code, said.splitlines()[-1].split()) == (0, ["shopify/main", "3", "0", "0", "done"])
    assert datetime.now(UTC).date().isoformat() in command("sources", "list")[1]


def test_owner_sees_that_a_key_is_refused_and_since_when(
    town: Town, command: Callable[..., tuple[int, str]]
) -> None:
    front = opened("shopify")
    front.provider = refusing
    town.connect(front)
    code, said = command("reconcile")
    assert (code, "rejects the key" in said) == (1, True)
    since = f"key refused since {datetime.now(UTC).date().isoformat()}"
    listed = command("sources", "list")[1]
    assert (f"orders: {since}" in listed, f"customers: {since}" in listed) == (True, True)
