"""Which SDKs are run, against which faults, and what must be in the ledger afterwards."""

import re
from dataclasses import dataclass, field
from typing import Any

from regulars.domain.events import Event
from regulars.domain.identifiers import normalize_identifier, subject_keys
from tests.conformance.sdks.proxy import FAULTS, NO_FAULT, Fault

ALL = ("Identified", "Order Completed", "Page Viewed", "Screen Viewed", "Grouped", "Aliased")


@dataclass(frozen=True)
class Sdk:
    """One package as a shop would use it; `program` is its driver with its first argument."""

    name: str
    program: tuple[str, ...]
    environment: str = ""  # of a Python SDK
    options: dict[str, Any] = field(default_factory=dict)
    events: tuple[str, ...] = ALL
    faults: tuple[Fault, ...] = FAULTS
    mangled: bool = False  # a gateway that takes gzip for text may ruin what it sends

    @property
    def in_browser(self) -> bool:
        """Whether it needs one."""
        return self.program[0] == BROWSER


@dataclass(frozen=True)
class Case:
    """One SDK and one fault; its name is the source of its events and its buyer's user id."""

    sdk: Sdk
    fault: Fault

    @property
    def name(self) -> str:
        """Letters, digits and hyphens only."""
        return re.sub(r"\W+", "-", f"{self.sdk.name}-{self.fault.name}").strip("-").lower()

    def complaints(self, events: list[Event], pepper: bytes) -> list[str]:
        """What is not as it must be: every event once, and each speaks of the buyer."""
        told = [event.type for event in events]
        counts = {type_: told.count(type_) for type_ in {*told, *self.sdk.events}}
        wrong = [
            f"{type_} is there {count} times"
            for type_, count in sorted(counts.items())
            if count != self.sdk.events.count(type_)
        ]
        return wrong + [
            f"{event.type} lacks an identity"
            for event in events
            if not self._subjects(event.type, pepper) <= {*event.subjects}
        ]

    def _subjects(self, type_: str, pepper: bytes) -> set[str]:
        said = {"user_id": self.name}
        if type_ == "Identified":
            said["email"] = f"{self.name}@example.com"
            if not self.sdk.in_browser:  # a browser's is made up by the SDK
                said["anonymous_id"] = f"anonymous-{self.name}"
        if type_ == "Aliased":
            said["anonymous_id"] = f"before-{self.name}"
        return {*subject_keys([normalize_identifier(*pair) for pair in said.items()], pepper)}


PYTHON, NODE, BROWSER = "python_sdk.py", "node_sdk.cjs", "browser_sdk.cjs"
SEGMENT, RUDDER = "segment.analytics.client", "rudderstack.analytics.client"
NEW, OLD, RUDDERS = (
    "segment-analytics-python-2.4.0",
    "segment-analytics-python-2.3.4",
    "rudder-sdk-python-2.1.9",
)
NEXT = "@segment/analytics-next"
BATCHING = {"strategy": "batching", "config": {"size": 4, "timeout": 300}}

SDKS = (
    Sdk(NEW, (PYTHON, SEGMENT), NEW),
    Sdk(OLD, (PYTHON, SEGMENT), OLD),
    Sdk(RUDDERS, (PYTHON, RUDDER), RUDDERS, {"gzip": False}),
    Sdk(f"{RUDDERS} with gzip", (PYTHON, RUDDER), RUDDERS, faults=(NO_FAULT,), mangled=True),
    Sdk("@segment/analytics-node", (NODE, "@segment/analytics-node")),
    Sdk("analytics-node", (NODE, "analytics-node")),
    Sdk("@rudderstack/rudder-sdk-node", (NODE, "@rudderstack/rudder-sdk-node")),
    Sdk(NEXT, (BROWSER, NEXT)),
    Sdk(
        f"{NEXT} batching",
        (BROWSER, NEXT),
        options={"integrations": {"Segment.io": {"deliveryStrategy": BATCHING}}},
    ),
    Sdk(
        "@rudderstack/analytics-js",
        (BROWSER, "@rudderstack/analytics-js"),
        events=tuple(type_ for type_ in ALL if type_ != "Screen Viewed"),
    ),
)
