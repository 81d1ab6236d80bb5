"""Build a made-up shop of two tastes, so that the right recommendation is known: tea drinkers want tea."""

import pandas as pd

from regulars.domain.manifests import DatasetManifest
from regulars.domain.times import from_text
from regulars.learning.contract import Dataset

CUTOFF = "2026-01-01T00:00:00.000Z"
CUTOFF_TIME = from_text(CUTOFF)
CUTOFF_SECONDS = CUTOFF_TIME.timestamp()
DAY_SECONDS = 86_400
TASTES = ("tea", "mug")
PRODUCT_NAMES = {
    "tea": ["Assam", "Darjeeling", "Jasmine", "Mint", "Oolong", "Rooibos", "Sencha", "Yunnan"],
    "mug": ["Azure", "Black", "Copper", "Dotted", "Enamel", "Floral", "Glass", "Handmade"],
}
PRODUCTS_PER_TASTE = 8


def product_id(taste: str, number: int) -> str:
    """Return the id of a taste's product."""
    return f"{taste}-{number}"


def build_interactions(people: int = 80, weeks: int = 30) -> pd.DataFrame:
    """Return purchases: every fifth week a person buys the favourite and two more products of one taste."""
    lines = [
        order_line(person, step, week)
        for person in range(people)
        for week in range(person % 5, weeks, 5)
        for step in (0, 1, week % 4)
    ]
    return pd.DataFrame(lines).drop_duplicates(["order_key", "product_id"], ignore_index=True)


def order_line(person: int, step: int, week: int) -> dict[str, object]:
    """Return one order line: the product that is `step` products after the person's favourite."""
    favourite = person // 2 % PRODUCTS_PER_TASTE
    return {
        "profile_id": f"p_{person:03d}",
        "product_id": product_id(TASTES[person % 2], (favourite + step) % PRODUCTS_PER_TASTE),
        "order_key": f"shop/{person}-{week}",
        "occurred_at": int(CUTOFF_SECONDS) - (30 - week) * 7 * DAY_SECONDS,
        "quantity": 1,
        "amount": 500,
    }


def build_products() -> pd.DataFrame:
    """Return the catalogue; the name and the category of a product contain its taste."""
    rows = [
        {
            "product_id": product_id(taste, number),
            "name": f"{PRODUCT_NAMES[taste][number]} {taste}",
            "category": f"{taste}s",
            "price": 500,
            "currency": "EUR",
        }
        for taste in TASTES
        for number in range(PRODUCTS_PER_TASTE)
    ]
    return pd.DataFrame(rows)


def build_dataset(interactions: pd.DataFrame | None = None) -> Dataset:
    """Return the shop as a dataset without features."""
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
    return Dataset(
        manifest=manifest,
        features=pd.DataFrame(),
        interactions=build_interactions() if interactions is None else interactions,
        products=build_products(),
    )
