"""Measure the recommender beside its peers on one split: the last 91 days, tuned on the 91 days before."""

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
from tests.benchmarks.rows import BenchmarkRow

WINDOW_SECONDS = 91 * DAY_SECONDS
MIN_NDCG = {"new": 0.144, "all": 0.392}
MIN_COVERAGE = 0.35


def measure_recommender() -> Iterator[BenchmarkRow]:
    """Measure NDCG@10 and coverage without products that were bought already (new) and with them (all)."""
    bought, products = read_purchases()
    end = float(bought.times.max()) + 1
    test, validation = end - WINDOW_SECONDS, end - 2 * WINDOW_SECONDS
    before = time.process_time()
    recipe = choose_recipe(build_validation_window(bought, products, validation, test))
    ours = evaluate_recipe(bought, products, recipe, WINDOW_SECONDS / DAY_SECONDS)
    yield BenchmarkRow(
        name="recommender: choice and fit",
        value=round(time.process_time() - before, 1),
        unit="s of CPU",
    )
    for mode, target in MIN_NDCG.items():
        quality = ours.measure_hybrid(mode)
        yield _create_target_row(f"recommender, {mode}: NDCG@10", quality.ndcg10, target)
        if mode == "new":
            yield _create_target_row("recommender, new: coverage", quality.coverage, MIN_COVERAGE)
        ease = _tune_ease(build_validation_window(bought, products, validation, test), mode)
        peers = {
            "EASE": evaluate_recipe(
                bought, products, ease, WINDOW_SECONDS / DAY_SECONDS
            ).measure_hybrid(mode),
            "popularity": ours.measure_popularity(mode),
        }
        if mode == "all":
            peers["own frequency"] = ours.measure_frequency(mode)
        for name, peer in peers.items():
            yield _compare_with_peer(f"recommender, {mode}, beside {name}", quality, peer)


def read_purchases() -> tuple[Purchases, pd.DataFrame]:
    """Return Online Retail as interactions and products."""
    lines = online_retail.read_sales()
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


def _tune_ease(seen: ValidationWindow, mode: str) -> Recipe:
    """Return plain EASE^R on the same lists, its ridge tuned on the same validation."""
    plain_recipe = Recipe(described=0.0, weights=COLLABORATIVE_ONLY_WEIGHTS)
    recipes = [replace(plain_recipe, ridge=ridge) for ridge in RIDGE_VALUES]
    return max(
        recipes,
        key=lambda recipe: seen.try_recipe(seen.score_parts(recipe), recipe, mode).quality.ndcg10,
    )


def _create_target_row(name: str, value: float, at_least: float) -> BenchmarkRow:
    return BenchmarkRow(
        name=name, value=round(value, 4), unit="", target=f">= {at_least}", ok=value >= at_least
    )


def _compare_with_peer(name: str, ours: RankingQuality, peer: RankingQuality) -> BenchmarkRow:
    """Return a row that is ok when the paired 95 % interval of the difference excludes zero."""
    gain, error = compare_qualities(ours, peer)
    low, high = gain - 1.96 * error, gain + 1.96 * error
    note = f"difference {gain:+.4f} [{low:+.4f}, {high:+.4f}], {len(ours.ndcg)} people"
    ratio = ours.ndcg10 / peer.ndcg10
    return BenchmarkRow(
        name=name,
        value=round(ours.ndcg10, 4),
        unit="",
        baseline=round(peer.ndcg10, 4),
        ratio=round(ratio, 3),
        target="> 1",
        ok=low > 0,
        note=note,
    )
