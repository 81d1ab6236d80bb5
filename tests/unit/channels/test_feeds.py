"""Feeds show every change of a provider that changes meanwhile, and keep its credentials to themselves."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from regulars.channels.feeds.contract import CursorLostError, Feed, FeedError
from regulars.channels.feeds.https import ANSWER_SECONDS, LARGEST, Wire
from regulars.channels.feeds.provider_api import Provider
from regulars.channels.registry import load_feeds
from tests.providers import shopify as shop
from tests.providers import stripe as account
from tests.providers import woocommerce as site
from tests.providers.server import (
    BAD_GATEWAY,
    HALF_RESPONSE,
    NO_RESPONSE,
    RATE_LIMITED,
    ApiResponse,
    ProviderServer,
    ServerFault,
)
from tests.support.shopify_deliveries import SHOP

SINCE = "2026-11-20T05:00:00.000Z"
CREDENTIALS = {
    "shopify": {"access_token": shop.ACCESS_TOKEN},
    "woocommerce": {"consumer_key": site.CONSUMER_KEY, "consumer_secret": site.CONSUMER_SECRET},
    "stripe": {"api_key": account.API_KEY},
}
CONFIG = {"shop": SHOP, "site": site.SITE_URL}


def at(second: int) -> str:
    """A second of the day, without a zone."""
    return f"2026-11-20T{6 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def shop_of(count: int) -> shop.FakeShopify:
    return shop.FakeShopify({n: {"id": n, "updated_at": f"{at(n)}Z"} for n in range(1, count + 1)})


def site_of(count: int, per_second: int = 1) -> site.FakeWooCommerce:
    orders = {n: {"id": n, "date_modified_gmt": at(n // per_second)} for n in range(1, count + 1)}
    return site.FakeWooCommerce(orders)


def account_of(count: int) -> account.FakeStripe:
    kind = "payment_intent.succeeded"
    return account.FakeStripe(
        [{"id": f"evt_{n}", "type": kind, "created": 1795154400 + n} for n in range(1, count + 1)]
    )


def feed_of(
    server: ProviderServer, channel: str, slept: list[float] | None = None, seconds: float = 1e6
) -> Feed:
    """The first feed of a channel."""
    sleep = (slept if slept is not None else []).append
    provider = Provider(server.wire, lambda: seconds, sleep)
    return load_feeds(channel, CONFIG, CREDENTIALS[channel], provider)[0]


def walked(feed: Feed, since: str = SINCE) -> list[Any]:
    """The ids of everything shown from the first page to the last."""
    seen: list[Any] = []
    cursor = ""
    for _ in range(200):
        page = feed.read_page(since, cursor)
        seen += [msgspec.json.decode(record.body)["id"] for record in page.records]
        if not (cursor := page.cursor):
            return seen
    raise AssertionError("The feed never ends.")


@pytest.mark.parametrize(("channel", "made"), [("shopify", shop_of), ("woocommerce", site_of)])
def test_feed_shows_every_change_once_when_nothing_moves(
    channel: str, made: Callable[[int], Any]
) -> None:
    with ProviderServer(made(620)) as server:
        seen = walked(feed_of(server, channel))
    assert set(seen) == set(range(1, 621))
    assert len(seen) <= 620 + 6 * 2


def test_stripe_is_walked_from_the_newest_event_back() -> None:
    with ProviderServer(account_of(230)) as server:
        assert walked(feed_of(server, "stripe")) == [f"evt_{n}" for n in range(230, 0, -1)]


@pytest.mark.parametrize(("channel", "made"), [("shopify", shop_of), ("woocommerce", site_of)])
def test_what_changes_while_pages_are_turned_hides_nothing(
    channel: str, made: Callable[[int], Any]
) -> None:
    fake = made(620)
    late = iter(range(5000, 9000))

    def change() -> None:
        for id_ in list(fake.orders)[:50]:
            told = fake.orders.pop(id_)
            field = "updated_at" if channel == "shopify" else "date_modified_gmt"
            told[field] = at(next(late)) + ("Z" if channel == "shopify" else "")
            fake.orders[id_] = told

    fake.before_next_page = change
    with ProviderServer(fake) as server:
        assert set(walked(feed_of(server, channel))) == set(range(1, 621))


def test_stripe_shows_all_there_was_while_more_happens() -> None:
    fake = account_of(230)
    fake.before_next_page = lambda: fake.events.append(
        {"id": f"evt_late_{len(fake.events)}", "type": "refund.created", "created": 1795200000}
    )
    with ProviderServer(fake) as server:
        assert set(walked(feed_of(server, "stripe"))) >= {f"evt_{n}" for n in range(1, 231)}


def test_woocommerce_orders_of_one_second_are_all_shown() -> None:
    fake = site_of(450, per_second=1000)

    def change() -> None:
        id_ = next(id_ for id_, order in fake.orders.items() if order["date_modified_gmt"] == at(0))
        fake.orders[id_] = fake.orders.pop(id_) | {"date_modified_gmt": at(60)}

    fake.before_next_page = change
    with ProviderServer(fake) as server:
        assert set(walked(feed_of(server, "woocommerce"))) == set(range(1, 451))


def test_woocommerce_customers_are_asked_for_until_those_known() -> None:
    people = {
        n: {"id": n, "date_created_gmt": f"2026-11-{10 + n // 30:02}T12:00:00"} for n in range(330)
    }
    with ProviderServer(site.FakeWooCommerce(customers=people)) as server:
        provider = Provider(server.wire, lambda: 1e6)
        _, feed = load_feeds("woocommerce", CONFIG, CREDENTIALS["woocommerce"], provider)
        assert set(walked(feed)) == set(range(300, 330))
        assert len(server.requests) == 1


def test_woocommerce_customer_who_is_deleted_meanwhile_hides_no_other() -> None:
    fake = site.FakeWooCommerce(
        customers={n: {"id": n, "date_created_gmt": at(n)} for n in range(250)}
    )
    gone = iter(range(249, 0, -1))

    def delete() -> None:
        for _ in range(10):
            del fake.customers[next(gone)]

    fake.before_next_page = delete
    with ProviderServer(fake) as server:
        provider = Provider(server.wire, lambda: 1e6)
        _, feed = load_feeds("woocommerce", CONFIG, CREDENTIALS["woocommerce"], provider)
        assert set(walked(feed)) >= set(range(220))


@pytest.mark.parametrize(
    ("channel", "made"),
    [("shopify", shop_of), ("woocommerce", site_of), ("stripe", account_of)],
)
def test_feed_survives_limits_faults_and_dropped_connections(
    channel: str, made: Callable[[int], Any]
) -> None:
    troubles: list[ServerFault] = [
        RATE_LIMITED,
        BAD_GATEWAY,
        NO_RESPONSE,
        None,
        HALF_RESPONSE,
        BAD_GATEWAY,
        None,
        RATE_LIMITED,
        NO_RESPONSE,
    ]
    slept: list[float] = []
    with ProviderServer(made(320), troubles) as server:
        seen = walked(feed_of(server, channel, slept))
    assert len(set(seen)) == 320
    # As long as the provider asked for, at least.
    assert [seconds >= 2 for seconds in slept].count(True) >= 2


def test_provider_that_stays_down_is_given_up() -> None:
    with ProviderServer(shop_of(1), [BAD_GATEWAY] * 20) as server:
        with pytest.raises(FeedError, match=r"answered 502, 6 times") as raised:
            feed_of(server, "shopify").read_page(SINCE, "")
        assert (raised.value.code, len(server.requests)) == ("unreachable", 6)


def test_wait_that_is_longer_than_the_time_left_is_not_waited() -> None:
    slept: list[float] = []
    with (
        ProviderServer(shop_of(1), [ApiResponse({}, 429, {"Retry-After": "30"})]) as server,
        pytest.raises(FeedError) as raised,
    ):
        feed_of(server, "shopify", slept, seconds=10).read_page(SINCE, "")
    assert (raised.value.code, slept) == ("busy", [])


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (ApiResponse({}, 401), "key_refused"),
        (ApiResponse({}, 403), "key_refused"),
        (ApiResponse({}, 404), "unexpected_answer"),
        (ApiResponse(b"<html>Maintenance</html>"), "unexpected_answer"),
        (ApiResponse(b"\xff\xfe"), "unexpected_answer"),
        (ApiResponse([1]), "unexpected_answer"),
        (ApiResponse({"orders": 7}), "unexpected_answer"),
    ],
)
def test_answer_that_cannot_be_used_says_why(said: ApiResponse, code: str) -> None:
    with ProviderServer(lambda _: said) as server:
        with pytest.raises(FeedError) as raised:
            feed_of(server, "shopify").read_page(SINCE, "")
        assert (raised.value.code, len(server.requests)) == (code, 1)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(status: int) -> None:
    elsewhere = ApiResponse({}, status, {"Location": "/elsewhere"})
    with ProviderServer(lambda _: elsewhere) as server:
        with pytest.raises(FeedError, match="moved elsewhere") as raised:
            feed_of(server, "shopify").read_page(SINCE, "")
        assert (raised.value.code, len(server.requests)) == ("misconfigured", 1)


def test_link_to_another_host_never_sees_the_token() -> None:
    evil = '<https://evil.example.com/steal?page_info=abc>; rel="next"'
    with ProviderServer(lambda _: ApiResponse({"orders": []}, 200, {"Link": evil})) as server:
        feed = feed_of(server, "shopify")
        feed.read_page(SINCE, feed.read_page(SINCE, "").cursor)
        assert [(call.host, call.query.get("page_info")) for call in server.requests] == [
            (SHOP, None),
            (SHOP, "abc"),
        ]


def test_credentials_are_sent_over_https_only() -> None:
    with pytest.raises(ValueError, match="https only"):
        Wire().request("GET", "http://shop.example.com/", {})


def test_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.channels.feeds.https.LARGEST", 1000)
    with (
        ProviderServer(lambda _: ApiResponse(b" " * 1001)) as server,
        pytest.raises(FeedError, match="did not answer"),
    ):
        feed_of(server, "shopify").read_page(SINCE, "")
    assert LARGEST > 250 * 100_000


class DrippingResponse:
    """A response that never ends, one byte a second."""

    status = 200

    def __init__(self) -> None:
        self.headers = dict[str, str]()
        self.seconds = 0.0

    def read1(self, _size: int) -> bytes:
        self.seconds += 1
        return b" "

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def monotonic(self) -> float:
        return self.seconds


def test_answer_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    response, wire = DrippingResponse(), Wire()
    monkeypatch.setattr("regulars.channels.feeds.https.time", response)
    monkeypatch.setattr(wire._pool, "request", lambda *_, **__: response)
    with pytest.raises(OSError, match="too slow"):
        wire.request("GET", "https://shop.example.com/", {})
    assert response.seconds == ANSWER_SECONDS + 1


@pytest.mark.parametrize("channel", ["shopify", "stripe"])
def test_cursor_that_the_provider_forgot_is_lost(channel: str) -> None:
    with (
        ProviderServer(lambda _: ApiResponse({"errors": "Invalid page_info"}, 400)) as server,
        pytest.raises(CursorLostError),
    ):
        feed_of(server, channel).read_page(SINCE, "evt_forgotten")


def test_app_of_the_shop_makes_its_token_once() -> None:
    with ProviderServer(shop_of(300)) as server:
        provider = Provider(server.wire, lambda: 1e6)
        app = {"client_id": "i", "client_secret": "s"}
        feed = load_feeds("shopify", CONFIG, app, provider)[0]
        assert len(walked(feed)) == 300
        assert [call.method for call in server.requests] == ["POST", "GET", "GET"]


def test_shop_leaves_room_for_its_other_apps() -> None:
    slept: list[float] = []
    fake = shop_of(300)
    fake.used_calls = 30
    with ProviderServer(fake) as server:
        walked(feed_of(server, "shopify", slept))
    assert slept == [0.5, 0.5]


@pytest.mark.parametrize(
    ("channel", "config"),
    [
        ("shopify", {}),
        ("shopify", {"shop": "shop.example.com"}),
        ("shopify", {"shop": "evil.com/x.myshopify.com"}),
        ("shopify", {"shop": "x.myshopify.com.evil.com"}),
        ("shopify", {"shop": "evil.com#.myshopify.com"}),
        ("woocommerce", {}),
        ("woocommerce", {"site": "http://shop.example.com"}),
        ("woocommerce", {"site": "https://me:you@shop.example.com"}),
        ("woocommerce", {"site": "https://shop.example.com?x=/"}),
        ("woocommerce", {"site": "https://localhost"}),
    ],
)
def test_address_that_is_none_is_said_and_not_asked(channel: str, config: dict[str, str]) -> None:
    with ProviderServer(lambda _: ApiResponse({})) as server:
        with pytest.raises(FeedError) as raised:
            load_feeds(channel, config, CREDENTIALS[channel], Provider(server.wire, lambda: 1))
        assert (raised.value.code, server.requests) == ("misconfigured", [])


@pytest.mark.parametrize("channel", ["shopify", "woocommerce", "stripe", "tally"])
def test_source_without_credentials_is_not_asked(channel: str) -> None:
    provider = Provider(Wire(), lambda: 1)
    assert (
        load_feeds(channel, CONFIG, {"client_id": "alone", "consumer_key": "alone"}, provider) == []
    )


def test_object_without_a_time_is_shown_all_the_same() -> None:
    odd = [{"id": 1}, {"id": 2, "updated_at": "never"}, {"id": 3, "updated_at": f"{at(0)}Z"}, 4]
    with ProviderServer(lambda _: ApiResponse({"orders": odd})) as server:
        page = feed_of(server, "shopify").read_page(SINCE, "")
    assert (len(page.records), page.newest) == (4, "2026-11-20T06:00:00.000Z")
    assert page.at == "2026-11-20T12:00:00.000Z"
