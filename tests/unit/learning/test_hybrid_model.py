"""The hybrid model in each of its forms: both closed forms, joblib and plain Python."""

import tracemalloc

import msgspec
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from regulars.learning import artifacts
from regulars.learning.recommender import similarity
from regulars.learning.recommender.fitting import Recipe, fit_model
from regulars.learning.recommender.history_scorer import HistoryScorer
from regulars.learning.recommender.hybrid_model import HybridModel
from regulars.learning.recommender.product_statistics import (
    compute_repeat_share,
    find_sold_products,
)
from regulars.learning.recommender.purchases import purchases_from_interactions
from regulars.learning.recommender.scorer import ProductCandidate
from regulars.learning.recommender.scorer_export import export_scorer
from tests.support import taste_shop
from tests.support.recommender_contract import ProductScores, RecommenderContract

NOW = taste_shop.CUTOFF_SECONDS


def fit_shop(interactions: pd.DataFrame, recipe: Recipe | None = None) -> HybridModel:
    return fit_model(
        purchases_from_interactions(interactions),
        taste_shop.build_products(),
        recipe or Recipe(ridge=1.0),
        taste_shop.CUTOFF_SECONDS,
    )


def score_history(model: HybridModel, history: dict[str, float]) -> ProductScores:
    counts = sp.csr_matrix([[history.get(product_id, 0.0) for product_id in model.products]])
    return dict(zip(model.products, model.score_products(counts)[0], strict=True))


class TestClosedForm(RecommenderContract):
    """EASE with descriptions in its Gram matrix."""

    def score_products(
        self, interactions: pd.DataFrame, history: dict[str, float]
    ) -> ProductScores:
        return score_history(fit_shop(interactions), history)


class TestDualForm(RecommenderContract):
    """The same votes from the inverse over people, which serves a large catalogue, in blocks of one product."""

    @pytest.fixture(autouse=True)
    def use_large_catalogue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(similarity, "_prepare_primal", similarity._prepare_dual)
        monkeypatch.setattr(similarity, "BLOCK_CELLS", 5)

    def score_products(
        self, interactions: pd.DataFrame, history: dict[str, float]
    ) -> ProductScores:
        return score_history(fit_shop(interactions), history)


class TestSavedAndLoaded(RecommenderContract):
    """The artifact after joblib."""

    def score_products(
        self, interactions: pd.DataFrame, history: dict[str, float]
    ) -> ProductScores:
        content = artifacts.dump_estimator(fit_shop(interactions))
        return score_history(artifacts.restore_estimator(content), history)


class TestPlainPython(RecommenderContract):
    """The exported scorer after JSON."""

    def score_products(
        self, interactions: pd.DataFrame, history: dict[str, float]
    ) -> ProductScores:
        content = msgspec.json.encode(export_scorer(fit_shop(interactions), taste_shop.CUTOFF))
        scores = HistoryScorer(msgspec.json.decode(content)).score_products(history)
        return {candidate.product_id: total for candidate, total in scores}


def test_plain_scorer_equals_the_artifact_to_the_ninth_digit() -> None:
    model = fit_shop(taste_shop.build_interactions())
    history = {"tea-1": 1.7, "tea-4": 0.3, "mug-2": 1.0}
    plain = HistoryScorer(export_scorer(model, taste_shop.CUTOFF)).score_products(history)
    expected = score_history(model, history)
    differences = [abs(expected[candidate.product_id] - total) for candidate, total in plain]
    assert max(differences) < 1e-9
    assert len({round(total, 6) for _, total in plain}) > taste_shop.PRODUCTS_PER_TASTE


def generate_candidates(
    model: HybridModel, *purchases: tuple[str, int]
) -> dict[str, ProductCandidate]:
    """Return the candidates of a person who bought these products in so many orders, by product id."""
    lines = [
        {
            "profile_id": "a",
            "product_id": product_id,
            "order_key": f"{product_id}/{number}",
            "occurred_at": NOW,
        }
        for product_id, orders in purchases
        for number in range(orders)
    ]
    everybody = pd.concat([taste_shop.build_interactions(), pd.DataFrame(lines)])
    history = purchases_from_interactions(everybody)
    candidates = next(iter(model.generate_candidates(history, NOW)))
    assert len({candidate.product_id for candidate in candidates}) == len(candidates)
    return {candidate.product_id: candidate for candidate in candidates}


def test_candidates_name_the_purchase_with_the_largest_vote() -> None:
    model = fit_shop(taste_shop.build_interactions())
    candidates = generate_candidates(model, ("tea-1", 1), ("mug-2", 1))
    assert {candidates[product_id].because for product_id in ("tea-2", "tea-3")} == {"tea-1"}
    assert {candidates[product_id].because for product_id in ("mug-3", "mug-4")} == {"mug-2"}


@pytest.mark.parametrize(
    ("days_ago", "is_habit"),
    [
        ((70, 40, 10), True),
        ((1095, 730, 365), True),
        ((40, 10), False),
        ((30, 30, 30), False),
        ((160, 130, 100), False),
    ],
)
def test_only_a_product_bought_by_habit_is_its_own_reason(
    days_ago: tuple[int, ...], is_habit: bool
) -> None:
    interactions = taste_shop.build_interactions()
    lines = [
        taste_shop.order_line(0, 0, 29)
        | {
            "profile_id": "p_new",
            "product_id": "mug-1",
            "order_key": f"own/{number}",
            "occurred_at": int(taste_shop.CUTOFF_SECONDS) - days * taste_shop.DAY_SECONDS,
        }
        for number, days in enumerate(days_ago)
    ]
    purchases = purchases_from_interactions(pd.concat([interactions, pd.DataFrame(lines)]))
    candidates = list(fit_shop(interactions).generate_candidates(purchases, NOW))[-1]
    because = {entry.product_id: entry.because for entry in candidates}["mug-1"]
    assert because == ("mug-1" if is_habit else "")


