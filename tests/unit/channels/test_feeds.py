"""Test that feeds return every change while the provider's data changes, and that they protect its credentials."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from regulars.channels.feeds.contract import CursorLostError, Feed, FeedError
from regulars.channels.feeds.https import MAX_RESPONSE_BYTES, RESPONSE_SECONDS, HttpsClient
from regulars.channels.feeds.provider_api import ProviderApi
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

SINCE_TIME = "2026-11-20T05:00:00.000Z"
CREDENTIALS = {
    "shopify": {"access_token": shop.ACCESS_TOKEN},
    "woocommerce": {"consumer_key": site.CONSUMER_KEY, "consumer_secret": site.CONSUMER_SECRET},
    "stripe": {"api_key": account.API_KEY},
}
CONFIG = {"shop": SHOP, "site": site.SITE_URL}


def format_second(second: int) -> str:
    """Return a second of the day as a time without a zone."""
    return f"2026-11-20T{6 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def build_shop(count: int) -> shop.FakeShopify:
    return shop.FakeShopify(
        {n: {"id": n, "updated_at": f"{format_second(n)}Z"} for n in range(1, count + 1)}
    )


def build_site(count: int, per_second: int = 1) -> site.FakeWooCommerce:
    orders = {
        n: {"id": n, "date_modified_gmt": format_second(n // per_second)}
        for n in range(1, count + 1)
    }
    return site.FakeWooCommerce(orders)


def build_account(count: int) -> account.FakeStripe:
    kind = "payment_intent.succeeded"
    return account.FakeStripe(
        [{"id": f"evt_{n}", "type": kind, "created": 1795154400 + n} for n in range(1, count + 1)]
    )


def load_first_feed(
    server: ProviderServer, channel: str, waits: list[float] | None = None, seconds: float = 1e6
) -> Feed:
    """Return the first feed of a channel."""
    sleep = (waits if waits is not None else []).append
    provider = ProviderApi(server.wire, lambda: seconds, sleep)
    return load_feeds(channel, CONFIG, CREDENTIALS[channel], provider)[0]


def walk_feed(feed: Feed, since: str = SINCE_TIME) -> list[Any]:
    """Return the ids of all records from the first page to the last."""
    record_ids: list[Any] = []
    cursor = ""
    for _ in range(200):
        page = feed.read_page(since, cursor)
        record_ids += [msgspec.json.decode(record.body)["id"] for record in page.records]
        if not (cursor := page.cursor):
            return record_ids
    raise AssertionError("The feed never ends.")


@pytest.mark.parametrize(
    ("channel", "build_provider"), [("shopify", build_shop), ("woocommerce", build_site)]
)
def test_feed_returns_every_record_once_when_nothing_changes(
    channel: str, build_provider: Callable[[int], Any]
) -> None:
    with ProviderServer(build_provider(620)) as server:
        record_ids = walk_feed(load_first_feed(server, channel))
    assert set(record_ids) == set(range(1, 621))
    assert len(record_ids) <= 620 + 6 * 2


def test_stripe_feed_returns_the_newest_event_first() -> None:
    with ProviderServer(build_account(230)) as server:
        assert walk_feed(load_first_feed(server, "stripe")) == [
            f"evt_{n}" for n in range(230, 0, -1)
        ]


@pytest.mark.parametrize(
    ("channel", "build_provider"), [("shopify", build_shop), ("woocommerce", build_site)]
)
def test_feed_skips_no_record_when_records_change_between_pages(
    channel: str, build_provider: Callable[[int], Any]
) -> None:
    fake = build_provider(620)
    late = iter(range(5000, 9000))

    def change() -> None:
        for id_ in list(fake.orders)[:50]:
            order = fake.orders.pop(id_)
            field = "updated_at" if channel == "shopify" else "date_modified_gmt"
            order[field] = format_second(next(late)) + ("Z" if channel == "shopify" else "")
            fake.orders[id_] = order

    fake.before_next_page = change
    with ProviderServer(fake) as server:
        assert set(walk_feed(load_first_feed(server, channel))) == set(range(1, 621))


def test_stripe_feed_skips_no_event_when_new_events_arrive() -> None:
    fake = build_account(230)
    fake.before_next_page = lambda: fake.events.append(
        {"id": f"evt_late_{len(fake.events)}", "type": "refund.created", "created": 1795200000}
    )
    with ProviderServer(fake) as server:
        assert set(walk_feed(load_first_feed(server, "stripe"))) >= {
            f"evt_{n}" for n in range(1, 231)
        }


def test_woocommerce_feed_returns_all_orders_of_one_second() -> None:
    fake = build_site(450, per_second=1000)

    def change() -> None:
        id_ = next(
            id_
            for id_, order in fake.orders.items()
            if order["date_modified_gmt"] == format_second(0)
        )
        fake.orders[id_] = fake.orders.pop(id_) | {"date_modified_gmt": format_second(60)}

    fake.before_next_page = change
    with ProviderServer(fake) as server:
        assert set(walk_feed(load_first_feed(server, "woocommerce"))) == set(range(1, 451))


def test_woocommerce_customers_are_read_down_to_the_watermark() -> None:
    people = {
        n: {"id": n, "date_created_gmt": f"2026-11-{10 + n // 30:02}T12:00:00"} for n in range(330)
    }
    with ProviderServer(site.FakeWooCommerce(customers=people)) as server:
        provider = ProviderApi(server.wire, lambda: 1e6)
        _, feed = load_feeds("woocommerce", CONFIG, CREDENTIALS["woocommerce"], provider)
        assert set(walk_feed(feed)) == set(range(300, 330))
        assert len(server.requests) == 1


def test_woocommerce_feed_skips_no_customer_when_others_are_deleted() -> None:
    fake = site.FakeWooCommerce(
        customers={n: {"id": n, "date_created_gmt": format_second(n)} for n in range(250)}
    )
    deleted_ids = iter(range(249, 0, -1))

    def delete() -> None:
        for _ in range(10):
            del fake.customers[next(deleted_ids)]

    fake.before_next_page = delete
    with ProviderServer(fake) as server:
        provider = ProviderApi(server.wire, lambda: 1e6)
        _, feed = load_feeds("woocommerce", CONFIG, CREDENTIALS["woocommerce"], provider)
        assert set(walk_feed(feed)) >= set(range(220))


@pytest.mark.parametrize(
    ("channel", "build_provider"),
    [("shopify", build_shop), ("woocommerce", build_site), ("stripe", build_account)],
)
def test_feed_is_complete_when_requests_are_limited_or_dropped(
    channel: str, build_provider: Callable[[int], Any]
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
    waits: list[float] = []
    with ProviderServer(build_provider(320), troubles) as server:
        record_ids = walk_feed(load_first_feed(server, channel, waits))
    assert len(set(record_ids)) == 320
    # The waits are at least as long as the provider requested.
    assert [seconds >= 2 for seconds in waits].count(True) >= 2


def test_feed_fails_when_the_provider_stays_down() -> None:
    with ProviderServer(build_shop(1), [BAD_GATEWAY] * 20) as server:
        with pytest.raises(FeedError, match=r"answered 502, 6 times") as raised:
            load_first_feed(server, "shopify").read_page(SINCE_TIME, "")
        assert (raised.value.code, len(server.requests)) == ("unreachable", 6)


def test_feed_is_busy_when_the_wait_exceeds_the_time_left() -> None:
    waits: list[float] = []
    with (
        ProviderServer(build_shop(1), [ApiResponse({}, 429, {"Retry-After": "30"})]) as server,
        pytest.raises(FeedError) as raised,
    ):
        load_first_feed(server, "shopify", waits, seconds=10).read_page(SINCE_TIME, "")
    assert (raised.value.code, waits) == ("busy", [])


@pytest.mark.parametrize(
    ("response", "code"),
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
def test_unusable_response_is_reported_with_its_reason(response: ApiResponse, code: str) -> None:
    with ProviderServer(lambda _: response) as server:
        with pytest.raises(FeedError) as raised:
            load_first_feed(server, "shopify").read_page(SINCE_TIME, "")
        assert (raised.value.code, len(server.requests)) == (code, 1)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(status: int) -> None:
    elsewhere = ApiResponse({}, status, {"Location": "/elsewhere"})
    with ProviderServer(lambda _: elsewhere) as server:
        with pytest.raises(FeedError, match="another URL") as raised:
            load_first_feed(server, "shopify").read_page(SINCE_TIME, "")
        assert (raised.value.code, len(server.requests)) == ("misconfigured", 1)


def test_token_is_not_sent_when_the_next_link_has_another_host() -> None:
    evil = '<https://evil.example.com/steal?page_info=abc>; rel="next"'
    with ProviderServer(lambda _: ApiResponse({"orders": []}, 200, {"Link": evil})) as server:
        feed = load_first_feed(server, "shopify")
        feed.read_page(SINCE_TIME, feed.read_page(SINCE_TIME, "").cursor)
        assert [(call.host, call.query.get("page_info")) for call in server.requests] == [
            (SHOP, None),
            (SHOP, "abc"),
        ]


def test_credentials_are_sent_over_https_only() -> None:
    with pytest.raises(ValueError, match="https only"):
        HttpsClient().send_request("GET", "http://shop.example.com/", {})


def test_response_is_aborted_when_it_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.channels.feeds.https.MAX_RESPONSE_BYTES", 1000)
    with (
        ProviderServer(lambda _: ApiResponse(b" " * 1001)) as server,
        pytest.raises(FeedError, match="did not answer"),
    ):
        load_first_feed(server, "shopify").read_page(SINCE_TIME, "")
    assert MAX_RESPONSE_BYTES > 250 * 100_000


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


def test_response_is_aborted_when_it_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    response, client = DrippingResponse(), HttpsClient()
    monkeypatch.setattr("regulars.channels.feeds.https.time", response)
    monkeypatch.setattr(client._pool, "request", lambda *_, **__: response)
    with pytest.raises(OSError, match="too slow"):
        client.send_request("GET", "https://shop.example.com/", {})
    assert response.seconds == RESPONSE_SECONDS + 1


@pytest.mark.parametrize("channel", ["shopify", "stripe"])
def test_cursor_is_lost_when_the_provider_rejects_it(channel: str) -> None:
    with (
        ProviderServer(lambda _: ApiResponse({"errors": "Invalid page_info"}, 400)) as server,
        pytest.raises(CursorLostError),
    ):
        load_first_feed(server, channel).read_page(SINCE_TIME, "evt_forgotten")


def test_shopify_app_requests_its_token_once() -> None:
    with ProviderServer(build_shop(300)) as server:
        provider = ProviderApi(server.wire, lambda: 1e6)
        app = {"client_id": "i", "client_secret": "s"}
        feed = load_feeds("shopify", CONFIG, app, provider)[0]
        assert len(walk_feed(feed)) == 300
        assert [call.method for call in server.requests] == ["POST", "GET", "GET"]


def test_shopify_feed_pauses_when_the_call_limit_is_half_used() -> None:
    waits: list[float] = []
    fake = build_shop(300)
    fake.used_calls = 30
    with ProviderServer(fake) as server:
        walk_feed(load_first_feed(server, "shopify", waits))
    assert waits == [0.5, 0.5]


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
def test_invalid_address_is_misconfigured_and_not_requested(
    channel: str, config: dict[str, str]
) -> None:
    with ProviderServer(lambda _: ApiResponse({})) as server:
        with pytest.raises(FeedError) as raised:
            load_feeds(channel, config, CREDENTIALS[channel], ProviderApi(server.wire, lambda: 1))
        assert (raised.value.code, server.requests) == ("misconfigured", [])


@pytest.mark.parametrize("channel", ["shopify", "woocommerce", "stripe", "tally"])
def test_source_has_no_feeds_when_it_has_no_credentials(channel: str) -> None:
    provider = ProviderApi(HttpsClient(), lambda: 1)
    assert (
        load_feeds(channel, CONFIG, {"client_id": "alone", "consumer_key": "alone"}, provider) == []
    )


def test_record_is_returned_when_it_has_no_time() -> None:
    orders = [
        {"id": 1},
        {"id": 2, "updated_at": "never"},
        {"id": 3, "updated_at": f"{format_second(0)}Z"},
        4,
    ]
    with ProviderServer(lambda _: ApiResponse({"orders": orders})) as server:
        page = load_first_feed(server, "shopify").read_page(SINCE_TIME, "")
    assert (len(page.records), page.newest) == (4, "2026-11-20T06:00:00.000Z")
    assert page.at == "2026-11-20T12:00:00.000Z"
