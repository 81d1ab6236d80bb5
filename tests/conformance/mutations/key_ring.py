"""The secrets of one source as they are rotated."""

from dataclasses import replace
from random import Random

from tests.conformance.mutations.schemes.contract import Scheme
from tests.conformance.mutations.signed_delivery import Delivery


class Ring:
    """The secrets of one source: two are live, the newest first; `gone` are those that were."""

    def __init__(self, random: Random, scheme: Scheme) -> None:
        self._random, self._scheme = random, scheme
        self.live, self.gone = [scheme.fresh(random), scheme.fresh(random)], scheme.fresh(random)

    def rotate(self) -> None:
        """A new secret; the older of the two is gone."""
        self.gone = self.live.pop()
        self.live.insert(0, self._scheme.fresh(self._random))

    def put(self, sent: Delivery) -> Delivery:
        """The delivery to a source with the live secrets."""
        secrets = tuple(key.secret for key in self.live)
        if self._scheme.channel == "ses-sns":
            return replace(sent, config={"topic_arns": list(secrets)})
        return replace(sent, live=secrets)
