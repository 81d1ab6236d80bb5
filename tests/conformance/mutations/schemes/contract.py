"""How one provider shows that a delivery is its own: what proves it, what that covers, and what it leaves out."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.conformance.mutations.delivery_parts import Place
from tests.conformance.mutations.signed_delivery import Delivery

ALWAYS = timedelta(days=3650)
MINUTES = timedelta(seconds=300)
OTHER_DIGESTS = ("md5", "sha1", "sha512")  # of a scheme that uses SHA-256
OTHER_THAN_SHA1 = ("md5", "sha256", "sha512")


@dataclass(frozen=True)
class Key:
    """What a provider signs with: `secret` is what the source holds of it, `digest` an algorithm it should not use."""

    secret: str
    private: Any = None
    digest: str = ""


type Mutation = Callable[[Random, Delivery], Delivery]


@dataclass(frozen=True)
class Scheme:
    """One provider's scheme, or one of its ways to write it.

    `made` signs a delivery with a key at a time. A change at one of `proofs` or `signed` must be refused, a change at
    one of `free` must not; `forging` and `harmless` are what only this scheme can be tried with. `window` says how much
    later and how much earlier than it was signed a delivery is taken; `wrong` are digests that it does not use.
    """

    name: str
    made: Callable[[Random, Key, datetime], Delivery]
    proofs: tuple[Place, ...]
    signed: tuple[Place, ...] = ()
    free: tuple[Place, ...] = ()
    fresh: Callable[[Random], Key] = lambda random: Key(token(random))
    window: tuple[timedelta, timedelta] = (ALWAYS, ALWAYS)
    forging: tuple[Mutation, ...] = ()
    harmless: tuple[Mutation, ...] = ()
    wrong: tuple[str, ...] = OTHER_DIGESTS
    share: float = 1.0

    @property
    def channel(self) -> str:
        """The channel whose deliveries these are."""
        return self.name.partition("/")[0]


def token(random: Random) -> str:
    """A secret as providers make them."""
    return f"{random.getrandbits(160):040x}"


def told(random: Random) -> dict[str, Any]:
    """What a delivery may say: names in several spellings, numbers, lists, and something of its own."""
    return {
        "id": random.getrandbits(48),
        "type": "order.created",
        "note": random.choice(("Zoë Ångström ﬁ", "日本語 & <b>", "Can I? 1/2 ½", "a+b %20 ~")),
        "total": "19.90",
        "price": 1.0,
        "lines": [{"sku": token(random)[:6], "count": 2}, {"sku": "tea", "count": 1}],
    }


def body(random: Random) -> bytes:
    """The same as JSON, as one of several senders writes it."""
    separators = random.choice(((",", ":"), (", ", ": ")))
    ends = random.choice(("", "\r\n"))
    plain = random.random() < 0.5
    return (json.dumps(told(random), ensure_ascii=plain, separators=separators) + ends).encode()


def signature(key: Key, message: bytes, digest: str = "sha256") -> bytes:
    """The HMAC of a message, by the scheme's own algorithm or the one that is tried instead."""
    return hmac.digest(key.secret.encode(), message, key.digest or digest)


def base64_of(raw: bytes) -> str:
    """As most headers hold it."""
    return base64.b64encode(raw).decode()


def epoch(at: datetime, unit: int = 1) -> str:
    """A time in seconds, or in fractions of one."""
    return str(int(at.timestamp()) * unit)
