"""Mutations of forms, headers and queries that several schemes share."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from random import Random
from urllib.parse import parse_qsl, urlencode

from tests.conformance.mutations.schemes.contract import Mutation
from tests.conformance.mutations.schemes.signing import generate_token
from tests.conformance.mutations.signed_delivery import SignedDelivery

FORM_CONTENT_TYPE = "application/x-www-form-urlencoded"
CONTENT_TYPE_HEADER = "content-type"
SIGNED_QUERY = "shop=1&to=a%40b%2Fc"


def add_form_field(random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Add a field to the form. Its name may be the name of another field."""
    fields = _parse_form(delivery)
    name = random.choice(("Extra", "a", fields[0][0]))
    return _replace_form(delivery, [*fields, (name, generate_token(random))])


def copy_form_field(random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Repeat one field of the form with the same value."""
    fields = _parse_form(delivery)
    return _replace_form(delivery, [*fields, random.choice(fields)])


def move_form_fields(random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Put the fields of the form in a random order."""
    fields = _parse_form(delivery)
    random.shuffle(fields)
    return _replace_form(delivery, fields)


def encode_form_spaces(_random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Encode the spaces of the form as %20 instead of +."""
    body = urlencode(_parse_form(delivery)).replace("+", "%20").encode()
    return replace(delivery, body=body)


def encode_query(random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Put the parameters of the query in a random order, and percent-encode every character of their values."""
    pairs = [pair.partition("=") for pair in delivery.query.split("&")]
    random.shuffle(pairs)
    encoded = [
        f"{name}=" + "".join(f"%{ord(character):02X}" for character in value)
        for name, _, value in pairs
    ]
    return replace(delivery, query="&".join(encoded))


def replace_query(template: str, _random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Replace the query. The template may contain the present one as {0} or {}."""
    return replace(delivery, query=template.format(delivery.query))


def replace_header(
    header: str, values: Sequence[str], random: Random, delivery: SignedDelivery
) -> SignedDelivery:
    """Replace a header by one of these values."""
    return replace(delivery, headers=delivery.headers | {header: random.choice(values)})


def replace_method(method: str, _random: Random, delivery: SignedDelivery) -> SignedDelivery:
    """Replace the HTTP method."""
    return replace(delivery, method=method)


def _parse_form(delivery: SignedDelivery) -> list[tuple[str, str]]:
    return parse_qsl(delivery.body.decode(), keep_blank_values=True)


def _replace_form(delivery: SignedDelivery, fields: list[tuple[str, str]]) -> SignedDelivery:
    return replace(delivery, body=urlencode(fields).encode())


FORM_ENCODING_MUTATIONS: tuple[Mutation, ...] = (move_form_fields, encode_form_spaces)
# Changes of a signed query, such as `SIGNED_QUERY`.
QUERY_MUTATIONS: tuple[Mutation, ...] = tuple(
    partial(replace_query, template)
    for template in ("{}&x=1", "x=1&{}", "to=a%40b%2Fc&shop=1", "{0}&{0}", "shop=1", "{}&")
)
