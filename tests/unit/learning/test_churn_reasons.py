"""Every reason in a made-up shop: it is true of the person's own events, and it argues for the risk that is shown."""

import random
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from regulars.domain.events import Event
from regulars.domain.identifiers import profile_id_of
from regulars.learning.churn.candidates import LinearCandidate
from regulars.learning.churn.scorer import ChurnScore
from regulars.learning.churn.trainer import ChurnTrainer
from regulars.learning.contract import Dataset
from regulars.learning.datasets.frames import read_dataset
from regulars.learning.scoring.champion_loading import LoadedChampion
from regulars.learning.scoring.churn_assessment import ChurnAssessor
from tests.support.lake_events import activity_event, build_lake_dataset, order_event

CUTOFF_DAY = 400
PEOPLE = 120


@dataclass(frozen=True)
class Customer:
    """What a made-up customer did, in days since the shop opened, and the amounts of the orders."""

    orders: dict[float, int]
    visits: tuple[float, ...]
    mails: tuple[float, ...]

    def count_orders(self, first: float, last: float) -> int:
        return sum(first < CUTOFF_DAY - day <= last for day in self.orders)

    @property
    def silence(self) -> float:
        return CUTOFF_DAY - max(self.orders)

    @property
    def tenure(self) -> float:
        return CUTOFF_DAY - min(self.orders)

    @property
    def gap(self) -> float:
        days = sorted({int(day) for day in self.orders})
        return (days[-1] - days[0]) / (len(days) - 1) if len(days) > 1 else 0.0

    @property
    def pace(self) -> float:
        return len(self.orders) / (self.tenure + 20)

    @property
    def basket(self) -> float:
        return sum(self.orders.values()) / len(self.orders)


def generate_customer(generator: random.Random) -> Customer:
    """Return a customer with a pace, an amount and an end of their own."""
    start, end = generator.uniform(0, 380), generator.choice([200, 300, CUTOFF_DAY, CUTOFF_DAY])
    gap, amount = generator.choice([9, 20, 45, 90]), generator.randint(500, 9000)
    days, day = [start], start
    while (day := day + generator.expovariate(1 / gap)) < max(end, start):
        days.append(day)
    visits = [
        generator.uniform(start, max(end, start + 1)) for _ in range(generator.randint(0, 60))
    ]
    mails = [generator.uniform(start, max(end, start + 1)) for _ in range(generator.randint(0, 30))]
    return Customer(
        {day: amount + generator.randint(0, 900) for day in days if day < CUTOFF_DAY},
        tuple(visit for visit in visits if visit < CUTOFF_DAY),
        tuple(mail for mail in mails if mail < CUTOFF_DAY),
    )


def build_events(name: str, customer: Customer) -> Iterator[Event]:
    for day, amount in customer.orders.items():
        yield order_event(name, day, amount)
    for day in customer.visits:
        yield activity_event(name, day)
    for day in customer.mails:
        yield activity_event(name, day, "Email Opened")


@dataclass(frozen=True)
class ConstructedShop:
    """The customers by profile id, and their dataset."""

    customers: dict[str, Customer]
    dataset: Dataset

    def assess_people(self, basis: str) -> Iterator[tuple[Customer, ChurnScore, bool]]:
        """Yield each customer with the risk, and whether it is a raised one."""
        champion = LoadedChampion("none")
        if basis == "model":
            trained = ChurnTrainer([LinearCandidate()]).fit(self.dataset)
            champion = LoadedChampion("ok", "v1", trained.scorer)
        assessor = ChurnAssessor(champion, self.dataset)
        scored = [
            (self.customers[row["profile_id"]], assessor.assess_person(row))
            for row in cast("list[dict[str, Any]]", self.dataset.scoring_rows.to_dict("records"))
        ]
        mean = statistics.fmean(score.probability or 0 for _, score in scored)
        for customer, score in scored:
            is_raised = (score.probability or 0) >= mean and score.band != "low"
            yield customer, score, is_raised

    def find_median(self, measure: Callable[[Customer], float]) -> float:
        return statistics.median(map(measure, self.customers.values()))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ConstructedShop:
    generator = random.Random(3)
    customers = {f"c{number}": generate_customer(generator) for number in range(PEOPLE)}
    events = [event for name, one in customers.items() for event in build_events(name, one)]
    folder: Path = tmp_path_factory.mktemp("shop") / "dataset"
    manifest = build_lake_dataset(folder, events, CUTOFF_DAY)
    dataset = read_dataset(manifest, lambda name: (folder / name).read_bytes())
    by_id = {profile_id_of(f"u:{name}"): one for name, one in customers.items()}
    return ConstructedShop(by_id, dataset)


