"""Deploys the synthesized template to the local AWS: its assets, the bootstrap version and one CloudFormation stack."""

import hashlib
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from infra.local.assembly import Assembly
from infra.local.cors import configure_cors
from infra.local.emulator import ACCOUNT, REGION, Emulator, save_services
from infra.local.errors import CommandError
from infra.local.omitted_resources import remove_omitted
from infra.local.places import DEPLOYED_STACK_FILE, LOG_FILE
from regulars.admin.progress import OnProgress

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client

STACK_NAME = "Regulars"
ASSET_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
BOOTSTRAP_PARAMETER = ("/cdk-bootstrap/hnb659fds/version", "27")
DEPLOY_SECONDS = 180
POLL_SECONDS = 0.25
FINISHED_STATUSES = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
MAX_SHOWN_FAILURES = 3


@dataclass(frozen=True)
class StackDeployer:
    """Deploys one assembly to one emulator, at which the AWS clients of this process must point."""

    emulator: Emulator
    assembly: Assembly
    on_progress: OnProgress[str]

    def deploy(self) -> None:
        """Create or update the stack unless this template is deployed already, and record where it is."""
        self._prepare_account()
        url, digest = self._upload_template()
        if self._read_deployed_digest() != digest:
            self._upload_assets()
            self._apply_template(url, digest)
            save_services(self.emulator)
        configure_cors(self.assembly.read_template(), self._record_stack())

    def _prepare_account(self) -> None:
        """Create what `cdk bootstrap` creates: the asset bucket and its version."""
        with suppress(self._s3.exceptions.BucketAlreadyOwnedByYou):
            self._s3.create_bucket(
                Bucket=ASSET_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        name, version = BOOTSTRAP_PARAMETER
        boto3.client("ssm").put_parameter(Name=name, Value=version, Type="String", Overwrite=True)

    def _upload_template(self) -> tuple[str, str]:
        """Return the URL and the digest of the uploaded template."""
        body = json.dumps(remove_omitted(self.assembly.read_template()), sort_keys=True).encode()
        digest = hashlib.sha256(body).hexdigest()
        self._s3.put_object(Bucket=ASSET_BUCKET, Key=f"{digest}.json", Body=body)
        return f"{self.emulator.endpoint}/{ASSET_BUCKET}/{digest}.json", digest

    def _upload_assets(self) -> None:
        objects = self._s3.list_objects_v2(Bucket=ASSET_BUCKET).get("Contents", [])
        uploaded = {entry["Key"] for entry in objects}
        for asset in self.assembly.list_assets():
            if asset.key not in uploaded:
                size = asset.prepare_file().stat().st_size >> 20
                self.on_progress(f"uploading {asset.source.name[:24]} ({size} MB)")
                self._s3.put_object(
                    Bucket=ASSET_BUCKET, Key=asset.key, Body=asset.prepare_file().read_bytes()
                )

    def _apply_template(self, url: str, digest: str) -> None:
        stack: dict[str, Any] = {
            "StackName": STACK_NAME,
            "TemplateURL": url,
            "Capabilities": ["CAPABILITY_IAM"],
            "Tags": [{"Key": "template", "Value": digest}],
        }
        if self._read_deployed_digest():
            self._cloudformation.update_stack(**stack)
        else:
            self._cloudformation.create_stack(**stack)
        self._wait_until_finished()

    def _wait_until_finished(self) -> None:
        deadline = time.monotonic() + DEPLOY_SECONDS
        status = ""
        while time.monotonic() < deadline and status not in FINISHED_STATUSES:
            time.sleep(POLL_SECONDS)
            status = str(self._describe_stack().get("StackStatus"))
            if "FAILED" in status or "ROLLBACK" in status:
                break
        if status not in FINISHED_STATUSES:
            message = f"The stack is {status}: {self._describe_failures()}"
            raise CommandError(message, f"Read the end of {LOG_FILE}.")

    def _describe_failures(self) -> str:
        events = self._cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
        failures = [event for event in events if "FAILED" in event.get("ResourceStatus", "")]
        return "; ".join(
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
            for event in failures[:MAX_SHOWN_FAILURES]
        )

    def _describe_stack(self) -> dict[str, Any]:
        """Return the stack as CloudFormation describes it, {} when there is none."""
        try:
            (stack,) = self._cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
        except ClientError:
            return {}
        return dict(stack)

    def _read_deployed_digest(self) -> str:
        """Return the digest of the deployed template, '' for none."""
        stack = self._describe_stack()
        tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
        is_finished = stack.get("StackStatus") in FINISHED_STATUSES
        return tags.get("template", "") if is_finished else ""

    def _record_stack(self) -> dict[str, str]:
        """Write where the stack is to a file, and return its outputs."""
        listed = self._describe_stack().get("Outputs", [])
        outputs = {output["OutputKey"]: output["OutputValue"] for output in listed}
        record = {
            "endpoint": self.emulator.endpoint,
            "region": REGION,
            "name": STACK_NAME,
            "outputs": outputs,
        }
        DEPLOYED_STACK_FILE.write_text(json.dumps(record, indent=1))
        return outputs

    @property
    def _s3(self) -> "S3Client":
        return boto3.client("s3")

    @property
    def _cloudformation(self) -> "CloudFormationClient":
        return boto3.client("cloudformation")
