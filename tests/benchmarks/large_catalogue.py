"""Make up a shop of many products, few of which sell well, with equal chances for every person."""

import numpy as np
import pandas as pd

from regulars.learning.recommender.purchases import Purchases

PEOPLE = 20_000
LINES_PER_PRODUCT = 6
WORDS = 3_000
END_SECONDS, YEAR_SECONDS = 1.323e9, 365 * 86_400


def build_shop(count: int) -> tuple[Purchases, pd.DataFrame]:
    """Return the purchases of a shop of `count` products, and its catalogue."""
    random = np.random.default_rng(1)
    lines = count * LINES_PER_PRODUCT
    product_index = (count * random.random(lines) ** 3).astype(np.int64)
    product_index[:count] = np.arange(count)
    purchases = Purchases(
        people=np.array([f"p{number:06d}" for number in range(PEOPLE)], dtype=object),
        products=np.array([f"x{number:06d}" for number in range(count)], dtype=object),
        person_index=random.integers(0, PEOPLE, lines),
        product_index=product_index,
        times=END_SECONDS - random.random(lines) * YEAR_SECONDS,
    )
    words = (WORDS * random.random((count, 4)) ** 2).astype(int)
    names = [" ".join(f"word{word}" for word in row) for row in words.tolist()]
    rows = {"product_id": purchases.products, "name": names, "category": ""}
    return purchases, pd.DataFrame(rows)
