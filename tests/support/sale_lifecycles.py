"""Replay the deliveries of a sale in many orders, each delivery up to three times, and collect the resulting profiles."""

import random
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import permutations

from regulars.channels.contract import Request
from regulars.channels.registry import load_channel
from regulars.domain.contacts import ContactStatement
from regulars.domain.profiles import ProfileState, encode_state
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.domain.tombstones import Tombstones
from regulars.ingestion.recording import Recorder
from regulars.profiles.update import update_profiles
from regulars.store.contacts import Contacts
from regulars.store.parameters import Parameters
from regulars.store.tombstones import TombstoneStore
from tests.support.deliveries import NOW
from tests.support.memory_stores import MemoryStores

MAX_PERMUTED_DELIVERIES = 4  # up to which every order is tried
SHUFFLED_ORDERS = 40  # of a longer lifecycle


class FixedPepper(Parameters):
    """Parameters with a fixed pepper and no other secret."""

    def __init__(self) -> None:
        pass

    def read_pepper(self) -> bytes:
        return b"pepper"


class NoContacts(Contacts):
    """A CONTACTS table that stores nothing."""

    def __init__(self) -> None:
        pass

    def select_new(
        self, statements: Iterable[ContactStatement], erased: Container[str] = ()
    ) -> list[ContactStatement]:
        del statements, erased
        return []

    def remember(self, statements: Iterable[ContactStatement]) -> None:
        pass


class NoTombstones(TombstoneStore):
    """A store without tombstones: nobody was erased."""

    def __init__(self) -> None:
        pass

    def read_tombstones(self) -> Tombstones:
        return Tombstones()


def replay_deliveries(channel: str, deliveries: Sequence[Request]) -> list[ProfileState]:
    """Return the state of every profile after these deliveries, each recorded by itself."""
    memory = MemoryStores()
    recorder = Recorder(memory.ledger, NoContacts(), FixedPepper(), NoTombstones())
    for delivery in deliveries:
        new = recorder.record(load_channel(channel).translate(delivery)).new
        events = memory.ledger.read_events(new)
        update_profiles(ChangeBatch(tuple(map(EventChange, events))), memory.stores, NOW)
    assert not memory.rejects.stored_rejects
    return [profile.state for profile in memory.list_profiles().values()]


def list_outcomes(channel: str, deliveries: Sequence[Request]) -> list[list[ProfileState]]:
    """Return each different outcome of these deliveries in many orders."""
    states_by_encoding = {}
    for delivery_order in _list_delivery_orders(deliveries):
        people = replay_deliveries(channel, delivery_order)
        states_by_encoding[tuple(sorted(map(encode_state, people)))] = people
    return list(states_by_encoding.values())


def _list_delivery_orders(deliveries: Sequence[Request]) -> Iterator[list[Request]]:
    generator = random.Random(len(deliveries))
    shuffled = (generator.sample(deliveries, len(deliveries)) for _ in range(SHUFFLED_ORDERS))
    for order in (
        permutations(deliveries) if len(deliveries) <= MAX_PERMUTED_DELIVERIES else shuffled
    ):
        repeated = generator.choices(deliveries, k=len(deliveries))
        yield [
            copy for delivery in order for copy in [delivery] * generator.randint(1, 2)
        ] + repeated
