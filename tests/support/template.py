"""Reads the synthesized template in the words of this project instead of CloudFormation's."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

type Resource = dict[str, Any]
type Grants = dict[str, set[str]]

RESOURCE_WORDS = {
    "AWS::DynamoDB::Table": "",
    "AWS::S3::Bucket": "",
    "AWS::SQS::Queue": "dead letters",
    "AWS::Logs::LogGroup": "logs",
    "AWS::IAM::Role": "",
    "AWS::Lambda::Function": "",
}
OWN_ARN = re.compile(r"arn:AWS::Partition:(ssm|scheduler):AWS::Region:AWS::AccountId:")


@dataclass(frozen=True)
class Template:
    """One template and the folder in which it is."""

    folder: Path
    resources: dict[str, Resource]

    @classmethod
    def read_folder(cls, folder: Path) -> "Template":
        """Read the template of the one stack in a cloud assembly."""
        (path,) = folder.glob("*.template.json")
        return cls(folder, json.loads(path.read_text())["Resources"])

    def list_resources(self, type_: str) -> dict[str, Resource]:
        """Return the properties of all resources of a type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == type_
        }

    def list_functions(self) -> dict[str, Resource]:
        """Return the properties of each function, by folder."""
        return {
            properties["Handler"].split(".")[0]: properties
            for properties in self.list_resources("AWS::Lambda::Function").values()
        }

    def list_throttles(self) -> dict[str, tuple[float, int]]:
        """Return the requests a second and the burst that the gateway lets pass, by route key."""
        (stage,) = self.list_resources("AWS::ApiGatewayV2::Stage").values()
        routes = {"$default": stage["DefaultRouteSettings"]} | stage["RouteSettings"]
        return {
            key: (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"])
            for key, settings in routes.items()
        }

    def find_folder(self, reference: Any) -> str:
        """Return the folder of the function to which a Ref or GetAtt points."""
        return str(
            self.resources[find_logical_id(reference)]["Properties"]["Handler"].split(".")[0]
        )

    def to_words(self, reference: Any) -> Any:
        """Return a Ref, GetAtt or Join as words: `events`, `lake/events/*`, `dead letters`."""
        if isinstance(reference, str):
            return reference
        if "Fn::Join" in reference:
            separator, parts = reference["Fn::Join"]
            joined = separator.join(self.to_words(part) for part in parts)
            return OWN_ARN.sub("", joined)
        name = find_logical_id(reference)
        if name.startswith("AWS::"):
            return name
        kind = self.resources[name]["Type"]
        suffix = " stream" if reference.get("Fn::GetAtt", ["", ""])[1] == "StreamArn" else ""
        return (RESOURCE_WORDS[kind] or self.find_path(name)[-1].lower()) + suffix

    def find_path(self, name: str) -> list[str]:
        """Return the construct path of a resource, without the stack and without the last word of CDK."""
        path = self.resources[name]["Metadata"]["aws:cdk:path"].split("/")
        return [part for part in path[1:] if part != "Resource"]

    def list_statements(self, folder: str) -> Iterator[dict[str, Any]]:
        """Yield all statements of the role of a function."""
        role = find_logical_id(self.list_functions()[folder]["Role"])
        for policy in self.list_resources("AWS::IAM::Policy").values():
            if {"Ref": role} in policy["Roles"]:
                yield from policy["PolicyDocument"]["Statement"]

    def list_grants(self, folder: str) -> Grants:
        """Return the actions that the role of a function allows, by resource."""
        allowed: Grants = {}
        for statement in self.list_statements(folder):
            for resource in to_list(statement["Resource"]):
                allowed.setdefault(self.to_words(resource), set()).update(
                    to_list(statement["Action"])
                )
        return allowed


def find_logical_id(reference: Any) -> str:
    """Return the logical id in a Ref or a GetAtt."""
    return str(reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0])


def to_list(value: Any) -> list[Any]:
    """Return a value as a list: CloudFormation writes a list of one as the one."""
    return value if isinstance(value, list) else [value]
