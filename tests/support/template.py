"""The synthesized template, asked in the words of the field instead of CloudFormation's."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

type Resource = dict[str, Any]
type Grants = dict[str, set[str]]

KINDS = {
    "AWS::DynamoDB::Table": "",
    "AWS::S3::Bucket": "",
    "AWS::SQS::Queue": "dead letters",
    "AWS::Logs::LogGroup": "logs",
    "AWS::IAM::Role": "",
    "AWS::Lambda::Function": "",
}
OWN = re.compile(r"arn:AWS::Partition:(ssm|scheduler):AWS::Region:AWS::AccountId:")


@dataclass(frozen=True)
class Template:
    """One template and the folder it was written to."""

    folder: Path
    resources: dict[str, Resource]

    @classmethod
    def read(cls, folder: Path) -> "Template":
        """The template of the one stack in a cloud assembly."""
        (path,) = folder.glob("*.template.json")
        return cls(folder, json.loads(path.read_text())["Resources"])

    def of_type(self, type_: str) -> dict[str, Resource]:
        """Logical id → properties of all resources of a type."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == type_
        }

    def functions(self) -> dict[str, Resource]:
        """Folder → properties of each function."""
        return {
            properties["Handler"].split(".")[0]: properties
            for properties in self.of_type("AWS::Lambda::Function").values()
        }

    def folder_of(self, reference: Any) -> str:
        """The folder of the function that a Ref or GetAtt points at."""
        return str(self.resources[referred(reference)]["Properties"]["Handler"].split(".")[0])

    def named(self, reference: Any) -> Any:
        """A Ref, GetAtt or Join in readable words: `events`, `lake/events/*`, `dead letters`."""
        if isinstance(reference, str):
            return reference
        if "Fn::Join" in reference:
            separator, parts = reference["Fn::Join"]
            joined = separator.join(self.named(part) for part in parts)
            return OWN.sub("", joined)
        name = referred(reference)
        if name.startswith("AWS::"):
            return name
        kind = self.resources[name]["Type"]
        suffix = " stream" if reference.get("Fn::GetAtt", ["", ""])[1] == "StreamArn" else ""
        return (KINDS[kind] or self.path(name)[-1].lower()) + suffix

    def path(self, name: str) -> list[str]:
        """The construct path of a resource, without the stack and without CDK's own last word."""
        path = self.resources[name]["Metadata"]["aws:cdk:path"].split("/")
        return [part for part in path[1:] if part != "Resource"]

    def statements(self, folder: str) -> Iterator[dict[str, Any]]:
        """All statements of the function's role."""
        role = referred(self.functions()[folder]["Role"])
        for policy in self.of_type("AWS::IAM::Policy").values():
            if {"Ref": role} in policy["Roles"]:
                yield from policy["PolicyDocument"]["Statement"]

    def grants(self, folder: str) -> Grants:
        """Resource → actions that the function's role allows."""
        allowed: Grants = {}
        for statement in self.statements(folder):
            for resource in listed(statement["Resource"]):
                allowed.setdefault(self.named(resource), set()).update(listed(statement["Action"]))
        return allowed


def referred(reference: Any) -> str:
    """The logical id in a Ref or a GetAtt."""
    return str(reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0])


def listed(value: Any) -> list[Any]:
    """CloudFormation writes a list of one as the one."""
    return value if isinstance(value, list) else [value]
