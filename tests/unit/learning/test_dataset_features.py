"""The features of made-up customers with known answers, and what must never change them."""

import random
from pathlib import Path

import msgspec
import pandas as pd
import pytest

from regulars.domain.errors import InsufficientDataError
from regulars.domain.events import Event, Item, OrderFact
from regulars.domain.identifiers import profile_id_of
from regulars.domain.profiles import fold_orders
from regulars.learning.datasets.build import build_dataset
from regulars.learning.datasets.cutoffs import DAY_SECONDS, choose_horizon, list_past_cutoffs
from tests.support.lake_events import (
    FIRST_DAY,
    activity_event,
    build_lake_dataset,
    day_text,
    order_event,
    read_features,
    read_frame,
)

ADA_PROFILE, BOB_PROFILE, EVE_PROFILE = (
    profile_id_of(f"u:{name}") for name in ("ada", "bob", "eve")
)
YEAR_EVENTS = [order_event("ada", day, 1000 + day) for day in range(0, 300, 20)] + [
    order_event(f"c{number}", number * 7 % 290, 500 + number, key=f"shop/{number}")
    for number in range(80)
]


def refund_event(key: str, day: float, amount: int | None, refund_id: str) -> Event:
    fact = OrderFact(key=key, version=day_text(day), refunded=amount, refund_id=refund_id)
    return order_event(
        "ada", day, key=f"{key}/{refund_id}", type="Order Refunded", order=fact, items=()
    )


def build_features(folder: Path, *events: Event) -> pd.DataFrame:
    """Return the features of these events as of day 50, by profile id."""
    build_lake_dataset(folder / "dataset", events, cutoff_day=50)
    return read_features(folder / "dataset")


def test_features_are_recency_frequency_and_money(tmp_path: Path) -> None:
    events = [order_event("ada", 10, 1500), order_event("ada", 30, 2500)]
    ada = build_features(tmp_path, *events).loc[ADA_PROFILE]
    assert (ada["recency_days"], ada["tenure_days"], ada["orders"]) == (20.0, 40.0, 2)
    assert (ada["money"], ada["basket_mean"], ada["basket_last"]) == (4000, 2000.0, 2500)
    assert (ada["gap_mean"], ada["overdue"], ada["orders_30"]) == (20.0, 1.0, 1)


def test_event_delivered_twice_counts_once(tmp_path: Path) -> None:
    features = build_features(tmp_path, order_event("ada", 10), order_event("ada", 10))
    assert features.loc[ADA_PROFILE, "orders"] == 1


def test_newest_snapshot_of_an_order_wins(tmp_path: Path) -> None:
    snapshots = [
        order_event("ada", 10, 1500, key="shop/1"),
        order_event("ada", 12, 900, key="shop/1"),
    ]
    ada = build_features(tmp_path, *snapshots).loc[ADA_PROFILE]
    assert (ada["orders"], ada["money"]) == (1, 900)


@pytest.mark.parametrize(("amount", "money"), [(400, 1100), (None, 0), (0, 1500)])
def test_refund_lowers_money_once_however_often_received(
    tmp_path: Path, amount: int | None, money: int
) -> None:
    order = order_event("ada", 10, 1500, key="shop/1")
    refunds = [refund_event("shop/1", day, amount, "r1") for day in (12, 13)]
    assert build_features(tmp_path, order, *refunds).loc[ADA_PROFILE, "money"] == money


@pytest.mark.parametrize(
    ("order_refund", "amounts", "money"),
    [(400, [], 1100), (None, [], 0), (400, [400], 1100), (400, [700], 800), (400, [-400], 1500)],
)
def test_refund_in_the_order_lowers_money_until_it_fails(
    tmp_path: Path, order_refund: int | None, amounts: list[int], money: int
) -> None:
    placed_at, version = day_text(10), day_text(11)
    fact = OrderFact(
        key="shop/1", version=version, placed_at=placed_at, total=1500, refunded=order_refund
    )
    refunds = [refund_event("shop/1", 12, amount, "r1") for amount in amounts]
    order = order_event("ada", 11, key="shop/1", order=fact)
    assert build_features(tmp_path, order, *refunds).loc[ADA_PROFILE, "money"] == money
    assert fold_orders([order_event("ada", 11, order=fact), *refunds])["shop/1"].net_amount == money


