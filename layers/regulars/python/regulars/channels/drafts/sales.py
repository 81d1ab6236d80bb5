"""Build the drafts of sales channels: several events per delivery, ids scoped by account, and exact amounts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from regulars.channels.contract import Draft, Request
from regulars.channels.fields.event_times import happened, parsed
from regulars.channels.fields.person import Person
from regulars.channels.fields.redaction import clean_text
from regulars.domain.errors import InvalidEventError
from regulars.domain.events import Event, Item, event_id
from regulars.domain.money import currency_code, minor_units
from regulars.domain.times import to_text

MOST_UNITS = 10**15  # minor units; beyond, JSON numbers lose digits on their way
MOST_QUANTITY = 1_000_000
LONGEST_TRAIT = 16
ELSEWHERE = "elsewhere"


class Telling:
    """The events of one delivery: what they share is said once, at the start.

    `store` scopes every id: the module's name and the account, which is our source's id unless `account` is set up.
    Two sources of one account, or a source made anew, count a sale once if they name the same account. Where `orders`
    is set to `elsewhere`, a shop that is connected, too, tells of the same sales: then nothing here is an order.
    """

    def __init__(
        self,
        request: Request,
        module: str,
        channel: str,
        said: datetime | None = None,
        *,
        test: bool = False,
    ) -> None:
        account = clean_text(request.config.get("account")) or request.source
        self.store = f"{module}/{account}"
        moment = happened(said or request.received_at, request.received_at)
        self.occurred_at = moment.occurred_at
        self._told = (request, module, channel)
        self._sells = request.config.get("orders") != ELSEWHERE
        self._shared: dict[str, Any] = {
            "channel": channel,
            "source": f"{module}/{request.source}",
            "occurred_at": moment.occurred_at,
            "received_at": to_text(request.received_at),
            "clock_skewed": moment.clock_skewed,
            "backfill": moment.backfill,
            "test": test,
        }

    def at(self, *values: object) -> "Telling":
        """The same of what happened at the first of these times that is said, whichever delivery tells it first."""
        said = said_at(*values)
        return Telling(*self._told, said, test=self._shared["test"]) if said else self

    def draft(self, type_: str, key: Iterable[str], person: Person, **told: Any) -> Draft:
        """An event of this type; `key` is what tells it from every other of the account."""
        facts = told if self._sells else told | {"order": None}
        event = Event(id=event_id(self.store, *key), type=type_, **self._shared, **facts)
        return Draft(event, person.identifiers, person.contact)


def said_at(*values: object) -> datetime | None:
    """The first time that is said, None when none is; InvalidEventError when it is no time."""
    said = next((value for value in values if value), None)
    return None if said is None else parsed(said)


def amount_of(value: object, currency: str) -> int:
    """A decimal amount in minor units; InvalidEventError when it is none or negative."""
    return _positive(minor_units(value, currency))


def units_of(value: object) -> int:
    """An amount that is told in minor units, as a whole number or its text; InvalidEventError for anything else."""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise InvalidOperation
        number = Decimal(str(value).strip())
        if not number.is_finite() or abs(number) > MOST_UNITS or number % 1:
            raise InvalidOperation
    except InvalidOperation:
        raise InvalidEventError(
            "The amount is not a whole number of minor units.", "invalid_amount"
        ) from None
    return _positive(int(number))


def currency_of(*values: object) -> str:
    """The first currency that is said, as its ISO 4217 code."""
    return currency_code(next((value for value in values if value), ""))


def item_of(
    product_id: object, quantity: object, price: int | None = None, name: object = ""
) -> Item | None:
    """A line of what was sold; None for one of no product or of none of it."""
    product = clean_text(product_id)
    if not product or quantity == 0:
        return None
    try:
        number = units_of(1 if quantity is None else quantity)
    except InvalidEventError:
        number = 0
    if not 0 < number <= MOST_QUANTITY:
        raise InvalidEventError("A quantity is not a positive whole number.", "invalid_quantity")
    return Item(product, clean_text(name), quantity=number, price=price)


def gives_back(price: object) -> bool:
    """Whether a line takes off the bill, as a proration or a credit does: no product was sold by it."""
    return isinstance(price, int | float | str) and str(price).lstrip().startswith("-")


def texts_of(body: Mapping[str, Any], *names: str) -> dict[str, str]:
    """The fields that are kept with an event, those that say something."""
    texts = {name: clean_text(body.get(name)) for name in names}
    return {name: text for name, text in texts.items() if text}


def traits_of(**said: object) -> dict[str, str]:
    """Traits that are no contact data, such as country and locale."""
    texts = {name: clean_text(value)[:LONGEST_TRAIT] for name, value in said.items()}
    return {name: text for name, text in texts.items() if text}


def required(value: object, name: str) -> str:
    """An id that must be there."""
    text = clean_text(value)
    if not text:
        raise InvalidEventError(f"The resource has no {name}.", "missing_id")
    return text


def version_at(moment: str, rank: int) -> str:
    """A version of a second's precision, in which `rank`, below 1000, decides between two of the same second."""
    return f"{moment[:19]}.{rank:03d}Z"


def unknown_topic() -> InvalidEventError:
    """What is raised for a topic we make nothing of."""
    return InvalidEventError("Nothing is known to do with this topic.", "unknown_topic")


def _positive(amount: int) -> int:
    if amount < 0:
        raise InvalidEventError("An amount is negative.", "negative_price")
    return amount
