"""A refused body says which field is wrong and what is allowed."""

from typing import Literal

import msgspec
import pytest

from regulars.transport.body_fields import describe_mismatch

SECRET_VALUE = "ann@example.com"


class Order(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """A body with fields of several types."""

    action: Literal["buy", "sell"]
    item_names: tuple[str, ...] = ()
    is_gift: bool = False
    buyer: str | None = None


def describe_body(body: str) -> str:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(body, type=Order)
    return describe_mismatch(refused.value, Order)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{}", "`action` is missing; it must be one of buy, sell."),
        ('{"action": "steal"}', "`action` has a value that is not allowed; it must be one of buy"),
        ('{"action": 3}', "`action` must be a string, not a number."),
        ('{"action": "buy", "id": "1"}', "`id` is no field of the body."),
        ('{"action": "buy", "itemNames": "cup"}', "`itemNames` must be an array, not a string."),
        ('{"action": "buy", "itemNames": ["cup", 3]}', "An item of `itemNames` must be a string"),
        ('{"action": "buy", "isGift": "yes"}', "`isGift` must be true or false, not a string."),
        ('{"action": "buy", "buyer": {}}', "`buyer` must be a string or null, not an object."),
        ("[]", "The body must be an object, not an array."),
    ],
)
def test_refusal_names_the_field_and_what_is_allowed(body: str, problem: str) -> None:
    text = describe_body(body)
    assert text.startswith(problem)
    assert text.endswith("The fields are: action, itemNames, isGift, buyer.")


@pytest.mark.parametrize("field", ["action", "itemNames", "isGift"])
def test_refusal_quotes_no_value(field: str) -> None:
    body = {"action": "buy", field: SECRET_VALUE}
    assert SECRET_VALUE not in describe_body(msgspec.json.encode(body).decode())
