"""Assess the churn risk of a person: by the published scorer, or by the rule fitted to the present buyers."""

from collections.abc import Mapping
from typing import Any, cast

from regulars.learning.churn.lifetime_rule import fit_lifetime_rule
from regulars.learning.churn.risk_scale import Rows, measure_risk_scale
from regulars.learning.churn.scorer import ChurnScore, assess_churn, predict_probability
from regulars.learning.contract import Dataset
from regulars.learning.scoring.champion_loading import LoadedChampion

_MAX_SAMPLE_BUYERS = 5_000  # measure a shop's risks well enough


class ChurnAssessor:
    """Assess the people of a dataset, each in relation to the dataset's buyers."""

    def __init__(self, champion: LoadedChampion, dataset: Dataset) -> None:
        self._scorer: Mapping[str, Any] = champion.artifact or fit_lifetime_rule(dataset)
        buyers = _sample_buyers(dataset)
        probabilities = [predict_probability(self._scorer, buyer) for buyer in buyers]
        self._scale = measure_risk_scale(probabilities, buyers)

    def assess_person(self, features: Mapping[str, Any]) -> ChurnScore:
        """Return the risk of one person."""
        return assess_churn(self._scorer, self._scale, features)


def _sample_buyers(dataset: Dataset) -> Rows:
    rows = dataset.scoring_rows
    buyers = rows[rows["orders"] > 0].sort_values("profile_id")
    sample = buyers.sample(min(_MAX_SAMPLE_BUYERS, len(buyers)), random_state=0)
    return cast("Rows", sample.to_dict("records"))
