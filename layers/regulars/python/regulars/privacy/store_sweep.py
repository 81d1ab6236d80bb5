"""One pass over all stores: the ledger and the profiles first, since the others are compared with them."""

from collections import Counter
from datetime import datetime

import msgspec

from regulars.domain.events import Event
from regulars.domain.tombstones import Tombstones, list_all_subjects
from regulars.identity.grouping import is_worthless, list_concerned_subjects
from regulars.privacy.erasure_stores import ErasureStores
from regulars.privacy.ledger_sweep import SweptEvents, apply_events, plan_events
from regulars.privacy.named_subjects import SubjectFinder
from regulars.privacy.people_sweep import PeopleSweep

MODELS = ("churn", "recommender", "segments")


class StoreSweep:
    """Removes what some tombstones cover; `first_at` becomes the time of the oldest event that was removed."""

    def __init__(
        self, stores: ErasureStores, tombstones: Tombstones, now: datetime, first_at: str = ""
    ) -> None:
        self._stores = stores
        self._tombstones = tombstones
        self._now = now
        self._finder = SubjectFinder(tombstones.erased_at, stores.pepper, stores.country)
        self.first_at = first_at

    def run_pass(self, until: str) -> Counter[str]:
        """Remove what is found, and return it by store; of raw bodies those that came until a time."""
        counts = self._remove_events()
        counts += self._stores.contacts.remove_people(self._tombstones, self._finder)
        counts += self._stores.rejects.remove_people(self._finder, until)
        counts += self._stores.uploads.remove_people(self._finder, until)
        counts += self._stores.dead_letters.remove_people(self._finder)
        counts += self._remove_proposals()
        everybody = self._stores.tombstones.read_tombstones()
        counts += self._stores.lake.remove_events(self._tombstones, everybody)
        counts += self._stores.lake.remove_datasets(self.first_at)
        return counts

    def count_waiting(self, until: str) -> dict[str, int]:
        """Return by store what names an erased person and cannot be removed yet."""
        uploads = self._stores.uploads.count_waiting(self._finder, until)
        return {"uploads": uploads} if uploads else {}

    def list_models_to_retrain(self) -> list[str]:
        """Return `<model> <version>` of the models that may have learned from what was removed."""
        if not self.first_at:
            return []
        champions = ((model, self._stores.champions.find_champion(model)) for model in MODELS)
        return [f"{model} {champion.version}" for model, champion in champions if champion]

    def _remove_events(self) -> Counter[str]:
        """Remove what the ledger and the profiles hold. The order of the steps matters: see `PeopleSweep`."""
        found, newer = self._find_events()
        people = PeopleSweep(self._stores.profiles, self._stores.inventory, self._tombstones)
        swept = self._plan(found)
        order_keys = people.release_orders(found)
        apply_events(swept, self._stores.ledger)
        neighbours = people.list_neighbours(found)
        if found or neighbours or order_keys:
            people.refresh_others(neighbours, order_keys)
        people.delete_people()
        people.count_newer(newer)
        counts = people.counts + Counter(
            events=len(swept.deleted), rewritten_events=len(swept.rewritten)
        )
        return counts + self._stores.cart_checks.cancel_checks(swept.deleted, self._now)

    def _remove_proposals(self) -> Counter[str]:
        proposals = self._stores.proposals.read_proposals()
        erased = self._tombstones.erased_at.keys()
        kept = [one for one in proposals if erased.isdisjoint((one.left, one.right))]
        if kept != proposals:
            self._stores.proposals.write_proposals(kept)
        return Counter(proposals=len(proposals) - len(kept))

    def _find_events(self) -> tuple[list[Event], list[Event]]:
        """Return the events that the tombstones cover, and the newer ones that name the same subjects."""
        covered, newer = [], []
        for event in self._stores.inventory.scan_events():
            if self._tombstones.covers(event):
                covered.append(event)
            elif not self._tombstones.erased_at.keys().isdisjoint(list_all_subjects(event)):
                newer.append(event)
        times = [time for event in covered for time in (event.occurred_at, event.received_at)]
        self.first_at = min([*times, *([self.first_at] if self.first_at else [])], default="")
        return covered, newer

    def _plan(self, found: list[Event]) -> SweptEvents:
        """Return what becomes of the events, and let the doors know which of their subjects name nobody."""
        named: set[str] = set().union(*map(list_concerned_subjects, found))
        identities = self._stores.profiles.profiles.read_subjects(named).identities
        worthless = frozenset(name for name in named if is_worthless(identities.get(name)))
        self._stores.tombstones.write_worthless(worthless)
        return plan_events(found, msgspec.structs.replace(self._tombstones, worthless=worthless))