def test_cancelled_order_is_no_purchase(tmp_path: Path) -> None:
    cancelled = OrderFact(
        key="shop/1", version=day_text(12), placed_at=day_text(10), status="cancelled", total=1500
    )
    events = [
        order_event("ada", 10, key="shop/1"),
        order_event("ada", 12, key="shop/1", order=cancelled),
    ]
    assert build_features(tmp_path, *events).loc[ADA_PROFILE, "orders"] == 0


def test_test_events_never_count(tmp_path: Path) -> None:
    events = [order_event("ada", 10), order_event("ada", 11, test=True)]
    assert build_features(tmp_path, *events).loc[ADA_PROFILE, "orders"] == 1


def test_other_currencies_count_as_orders_but_not_as_money(tmp_path: Path) -> None:
    foreign = OrderFact(
        key="shop/2", version=day_text(12), placed_at=day_text(12), total=99, currency="JPY"
    )
    events = [
        order_event("ada", 10, 500),
        order_event("bob", 11, 500),
        order_event("ada", 12, order=foreign),
    ]
    manifest = build_lake_dataset(tmp_path / "d", events, cutoff_day=50)
    ada = read_features(tmp_path / "d").loc[ADA_PROFILE]
    assert (manifest.currency, ada["orders"], ada["money"], ada["foreign_share"]) == (
        "EUR",
        2,
        500,
        0.5,
    )


def test_visitor_without_orders_is_scored_with_zeros(tmp_path: Path) -> None:
    features = build_features(tmp_path, order_event("ada", 10), activity_event("eve", 48))
    eve = features.loc[EVE_PROFILE]
    assert (eve["orders"], eve["recency_days"]) == (0, 0)
    assert (eve["visit_days_30"], eve["visit_recency_days"]) == (1, 2.0)


def test_features_have_no_missing_value(tmp_path: Path) -> None:
    events = [order_event("ada", 10), activity_event("eve", 48)]
    manifest = build_lake_dataset(tmp_path / "d", events, cutoff_day=50)
    assert not read_features(tmp_path / "d")[list(manifest.features)].isna().any().any()


def test_churned_is_true_when_nothing_was_bought_in_the_horizon(tmp_path: Path) -> None:
    manifest = build_lake_dataset(tmp_path / "d", YEAR_EVENTS, cutoff_day=300)
    past = read_features(tmp_path / "d", "train")
    newest = past[past["cutoff"] == past["cutoff"].max()]
    assert not newest.loc[ADA_PROFILE, "churned"]
    assert newest.drop(ADA_PROFILE)["churned"].any()
    assert newest["cutoff"].iloc[0] == day_text(300 - manifest.horizon_days)


def test_later_events_change_no_byte(tmp_path: Path) -> None:
    later = [
        order_event("ada", 301, 9),
        order_event("new", 320),
        refund_event("shop/1", 310, None, "r9"),
        activity_event("c1", 305),
    ]
    before = build_lake_dataset(tmp_path / "before", YEAR_EVENTS, cutoff_day=300)
    after = build_lake_dataset(tmp_path / "after", [*YEAR_EVENTS, *later], cutoff_day=300)
    assert before.files == after.files


def test_abandonment_event_of_our_own_changes_no_feature(tmp_path: Path) -> None:
    events = [*YEAR_EVENTS, activity_event("ada", 298, "Product Added")]
    abandonment = activity_event("ada", 298.1, "Checkout Abandoned")
    without = build_lake_dataset(tmp_path / "without", events, 300)
    with_abandonment = build_lake_dataset(tmp_path / "with", [*events, abandonment], 300)
    assert without.files == with_abandonment.files


def test_order_of_events_and_duplicates_change_no_byte(tmp_path: Path) -> None:
    shuffled_events = [*YEAR_EVENTS, *YEAR_EVENTS[:30]]
    random.Random(4).shuffle(shuffled_events)
    ordered = build_lake_dataset(tmp_path / "ordered", YEAR_EVENTS, 300)
    shuffled = build_lake_dataset(tmp_path / "shuffled", shuffled_events, 300)
    assert ordered.files == shuffled.files


