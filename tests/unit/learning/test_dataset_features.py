"""What build_dataset says of made-up customers whose features are known, and what must never change it."""

import random
from pathlib import Path

import msgspec
import pytest

from regulars.domain.errors import InsufficientDataError
from regulars.domain.events import Event, Item, OrderFact
from regulars.domain.profiles import fold_orders
from regulars.learning.datasets.build import build, horizon, past_cutoffs
from tests.support.lake import DAY0, built, day, features, frame, order, page

YEAR = [order("ada", at, 1000 + at) for at in range(0, 300, 20)] + [
    order(f"c{number}", number * 7 % 290, 500 + number, key=f"shop/{number}")
    for number in range(80)
]


def refund(key: str, at: float, amount: int | None, refund_id: str) -> Event:
    fact = OrderFact(key=key, version=day(at), refunded=amount, refund_id=refund_id)
    return order("ada", at, key=f"{key}/{refund_id}", type="Order Refunded", order=fact, items=())


def test_features_tell_recency_frequency_and_money(tmp_path: Path) -> None:
    built(tmp_path / "d", [order("ada", 10, 1500), order("ada", 30, 2500)], cutoff=50)
    ada = features(tmp_path / "d").loc["p_ada"]
    assert (ada["recency_days"], ada["tenure_days"], ada["orders"]) == (20.0, 40.0, 2)
    assert (ada["money"], ada["basket_mean"], ada["basket_last"]) == (4000, 2000.0, 2500)
    assert (ada["gap_mean"], ada["overdue"], ada["orders_30"]) == (20.0, 1.0, 1)


def test_event_delivered_twice_counts_once(tmp_path: Path) -> None:
    built(tmp_path / "d", [order("ada", 10), order("ada", 10)], cutoff=50)
    assert features(tmp_path / "d").loc["p_ada", "orders"] == 1


def test_newest_snapshot_of_an_order_wins(tmp_path: Path) -> None:
    told = [order("ada", 10, 1500, key="shop/1"), order("ada", 12, 900, key="shop/1")]
    built(tmp_path / "d", told, cutoff=50)
    ada = features(tmp_path / "d").loc["p_ada"]
    assert (ada["orders"], ada["money"]) == (1, 900)


@pytest.mark.parametrize(("amount", "left"), [(400, 1100), (None, 0), (0, 1500)])
def test_refund_lowers_money_once_however_often_told(
    tmp_path: Path, amount: int | None, left: int
) -> None:
    told = [refund("shop/1", 12, amount, "r1"), refund("shop/1", 13, amount, "r1")]
    built(tmp_path / "d", [order("ada", 10, 1500, key="shop/1"), *told], cutoff=50)
    assert features(tmp_path / "d").loc["p_ada", "money"] == left


@pytest.mark.parametrize(
    ("shown", "amounts", "left"),
    [(400, [], 1100), (None, [], 0), (400, [400], 1100), (400, [700], 800), (400, [-400], 1500)],
)
def test_refund_that_the_order_shows_lowers_money_until_it_fails(
    tmp_path: Path, shown: int | None, amounts: list[int], left: int
) -> None:
    fact = OrderFact(key="shop/1", version=day(11), placed_at=day(10), total=1500, refunded=shown)
    told = [refund("shop/1", 12, amount, "r1") for amount in amounts]
    built(tmp_path / "d", [order("ada", 11, key="shop/1", order=fact), *told], cutoff=50)
    assert features(tmp_path / "d").loc["p_ada", "money"] == left
    assert fold_orders([order("ada", 11, order=fact), *told])["shop/1"].net_amount == left


def test_cancelled_order_is_no_purchase(tmp_path: Path) -> None:
    cancelled = OrderFact(
        key="shop/1", version=day(12), placed_at=day(10), status="cancelled", total=1500
    )
    told = [order("ada", 10, key="shop/1"), order("ada", 12, key="shop/1", order=cancelled)]
    built(tmp_path / "d", told, cutoff=50)
    assert features(tmp_path / "d").loc["p_ada", "orders"] == 0


def test_test_events_never_count(tmp_path: Path) -> None:
    built(tmp_path / "d", [order("ada", 10), order("ada", 11, test=True)], cutoff=50)
    assert features(tmp_path / "d").loc["p_ada", "orders"] == 1


def test_other_currencies_count_as_orders_but_are_never_added(tmp_path: Path) -> None:
    foreign = OrderFact(key="shop/2", version=day(12), placed_at=day(12), total=99, currency="JPY")
    events = [order("ada", 10, 500), order("bob", 11, 500), order("ada", 12, order=foreign)]
    manifest = built(tmp_path / "d", events, cutoff=50)
    ada = features(tmp_path / "d").loc["p_ada"]
    assert (manifest.currency, ada["orders"], ada["money"], ada["foreign_share"]) == (
        "EUR",
        2,
        500,
        0.5,
    )


