"""Removes the resources that the emulator cannot have from the template, each for a reason; static checks cover them."""

import copy
from typing import Any

# Resource type → why the emulator cannot have it.
OMITTED_TYPES = {
    "AWS::S3::BucketPolicy": (
        "enforce_ssl denies every request without TLS, and the emulator evaluates policies but speaks plain HTTP."
    ),
    "AWS::SQS::QueuePolicy": ("The same enforce_ssl statement, on the dead-letter queues."),
}

type CloudFormationTemplate = dict[str, Any]


def remove_omitted(template: CloudFormationTemplate) -> CloudFormationTemplate:
    """Return the template without the omitted resources and without dependencies on them."""
    reduced = copy.deepcopy(template)
    resources = reduced["Resources"]
    omitted = {name for name, resource in resources.items() if resource["Type"] in OMITTED_TYPES}
    reduced["Resources"] = {
        name: resource for name, resource in resources.items() if name not in omitted
    }
    for resource in reduced["Resources"].values():
        _remove_dependencies(resource, omitted)
    return reduced


def _remove_dependencies(resource: dict[str, Any], omitted: set[str]) -> None:
    depends_on = resource.pop("DependsOn", [])
    names = [depends_on] if isinstance(depends_on, str) else depends_on
    if remaining := [name for name in names if name not in omitted]:
        resource["DependsOn"] = remaining
