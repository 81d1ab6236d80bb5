"""A made-up shop of two tastes, so that the right recommendation is known: who drinks tea wants tea."""

import pandas as pd

from regulars.domain.manifests import DatasetManifest
from regulars.domain.times import from_text
from regulars.learning.contract import Dataset

CUTOFF = "2026-01-01T00:00:00.000Z"
MOMENT = from_text(CUTOFF)
NOW = MOMENT.timestamp()
DAY = 86_400
TASTES = ("tea", "mug")
NAMES = {
    "tea": ["Assam", "Darjeeling", "Jasmine", "Mint", "Oolong", "Rooibos", "Sencha", "Yunnan"],
    "mug": ["Azure", "Black", "Copper", "Dotted", "Enamel", "Floral", "Glass", "Handmade"],
}
KINDS = 8  # products of each taste


def product(taste: str, kind: int) -> str:
    """The id of one product."""
    return f"{taste}-{kind}"


def interactions(people: int = 80, weeks: int = 30) -> pd.DataFrame:
    """Everybody buys two products of their own taste every fifth week, another pair each time, and the first again."""
    rows = [
        line(person, number, week)
        for person in range(people)
        for week in range(person % 5, weeks, 5)
        for number in (0, 1, week % 4)
    ]
    return pd.DataFrame(rows).drop_duplicates(["order_key", "product_id"], ignore_index=True)


def line(person: int, number: int, week: int) -> dict[str, object]:
    """One order line: a product of the person's taste."""
    favourite = person // 2 % KINDS
    kind = favourite if number == 0 else (favourite + number) % KINDS
    return {
        "profile_id": f"p_{person:03d}",
        "product_id": product(TASTES[person % 2], kind),
        "order_key": f"shop/{person}-{week}",
        "occurred_at": int(NOW) - (30 - week) * 7 * DAY,
        "quantity": 1,
        "amount": 500,
    }


def products() -> pd.DataFrame:
    """The catalogue: names tell the taste."""
    rows = [
        {
            "product_id": product(taste, kind),
            "name": f"{NAMES[taste][kind]} {taste}",
            "category": f"{taste}s",
            "price": 500,
            "currency": "EUR",
        }
        for taste in TASTES
        for kind in range(KINDS)
    ]
    return pd.DataFrame(rows)


def dataset(bought: pd.DataFrame | None = None, features: pd.DataFrame | None = None) -> Dataset:
    """The shop as a dataset; `features` are of the present unless given."""
    manifest = DatasetManifest(
        dataset_id="20260101-a",
        cutoff=CUTOFF,
        created_at=CUTOFF,
        horizon_days=90,
        currency="EUR",
        files={},
        counts={},
        features=(),
    )
    present = pd.DataFrame() if features is None else features
    return Dataset(manifest, present, interactions() if bought is None else bought, products())