def test_product_that_is_no_longer_sold_leaves_every_list() -> None:
    interactions = taste_shop.build_interactions()
    gone = (interactions["product_id"] == "tea-3") & (
        interactions["occurred_at"] > NOW - 120 * taste_shop.DAY_SECONDS
    )
    purchases = purchases_from_interactions(interactions[~gone])
    model = fit_shop(interactions[~gone])
    assert np.flatnonzero(~find_sold_products(purchases)) == list(model.products).index("tea-3")
    assert all(
        entry.product_id != "tea-3"
        for candidates in model.generate_candidates(purchases, NOW)
        for entry in candidates
    )


def test_closed_shop_still_sells_its_products() -> None:
    purchases = purchases_from_interactions(taste_shop.build_interactions())
    assert find_sold_products(purchases).all()
    (candidates, *_) = fit_shop(taste_shop.build_interactions()).generate_candidates(
        purchases, NOW + 900 * taste_shop.DAY_SECONDS
    )
    assert candidates


def test_repeat_share_is_that_of_later_purchases() -> None:
    orders = [("a", "tea", 0), ("a", "tea", 1), ("a", "mug", 1), ("a", "mug", 2), ("b", "tea", 0)]
    columns = ["profile_id", "product_id", "occurred_at"]
    frame = pd.DataFrame(orders, columns=columns)
    purchases = purchases_from_interactions(frame.assign(order_key=frame["occurred_at"]))
    assert compute_repeat_share(purchases) == pytest.approx((2 + 1) / (3 + 2))


def test_candidates_hold_own_and_new_products_once() -> None:
    model = fit_shop(taste_shop.build_interactions())
    product_ids = list(generate_candidates(model, ("tea-1", 1)))
    assert product_ids[0] == "tea-1"
    assert sorted(product_ids) == sorted(model.products)


def test_neighbours_of_a_product_are_of_its_taste() -> None:
    model = fit_shop(taste_shop.build_interactions())
    index = list(model.products).index("tea-3")
    best = [
        product_id
        for product_id, _, _ in model.find_neighbours(index, np.full(len(model.products), True))[:4]
    ]
    assert {product_id.partition("-")[0] for product_id in best} == {"tea"}
    assert "tea-3" not in best


def test_weight_of_habit_lifts_what_was_bought() -> None:
    weights, interactions = Recipe().weights, taste_shop.build_interactions()
    light = fit_shop(interactions, Recipe(weights={**weights, "habit": 0.0}))
    heavy = fit_shop(interactions, Recipe(weights={**weights, "habit": 9.0}))
    history = {"tea-1": 1.0}
    difference = score_history(heavy, history)["tea-1"] - score_history(light, history)["tea-1"]
    assert difference == pytest.approx(9.0)


def test_popular_products_are_the_ones_most_people_bought_lately() -> None:
    lines = [taste_shop.order_line(person, 0, 29) for person in range(80)]
    craze = pd.DataFrame(lines).assign(product_id="mug-5")
    model = fit_shop(pd.concat([taste_shop.build_interactions(), craze]))
    assert model.rank_popular()[0][0] == "mug-5"
    assert model.trend.argmax() == list(model.products).index("mug-5")


def build_description_votes(*texts: str) -> sp.csr_matrix:
    vectors = similarity.build_description_vectors([*texts])
    return similarity.compute_description_votes(vectors)


@pytest.mark.parametrize("texts", [("", ""), ("!!", "??")])
def test_descriptions_without_a_word_are_similar_to_nothing(texts: tuple[str, ...]) -> None:
    assert build_description_votes(*texts).nnz == 0


def test_scripts_without_spaces_are_compared_by_pairs_of_characters() -> None:
    votes = build_description_votes("红茶壶", "绿茶壶", "咖啡杯")
    assert votes[0, 1] > 0
    assert np.asarray(votes[2].todense()).sum() == 0


def test_both_closed_forms_give_the_same_votes(monkeypatch: pytest.MonkeyPatch) -> None:
    interactions = taste_shop.build_interactions(people=30)
    primal = fit_shop(interactions).collaborative
    monkeypatch.setattr(similarity, "_prepare_primal", similarity._prepare_dual)
    dual = fit_shop(interactions).collaborative
    assert primal.nnz > 0
    assert abs(primal - dual).max() < 1e-5


def test_votes_stay_within_the_budget_when_descriptions_are_equal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(similarity, "MAX_VOTES", 60)
    votes = build_description_votes(*["red mug"] * 20)
    assert np.diff(votes.tocsc().indptr).tolist() == [3] * 20


def test_least_bought_products_have_no_votes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "MAX_VOTING_PRODUCTS", 15)
    lines = [taste_shop.order_line(1, 0, 29) | {"product_id": "mug-0", "order_key": "x"}]
    model = fit_shop(pd.concat([taste_shop.build_interactions(), pd.DataFrame(lines)]))
    voters = np.diff(model.collaborative.indptr) > 0
    assert voters.sum() == 15
    assert model.collaborative.shape == (len(model.products),) * 2


def test_memory_of_the_votes_does_not_grow_with_the_square_of_the_catalogue() -> None:
    count = 12_000
    vectors = similarity.build_description_vectors([f"mug word{n % 500}" for n in range(count)])
    tracemalloc.start()
    similarity.compute_description_votes(vectors)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 4 * count * count / 2
