"""The schemes of most providers: an HMAC over the body, possibly with a time, a URL or an id."""

import base64
import hmac
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

from tests.conformance.mutations.delivery_parts import Address, Body, Header, Query
from tests.conformance.mutations.schemes.contract import (
    MINUTES,
    OTHER_DIGESTS,
    OTHER_THAN_SHA1,
    Key,
    Scheme,
    base64_of,
    body,
    epoch,
    signature,
    token,
)
from tests.conformance.mutations.signed_delivery import Delivery

WINDOW = (MINUTES, MINUTES)
# A header of time and signature, written with what may stand beside them, and with what may not.
HARMLESS = (
    "{time}{sep}{name}={junk}{sep}{found}",
    "{time}{sep}{found}{sep}{name}={junk}",
    "{found}{sep}{time}",
    "{time}{sep}{found}{sep}v9={junk}",
    "v0={junk}{sep}{time}{sep}{found}",
)
FORGING = (
    "{time}",
    "{found}",
    "{time}{sep}{name}={junk}",
    "{time}{sep}{time}{sep}{found}",
    "{time}{sep} {found}",
    "{time}0{sep}{found}",
    "{time}{sep}{found}{sep}",
    "{time}{sep}{found}{sep}{junk}",
    "{time}{sep}v0{found}",
)


def whole(
    channel: str, header: str, prefix: str = "", *, hexed: bool = False, digest: str = "sha256"
) -> Scheme:
    """An HMAC over the raw bytes, and nothing else."""

    def made(random: Random, key: Key, _at: datetime) -> Delivery:
        text = body(random)
        raw = signature(key, text, digest)
        said = prefix + (raw.hex() if hexed else base64_of(raw))
        return Delivery(channel, text, {"content-type": "application/json", header: said})

    renamed = (partial(_under, header, header[2:]),) if channel == "shopify" else ()
    hidden = (partial(_shadowed, header, header[2:]),) if channel == "shopify" else ()
    return Scheme(
        channel,
        made,
        (Header(header),),
        (Body(),),
        (Address(), Query()),
        harmless=renamed,
        forging=hidden,
        wrong=OTHER_THAN_SHA1 if digest == "sha1" else OTHER_DIGESTS,
    )


def timed(channel: str, header: str, separator: str, names: tuple[str, str], joint: str) -> Scheme:
    """A header of entries, of which one is the time and others are signatures over time and body."""

    def made(random: Random, key: Key, at: datetime) -> Delivery:
        text, time = body(random), epoch(at)
        raw = signature(key, f"{time}{joint}".encode() + text).hex()
        return Delivery(channel, text, {header: f"{names[0]}={time}{separator}{names[1]}={raw}"})

    rewritten = partial(_entries, header, separator, names[1])
    return Scheme(
        channel,
        made,
        (Header(header),),
        (Body(),),
        (Address(), Query()),
        window=WINDOW,
        harmless=tuple(partial(rewritten, each) for each in HARMLESS),
        forging=tuple(partial(rewritten, each) for each in FORGING),
    )


def stamped(
    channel: str,
    headers: tuple[str, str],
    written: tuple[str, str],
    unit: int = 1,
    window: timedelta = MINUTES,
) -> Scheme:
    """A header for the time, another for an HMAC over what stands around and in the body."""
    prefix, message = written

    def made(random: Random, key: Key, at: datetime) -> Delivery:
        text, time = body(random), epoch(at, unit)
        raw = signature(key, message.format(time=time, body=text.decode()).encode()).hex()
        return Delivery(channel, text, {headers[0]: prefix + raw, headers[1]: time})

    return Scheme(
        channel,
        made,
        (Header(headers[0]),),
        (Header(headers[1]), Body()),
        (Address(), Query()),
        window=(window, window),
    )


def standard(channel: str, prefix: str) -> Scheme:
    """Standard Webhooks: id, time and body, by a shared secret."""

    def made(random: Random, key: Key, at: datetime) -> Delivery:
        return standard_delivery(channel, prefix, body(random), at, partial(_standard_mac, key))

    return Scheme(
        f"{channel}/{prefix}",
        made,
        (Header(f"{prefix}-signature"),),
        (Header(f"{prefix}-id"), Header(f"{prefix}-timestamp"), Body()),
        (Address(), Query()),
        fresh=lambda random: Key(f"whsec_{base64_of(random.randbytes(24))}"),
        window=WINDOW,
        harmless=tuple(
            partial(_listed, f"{prefix}-signature", each)
            for each in ("{} v1,{junk}", "v1,{junk} {}", "v1a,{junk} {}", "v9,x {} v1,")
        ),
        forging=(partial(_listed, f"{prefix}-signature", "v1,{junk} v1a,{junk} {}="),),
    )


def standard_delivery(
    channel: str, prefix: str, text: bytes, at: datetime, sign: "partial[str]"
) -> Delivery:
    """A delivery of Standard Webhooks with the signature that `sign` makes of the message."""
    time, message_id = epoch(at), f"msg_{len(text)}"
    said = sign(f"{message_id}.{time}.".encode() + text)
    headers = {"id": message_id, "timestamp": time, "signature": said}
    return Delivery(channel, text, {f"{prefix}-{name}": value for name, value in headers.items()})


def _standard_mac(key: Key, message: bytes) -> str:
    secret = base64.b64decode(key.secret.removeprefix("whsec_"))
    return f"v1,{base64_of(hmac.digest(secret, message, key.digest or 'sha256'))}"


def _entries(
    header: str, separator: str, name: str, written: str, random: Random, sent: Delivery
) -> Delivery:
    time, found = sent.headers[header].split(separator)
    said = written.format(time=time, found=found, sep=separator, junk=token(random), name=name)
    return replace(sent, headers=sent.headers | {header: said})


def _listed(header: str, written: str, random: Random, sent: Delivery) -> Delivery:
    said = written.format(sent.headers[header], junk=base64_of(random.randbytes(32)))
    return replace(sent, headers=sent.headers | {header: said})


def _under(old: str, new: str, _random: Random, sent: Delivery) -> Delivery:
    headers = {new if name == old else name: said for name, said in sent.headers.items()}
    return replace(sent, headers=headers)


def _shadowed(old: str, new: str, random: Random, sent: Delivery) -> Delivery:
    renamed = _under(old, new, random, sent)
    return replace(renamed, headers=renamed.headers | {old: token(random)})
