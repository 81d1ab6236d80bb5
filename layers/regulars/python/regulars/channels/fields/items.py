"""Build the product lines of orders, carts and views from a provider's fields."""

from regulars.channels.fields.quantities import parse_quantity
from regulars.channels.fields.redaction import clean_text
from regulars.domain.events import Item


def build_item(
    product_id: object, quantity: object, price: int | None = None, name: object = ""
) -> Item | None:
    """Return a line with the price of one piece in minor units; None without a product and for the quantity 0.

    A line without a quantity is one piece. Raise InvalidEventError(invalid_quantity) as `parse_quantity` does.
    """
    product = clean_text(product_id)
    if not product or quantity == 0:
        return None
    pieces = parse_quantity(quantity, missing=1)
    return Item(product_id=product, name=clean_text(name), quantity=pieces, price=price)
