"""Score everybody in a dataset with the champions, tell why, and keep what changed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any, NamedTuple, cast

import msgspec
import pandas as pd

from regulars.domain.times import from_text, to_text
from regulars.learning import artifacts as frames
from regulars.learning.churn import scorer as churn
from regulars.learning.contract import Dataset
from regulars.learning.scoring import champions as standing
from regulars.learning.scoring.champions import Standing
from regulars.learning.scoring.product_candidates import Taste, Tastes
from regulars.learning.scoring.segment_membership import Segmentation, Segmented
from regulars.store import schema
from regulars.store.catalog import Catalog
from regulars.store.datasets import Datasets
from regulars.store.published_lists import PublishedLists
from regulars.store.registry import ModelRegistry
from regulars.store.scores import PersonScores, Scores, SegmentMembership
from regulars.transport.logging import LOGGER

AT_ONCE = 1_000  # people whose features are plain Python values at one time
MOST_MONEY = 10**15


class Stores(NamedTuple):
    """Where the scoring reads and writes."""

    datasets: Datasets
    registry: ModelRegistry
    scores: Scores
    catalog: Catalog
    published_lists: PublishedLists


class Report(msgspec.Struct, frozen=True):
    """What one scoring did; `status` tells of each kind of model whether it spoke (ok) or why rules did."""

    dataset_id: str
    people: int
    products: int
    items: dict[str, int]
    status: dict[str, str]


@dataclass(frozen=True)
class Scoring:
    """One dataset and all that speaks about its people."""

    dataset: Dataset
    churn: Standing
    segments: Standing
    segmentation: Segmentation
    tastes: Tastes

    def people(self) -> Iterator[PersonScores]:
        """Everybody scored, in the order of their ids."""
        rows = _rows(self.dataset.present)
        for done, (row, taste) in enumerate(self.tastes.beside(rows), start=1):
            if done % AT_ONCE == 0:
                LOGGER.info("scoring", people=done)
            yield self._scored(row, taste)

    def _scored(self, row: Mapping[str, Any], taste: Taste) -> PersonScores:
        segmented = self.segmentation.of(row)
        scores = {
            "churn": self._churn(row),
            "rfm": segmented.rfm._asdict() if segmented.rfm else None,
            "segments": segmented.names,
            "next_best_products": self.tastes.next_best(taste),
        }
        return PersonScores(
            profile_id=row["profile_id"],
            scores=scores,
            recommendations=self.tastes.recommendations(taste),
            memberships=_memberships(segmented, row),
        )

    def _churn(self, row: Mapping[str, Any]) -> dict[str, Any]:
        horizon_days = self.dataset.manifest.horizon_days
        risk = churn.assess(self.churn.loaded, row, horizon_days)
        return {
            "probability": None if risk.probability is None else round(risk.probability, 6),
            "band": risk.band,
            "basis": risk.basis,
            "horizon_days": horizon_days,
            "reasons": risk.reasons,
            "model_version": self.churn.version or None,
            "status": self.churn.status,
        }


def score_people(outcome_key: str, stores: Stores, now: datetime) -> Report:
    """Score the dataset that a training's outcome names, with whatever champions stand now."""
    outcome = stores.registry.artifacts.read_outcome(outcome_key)
    scoring = prepare(outcome.dataset_id, stores)
    manifest = scoring.dataset.manifest
    LOGGER.info(
        "scoring begins", dataset_id=manifest.dataset_id, people=len(scoring.dataset.present)
    )
    as_of = f"{manifest.cutoff} {to_text(now)}"
    products = stores.catalog.write_products(scoring.tastes.listed(), as_of)
    stores.published_lists.publish_popular_products(scoring.tastes.popular, as_of)
    counted = Counted(scoring.people())
    moment = {"computed_at": to_text(now), "dataset_id": manifest.dataset_id}
    written = stores.scores.write_scores(counted, as_of, moment)
    stores.published_lists.publish_segments(scoring.segmentation.described(counted.sizes), as_of)
    report = Report(
        manifest.dataset_id,
        counted.people,
        sum(products),
        written._asdict(),
        {
            "churn": scoring.churn.status,
            "segments": scoring.segments.status,
            "recommender": scoring.tastes.status,
        },
    )
    LOGGER.info("scored", **msgspec.to_builtins(report))
    return report


def prepare(dataset_id: str, stores: Stores) -> Scoring:
    """Read the dataset and load the champions, each file verified first."""
    facts = stores.datasets.read_manifest(schema.dataset_key(dataset_id, "manifest.json"))
    dataset = frames.read_dataset(facts, lambda name: stores.datasets.read_file(facts, name))
    columns = set(dataset.features.columns)
    segments = standing.scorer(stores.registry, "segments", columns)
    now = from_text(facts.cutoff).timestamp()
    recommender = standing.estimator(stores.registry, "recommender")
    return Scoring(
        dataset=dataset,
        churn=standing.scorer(stores.registry, "churn", columns),
        segments=segments,
        segmentation=Segmentation(segments, dataset),
        tastes=Tastes(dataset.interactions, dataset.products, now, recommender),
    )


class Counted:
    """People passing by, counted by segment on their way."""

    def __init__(self, people: Iterator[PersonScores]) -> None:
        self._people = people
        self.people = 0
        self.sizes: Counter[tuple[str, str]] = Counter()

    def __iter__(self) -> Iterator[PersonScores]:
        for person in self._people:
            self.people += 1
            self.sizes.update((scheme, one.segment) for scheme, one in person.memberships.items())
            yield person


def _rows(present: pd.DataFrame) -> Iterator[dict[str, Any]]:
    ordered = present.sort_values("profile_id")
    for places in batched(range(len(ordered)), AT_ONCE, strict=False):
        some = ordered.iloc[places[0] : places[-1] + 1]
        yield from cast("list[dict[str, Any]]", some.to_dict("records"))


def _memberships(segmented: Segmented, row: Mapping[str, Any]) -> dict[str, SegmentMembership]:
    """Who spent most comes first in a segment."""
    rank = f"{MOST_MONEY - min(max(int(row['money']), 0), MOST_MONEY):016d}"
    return {
        scheme: SegmentMembership(name, rank) for scheme, name in segmented.names.items() if name
    }
