"""A stranger with the key of a page joins no two customers; the server of the shop does."""

import json
from typing import Any

import pytest

from regulars.channels.contract import Draft
from regulars.channels.tracking.messages import translate_message
from regulars.ingestion.recording import Recorder
from tests.support.deliveries import json_delivery
from tests.support.memory_stores import MemoryStores
from tests.support.profile_stories import deliver_events
from tests.support.sale_lifecycles import FixedPepper, NoContacts, NoTombstones
from tests.unit.ingestion.test_stated_identifiers import ADDRESSES, ATTACK_MESSAGES


class Shop:
    """A shop whose server has named its customers."""

    def __init__(self) -> None:
        self.memory = MemoryStores()
        self._recorder = Recorder(self.memory.ledger, NoContacts(), FixedPepper(), NoTombstones())
        for number, address in enumerate(ADDRESSES):
            self.send_message({"userId": f"u{number}", "traits": {"email": address}}, "server")

    def send_message(self, message: dict[str, Any], trust: str) -> None:
        """Record and fold one message."""
        recorded = self._recorder.record([translate(message, trust)])
        deliver_events(self.memory, *self.memory.ledger.read_events(recorded.new))

    def count_customers(self) -> int:
        """Return the number of people who have an address."""
        return sum(any(key[0] == "e" for key in keys) for keys in self.memory.list_people())


def translate(message: dict[str, Any], trust: str) -> Draft:
    raw = json.dumps({"type": "identify"} | message).encode()
    return translate_message(raw, json_delivery({}), trust=trust)


@pytest.mark.parametrize("attack", ATTACK_MESSAGES.values(), ids=ATTACK_MESSAGES)
def test_browser_joins_no_customers(attack: dict[str, Any]) -> None:
    shop = Shop()
    shop.send_message({"anonymousId": "a1"} | attack, "")
    assert shop.count_customers() == len(ADDRESSES)


def test_sixty_attacks_from_one_device_join_no_customers() -> None:
    shop = Shop()
    for number, address in enumerate(ADDRESSES):
        shop.send_message({"userId": f"u{59 - number}", "traits": {"email": address}}, "")
        shop.send_message({"anonymousId": "a1", "traits": {"email": address}}, "")
    assert shop.count_customers() == len(ADDRESSES)


def test_server_joins_the_customers_that_it_aliases() -> None:
    shop = Shop()
    shop.send_message({"type": "alias", "userId": "u1", "previousId": "u2"}, "server")
    assert shop.count_customers() == len(ADDRESSES) - 1
