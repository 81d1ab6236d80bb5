"""All that the local stack leaves out of the deployed template, each with its reason; static checks cover it instead."""

import copy
from typing import Any

# Resource type → why the emulator cannot have it.
OMITTED = {
    "AWS::S3::BucketPolicy": (
        "enforce_ssl denies every request without TLS, and the emulator evaluates policies but speaks plain HTTP."
    ),
    "AWS::SQS::QueuePolicy": ("The same enforce_ssl statement, on the dead-letter queues."),
}

type Template = dict[str, Any]


def without_omitted(template: Template) -> Template:
    """The template less the omitted resources and less what waited for them."""
    kept = copy.deepcopy(template)
    resources = kept["Resources"]
    gone = {name for name, resource in resources.items() if resource["Type"] in OMITTED}
    kept["Resources"] = {name: resource for name, resource in resources.items() if name not in gone}
    for resource in kept["Resources"].values():
        _stop_waiting(resource, gone)
    return kept


def _stop_waiting(resource: dict[str, Any], gone: set[str]) -> None:
    waits = resource.pop("DependsOn", [])
    names = [waits] if isinstance(waits, str) else waits
    if left := [name for name in names if name not in gone]:
        resource["DependsOn"] = left
