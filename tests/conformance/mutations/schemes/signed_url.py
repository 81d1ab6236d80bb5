"""The schemes that sign a URL, and those that sign the fields of a form rather than its bytes."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from random import Random
from urllib.parse import parse_qsl, urlencode

from tests.conformance.mutations.delivery_parts import Address, Body, Field, Header, Query
from tests.conformance.mutations.schemes.contract import (
    MINUTES,
    OTHER_THAN_SHA1,
    Key,
    Mutation,
    Scheme,
    base64_of,
    body,
    epoch,
    signature,
    token,
    told,
)
from tests.conformance.mutations.signed_delivery import Delivery

FORM = "application/x-www-form-urlencoded"
SIGNED, SETTINGS, KIND = (
    "x-twilio-signature",
    "x-twilio-webhooks-signature-settings",
    "content-type",
)
QUERY = "shop=1&to=a%40b%2Fc"
PUBLIC = "https://shop.example.com/in?from=here"


def square(random: Random, key: Key, _at: datetime) -> Delivery:
    """The URL and the body."""
    sent = Delivery("square", body(random))
    raw = signature(key, sent.url.encode() + sent.body)
    return replace(sent, headers={"x-square-hmacsha256-signature": base64_of(raw)})


def square_set_up(random: Random, key: Key, _at: datetime) -> Delivery:
    """The same with a URL that the door is not asked for, since something stands before it."""
    sent = Delivery("square", body(random), config={"url": PUBLIC})
    raw = signature(key, PUBLIC.encode() + sent.body)
    return replace(sent, headers={"x-square-hmacsha256-signature": base64_of(raw)})


def hubspot(random: Random, key: Key, at: datetime) -> Delivery:
    """Method, URL with some of its characters decoded, body and time."""
    sent = Delivery("hubspot", body(random), query=QUERY)
    time, uri = epoch(at, 1000), f"{sent.url}?shop=1&to=a@b/c"
    raw = signature(key, f"POST{uri}".encode() + sent.body + time.encode())
    headers = {"x-hubspot-signature-v3": base64_of(raw), "x-hubspot-request-timestamp": time}
    return replace(sent, headers=headers)


def twilio(random: Random, key: Key, _at: datetime, digest: str = "sha1") -> Delivery:
    """The URL with its query, and the fields in order."""
    fields = {
        "Body": str(told(random)["note"]),
        "From": "+14155550100",
        "MessageSid": token(random),
    }
    fields |= {"SmsStatus": "received", "NumMedia": "0", "ProfileName": ""}
    sent = Delivery("twilio", urlencode(fields).encode(), {KIND: FORM}, QUERY)
    text = f"{sent.url}?{QUERY}" + "".join(name + fields[name] for name in sorted(fields))
    headers = {SIGNED: base64_of(signature(key, text.encode(), digest))}
    if digest != "sha1":
        headers[SETTINGS] = f"key=abc,algorithm=HMAC_{digest.upper()}"
    return replace(sent, headers=sent.headers | headers)


def twilio_json(random: Random, key: Key, _at: datetime) -> Delivery:
    """A URL that holds the hash of the body."""
    text = body(random)
    query = f"shop=1&bodySHA256={hashlib.sha256(text).hexdigest()}"
    sent = Delivery("twilio", text, query=query)
    raw = signature(key, f"{sent.url}?{query}".encode(), "sha1")
    return replace(sent, headers={KIND: "application/json", SIGNED: base64_of(raw)})


def mandrill(random: Random, key: Key, _at: datetime) -> Delivery:
    """The URL and the fields in order."""
    fields = {"mandrill_events": f"[{body(random).decode()}]", "extra": "1"}
    sent = Delivery("mandrill", urlencode(fields).encode(), {KIND: FORM})
    text = sent.url + "".join(name + fields[name] for name in sorted(fields))
    raw = signature(key, text.encode(), "sha1")
    return replace(sent, headers=sent.headers | {"x-mandrill-signature": base64_of(raw)})


def _pairs(change: str, random: Random, sent: Delivery) -> Delivery:
    """The fields in another order or spelling, or with one more."""
    pairs = parse_qsl(sent.body.decode(), keep_blank_values=True)
    if change == "more":
        pairs.append((random.choice(("Extra", "a", pairs[0][0])), token(random)))
    elif change == "twice":
        pairs.append(random.choice(pairs))
    elif change == "order":
        random.shuffle(pairs)
    text = urlencode(pairs)
    return replace(sent, body=(text.replace("+", "%20") if change == "spelling" else text).encode())


def _asked(query: str, _random: Random, sent: Delivery) -> Delivery:
    return replace(sent, query=query.format(sent.query))


def _rehashed(random: Random, sent: Delivery) -> Delivery:
    """Another body whose hash stands in the query, beside the signed one or instead of it."""
    text = body(random)
    hashed = f"bodySHA256={hashlib.sha256(text).hexdigest()}"
    query = random.choice((f"{sent.query}&{hashed}", f"{hashed}&{sent.query}", f"shop=1&{hashed}"))
    return replace(sent, body=text, query=query)


def _with(header: str, texts: Sequence[str], random: Random, sent: Delivery) -> Delivery:
    return replace(sent, headers=sent.headers | {header: random.choice(texts)})


def _asked_with(method: str, _random: Random, sent: Delivery) -> Delivery:
    return replace(sent, method=method)


REORDERED: tuple[Mutation, ...] = (partial(_pairs, "order"), partial(_pairs, "spelling"))
QUERIES: tuple[Mutation, ...] = tuple(
    partial(_asked, query)
    for query in ("{}&x=1", "x=1&{}", "to=a%40b%2Fc&shop=1", "{0}&{0}", "shop=1", "{}&")
)
OTHER_KIND = partial(
    _with, KIND, ("application/json", "text/plain", "multipart/form-data; boundary=x")
)
OTHER_ALGORITHM = partial(
    _with, SETTINGS, ("algorithm=HMAC_SHA256", "algorithm=none", "algorithm=HMAC_MD5")
)
FIELDS = tuple(map(Field, ("Body", "From", "MessageSid", "SmsStatus")))
ADDRESSED = (
    Scheme(
        "square",
        square,
        (Header("x-square-hmacsha256-signature"),),
        (Body(), Address()),
        (Query(),),
    ),
    Scheme(
        "square/set up",
        square_set_up,
        (Header("x-square-hmacsha256-signature"),),
        (Body(),),
        (Address(), Query()),
    ),
    Scheme(
        "hubspot",
        hubspot,
        (Header("x-hubspot-signature-v3"),),
        (Header("x-hubspot-request-timestamp"), Body(), Address()),
        window=(MINUTES, MINUTES),
        forging=(*QUERIES, *(partial(_asked_with, each) for each in ("PUT", "PATCH", "DELETE"))),
        harmless=tuple(
            partial(_asked, f"shop=1&to={each}") for each in ("a@b/c", "a%40b/c", "a@b%2fc")
        ),
    ),
    Scheme(
        "twilio",
        twilio,
        (Header(SIGNED),),
        (*FIELDS, Address()),
        forging=(*QUERIES, OTHER_KIND, OTHER_ALGORITHM, partial(_pairs, "more")),
        harmless=(
            *REORDERED,
            partial(_pairs, "twice"),
            partial(_with, KIND, (f"{FORM}; charset=UTF-8", FORM.upper())),
            partial(_with, SETTINGS, ("key=x,algorithm=HMAC_SHA1", "key=y")),
        ),
        wrong=OTHER_THAN_SHA1,
    ),
    Scheme(
        "twilio/shared key",
        partial(twilio, digest="sha256"),
        (Header(SIGNED),),
        (*FIELDS, Address()),
        forging=(
            *QUERIES,
            partial(_with, SETTINGS, ("key=x", "algorithm=HMAC_SHA1", "algorithm=")),
        ),
        harmless=REORDERED,
    ),
    Scheme(
        "twilio/json",
        twilio_json,
        (Header(SIGNED),),
        (Body(), Address()),
        forging=(*QUERIES[:2], _rehashed, partial(_with, KIND, (FORM,)), OTHER_ALGORITHM),
        wrong=OTHER_THAN_SHA1,
    ),
    Scheme(
        "mandrill",
        mandrill,
        (Header("x-mandrill-signature"),),
        (Field("mandrill_events"), Field("extra"), Address()),
        (Query(),),
        forging=(partial(_pairs, "more"), partial(_pairs, "twice")),
        harmless=REORDERED,
        wrong=OTHER_THAN_SHA1,
    ),
)
