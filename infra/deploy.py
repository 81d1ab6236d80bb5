"""Deploys the stack to the AWS account of the caller's credentials or deletes it, with the pinned CDK command line."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import app
from infra.teardown import RetainedData

CDK_VERSION = "2.1148.1"  # the dist-tag `latest` is an incompatible one
NODE = Path(os.environ["JSII_NODE"])
NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
CDK_FOLDER = app.ROOT / ".tools" / "cdk"
CDK_CLI = CDK_FOLDER / "node_modules" / "aws-cdk" / "bin" / "cdk"
CREDENTIALS_ADVICE = """\
There are no usable AWS credentials: {error}
Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_REGION.
To try everything without an account: make demo"""


def require_account() -> None:
    """Exit with advice unless the credentials belong to an account."""
    try:
        account = boto3.client("sts").get_caller_identity()["Account"]
        print(f"Account {account}, region {boto3.Session().region_name}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(CREDENTIALS_ADVICE.format(error=error))


def install_cdk() -> None:
    """Install the CDK command line into .tools/ once."""
    if not (CDK_FOLDER / "node_modules" / "aws-cdk").exists():
        command: list[str | Path] = [
            NODE,
            NPM,
            "install",
            "--silent",
            "--prefix",
            str(CDK_FOLDER),
            f"aws-cdk@{CDK_VERSION}",
        ]
        subprocess.run(command, env=build_node_environment(), check=True)


def build_node_environment() -> dict[str, str]:
    """Return the environment with the Node of the wheel first on the PATH, where the scripts of npm look."""
    return os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def run_cdk(*arguments: str, assembly: Path) -> None:
    """Run the CDK command line on an assembly; exit with its code when it fails, after its own message."""
    install_cdk()
    command: list[str | Path] = [NODE, CDK_CLI, "--app", str(assembly), *arguments]
    finished = subprocess.run(command, env=build_node_environment(), cwd=app.ROOT, check=False)
    if finished.returncode:
        sys.exit(finished.returncode)


def destroy_stack(assembly: Path, extra: list[str]) -> None:
    """Delete the stack but not its tables and buckets, and print their names."""
    retained = RetainedData.from_stack(app.STACK_NAME)
    print(
        "The tables and buckets are kept. To delete them too, answer no and run: make destroy EVERYTHING=1"
    )
    run_cdk("destroy", app.STACK_NAME, *extra, assembly=assembly)
    print("Kept with all their data, and part of no stack any more (tables are protected):")
    for name in (*retained.tables, *retained.buckets):
        print(f"  {name}")
    print(
        f"Kept too: the parameters under /{app.STACK_NAME}. Without them no person is recognized again."
    )


def destroy_everything(extra: list[str]) -> None:
    """Remove the protection of the data, empty the buckets, and delete the stack and its parameters."""
    if (
        input(f"This deletes every event and profile. Type {app.STACK_NAME} to continue: ")
        != app.STACK_NAME
    ):
        sys.exit("Nothing was deleted.")
    assembly = app.synthesize(app.ROOT / "build" / "teardown", retain_data="false")
    run_cdk("deploy", app.STACK_NAME, "--require-approval", "never", assembly=assembly)
    data = RetainedData.from_stack(app.STACK_NAME)
    data.clear_buckets()
    run_cdk("destroy", app.STACK_NAME, "--force", *extra, assembly=assembly)
    data.delete_parameters(f"/{app.STACK_NAME}")


def main() -> None:
    """Run the command of the command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("command", choices=("bootstrap", "deploy", "destroy"))
    parser.add_argument("--everything", action="store_true", help="destroy the data too")
    parser.add_argument("--assembly", type=Path, default=app.ROOT / "cdk.out")
    arguments, extra = parser.parse_known_args()
    require_account()
    if arguments.command != "destroy":
        run_cdk(arguments.command, *extra, assembly=arguments.assembly)
    elif arguments.everything:
        destroy_everything(extra)
    else:
        destroy_stack(arguments.assembly, extra)


if __name__ == "__main__":
    main()