def test_visitor_without_orders_is_scored_with_zeros(tmp_path: Path) -> None:
    built(tmp_path / "d", [order("ada", 10), page("eve", 48)], cutoff=50)
    eve = features(tmp_path / "d").loc["p_eve"]
    assert (
        eve["orders"],
        eve["recency_days"],
        eve["visit_days_30"],
        eve["visit_recency_days"],
    ) == (0, 0, 1, 2.0)


def test_features_never_hold_a_gap(tmp_path: Path) -> None:
    manifest = built(tmp_path / "d", [order("ada", 10), page("eve", 48)], cutoff=50)
    assert not features(tmp_path / "d")[list(manifest.features)].isna().any().any()


def test_churned_tells_whether_the_horizon_stayed_empty(tmp_path: Path) -> None:
    manifest = built(tmp_path / "d", YEAR, cutoff=300)
    past = features(tmp_path / "d", "train")
    newest = past[past["cutoff"] == past["cutoff"].max()]
    assert not newest.loc["p_ada", "churned"]
    assert newest.drop("p_ada")["churned"].any()
    assert newest["cutoff"].iloc[0] == day(300 - manifest.horizon_days)


def test_later_events_change_no_byte(tmp_path: Path) -> None:
    later = [
        order("ada", 301, 9),
        order("new", 320),
        refund("shop/1", 310, None, "r9"),
        page("c1", 305),
    ]
    before = built(tmp_path / "before", YEAR, cutoff=300)
    after = built(tmp_path / "after", [*YEAR, *later], cutoff=300)
    assert before.files == after.files


def test_what_we_say_of_a_cart_teaches_nothing_about_its_owner(tmp_path: Path) -> None:
    cart = [*YEAR, page("ada", 298, "Product Added")]
    said = [*cart, page("ada", 298.1, "Checkout Abandoned")]
    assert built(tmp_path / "a", cart, 300).files == built(tmp_path / "b", said, 300).files


def test_order_of_events_and_duplicates_change_no_byte(tmp_path: Path) -> None:
    shuffled = [*YEAR, *YEAR[:30]]
    random.Random(4).shuffle(shuffled)
    assert built(tmp_path / "a", YEAR, 300).files == built(tmp_path / "b", shuffled, 300).files


def test_past_cutoff_has_the_features_of_a_dataset_built_then(tmp_path: Path) -> None:
    built(tmp_path / "now", YEAR, cutoff=300)
    past = features(tmp_path / "now", "train")
    then = float((DAY0.fromisoformat(past["cutoff"].max()) - DAY0).days)
    built(tmp_path / "then", YEAR, cutoff=then)
    known = features(tmp_path / "then")
    newest = past[past["cutoff"] == past["cutoff"].max()]
    same = ["recency_days", "orders", "money", "products", "product_trend", "orders_decayed_90"]
    assert newest[same].equals(known.loc[newest.index, same])


def test_interactions_and_products_tell_every_line(tmp_path: Path) -> None:
    basket = (
        Item(product_id="cup", name="Cup", category="Kitchen", quantity=2, price=300),
        Item(product_id="pot", name="Pot", category="Kitchen", quantity=1, price=900),
    )
    built(tmp_path / "d", [order("ada", 10, 1500, items=basket), order("bob", 12, 400)], cutoff=50)
    lines, products = frame(tmp_path / "d", "interactions"), frame(tmp_path / "d", "products")
    assert lines[["product_id", "quantity", "amount"]].values.tolist() == [
        ["cup", 2, 600],
        ["pot", 1, 900],
        ["cup", 1, 400],
    ]
    assert products[["product_id", "price", "orders", "buyers"]].values.tolist() == [
        ["cup", 400, 2, 2],
        ["pot", 900, 1, 1],
    ]


def test_lake_without_objects_is_insufficient(tmp_path: Path) -> None:
    with pytest.raises(InsufficientDataError, match="No event"):
        build(tmp_path, [], [], DAY0, DAY0)


def test_lake_without_buyers_still_makes_a_dataset(tmp_path: Path) -> None:
    manifest = built(tmp_path / "d", [page("eve", 48)], cutoff=50)
    assert (manifest.counts["buyers"], manifest.files["features.parquet"].rows) == (0, 1)
    assert frame(tmp_path / "d", "products").empty


def test_line_that_is_no_event_is_passed_over(tmp_path: Path) -> None:
    broken = msgspec.structs.replace(order("ada", 20), occurred_at="yesterday")
    built(tmp_path / "d", [order("ada", 10), broken], cutoff=50)
    assert features(tmp_path / "d").loc["p_ada", "orders"] == 1


@pytest.mark.parametrize(
    ("gap", "history", "days"),
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
def test_horizon_is_the_next_larger_that_history_allows(
    gap: int | None, history: int, days: int
) -> None:
    assert horizon(gap, 0, history * 86400) == days


def test_past_cutoffs_leave_history_before_and_outcomes_after() -> None:
    days = [past // 86400 for past in past_cutoffs(0, 200 * 86400, 90)]
    assert days == [40, 54, 68, 82, 96, 110]
