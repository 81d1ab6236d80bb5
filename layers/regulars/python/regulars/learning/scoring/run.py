"""Score all people of a dataset with the champions, and store what changed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any, cast

import msgspec
import pandas as pd

from regulars.domain.times import from_text, to_text
from regulars.learning.contract import Dataset
from regulars.learning.datasets.frames import read_dataset
from regulars.learning.scoring.candidate_generation import CandidateGenerator, PersonCandidates
from regulars.learning.scoring.champion_loading import (
    LoadedChampion,
    load_champion_estimator,
    load_champion_scorer,
)
from regulars.learning.scoring.churn_assessment import ChurnAssessor
from regulars.learning.scoring.segment_assignment import BuyerSegments, SegmentAssigner
from regulars.store import schema
from regulars.store.catalog import Catalog
from regulars.store.datasets import Datasets
from regulars.store.model_registry import ModelRegistry
from regulars.store.published_lists import PublishedLists, member_key
from regulars.store.scores import PersonScores, Scores, SegmentMembership
from regulars.transport.logging import LOGGER

BATCH_PEOPLE = 1_000  # people whose features are plain Python values at one time
MAX_RANKED_MONEY = 10**15  # minor units; 16 digits, as many as a rank has


@dataclass(frozen=True, kw_only=True)
class ScoringStores:
    """The stores that a scoring run reads from and writes to."""

    datasets: Datasets
    registry: ModelRegistry
    scores: Scores
    catalog: Catalog
    published_lists: PublishedLists


class ScoringReport(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a scoring run; `status` is ok for each kind of model that scored, or the reason why rules did."""

    dataset_id: str
    people: int
    products: int
    items: dict[str, int]
    status: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ScoringRun:
    """A dataset, and the models or rules that score its people."""

    dataset: Dataset
    churn: LoadedChampion
    churn_assessor: ChurnAssessor
    segments: LoadedChampion
    segment_assigner: SegmentAssigner
    candidates: CandidateGenerator

    def score_people(self) -> Iterator[PersonScores]:
        """Yield the scores of all people, sorted by profile id."""
        rows = _iterate_rows(self.dataset.scoring_rows)
        for count, (row, person) in enumerate(self.candidates.join_candidates(rows), start=1):
            if count % BATCH_PEOPLE == 0:
                LOGGER.info("scoring", people=count)
            yield self._score_person(row, person)

    def model_status(self) -> dict[str, str]:
        """Return the status of each kind of model."""
        return {
            "churn": self.churn.status,
            "segments": self.segments.status,
            "recommender": self.candidates.status,
        }

    def _score_person(self, row: Mapping[str, Any], person: PersonCandidates) -> PersonScores:
        segments = self.segment_assigner.find_segments(row)
        scores = {
            "churn": self._score_churn(row),
            "rfm": segments.rfm._asdict() if segments.rfm else None,
            "segments": segments.names,
            "segment_ids": segments.ids,
            "next_best_products": self.candidates.choose_next_best(person),
        }
        return PersonScores(
            profile_id=row["profile_id"],
            scores=scores,
            recommendations=self.candidates.build_recommendations(person),
            memberships=_build_memberships(segments, row),
        )

    def _score_churn(self, row: Mapping[str, Any]) -> dict[str, Any]:
        churn = self.churn_assessor.assess_person(row)
        return {
            "probability": None if churn.probability is None else round(churn.probability, 6),
            "band": churn.band,
            "basis": churn.basis,
            "horizon_days": self.dataset.manifest.horizon_days,
            "reasons": churn.reasons,
            "model_version": self.churn.version or None,
            "status": self.churn.status,
        }


def score_dataset(dataset_id: str, stores: ScoringStores, now: datetime) -> ScoringReport:
    """Score a dataset with the present champions; store and return what was done."""
    run = prepare_run(dataset_id, stores)
    manifest = run.dataset.manifest
    LOGGER.info(
        "scoring begins", dataset_id=manifest.dataset_id, people=len(run.dataset.scoring_rows)
    )
    as_of = f"{manifest.cutoff} {to_text(now)}"
    product_counts = stores.catalog.write_products(run.candidates.list_products(), as_of)
    stores.published_lists.publish_popular_products(run.candidates.popular, as_of)
    stores.published_lists.publish_weights(run.candidates.weights, as_of)
    people = SegmentCounter(run.score_people())
    provenance = {"computed_at": to_text(now), "dataset_id": manifest.dataset_id}
    item_counts = stores.scores.write_scores(people, as_of, provenance)
    segments = run.segment_assigner.describe_segments(people.sizes)
    # Before the list is replaced: former segments may have members that are nobody's id any more.
    keys = set(map(member_key, (*stores.published_lists.read_segments(), *segments)))
    deleted_count = stores.scores.delete_other_memberships(sorted(keys), people.member_ids, as_of)
    stores.published_lists.publish_segments(segments, as_of)
    report = ScoringReport(
        dataset_id=manifest.dataset_id,
        people=people.count,
        products=sum(product_counts),
        items=item_counts._asdict() | {"deleted_memberships": deleted_count},
        status=run.model_status(),
    )
    LOGGER.info("scored", **msgspec.to_builtins(report))
    return report


def prepare_run(dataset_id: str, stores: ScoringStores) -> ScoringRun:
    """Read a dataset and load the champions; each file is verified first."""
    manifest = stores.datasets.read_manifest(schema.dataset_key(dataset_id, "manifest.json"))
    dataset = read_dataset(manifest, lambda name: stores.datasets.read_file(manifest, name))
    columns = set(dataset.features.columns)
    horizon_days = manifest.horizon_days
    segments = load_champion_scorer(stores.registry, "segments", columns, horizon_days)
    now = from_text(manifest.cutoff).timestamp()
    recommender = load_champion_estimator(stores.registry, "recommender")
    churn = load_champion_scorer(stores.registry, "churn", columns, horizon_days)
    return ScoringRun(
        dataset=dataset,
        churn=churn,
        churn_assessor=ChurnAssessor(churn, dataset),
        segments=segments,
        segment_assigner=SegmentAssigner(segments, dataset),
        candidates=CandidateGenerator(dataset.interactions, dataset.products, now, recommender),
    )


class SegmentCounter:
    """Count people, and the members of each segment, while they are iterated over; remember the ids of all members."""

    def __init__(self, people: Iterator[PersonScores]) -> None:
        self._people = people
        self.count = 0
        self.sizes: Counter[tuple[str, str]] = Counter()
        self.member_ids: set[str] = set()

    def __iter__(self) -> Iterator[PersonScores]:
        for person in self._people:
            self.count += 1
            self.sizes.update(
                (scheme, membership.segment) for scheme, membership in person.memberships.items()
            )
            if person.memberships:
                self.member_ids.add(person.profile_id)
            yield person


def _iterate_rows(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows sorted by profile id; convert one batch at a time to plain Python values."""
    ordered = rows.sort_values("profile_id")
    for positions in batched(range(len(ordered)), BATCH_PEOPLE, strict=False):
        batch = ordered.iloc[positions[0] : positions[-1] + 1]
        yield from cast("list[dict[str, Any]]", batch.to_dict("records"))


def _build_memberships(
    segments: BuyerSegments, row: Mapping[str, Any]
) -> dict[str, SegmentMembership]:
    """Return the membership in each scheme; the rank sorts members by money, most first."""
    rank = f"{MAX_RANKED_MONEY - min(max(int(row['money']), 0), MAX_RANKED_MONEY):016d}"
    return {scheme: SegmentMembership(id_, rank) for scheme, id_ in segments.ids.items() if id_}
