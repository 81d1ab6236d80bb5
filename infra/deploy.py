"""Deploys to, or removes from, the AWS account of the caller's credentials, with the pinned CDK command line."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra import app
from infra.teardown import Data

CDK = "2.1148.1"  # the dist-tag `latest` points at an incompatible one
NODE = Path(os.environ["JSII_NODE"])
NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
TOOLS = app.ROOT / ".tools" / "cdk"
CLI = TOOLS / "node_modules" / "aws-cdk" / "bin" / "cdk"
ADVICE = """\
There are no usable AWS credentials: {error}
Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_REGION.
To try everything without an account: make demo"""


def require_account() -> None:
    """Leave with advice unless the credentials name an account."""
    try:
        account = boto3.client("sts").get_caller_identity()["Account"]
        print(f"Account {account}, region {boto3.Session().region_name}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(ADVICE.format(error=error))


def install() -> None:
    """Fetch the CDK command line into .tools/ once."""
    if not (TOOLS / "node_modules" / "aws-cdk").exists():
        command: list[str | Path] = [
            NODE,
            NPM,
            "install",
            "--silent",
            "--prefix",
            str(TOOLS),
            f"aws-cdk@{CDK}",
        ]
        subprocess.run(command, env=with_node(), check=True)


def with_node() -> dict[str, str]:
    """The environment with the wheel's Node first on the PATH, where npm's scripts look."""
    return os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def cdk(*arguments: str, assembly: Path) -> None:
    """Run the CDK command line on an assembly; its own message says what went wrong."""
    install()
    command: list[str | Path] = [NODE, CLI, "--app", str(assembly), *arguments]
    ran = subprocess.run(command, env=with_node(), cwd=app.ROOT, check=False)
    if ran.returncode:
        sys.exit(ran.returncode)


def destroy(assembly: Path, extra: list[str]) -> None:
    """Delete the stack; the tables and buckets stay and are named."""
    kept = Data.of_stack(app.STACK)
    print(
        "The tables and buckets will stay. To delete them too, answer no: make destroy EVERYTHING=1"
    )
    cdk("destroy", app.STACK, *extra, assembly=assembly)
    print("Kept, with everything in them; no stack knows them any more (tables are protected):")
    for name in (*kept.tables, *kept.buckets):
        print(f"  {name}")
    print(f"Kept too: the parameters under /{app.STACK}, without which nobody is known again.")


def destroy_everything(extra: list[str]) -> None:
    """Give up the protection of the data, empty the buckets, delete the stack and its parameters."""
    if input(f"This deletes every event and profile. Type {app.STACK} to go on: ") != app.STACK:
        sys.exit("Nothing was deleted.")
    assembly = app.synth(app.ROOT / "build" / "teardown", retain_data="false")
    cdk("deploy", app.STACK, "--require-approval", "never", assembly=assembly)
    data = Data.of_stack(app.STACK)
    data.empty_buckets()
    cdk("destroy", app.STACK, "--force", *extra, assembly=assembly)
    data.delete_parameters(f"/{app.STACK}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("command", choices=("bootstrap", "deploy", "destroy"))
    parser.add_argument("--everything", action="store_true", help="destroy the data too")
    parser.add_argument("--assembly", type=Path, default=app.ROOT / "cdk.out")
    arguments, extra = parser.parse_known_args()
    require_account()
    if arguments.command != "destroy":
        cdk(arguments.command, *extra, assembly=arguments.assembly)
    elif arguments.everything:
        destroy_everything(extra)
    else:
        destroy(arguments.assembly, extra)


if __name__ == "__main__":
    main()
