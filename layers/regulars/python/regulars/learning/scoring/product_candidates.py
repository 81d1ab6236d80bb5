"""What everybody may be offered: by the recommender, or by their own purchases where there is none."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from regulars.learning.recommender.fit import popularity
from regulars.learning.recommender.model import AGAIN, HALF_LIFE_DAYS, Recommender
from regulars.learning.recommender.purchases import DAY, Purchases, purchases
from regulars.learning.recommender.scorer import Candidate, for_profile, in_words
from regulars.learning.scoring.champions import Standing
from regulars.store.catalog import CatalogProduct, Neighbour

type Row = dict[str, Any]

NEXT_BEST = 5
POPULAR = 50
REMEMBERED_DAYS = 90  # how far back it is told what somebody bought
REMEMBERED = 100
JUST_BOUGHT_DAYS = 3
WEIGHTS_BY_RULES = {"content": 1.0, "collaborative": 1.0, "habit": 1.0, "trend": 1.0}


@dataclass(frozen=True)
class Taste:
    """What may be offered to one person: candidates, and what they bought lately by day."""

    candidates: list[Candidate] = field(default_factory=list)
    bought: dict[str, int] = field(default_factory=dict)


class Tastes:
    """The tastes of everybody in a dataset's interactions, as of its cut-off."""

    def __init__(
        self, interactions: pd.DataFrame, products: pd.DataFrame, now: float, model: Standing
    ) -> None:
        self._bought = purchases(interactions).between(-np.inf, now)
        self._now = now
        self._latest = self._bought.latest()
        self._model = model
        self._products = products.drop_duplicates("product_id")
        self._names = dict(zip(products["product_id"], products["name"], strict=True))
        self.popular = _popular(self._bought, now)
        loaded: Recommender | None = model.loaded
        self._recommender = loaded
        self.weights = loaded.weights if loaded else WEIGHTS_BY_RULES

    @property
    def status(self) -> str:
        """Whether the recommender speaks, or why not."""
        return self._model.status

    def beside(self, rows: Iterable[Row]) -> Iterator[tuple[Row, Taste]]:
        """Each row, in the order of their profile ids, with that person's taste; an empty one without purchases."""
        tastes = self._each()
        waiting = next(tastes, None)
        for row in rows:
            while waiting and waiting[0] < row["profile_id"]:
                waiting = next(tastes, None)
            same = waiting and waiting[0] == row["profile_id"]
            yield row, waiting[1] if waiting and same else Taste()

    def _each(self) -> Iterator[tuple[str, Taste]]:
        people = zip(self._bought.people, self._candidates(), strict=True)
        for person, (profile_id, candidates) in enumerate(people):
            yield str(profile_id), Taste(candidates, self._lately(person))

    def recommendations(self, taste: Taste) -> dict[str, Any]:
        """What is stored for the API to answer from."""
        return {
            "candidates": taste.candidates,
            "weights": self.weights,
            "bought": taste.bought,
            "model_version": self._model.version,
            "status": self._model.status,
        }

    def next_best(self, taste: Taste) -> list[dict[str, Any]]:
        """The few products to think of first, each with its reason in words."""
        today = self._now // DAY
        just = {id_ for id_, day in taste.bought.items() if today - day < JUST_BOUGHT_DAYS}
        chosen = for_profile(taste.candidates, self.weights, NEXT_BEST, just, self.popular)
        return [
            {
                "product_id": one.product_id,
                "name": self._names.get(one.product_id, ""),
                "reason": in_words(one, self._names),
                "score": round(one.score, 4),
            }
            for one in chosen
        ]

    def listed(self) -> Iterator[CatalogProduct]:
        """Every product with its neighbours."""
        neighbours = self._neighbours()
        columns = ("product_id", "name", "category", "price", "currency")
        for id_, name, category, price, currency in self._products[list(columns)].itertuples(
            index=False
        ):
            known = None if pd.isna(price) else int(price)
            yield CatalogProduct(
                product_id=id_,
                name=name,
                category=category,
                price=known,
                currency=currency or "",
                neighbours=neighbours(id_),
            )

    def _candidates(self) -> Iterator[list[Candidate]]:
        if self._recommender is None:
            return _by_rules(self._bought, self._now)
        return self._recommender.candidates(self._bought, self._now)

    def _lately(self, person: int) -> dict[str, int]:
        """The days on which a person last bought products lately, newest first."""
        start, end = self._latest.indptr[person], self._latest.indptr[person + 1]
        days = self._latest.data[start:end] // DAY
        newest = np.argsort(-days, kind="stable")[:REMEMBERED]
        names = self._bought.products[self._latest.indices[start:end][newest]]
        pairs = zip(names, days[newest], strict=True)
        return {name: int(day) for name, day in pairs if self._now // DAY - day <= REMEMBERED_DAYS}

    def _neighbours(self) -> Callable[[str], list[Neighbour]]:
        recommender = self._recommender
        if recommender is None:
            return lambda _: []
        places = {product: place for place, product in enumerate(recommender.products)}
        return lambda id_: recommender.neighbours(places[id_]) if id_ in places else []


def _popular(bought: Purchases, now: float) -> list[tuple[str, float]]:
    scores = popularity(bought, now)
    best = np.argsort(-scores, kind="stable")[:POPULAR]
    return [(str(bought.products[at]), round(float(scores[at]), 4)) for at in best]


def _by_rules(bought: Purchases, now: float) -> Iterator[list[Candidate]]:
    """What a person bought in more than one order, the most frequent and the latest first."""
    counts = bought.decayed(now, HALF_LIFE_DAYS)
    orders = bought.decayed(now, np.inf)
    for person in range(counts.shape[0]):
        row = slice(counts.indptr[person], counts.indptr[person + 1])
        again = np.flatnonzero(orders.data[row] > 1)
        sizes = counts.data[row][again]
        best = np.argsort(-sizes, kind="stable")[:AGAIN]
        names = bought.products[counts.indices[row][again[best]]]
        habit = np.round(sizes[best] / sizes.max(initial=0.0), 4) if len(best) else sizes
        yield [
            Candidate(str(name), habit=float(share), because=str(name))
            for name, share in zip(names, habit, strict=True)
        ]
