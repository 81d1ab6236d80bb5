"""The genuine requests among the providers' own vectors, which nobody here can sign anew, as seeds of mutations."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tests.conformance import vectors
from tests.conformance.endpoints import CHANNEL_OF, TRACKING
from tests.conformance.mutations.delivery_parts import Address
from tests.conformance.mutations.mutation_run import Campaign, Found
from tests.conformance.mutations.schemes.contract import Scheme, token
from tests.conformance.mutations.schemes.registry import SCHEMES
from tests.conformance.mutations.signed_delivery import Delivery

# In a list of signatures one may be damaged and the delivery stays genuine.
SEVERAL = ("-two-", "-multi-", "-v0-", "-v1a-")


class Captured(Campaign):
    """Mutations of one request; its secret is the newest, then the older one, and then it is gone."""

    def __init__(self, name: str, scheme: Scheme, sent: Delivery, seed: str) -> None:
        super().__init__(replace(scheme, name=name), seed)
        self._sent = sent

    def _signing(self) -> tuple[Callable[[Delivery], Found], ...]:
        return (self._rotated,)

    def _turned(self) -> list[Delivery]:
        others = [token(self._random) for _ in range(1)]
        return [
            replace(self._sent, live=(*self._sent.live, *others)),
            replace(self._sent, live=(*others, *self._sent.live)),
        ]

    def _rotated(self, genuine: Delivery) -> Found:
        """After two rotations."""
        gone = tuple(token(self._random) for _ in range(2))
        if self._sent.live:
            return replace(genuine, live=gone), False
        of_another = {"webhook_id": gone[0], "topic_arns": [gone[1]]}
        return replace(genuine, config=genuine.config | of_another), False


def campaigns(path: Path, seed: str) -> Iterator[Captured]:
    """One for each genuine delivery of a file of vectors that fits a scheme."""
    for vector in vectors.read(path):
        said = vector["expect"]
        is_probe = (said.get("response") or {}).get("store") is False or vector["request"][
            "method"
        ] == "GET"
        is_plain = not any(word in vector["id"] for word in SEVERAL)
        if (
            said["verdict"] != "accept"
            or is_probe
            or not is_plain
            or vector["provider"] == TRACKING
        ):
            continue
        sent = _delivery(vector)
        scheme = next((each for each in SCHEMES if _fits(each, sent)), None)
        if scheme:
            yield Captured(vector["id"], _set_up(scheme, sent), sent, seed)


def _delivery(vector: vectors.Vector) -> Delivery:
    sent = vectors.request(vector)
    url, _, query = sent.url.partition("?")
    return Delivery(
        CHANNEL_OF.get(sent.provider, sent.provider),
        sent.body,
        {name.lower(): said for name, said in sent.headers.items()},
        query,
        url,
        sent.method,
        sent.config,
        {name: said.encode() for name, said in sent.certificates.items()},
        sent.secrets,
        sent.now,
    )


def _fits(scheme: Scheme, sent: Delivery) -> bool:
    if scheme.channel != sent.channel:
        return False
    wanted = {
        "twilio/json": "json" in sent.headers.get("content-type", ""),
        "twilio/shared key": "x-twilio-webhooks-signature-settings" in sent.headers,
        "wechat": "encoding_aes_key" in sent.config,
        "ses-sns/1": False,
    }
    try:
        is_there = all(place.read(sent) for place in scheme.proofs)
    except ValueError:  # a body of another kind
        return False
    others = any(fits for name, fits in wanted.items() if name.startswith("twilio"))
    return is_there and wanted.get(scheme.name, not (others and scheme.channel == "twilio"))


def _set_up(scheme: Scheme, sent: Delivery) -> Scheme:
    """What was set up as the URL is what is signed, whatever the door was asked for."""
    if not sent.config.get("url"):
        return scheme
    signed = tuple(place for place in scheme.signed if not isinstance(place, Address))
    return replace(scheme, signed=signed, free=(*scheme.free, Address()))