def test_past_cutoff_has_the_features_of_a_dataset_built_then(tmp_path: Path) -> None:
    build_lake_dataset(tmp_path / "now", YEAR_EVENTS, cutoff_day=300)
    past = read_features(tmp_path / "now", "train")
    newest_cutoff = past["cutoff"].max()
    day = float((FIRST_DAY.fromisoformat(newest_cutoff) - FIRST_DAY).days)
    build_lake_dataset(tmp_path / "then", YEAR_EVENTS, cutoff_day=day)
    then = read_features(tmp_path / "then")
    newest = past[past["cutoff"] == newest_cutoff]
    names = ["recency_days", "orders", "money", "products", "product_trend", "orders_decayed_90"]
    assert newest[names].equals(then.loc[newest.index, names])


def test_interactions_and_products_hold_every_line(tmp_path: Path) -> None:
    basket = (
        Item(product_id="cup", name="Cup", category="Kitchen", quantity=2, price=300),
        Item(product_id="pot", name="Pot", category="Kitchen", quantity=1, price=900),
    )
    events = [order_event("ada", 10, 1500, items=basket), order_event("bob", 12, 400)]
    build_lake_dataset(tmp_path / "d", events, cutoff_day=50)
    interactions = read_frame(tmp_path / "d", "interactions")
    products = read_frame(tmp_path / "d", "products")
    assert interactions[["product_id", "quantity", "amount"]].to_numpy().tolist() == [
        ["cup", 2, 600],
        ["pot", 1, 900],
        ["cup", 1, 400],
    ]
    assert products[["product_id", "price", "orders", "buyers"]].to_numpy().tolist() == [
        ["cup", 400, 2, 2],
        ["pot", 900, 1, 1],
    ]


def test_lake_without_objects_is_insufficient(tmp_path: Path) -> None:
    with pytest.raises(InsufficientDataError, match="No event"):
        build_dataset(tmp_path, [], FIRST_DAY, FIRST_DAY)


def test_lake_without_buyers_still_gives_a_dataset(tmp_path: Path) -> None:
    manifest = build_lake_dataset(tmp_path / "d", [activity_event("eve", 48)], cutoff_day=50)
    assert (manifest.counts["buyers"], manifest.files["features.parquet"].rows) == (0, 1)
    assert read_frame(tmp_path / "d", "products").empty


def test_line_that_is_not_an_event_is_skipped(tmp_path: Path) -> None:
    invalid = msgspec.structs.replace(order_event("ada", 20), occurred_at="yesterday")
    features = build_features(tmp_path, order_event("ada", 10), invalid)
    assert features.loc[ADA_PROFILE, "orders"] == 1


@pytest.mark.parametrize(
    ("gap_days", "history_days", "horizon_days"),
    [
        (25, 400, 30),
        (31, 400, 60),
        (70, 400, 90),
        (150, 400, 90),
        (150, 600, 180),
        (999, 999, 180),
        (None, 400, 90),
    ],
)
def test_horizon_is_the_next_larger_that_the_history_allows(
    gap_days: int | None, history_days: int, horizon_days: int
) -> None:
    assert choose_horizon(gap_days, 0, history_days * DAY_SECONDS) == horizon_days


def test_past_cutoffs_leave_history_before_and_outcomes_after() -> None:
    cutoffs = list_past_cutoffs(0, 200 * DAY_SECONDS, 90)
    assert [cutoff // DAY_SECONDS for cutoff in cutoffs] == [40, 54, 68, 82, 96, 110]


@pytest.mark.parametrize("day", [8, 12])
def test_browser_changes_no_order_of_a_stronger_source(tmp_path: Path, day: int) -> None:
    order = order_event("ada", 10, 1500, key="shop/1", source="shopify/main")
    others = [order_event("bob", day, 10, key="shop/1"), refund_event("shop/1", 13, None, "r1")]
    features = build_features(tmp_path, order, *others)
    expected = build_features(tmp_path / "clean", order)
    columns = ["recency_days", "tenure_days", "orders", "money", "basket_mean"]
    assert list(features.loc[ADA_PROFILE, columns]) == list(expected.loc[ADA_PROFILE, columns])
    assert fold_orders([order, *others])["shop/1"].net_amount == 1500
