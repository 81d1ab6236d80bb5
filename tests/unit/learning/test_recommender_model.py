"""The hybrid recommender in each of its forms: closed form, damped cosine, joblib and plain Python."""

import msgspec
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from regulars.learning import artifacts
from regulars.learning.recommender import similarity as similar
from regulars.learning.recommender.fitting import Recipe, fit
from regulars.learning.recommender.history_scorer import HistoryScorer
from regulars.learning.recommender.hybrid_model import Recommender
from regulars.learning.recommender.purchases import purchases
from regulars.learning.recommender.scorer import Candidate
from regulars.learning.recommender.trainer import exported
from tests.support import sample_shops as shops
from tests.support.recommender_contract import RecommenderContract, Totals


def fitted(bought: pd.DataFrame, recipe: Recipe | None = None) -> Recommender:
    return fit(purchases(bought), shops.products(), recipe or Recipe(ridge=1.0), shops.NOW)


def row(recommender: Recommender, history: dict[str, float]) -> sp.csr_matrix:
    return sp.csr_matrix([[history.get(id_, 0.0) for id_ in recommender.products]])


def scored(recommender: Recommender, history: dict[str, float]) -> Totals:
    totals = recommender.totals(row(recommender, history))[0]
    return dict(zip(recommender.products, totals, strict=True))


class TestClosedForm(RecommenderContract):
    """EASE with descriptions in its Gram matrix."""

    def totals(self, bought: pd.DataFrame, history: dict[str, float]) -> Totals:
        return scored(fitted(bought), history)


class TestDampedCosine(RecommenderContract):
    """What a large catalogue gets, block by block."""

    @pytest.fixture(autouse=True)
    def _large_catalogue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(similar, "LARGEST_DENSE", 0)
        monkeypatch.setattr(similar, "BLOCK", 5)

    def totals(self, bought: pd.DataFrame, history: dict[str, float]) -> Totals:
        return scored(fitted(bought), history)


class TestSavedAndLoaded(RecommenderContract):
    """The artifact after joblib."""

    def totals(self, bought: pd.DataFrame, history: dict[str, float]) -> Totals:
        return scored(artifacts.restored(artifacts.dump(fitted(bought))), history)


class TestPlainPython(RecommenderContract):
    """The exported scorer after JSON."""

    def totals(self, bought: pd.DataFrame, history: dict[str, float]) -> Totals:
        scorer = msgspec.json.encode(exported(fitted(bought), shops.CUTOFF))
        rows = HistoryScorer(msgspec.json.decode(scorer)).scored(history)
        return {candidate.product_id: total for candidate, total in rows}


def test_plain_scorer_equals_the_artifact_to_the_ninth_digit() -> None:
    recommender = fitted(shops.interactions())
    history = {"tea-1": 1.7, "tea-4": 0.3, "mug-2": 1.0}
    plain = HistoryScorer(exported(recommender, shops.CUTOFF)).scored(history)
    theirs = scored(recommender, history)
    assert max(abs(theirs[one.product_id] - total) for one, total in plain) < 1e-9
    assert len({round(total, 6) for _, total in plain}) > shops.KINDS


def candidates(recommender: Recommender, *bought: tuple[str, int]) -> list[Candidate]:
    """Those of one person who bought these products in so many orders."""
    lines = [
        {"profile_id": "p", "product_id": id_, "order_key": f"{id_}/{time}", "occurred_at": 0}
        for id_, times in bought
        for time in range(times)
    ]
    (found,) = recommender.candidates(purchases(pd.DataFrame(lines)), shops.NOW)
    return found


def test_candidates_name_the_purchase_that_speaks_for_them() -> None:
    found = candidates(fitted(shops.interactions()), ("tea-1", 1), ("mug-2", 1))
    because = {one.product_id: one.because for one in found}
    assert {because[id_] for id_ in ("tea-2", "tea-3")} == {"tea-1"}
    assert {because[id_] for id_ in ("mug-3", "mug-4")} == {"mug-2"}


def test_candidates_bought_twice_speak_for_themselves() -> None:
    found = candidates(fitted(shops.interactions()), ("tea-1", 2), ("tea-5", 1))
    because = {one.product_id: one.because for one in found}
    assert (because["tea-1"], because["tea-5"]) == ("tea-1", "")


def test_candidates_hold_own_and_new_products_once() -> None:
    recommender = fitted(shops.interactions())
    names = [one.product_id for one in candidates(recommender, ("tea-1", 1))]
    assert names[0] == "tea-1"
    assert sorted(names) == sorted(recommender.products)


def test_neighbours_of_a_product_are_of_its_taste() -> None:
    recommender = fitted(shops.interactions())
    place = list(recommender.products).index("tea-3")
    best = [id_ for id_, _, _ in recommender.neighbours(place)[:4]]
    assert {id_.partition("-")[0] for id_ in best} == {"tea"}
    assert "tea-3" not in best


def test_weight_of_habit_lifts_what_was_bought() -> None:
    light = fitted(shops.interactions(), Recipe(weights={**Recipe().weights, "habit": 0.0}))
    heavy = fitted(shops.interactions(), Recipe(weights={**Recipe().weights, "habit": 9.0}))
    history = {"tea-1": 1.0}
    assert scored(heavy, history)["tea-1"] - scored(light, history)["tea-1"] == pytest.approx(9.0)


def test_popular_products_are_the_ones_most_people_bought_lately() -> None:
    bought = shops.interactions()
    craze = pd.DataFrame([shops.line(person, 0, 29) for person in range(80)])
    recommender = fitted(pd.concat([bought, craze.assign(product_id="mug-5")]))
    assert recommender.popular()[0][0] == "mug-5"
    assert recommender.trend.argmax() == list(recommender.products).index("mug-5")


@pytest.mark.parametrize("texts", [["", ""], ["!!", "??"]])
def test_descriptions_without_a_word_are_alike_to_nothing(texts: list[str]) -> None:
    votes = similar.lists(similar.alike(similar.descriptions(texts)))
    assert votes.nnz == 0


def test_scripts_without_spaces_are_compared_by_pairs_of_characters() -> None:
    votes = similar.lists(similar.alike(similar.descriptions(["红茶壶", "绿茶壶", "咖啡杯"])))
    assert votes[0, 1] > 0
    assert np.asarray(votes[2].todense()).sum() == 0
