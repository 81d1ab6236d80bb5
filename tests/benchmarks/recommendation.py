"""What the recommender finds beside its peers, on the same split: the last 91 days, tuned on the 91 before."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from regulars.learning.recommender.fitting import Recipe
from regulars.learning.recommender.purchases import (
    DAY_SECONDS,
    Purchases,
    purchases_from_interactions,
)
from regulars.learning.recommender.ranking_quality import RankingQuality, compare_qualities
from regulars.learning.recommender.recipe_evaluation import evaluate_recipe
from regulars.learning.recommender.recipe_search import (
    COLLABORATIVE_ONLY_WEIGHTS,
    RIDGE_VALUES,
    ValidationWindow,
    build_validation_window,
    choose_recipe,
)
from tests.benchmarks import online_retail
from tests.benchmarks.rows import Row

WINDOW = 91 * DAY_SECONDS
TARGETS = {"new": 0.144, "all": 0.392}
COVERAGE = 0.35


def rows() -> Iterator[Row]:
    """NDCG@10 and coverage with already bought products left out (new) and kept (all)."""
    bought, products = shop()
    end = float(bought.times.max()) + 1
    test, validation = end - WINDOW, end - 2 * WINDOW
    before = time.process_time()
    recipe = choose_recipe(build_validation_window(bought, products, validation, test))
    ours = evaluate_recipe(bought, products, recipe, WINDOW / DAY_SECONDS)
    yield Row("recommender: choice and fit", round(time.process_time() - before, 1), "s of CPU")
    for mode, target in TARGETS.items():
        found = ours.measure_hybrid(mode)
        yield _promised(f"recommender, {mode}: NDCG@10", found.ndcg10, target)
        if mode == "new":
            yield _promised("recommender, new: coverage", found.coverage, COVERAGE)
        ease = _ease(build_validation_window(bought, products, validation, test), mode)
        peers = {
            "EASE": evaluate_recipe(bought, products, ease, WINDOW / DAY_SECONDS).measure_hybrid(
                mode
            ),
            "popularity": ours.measure_popularity(mode),
        }
        if mode == "all":
            peers["own frequency"] = ours.measure_frequency(mode)
        for name, peer in peers.items():
            yield _beside(f"recommender, {mode}, beside {name}", found, peer)


def shop() -> tuple[Purchases, pd.DataFrame]:
    """Online Retail as interactions and products."""
    lines = online_retail.cleaned()
    frame = pd.DataFrame(
        {
            "profile_id": lines["CustomerID"].astype(int).astype(str),
            "product_id": lines["StockCode"],
            "order_key": lines["InvoiceNo"],
            "occurred_at": lines["InvoiceDate"].astype("datetime64[s]").astype("int64"),
        }
    )
    newest = lines.sort_values("InvoiceDate").drop_duplicates("StockCode", keep="last")
    names = newest[["StockCode", "Description"]].set_axis(["product_id", "name"], axis=1)
    return purchases_from_interactions(frame), names.assign(category="")


def _ease(seen: ValidationWindow, mode: str) -> Recipe:
    """Plain EASE^R by the same lists, its ridge tuned on the same validation."""
    plain = Recipe(described=0.0, weights=COLLABORATIVE_ONLY_WEIGHTS)
    tried = [replace(plain, ridge=ridge) for ridge in RIDGE_VALUES]
    return max(
        tried,
        key=lambda recipe: seen.try_recipe(seen.score_parts(recipe), recipe, mode).quality.ndcg10,
    )


def _promised(name: str, value: float, at_least: float) -> Row:
    return Row(name, round(value, 4), "", target=f">= {at_least}", ok=value >= at_least)


def _beside(name: str, ours: RankingQuality, peer: RankingQuality) -> Row:
    """Ahead when the paired 95 % interval of the difference leaves zero out."""
    gain, error = compare_qualities(ours, peer)
    low, high = gain - 1.96 * error, gain + 1.96 * error
    note = f"difference {gain:+.4f} [{low:+.4f}, {high:+.4f}], {len(ours.ndcg)} people"
    ratio = ours.ndcg10 / peer.ndcg10
    return Row(
        name,
        round(ours.ndcg10, 4),
        "",
        round(peer.ndcg10, 4),
        round(ratio, 3),
        "> 1",
        low > 0,
        note,
    )
