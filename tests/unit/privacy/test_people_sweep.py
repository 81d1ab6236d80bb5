"""The sweep of the PROFILES table, on stores in memory."""

from collections.abc import Iterator

from regulars.domain.events import Event
from regulars.domain.tombstones import Tombstones
from regulars.privacy.people_sweep import PeopleSweep
from regulars.store.inventory import Inventory
from tests.support.memory_stores import MemoryStores
from tests.support.profile_stories import build_order_event
from tests.support.work_counter import assert_linear_work


class MemoryInventory(Inventory):
    """The ledger in memory."""

    def __init__(self, memory: MemoryStores) -> None:
        self._memory = memory

    def scan_events(self) -> Iterator[Event]:
        return iter(list(self._memory.ledger.events.values()))


def refresh_orders(count: int) -> None:
    """Refresh orders of Ben, of which nothing changed, as if Ann had reported them, too."""
    memory = MemoryStores()
    keys = [f"shop/{number}" for number in range(count)]
    memory.ledger.record_events([build_order_event(key, key, f"u:ben{key}") for key in keys])
    tombstones = Tombstones({"u:ann": "2026-12-01T00:00:00.000Z"})
    sweep = PeopleSweep(memory.stores, MemoryInventory(memory), tombstones)
    sweep.refresh_others(frozenset(), frozenset(keys))
    assert memory.orders.records.keys() == set(keys)


def test_work_of_a_sweep_grows_with_the_number_of_orders() -> None:
    assert_linear_work(refresh_orders, 60)
