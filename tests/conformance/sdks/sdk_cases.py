"""Lists the SDKs under test with their faults, and checks which events the ledger holds after a case."""

import re
from dataclasses import dataclass, field
from typing import Any

from regulars.domain.events import Event
from regulars.domain.identifiers import normalize_identifier, subject_keys
from tests.conformance.sdks.fault_proxy import FAULTS, NO_FAULT, Fault

PYTHON_DRIVER, NODE_DRIVER, BROWSER_DRIVER = "python_sdk.py", "node_sdk.cjs", "browser_sdk.cjs"
EVENT_TYPES = (
    "Identified",
    "Order Completed",
    "Page Viewed",
    "Screen Viewed",
    "Grouped",
    "Aliased",
)


@dataclass(frozen=True, kw_only=True)
class Sdk:
    """One package as a shop would use it. `package` is what the driver imports, `environment` that of a Python SDK."""

    name: str
    driver: str
    package: str
    environment: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    event_types: tuple[str, ...] = EVENT_TYPES
    faults: tuple[Fault, ...] = FAULTS
    has_gzip_body: bool = False  # which a gateway may damage if it treats gzip as text

    @property
    def is_browser_sdk(self) -> bool:
        """Return whether the SDK runs in a browser."""
        return self.driver == BROWSER_DRIVER


@dataclass(frozen=True)
class SdkCase:
    """One SDK with one fault. Its name is the source of its events and the user id of its buyer."""

    sdk: Sdk
    fault: Fault

    @property
    def name(self) -> str:
        """Return the name in lower-case letters, digits and hyphens."""
        return re.sub(r"\W+", "-", f"{self.sdk.name}-{self.fault.name}").strip("-").lower()

    def list_failures(self, events: list[Event], pepper: bytes) -> list[str]:
        """Return what is wrong: each event must exist once, and must identify the buyer."""
        types = [event.type for event in events]
        counts = {type_: types.count(type_) for type_ in {*types, *self.sdk.event_types}}
        wrong_counts = [
            f"{type_} exists {count} times"
            for type_, count in sorted(counts.items())
            if count != self.sdk.event_types.count(type_)
        ]
        return wrong_counts + [
            f"{event.type} lacks an identity"
            for event in events
            if not self._build_subjects(event.type, pepper) <= {*event.subjects}
        ]

    def _build_subjects(self, type_: str, pepper: bytes) -> set[str]:
        identifiers = {"user_id": self.name}
        if type_ == "Identified":
            identifiers["email"] = f"{self.name}@example.com"
            if not self.sdk.is_browser_sdk:  # a browser SDK generates its anonymous id
                identifiers["anonymous_id"] = f"anonymous-{self.name}"
        if type_ == "Aliased":
            identifiers["anonymous_id"] = f"before-{self.name}"
        return {
            *subject_keys([normalize_identifier(*pair) for pair in identifiers.items()], pepper)
        }


SEGMENT_MODULE, RUDDERSTACK_MODULE = "segment.analytics.client", "rudderstack.analytics.client"
RUDDERSTACK_ENVIRONMENT = "rudder-sdk-python-2.1.9"
BROWSER_PACKAGE = "@segment/analytics-next"
BATCHING_OPTIONS = {"strategy": "batching", "config": {"size": 4, "timeout": 300}}

SDKS = (
    *(
        Sdk(name=environment, driver=PYTHON_DRIVER, package=SEGMENT_MODULE, environment=environment)
        for environment in ("segment-analytics-python-2.4.0", "segment-analytics-python-2.3.4")
    ),
    Sdk(
        name=RUDDERSTACK_ENVIRONMENT,
        driver=PYTHON_DRIVER,
        package=RUDDERSTACK_MODULE,
        environment=RUDDERSTACK_ENVIRONMENT,
        options={"gzip": False},
    ),
    Sdk(
        name=f"{RUDDERSTACK_ENVIRONMENT} with gzip",
        driver=PYTHON_DRIVER,
        package=RUDDERSTACK_MODULE,
        environment=RUDDERSTACK_ENVIRONMENT,
        faults=(NO_FAULT,),
        has_gzip_body=True,
    ),
    *(
        Sdk(name=package, driver=NODE_DRIVER, package=package)
        for package in (
            "@segment/analytics-node",
            "analytics-node",
            "@rudderstack/rudder-sdk-node",
        )
    ),
    Sdk(name=BROWSER_PACKAGE, driver=BROWSER_DRIVER, package=BROWSER_PACKAGE),
    Sdk(
        name=f"{BROWSER_PACKAGE} batching",
        driver=BROWSER_DRIVER,
        package=BROWSER_PACKAGE,
        options={"integrations": {"Segment.io": {"deliveryStrategy": BATCHING_OPTIONS}}},
    ),
    Sdk(
        name="@rudderstack/analytics-js",
        driver=BROWSER_DRIVER,
        package="@rudderstack/analytics-js",
        event_types=tuple(type_ for type_ in EVENT_TYPES if type_ != "Screen Viewed"),
    ),
)
