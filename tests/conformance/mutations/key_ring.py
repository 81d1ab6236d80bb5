"""Rotates the keys of one source."""

from dataclasses import replace
from random import Random

from tests.conformance.mutations.schemes.contract import SignatureScheme
from tests.conformance.mutations.signed_delivery import SignedDelivery


class KeyRing:
    """The keys of one source: two active keys, newest first, and the key that was retired last."""

    def __init__(self, random: Random, scheme: SignatureScheme) -> None:
        self._random, self._scheme = random, scheme
        self.active_keys = [scheme.generate_key(random), scheme.generate_key(random)]
        self.retired_key = scheme.generate_key(random)

    def rotate(self) -> None:
        """Add a new key and retire the older of the two active keys."""
        self.retired_key = self.active_keys.pop()
        self.active_keys.insert(0, self._scheme.generate_key(self._random))

    def add_secrets(self, delivery: SignedDelivery) -> SignedDelivery:
        """Return the delivery with the secrets of the active keys at its source."""
        secrets = tuple(key.secret for key in self.active_keys)
        if self._scheme.channel == "ses-sns":
            return replace(delivery, config={"topic_arns": list(secrets)})
        return replace(delivery, secrets=secrets)
