"""A dataset knows each person as the ledger of the cut-off does, and counts each order once."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.domain.events import Event, OrderFact
from regulars.domain.identifiers import profile_id_of
from regulars.domain.times import from_text
from regulars.identity import links as linking
from regulars.profiles import write as writing
from tests.support import identity_oracle
from tests.support.dataset_oracle import (
    CUTOFF_DAY,
    LONG_LEDGERS,
    describe_buyers,
    describe_orders,
    describe_people,
    read_people,
)
from tests.support.lake_events import (
    FIRST_DAY,
    activity_event,
    build_lake_dataset,
    day_text,
    order_event,
    read_features,
    read_frame,
)
from tests.support.profile_oracle import ShuffledStream

PRESENT_TIME = FIRST_DAY + timedelta(days=CUTOFF_DAY)
# Old orders of others, so that the past has cut-offs.
OLD_ORDERS = [order_event("old", day) for day in (0, 10, 20)]
STRONG_FIELDS: dict[str, Any] = {"source": "shopify/main", "trust": "verified"}


@contextmanager
def build_ledger_dataset(events: Sequence[Event]) -> Iterator[tuple[pd.DataFrame, int]]:
    """Build the dataset of a ledger where two other identities make a value worthless; yield its rows and horizon."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "back_off", lambda _: None)
        for module in (linking, identity_oracle):
            patch.setattr(module, "MAX_SHARED_IDENTITIES", 1)
        manifest = build_lake_dataset(Path(name, "dataset"), events, CUTOFF_DAY)
        yield read_frame(Path(name, "dataset"), "features"), manifest.horizon_days


@settings(max_examples=16, deadline=None, derandomize=True)
@given(LONG_LEDGERS, st.randoms(use_true_random=False))
def test_dataset_holds_the_people_and_orders_of_each_cutoff(
    events: list[Event], random_: random.Random
) -> None:
    shuffled = random_.sample(events, len(events))
    with build_ledger_dataset(shuffled) as (features, horizon_days):
        for cutoff_text, rows in features.groupby("cutoff"):
            cutoff = from_text(str(cutoff_text))
            people = read_people(rows.set_index("profile_id"), cutoff)
            if cutoff == PRESENT_TIME:
                assert people == describe_people(events)
            else:
                assert people == describe_buyers(events, cutoff, horizon_days)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(LONG_LEDGERS, st.integers(0, 2**32).map(random.Random))
def test_present_orders_are_those_of_the_profiles(
    events: list[Event], random_: random.Random
) -> None:
    with build_ledger_dataset(events) as (features, _):
        stream = ShuffledStream(events, random_)
        stream.deliver_all()
        profiles = {
            person.profile_id: describe_orders(stream.memory.read_person(person).state.orders)
            for person in stream.memory.list_people().values()
        }
        present = features[features["split"] == "score"].set_index("profile_id")
        rows = read_people(present, PRESENT_TIME)
        assert rows == {profile_id: profiles[profile_id] for profile_id in rows}
        assert {key for key, row in profiles.items() if row.orders} <= rows.keys()


def build_rows(folder: Path, *events: Event) -> pd.DataFrame:
    """Return the rows of a dataset as of day 120, its horizon 30 days, by profile id."""
    build_lake_dataset(folder / "dataset", [*OLD_ORDERS, *events], cutoff_day=120)
    return read_frame(folder / "dataset", "features").set_index("profile_id")


def read_totals(rows: pd.DataFrame, profile_id: str) -> list[int]:
    return [rows[name].to_dict()[profile_id] for name in ("orders", "money")]


def build_present_rows(folder: Path, *events: Event) -> pd.DataFrame:
    build_lake_dataset(folder / "dataset", events, cutoff_day=50)
    return read_features(folder / "dataset")


def test_people_joined_later_are_two_before_and_share_the_label(tmp_path: Path) -> None:
    orders = [
        order_event("ann", 40, subjects=("u:ann",)),
        order_event("work", 41, subjects=("e:work",)),
        order_event("work", 95, subjects=("e:work",)),
    ]
    joined = replace(activity_event("ann", 100), subjects=("u:ann", "e:work"), **STRONG_FIELDS)
    rows = build_rows(tmp_path, *orders, joined)
    ann, work = profile_id_of("u:ann"), profile_id_of("e:work")
    before = rows[rows["cutoff"] == day_text(90)]
    assert before.loc[[ann, work], "orders"].tolist() == [1, 1]
    assert before.loc[[ann, work], "churned"].tolist() == [False, False]
    now = rows[rows["split"] == "score"]
    assert now.loc[ann, "orders"] == 3
    assert work not in now.index


