"""Runs mutations of the genuine requests among the providers' vectors, which cannot be signed again here."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.conformance import vectors
from tests.conformance.endpoints import TRACKING_PROVIDER, channel_name
from tests.conformance.mutations.delivery_parts import UrlPart
from tests.conformance.mutations.mutation_run import Mutated, MutationKind, MutationRun
from tests.conformance.mutations.schemes.contract import SignatureScheme
from tests.conformance.mutations.schemes.registry import SIGNATURE_SCHEMES
from tests.conformance.mutations.schemes.signing import generate_token
from tests.conformance.mutations.signed_delivery import SignedDelivery

# Vectors with a list of signatures: the delivery stays genuine if one of them is changed.
SIGNATURE_LIST_MARKERS = ("-two-", "-multi-", "-v0-", "-v1a-")


class CapturedMutationRun(MutationRun):
    """The mutations of one captured request. Its secret is the newest, then the older one, and then it is retired."""

    def __init__(
        self, name: str, scheme: SignatureScheme, delivery: SignedDelivery, seed: str
    ) -> None:
        super().__init__(replace(scheme, name=name), seed)
        self._delivery = delivery

    def _list_key_mutations(self) -> tuple[MutationKind, ...]:
        return (self._replace_secrets,)

    def _rotate_deliveries(self) -> list[SignedDelivery]:
        secrets, another_secret = self._delivery.secrets, generate_token(self._random)
        return [
            replace(self._delivery, secrets=(*secrets, another_secret)),
            replace(self._delivery, secrets=(another_secret, *secrets)),
        ]

    def _replace_secrets(self, genuine: SignedDelivery) -> Mutated:
        """Replace the secrets of the source, as two rotations do."""
        secrets = tuple(generate_token(self._random) for _ in range(2))
        if self._delivery.secrets:
            return replace(genuine, secrets=secrets), False
        config = {"webhook_id": secrets[0], "topic_arns": [secrets[1]]}
        return replace(genuine, config=genuine.config | config), False


def iterate_captured_runs(path: Path, seed: str) -> Iterator[CapturedMutationRun]:
    """Yield one run for each genuine delivery in a file of vectors that matches a scheme."""
    for vector in vectors.read_vectors(path):
        if not _is_genuine_delivery(vector):
            continue
        delivery = _delivery_from_vector(vector)
        schemes = (scheme for scheme in SIGNATURE_SCHEMES if _fits(scheme, delivery))
        scheme = next(schemes, None)
        if scheme:
            scheme = _exclude_configured_url(scheme, delivery)
            yield CapturedMutationRun(vector["id"], scheme, delivery, seed)


def _is_genuine_delivery(vector: vectors.Vector) -> bool:
    """Return whether a vector is an accepted delivery with one signature, and not a handshake or a tracking call."""
    expected_response = vector["expect"].get("response") or {}
    is_handshake = expected_response.get("store") is False or vector["request"]["method"] == "GET"
    has_list = any(marker in vector["id"] for marker in SIGNATURE_LIST_MARKERS)
    is_tracking = vector["provider"] == TRACKING_PROVIDER
    is_accepted = vector["expect"]["verdict"] == "accept"
    return is_accepted and not (is_handshake or has_list or is_tracking)


def _delivery_from_vector(vector: vectors.Vector) -> SignedDelivery:
    request = vectors.request_from_vector(vector)
    url, _, query = request.url.partition("?")
    return SignedDelivery(
        channel=channel_name(request.provider),
        body=request.body,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=query,
        url=url,
        method=request.method,
        config=request.config,
        certificates={name: value.encode() for name, value in request.certificates.items()},
        secrets=request.secrets,
        now=request.now,
    )


def _fits(scheme: SignatureScheme, delivery: SignedDelivery) -> bool:
    """Return whether a delivery has the proofs of a scheme, and uses this variant of the channel's schemes."""
    if scheme.channel != delivery.channel:
        return False
    variants = {
        "twilio/json": "json" in delivery.headers.get("content-type", ""),
        "twilio/shared key": "x-twilio-webhooks-signature-settings" in delivery.headers,
        "wechat": "encoding_aes_key" in delivery.config,
        "ses-sns/1": False,
    }
    try:
        has_proofs = all(part.read(delivery) for part in scheme.proof_parts)
    except ValueError:  # a body in another format
        return False
    is_twilio_variant = any(fits for name, fits in variants.items() if name.startswith("twilio"))
    is_default = not (is_twilio_variant and scheme.channel == "twilio")
    return has_proofs and variants.get(scheme.name, is_default)


def _exclude_configured_url(scheme: SignatureScheme, delivery: SignedDelivery) -> SignatureScheme:
    """Treat the request's URL as unsigned if the config has a URL: the signature covers that one instead."""
    if not delivery.config.get("url"):
        return scheme
    signed_parts = tuple(part for part in scheme.signed_parts if not isinstance(part, UrlPart))
    unsigned_parts = (*scheme.unsigned_parts, UrlPart())
    return replace(scheme, signed_parts=signed_parts, unsigned_parts=unsigned_parts)