def parse_numbers(reason: str) -> list[int]:
    text = re.sub(r"\bno\b|less than a", "0", reason)
    return [int(number) for number in re.findall(r"\d+", text)]


def check_silence(shop: ConstructedShop, customer: Customer, reason: str, is_raised: bool) -> bool:
    silence, *gap = parse_numbers(reason)
    usual = gap[0] if gap else shop.dataset.manifest.horizon_days
    is_true = abs(silence - customer.silence) <= 1 and (not gap or abs(gap[0] - customer.gap) <= 1)
    return is_true and (silence >= usual if is_raised else silence <= usual + 1)


def check_pace(shop: ConstructedShop, customer: Customer, reason: str, is_raised: bool) -> bool:
    orders, days = parse_numbers(reason)
    is_true = orders == len(customer.orders) and abs(days - customer.tenure) <= 1
    median = shop.find_median(lambda one: one.pace)
    is_slow = customer.pace < median
    return is_true and is_slow == is_raised == ("less often" in reason)


def check_trend(_: ConstructedShop, customer: Customer, reason: str, is_raised: bool) -> bool:
    recent, _days, before, _days = parse_numbers(reason)
    counts = (customer.count_orders(-1, 90), customer.count_orders(90, 180))
    return (recent, before) == counts and (recent < before) == is_raised


def check_money(shop: ConstructedShop, customer: Customer, reason: str, is_raised: bool) -> bool:
    is_less = customer.basket < shop.find_median(lambda one: one.basket)
    return is_less == is_raised == ("less" in reason)


def check_visits(_: ConstructedShop, customer: Customer, reason: str, is_raised: bool) -> bool:
    days = {int(visit) for visit in customer.visits if CUTOFF_DAY - visit <= 30}
    return len(days) == parse_numbers(reason)[0] and (not days) == is_raised


def check_mails(_: ConstructedShop, customer: Customer, reason: str, is_raised: bool) -> bool:
    mails = [mail for mail in customer.mails if CUTOFF_DAY - mail <= 90]
    return len(mails) == parse_numbers(reason)[0] and (not mails) == is_raised


REASON_CHECKS = {
    "last ordered": check_silence,
    "than most buyers": check_pace,
    "days before": check_trend,
    "spends": check_money,
    "visit": check_visits,
    "mail": check_mails,
}


def find_check(reason: str) -> str:
    starts = ["spends", "last ordered", "visit", "mail", "days before", "than most buyers"]
    return next(start for start in starts if start in reason)


@pytest.mark.parametrize("basis", ["model", "rules"])
def test_every_reason_is_true_and_argues_for_the_risk(shop: ConstructedShop, basis: str) -> None:
    checked: Counter[str] = Counter()
    for customer, score, is_raised in shop.assess_people(basis):
        assert score.basis == basis
        for reason in score.reasons:
            kind = find_check(reason)
            assert REASON_CHECKS[kind](shop, customer, reason, is_raised), (reason, customer, score)
            checked[kind] += 1
    assert checked.total() > PEOPLE / 2
    assert len(checked) >= (5 if basis == "model" else 2)


@pytest.mark.parametrize("basis", ["model", "rules"])
def test_no_reason_is_said_to_half_of_the_people(shop: ConstructedShop, basis: str) -> None:
    reasons = [
        (find_check(reason), is_raised)
        for _, score, is_raised in shop.assess_people(basis)
        for reason in score.reasons
    ]
    assert max(Counter(reasons).values()) < PEOPLE / 2


@pytest.mark.parametrize("basis", ["model", "rules"])
def test_high_risks_have_reasons_and_are_few(shop: ConstructedShop, basis: str) -> None:
    high = [score for _, score, _ in shop.assess_people(basis) if score.band == "high"]
    assert 0 < len(high) <= PEOPLE / 3
    assert sum(bool(score.reasons) for score in high) >= 0.8 * len(high)
