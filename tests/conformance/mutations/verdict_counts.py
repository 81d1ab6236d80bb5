"""Counts the verdicts on mutations and keeps examples of the wrong ones."""

from dataclasses import dataclass, field

from tests.conformance.mutations.signed_delivery import SignedDelivery, is_accepted

MAX_EXAMPLES = 5  # wrong verdicts that the report shows in full


@dataclass(kw_only=True)
class VerdictCounts:
    """The verdicts on the mutations of one scheme."""

    name: str
    accepted: int = 0
    refused: int = 0
    wrongly_accepted: int = 0
    wrongly_refused: int = 0
    examples: list[str] = field(default_factory=list)

    def count_verdict(self, mutation: str, delivery: SignedDelivery, *, is_genuine: bool) -> None:
        """Count the verdict on one delivery. An unexpected error counts as a wrong verdict."""
        try:
            accepted = is_accepted(delivery)
        except Exception as error:  # noqa: BLE001 (any is a finding)
            accepted = not is_genuine
            mutation = f"{mutation}: {error!r}"
        self.accepted += accepted and is_genuine
        self.refused += not accepted and not is_genuine
        self.wrongly_accepted += accepted and not is_genuine
        self.wrongly_refused += is_genuine and not accepted
        if accepted != is_genuine and len(self.examples) < MAX_EXAMPLES:
            self.examples.append(f"{mutation}: {delivery}")

    def add(self, counts: "VerdictCounts") -> None:
        """Add the numbers of other counts. Their examples are not copied."""
        self.accepted += counts.accepted
        self.refused += counts.refused
        self.wrongly_accepted += counts.wrongly_accepted
        self.wrongly_refused += counts.wrongly_refused

    @property
    def wrong_verdicts(self) -> int:
        """Return the number of wrong verdicts."""
        return self.wrongly_accepted + self.wrongly_refused
