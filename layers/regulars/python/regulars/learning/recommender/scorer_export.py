"""Export a fitted hybrid model as the plain JSON values that `HistoryScorer` reads."""

from typing import Any

import scipy.sparse as sp

from regulars.learning.recommender.hybrid_model import HISTORY_HALF_LIFE_DAYS, HybridModel


def export_scorer(model: HybridModel, cutoff: str) -> dict[str, Any]:
    """Return the content of scorer.json; votes are [[product positions], [votes]] for each voting product."""
    return {
        "products": [str(product) for product in model.products],
        "content": _export_votes(model.content),
        "collaborative": _export_votes(model.collaborative),
        "trend": model.trend.tolist(),
        "rebuy": model.rebuy_rates.tolist(),
        "popular": model.rank_popular(),
        "weights": model.weights,
        "recipe": model.recipe,
        "half_life_days": HISTORY_HALF_LIFE_DAYS,
        "cutoff": cutoff,
    }


def _export_votes(votes: sp.csr_matrix) -> list[list[list[float]]]:
    spans = zip(votes.indptr[:-1], votes.indptr[1:], strict=True)
    return [
        [votes.indices[start:end].tolist(), votes.data[start:end].tolist()] for start, end in spans
    ]
