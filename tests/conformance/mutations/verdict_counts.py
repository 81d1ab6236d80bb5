"""The verdicts on mutations, counted; those that were wrong are told."""

from dataclasses import dataclass, field

from tests.conformance.mutations.signed_delivery import Delivery, is_believed

SHOWN = 5  # wrong verdicts that are told in full


@dataclass
class Tally:
    """What came of the mutations of one scheme."""

    name: str
    believed: int = 0
    refused: int = 0
    wrongly_believed: int = 0
    wrongly_refused: int = 0
    examples: list[str] = field(default_factory=list)

    def count(self, kind: str, sent: Delivery, *, is_genuine: bool) -> None:
        """One verdict; a fault of ours counts as a wrong one."""
        try:
            believed = is_believed(sent)
        except Exception as error:  # noqa: BLE001 (any is a finding)
            believed = not is_genuine
            kind = f"{kind}: {error!r}"
        self.believed += believed and is_genuine
        self.refused += not believed and not is_genuine
        self.wrongly_believed += believed and not is_genuine
        self.wrongly_refused += is_genuine and not believed
        if believed != is_genuine and len(self.examples) < SHOWN:
            self.examples.append(f"{kind}: {sent}")

    def add(self, other: "Tally") -> None:
        """Both together; the examples stay where they are."""
        self.believed += other.believed
        self.refused += other.refused
        self.wrongly_believed += other.wrongly_believed
        self.wrongly_refused += other.wrongly_refused

    @property
    def wrong(self) -> int:
        """How many verdicts were wrong."""
        return self.wrongly_believed + self.wrongly_refused
