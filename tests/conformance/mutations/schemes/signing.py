"""Generates keys, tokens and messages, and computes what most schemes sign with."""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any


@dataclass(frozen=True)
class SigningKey:
    """The key of a provider. `secret` is what the source stores of it; `digest` overrides the algorithm of the scheme."""

    secret: str
    private_key: Any = None
    digest: str = ""


def generate_token(random: Random) -> str:
    """Return a secret in the form that providers use."""
    return f"{random.getrandbits(160):040x}"


def generate_message(random: Random) -> dict[str, Any]:
    """Return a message with text of several scripts and normal forms, numbers, lists and a random id."""
    return {
        "id": random.getrandbits(48),
        "type": "order.created",
        "note": random.choice(("Zoë Ångström ﬁ", "日本語 & <b>", "Can I? 1/2 ½", "a+b %20 ~")),
        "total": "19.90",
        "price": 1.0,
        "lines": [{"sku": generate_token(random)[:6], "count": 2}, {"sku": "tea", "count": 1}],
    }


def generate_body(random: Random) -> bytes:
    """Return a message as JSON, in one of the formats that senders use."""
    separators = random.choice(((",", ":"), (", ", ": ")))
    line_end = random.choice(("", "\r\n"))
    is_ascii = random.random() < 0.5
    message = generate_message(random)
    text = json.dumps(message, ensure_ascii=is_ascii, separators=separators)
    return (text + line_end).encode()


def compute_hmac(key: SigningKey, message: bytes, digest: str = "sha256") -> bytes:
    """Return the HMAC of a message. The digest of the key, if it has one, overrides `digest`."""
    return hmac.digest(key.secret.encode(), message, key.digest or digest)


def encode_base64(raw: bytes) -> str:
    """Return bytes as base64 text, the encoding of most headers."""
    return base64.b64encode(raw).decode()


def format_epoch(at: datetime, units_per_second: int = 1) -> str:
    """Return a time as whole seconds since 1970, in a unit of which a second has this many."""
    return str(int(at.timestamp()) * units_per_second)


def join_fields(fields: dict[str, str]) -> str:
    """Return the names and values of form fields in alphabetical order, as the schemes sign them."""
    return "".join(name + fields[name] for name in sorted(fields))
