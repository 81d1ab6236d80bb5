"""Defines a signature scheme: what proves a delivery genuine, what the proof covers, and what it does not cover."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tests.conformance.mutations.delivery_parts import DeliveryPart
from tests.conformance.mutations.schemes.signing import SigningKey, generate_token
from tests.conformance.mutations.signed_delivery import SignedDelivery

UNLIMITED_AGE = timedelta(days=3650)
DEFAULT_MAX_AGE = timedelta(seconds=300)
DEFAULT_TIME_WINDOW = (DEFAULT_MAX_AGE, DEFAULT_MAX_AGE)
INVALID_DIGESTS = ("md5", "sha1", "sha512")  # for a scheme that uses SHA-256
INVALID_DIGESTS_FOR_SHA1 = ("md5", "sha256", "sha512")

type Mutation = Callable[[Random, SignedDelivery], SignedDelivery]
type DeliveryBuilder = Callable[[Random, SigningKey, datetime], SignedDelivery]
type KeyGenerator = Callable[[Random], SigningKey]


@dataclass(frozen=True, kw_only=True)
class SignatureScheme:
    """The scheme of one provider, or one of the variants of it.

    `build_delivery` signs a delivery with a key at a time. The verifier must refuse a change of one of `proof_parts` or
    `signed_parts`, and must accept a change of one of `unsigned_parts`. `invalid_mutations` and `valid_mutations` exist
    for this scheme only. `time_window` is how much later and how much earlier than its signature a delivery is
    accepted. `invalid_digests` are algorithms that the scheme does not use. `weight` is the relative number of
    mutations: lower where a verdict costs an exponentiation.
    """

    name: str
    build_delivery: DeliveryBuilder
    proof_parts: tuple[DeliveryPart, ...]
    signed_parts: tuple[DeliveryPart, ...] = ()
    unsigned_parts: tuple[DeliveryPart, ...] = ()
    generate_key: KeyGenerator = lambda random: SigningKey(generate_token(random))
    time_window: tuple[timedelta, timedelta] = (UNLIMITED_AGE, UNLIMITED_AGE)
    invalid_mutations: tuple[Mutation, ...] = ()
    valid_mutations: tuple[Mutation, ...] = ()
    invalid_digests: tuple[str, ...] = INVALID_DIGESTS
    weight: float = 1.0

    @property
    def channel(self) -> str:
        """Return the channel that receives the deliveries."""
        return self.name.partition("/")[0]
