"""Which person an e-mail address or a phone number in the contact data belongs to, after decisions and parked links."""

from typing import Any

import pytest

from tests.support.memory_shop import MemoryShop

NUMBER, OTHER_NUMBER = "+442079460018", "+442079460019"
ANN, BEN = "ann@contact.example", "ben@contact.example"


def identify(shop: MemoryShop, email: str, key: str = "server", **traits: Any) -> None:
    shop.send_call("identify", {"traits": {"email": email} | traits}, key)


@pytest.fixture
def shop() -> MemoryShop:
    """A shop that knows Ann by her address, her number and her first name."""
    shop = MemoryShop()
    identify(shop, ANN, phone=NUMBER, first_name="Ann")
    return shop


def test_split_number_goes_to_the_person_that_has_it(shop: MemoryShop) -> None:
    decision = shop.split_person("phone", NUMBER)
    assert shop.describe_person("email", ANN).contact == {"email": ANN, "first_name": "Ann"}
    assert shop.describe_person("phone", NUMBER).contact == {"phone": NUMBER}
    shop.undo_decision(decision)
    whole = {"email": ANN, "first_name": "Ann", "phone": NUMBER}
    assert shop.describe_person("phone", NUMBER).contact == whole


def test_split_address_takes_its_value_along(shop: MemoryShop) -> None:
    shop.send_call("identify", {"userId": "u-7", "traits": {"email": BEN, "name": "Ben"}}, "server")
    shop.split_person("email", BEN)
    assert shop.describe_person("user_id", "u-7").contact == {"name": "Ben"}
    assert shop.describe_person("email", BEN).contact == {"email": BEN}


def test_person_of_a_split_number_keeps_what_it_states_itself(shop: MemoryShop) -> None:
    shop.send_call("identify", {"userId": "u-7", "traits": {"phone": NUMBER}}, "server")
    shop.split_person("email", ANN)
    assert shop.describe_person("email", ANN).contact == {"email": ANN, "first_name": "Ann"}
    assert shop.describe_person("user_id", "u-7").contact == {"phone": NUMBER}


def test_family_number_is_shown_to_all_who_state_it(shop: MemoryShop) -> None:
    identify(shop, BEN, phone=NUMBER)
    assert shop.find_person("email", ANN) != shop.find_person("email", BEN)
    for email in (ANN, BEN):
        assert shop.describe_person("email", email).contact["phone"] == NUMBER


def test_browser_does_not_add_an_address_to_a_person_it_names(shop: MemoryShop) -> None:
    identify(shop, BEN, phone=OTHER_NUMBER)
    for number in range(30):
        identify(shop, f"spam{number}@contact.example", "browser", phone=NUMBER, name="Spam")
    assert shop.describe_person("phone", NUMBER).contact["email"] == ANN
    assert "name" not in shop.describe_person("phone", NUMBER).contact
    assert shop.describe_person("email", BEN).contact == {"email": BEN, "phone": OTHER_NUMBER}


def test_number_that_only_a_browser_linked_is_found_after_many_others(shop: MemoryShop) -> None:
    """The value of the own number is among the best evidence, however much a browser adds later."""
    shop.split_person("phone", NUMBER)
    for number in range(60):
        identify(shop, f"spam{number}@contact.example", "browser", phone=NUMBER)
    assert shop.describe_person("phone", NUMBER).contact["phone"] == NUMBER