def test_what_joins_people_later_changes_no_feature_of_before(tmp_path: Path) -> None:
    orders = [order_event(name, 40) for name in ("ann", "bob")]
    joined = replace(activity_event("ann", 119), subjects=("u:ann", "e:x"), **STRONG_FIELDS)
    shared = replace(activity_event("x", 40), subjects=("e:x",))
    without = build_rows(tmp_path / "without", *orders, shared)
    with_join = build_rows(tmp_path / "with", *orders, shared, joined)
    past, past_with_join = (rows[rows["split"] == "train"] for rows in (without, with_join))
    assert not past.empty
    pd.testing.assert_frame_equal(past, past_with_join, check_index_type=False)


@pytest.mark.parametrize(
    ("backfill", "people"), [pytest.param(True, 1, id="history"), pytest.param(False, 2, id="live")]
)
def test_history_is_known_when_it_happened(tmp_path: Path, backfill: bool, people: int) -> None:
    orders = [
        order_event("ann", 30, subjects=("e:ann",)),
        order_event("ann", 31, subjects=("c:1",)),
    ]
    joined = replace(
        activity_event("ann", 35),
        subjects=("e:ann", "c:1"),
        received_at=day_text(110),
        backfill=backfill,
        **STRONG_FIELDS,
    )
    rows = build_rows(tmp_path, *orders, joined)
    before = rows[rows["cutoff"] == day_text(90)].drop(profile_id_of("u:old"))
    assert len(before) == people


def test_person_split_by_the_owner_was_one_before(tmp_path: Path) -> None:
    events = [
        order_event("ann", 40, subjects=("e:ann", "p:1"), **STRONG_FIELDS),
        order_event("bob", 95, subjects=("p:1",), **STRONG_FIELDS),
    ]
    sides = {"action": "separate", "left": ["e:ann"], "right": ["p:1"]}
    decision = replace(
        activity_event("owner", 100, "Identity Decided"),
        subjects=(),
        source="owner/console",
        trust="owner",
        properties=sides,
    )
    rows = build_rows(tmp_path, *events, decision)
    ann, phone = profile_id_of("e:ann"), profile_id_of("p:1")
    before = rows[rows["cutoff"] == day_text(90)]
    assert before.loc[ann, "churned"]
    assert phone not in before.index
    assert rows[rows["split"] == "score"].loc[[ann, phone], "orders"].tolist() == [1, 1]


@pytest.mark.parametrize("reversed_", [False, True])
def test_order_of_two_people_counts_once_for_the_stronger_evidence(
    tmp_path: Path, reversed_: bool
) -> None:
    browser = order_event("eve", 10, 1000, key="shop/1")
    server = order_event("ann", 11, 900, key="shop/1", source="shopify/main")
    events = [server, browser] if reversed_ else [browser, server]
    rows = build_present_rows(tmp_path, *events)
    assert read_totals(rows, profile_id_of("u:ann")) == [1, 900]
    assert read_totals(rows, profile_id_of("u:eve")) == [0, 0]


def claim_order(customer: str, day: float, key: str) -> Event:
    order = OrderFact(key=key, version=day_text(99), total=99_000, currency="EUR", claimed=True)
    return order_event(customer, day, key=key, order=order)


@pytest.mark.parametrize("confirmed", [False, True])
def test_claimed_order_counts_when_stronger_evidence_confirms_it(
    tmp_path: Path, confirmed: bool
) -> None:
    claim = claim_order("eve", 10, "shop/1")
    report = order_event("eve", 11, 900, key="shop/1", source="shopify/main")
    rows = build_present_rows(tmp_path, claim, *[report] * confirmed)
    expected = [1, 900] if confirmed else [0, 0]
    assert read_totals(rows, profile_id_of("u:eve")) == expected


def test_claim_takes_no_order_from_its_holder_at_a_past_cutoff(tmp_path: Path) -> None:
    claim = claim_order("eve", 40, "shop/1")
    report = order_event("ann", 70, 900, key="shop/1", source="shopify/main")
    rows = build_rows(tmp_path, claim, report)
    before, after = (rows[rows["cutoff"] == day_text(day)] for day in (62, 76))
    assert set(before.index) == {profile_id_of("u:old")}
    assert set(after.index) == {profile_id_of("u:old"), profile_id_of("u:ann")}


def test_refund_that_names_nobody_counts_for_its_order(tmp_path: Path) -> None:
    fields: dict[str, Any] = {"subjects": (), "source": "stripe/main", "items": ()}
    fact = OrderFact(key="shop/1", version=day_text(12), refunded=400, refund_id="r1")
    refund = order_event("", 12, key="shop/1", type="Order Refunded", order=fact, **fields)
    rows = build_present_rows(tmp_path, order_event("ann", 10, 1500, key="shop/1"), refund)
    assert rows["money"].to_dict() == {profile_id_of("u:ann"): 1100}


def test_order_without_a_time_is_as_old_as_its_first_report(tmp_path: Path) -> None:
    reports = [
        order_event("ann", day, order=OrderFact(key="shop/1", version=day_text(day), total=100))
        for day in (10, 30)
    ]
    rows = build_present_rows(tmp_path, *reports)
    assert rows.loc[profile_id_of("u:ann"), "recency_days"] == 40
