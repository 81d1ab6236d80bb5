"""The life of a sale as its provider sends it: told in any order, each delivery up to three times, it is the same profile."""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

from regulars.channels.contract import Request
from regulars.channels.registry import load_channel
from regulars.domain.profiles import ProfileState, encode_state
from regulars.domain.stream_changes import ChangeBatch, EventChange
from regulars.ingestion.recording import Recorder
from regulars.profiles.update import update_profiles
from regulars.store.parameters import Parameters
from tests.support.deliveries import NOW
from tests.support.memory_stores import MemoryPeople, MemoryStores

SHORT = 4  # deliveries of which every order is tried
SHUFFLED = 40  # orders of a longer life


class Peppered(Parameters):
    """A deployment's pepper, and no other secret."""

    def __init__(self) -> None:
        pass

    def read_pepper(self) -> bytes:
        return b"pepper"


class Nameless(MemoryPeople):
    """PEOPLE without contact data."""

    def store_contact(self, subject: str, contact: Mapping[str, str], at: str) -> None:
        pass


def lived(channel: str, deliveries: Sequence[Request]) -> list[ProfileState]:
    """What is known of everybody after these deliveries, each taken by itself."""
    memory = MemoryStores()
    recorder = Recorder(memory.ledger, Nameless(), Peppered())
    for delivery in deliveries:
        new = recorder.record(load_channel(channel).translate(delivery)).new
        events = memory.ledger.read_events(new)
        update_profiles(ChangeBatch(tuple(map(EventChange, events))), memory.stores, NOW)
    assert not memory.rejects.stored_rejects
    return [profile.state for profile in memory.live_profiles().values()]


def outcomes(channel: str, life: Sequence[Request]) -> list[list[ProfileState]]:
    """What becomes of a life told in many orders, each different outcome once."""
    found = {}
    for deliveries in _orders(life):
        people = lived(channel, deliveries)
        found[tuple(sorted(map(encode_state, people)))] = people
    return list(found.values())


def _orders(life: Sequence[Request]) -> Iterator[list[Request]]:
    chance = random.Random(len(life))
    shuffled = (chance.sample(life, len(life)) for _ in range(SHUFFLED))
    for order in permutations(life) if len(life) <= SHORT else shuffled:
        again = chance.choices(life, k=len(life))
        yield [one for each in order for one in [each] * chance.randint(1, 2)] + again
