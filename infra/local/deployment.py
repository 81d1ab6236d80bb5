"""Deploying the synthesized template to the local AWS: assets, bootstrap version, one CloudFormation stack."""

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from infra.local import preflights
from infra.local.assembly import Assembly
from infra.local.emulator import ACCOUNT, REGION, Emulator
from infra.local.faults import FaultError
from infra.local.omissions import without_omitted
from infra.local.places import DEPLOYED, LOG

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client

STACK = "Regulars"
ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
BOOTSTRAP = ("/cdk-bootstrap/hnb659fds/version", "27")
SECONDS = 180
FINISHED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")

type Tell = Callable[[str], None]


@dataclass(frozen=True)
class Deployment:
    """Deploys one assembly to one emulator, which this process must have been pointed at."""

    emulator: Emulator
    assembly: Assembly
    tell: Tell

    def run(self) -> dict[str, Any]:
        """Create or update the stack unless it is there already; returns and records where it is."""
        self._bootstrap()
        url, digest = self._upload_template()
        if self._deployed_digest() != digest:
            self._upload_assets()
            self._apply(url, digest)
        recorded = self._record()
        preflights.allow(self.assembly.template(), recorded["outputs"])
        return recorded

    def _bootstrap(self) -> None:
        """What `cdk bootstrap` would have left: the asset bucket and its version."""
        with suppress(self._s3.exceptions.BucketAlreadyOwnedByYou):
            self._s3.create_bucket(
                Bucket=ASSETS, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        name, version = BOOTSTRAP
        boto3.client("ssm").put_parameter(Name=name, Value=version, Type="String", Overwrite=True)

    def _upload_template(self) -> tuple[str, str]:
        body = json.dumps(without_omitted(self.assembly.template()), sort_keys=True).encode()
        digest = hashlib.sha256(body).hexdigest()
        self._s3.put_object(Bucket=ASSETS, Key=f"{digest}.json", Body=body)
        return f"{self.emulator.endpoint}/{ASSETS}/{digest}.json", digest

    def _upload_assets(self) -> None:
        there = {one["Key"] for one in self._s3.list_objects_v2(Bucket=ASSETS).get("Contents", [])}
        for asset in self.assembly.assets():
            if asset.key not in there:
                size = asset.file().stat().st_size >> 20
                self.tell(f"uploading {asset.source.name[:24]} ({size} MB)")
                self._s3.put_object(Bucket=ASSETS, Key=asset.key, Body=asset.file().read_bytes())

    def _apply(self, url: str, digest: str) -> None:
        stack: dict[str, Any] = {
            "StackName": STACK,
            "TemplateURL": url,
            "Capabilities": ["CAPABILITY_IAM"],
            "Tags": [{"Key": "template", "Value": digest}],
        }
        if self._deployed_digest():
            self._cloudformation.update_stack(**stack)
        else:
            self._cloudformation.create_stack(**stack)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + SECONDS
        status = ""
        while time.monotonic() < deadline and status not in FINISHED:
            time.sleep(0.25)
            status = str(self._described().get("StackStatus"))
            if "FAILED" in status or "ROLLBACK" in status:
                break
        if status not in FINISHED:
            raise FaultError(f"The stack is {status}: {self._why()}", f"Read the end of {LOG}.")

    def _why(self) -> str:
        events = self._cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [one for one in events if "FAILED" in one.get("ResourceStatus", "")]
        return "; ".join(
            f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}" for one in failed[:3]
        )

    def _described(self) -> dict[str, Any]:
        try:
            (stack,) = self._cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        except ClientError:
            return {}
        return dict(stack)

    def _deployed_digest(self) -> str:
        """The template that stands, '' when none does."""
        stack = self._described()
        tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
        return tags.get("template", "") if stack.get("StackStatus") in FINISHED else ""

    def _record(self) -> dict[str, Any]:
        outputs = {
            one["OutputKey"]: one["OutputValue"] for one in self._described().get("Outputs", [])
        }
        recorded = {
            "endpoint": self.emulator.endpoint,
            "region": REGION,
            "name": STACK,
            "outputs": outputs,
        }
        DEPLOYED.write_text(json.dumps(recorded, indent=1))
        return recorded

    @property
    def _s3(self) -> "S3Client":
        return boto3.client("s3")

    @property
    def _cloudformation(self) -> "CloudFormationClient":
        return boto3.client("cloudformation")
