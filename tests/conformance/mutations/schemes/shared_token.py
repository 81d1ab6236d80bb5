"""The schemes that sign a token, and those that only show the secret itself."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from urllib.parse import quote, urlencode

from tests.conformance.mutations.delivery_parts import (
    Address,
    Body,
    Field,
    Header,
    Member,
    Parameter,
    Place,
)
from tests.conformance.mutations.schemes.contract import (
    MINUTES,
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
from tests.conformance.mutations.schemes.encrypted_envelope import respelt_query
from tests.conformance.mutations.schemes.signed_url import FORM, KIND, REORDERED
from tests.conformance.mutations.signed_delivery import Delivery

IN_URL = ("brevo", "google-forms", "gumroad", "jotform", "mailchimp", "mailjet", "postmark")


def mailgun(random: Random, key: Key, at: datetime) -> Delivery:
    """Time and token; the event beside them is not covered."""
    time, word = epoch(at), token(random)
    raw = signature(key, f"{time}{word}".encode()).hex()
    signed = {"timestamp": time, "token": word, "signature": raw}
    text = json.dumps({"signature": signed, "event-data": told(random)})
    return Delivery("mailgun", text.encode(), {KIND: "application/json"})


def kofi(random: Random, key: Key, _at: datetime) -> Delivery:
    """The token within the JSON within the form."""
    text = json.dumps(told(random) | {"verification_token": key.secret})
    return Delivery("kofi", urlencode({"data": text}).encode(), {KIND: FORM})


def telegram(random: Random, key: Key, _at: datetime) -> Delivery:
    """The token in a header."""
    headers = {"x-telegram-bot-api-secret-token": key.secret}
    return Delivery("telegram", body(random), headers)


def in_url(channel: str, random: Random, key: Key, _at: datetime) -> Delivery:
    """The token in the URL."""
    return Delivery(channel, body(random), query=f"a=1&token={key.secret}&b=2")


def with_password(channel: str, random: Random, key: Key, _at: datetime) -> Delivery:
    """Name and password in a header."""
    return Delivery(
        channel, body(random), {"authorization": f"Basic {base64_of(key.secret.encode())}"}
    )


def form(kind: str, random: Random, key: Key, _at: datetime) -> Delivery:
    """The key of a form, in one of the three places where it may stand."""
    fields = {"email": "zoe@example.com", "topic": token(random)}
    fields |= {"_key": key.secret} if kind == "field" else {}
    headers = {KIND: FORM} | ({"x-form-key": key.secret} if kind == "header" else {})
    query = f"key={key.secret}" if kind == "url" else ""
    return Delivery("form", urlencode(fields).encode(), headers, query)


def password(random: Random) -> Key:
    """What Basic authentication holds."""
    return Key(f"{token(random)[:8]}:{token(random)}")


def _moved(to: str, random: Random, sent: Delivery) -> Delivery:
    """The secret stands somewhere else."""
    secret = next(each for each in sent.live if quote(each) in sent.query)
    headers = {to: secret if to.startswith("x-") else f"Bearer {secret}"} if to != "body" else {}
    text = urlencode({"token": secret}).encode() if to == "body" else sent.body
    return replace(sent, query="", headers=sent.headers | headers, body=text)


def _shifted(by: int, _random: Random, sent: Delivery) -> Delivery:
    """What is signed keeps its bytes, but they are parted elsewhere."""
    message = json.loads(sent.body)
    signed = message["signature"]
    joined = signed["timestamp"] + signed["token"]
    signed |= {"timestamp": joined[: 10 + by], "token": joined[10 + by :]}
    return replace(sent, body=json.dumps(message).encode())


class Credentials(Header):
    """Name and password as they stand behind the name of Basic authentication, which may be written in any case."""

    def read(self, sent: Delivery) -> str:
        """What stands there; '' for nothing."""
        return super().read(sent)[len("Basic ") :]

    def write(self, sent: Delivery, text: str | None) -> Delivery:
        """The delivery with others."""
        return super().write(sent, None if text is None else f"Basic {text}")


def _in_lower_case(_random: Random, sent: Delivery) -> Delivery:
    said = sent.headers["authorization"].replace("Basic", "basic")
    return replace(sent, headers={"authorization": said})


def tokens(channel: str) -> tuple[Scheme, ...]:
    """The secret in the URL, or as a password."""
    fits: tuple[Callable[[Random, Delivery], Delivery], ...] = (partial(_moved, "authorization"),)
    url = Scheme(
        channel,
        partial(in_url, channel),
        (Parameter("token"),),
        (),
        (Parameter("a"), Parameter("b"), Body(), Address()),
        harmless=(*fits, respelt_query),
        forging=(partial(_moved, "x-token"), partial(_moved, "body")),
        wrong=(),
    )
    header = replace(
        url,
        name=f"{channel}/password",
        made=partial(with_password, channel),
        proofs=(Credentials("authorization"),),
        free=(Body(), Address()),
        fresh=password,
        harmless=(_in_lower_case,),
        forging=(),
    )
    return url, header


def _forms() -> tuple[Scheme, ...]:
    places: dict[str, Place] = {
        "field": Field("_key"),
        "header": Header("x-form-key"),
        "url": Parameter("key"),
    }
    return tuple(
        Scheme(
            f"form/{kind}",
            partial(form, kind),
            (place,),
            (),
            (Field("email"), Field("topic"), Address()),
            harmless=REORDERED,
            wrong=(),
        )
        for kind, place in places.items()
    )


SHIFTS: tuple[Mutation, ...] = tuple(partial(_shifted, by) for by in (-2, -1, 1, 2))
SHOWN = (
    *(scheme for channel in IN_URL for scheme in tokens(channel)),
    *_forms(),
    Scheme(
        "mailgun",
        mailgun,
        (Member("signature", "signature"),),
        (Member("timestamp", "signature"), Member("token", "signature")),
        (Member("note", "event-data"), Member("id", "event-data"), Address()),
        window=(timedelta(hours=12), MINUTES),
        forging=SHIFTS,
    ),
    Scheme(
        "kofi",
        kofi,
        (Member("verification_token", form="data"),),
        (),
        (Member("note", form="data"), Address()),
        harmless=REORDERED,
        wrong=(),
    ),
    Scheme(
        "telegram",
        telegram,
        (Header("x-telegram-bot-api-secret-token"),),
        (),
        (Body(), Address()),
        wrong=(),
    ),
)
