"""Synthesizes the template without Docker, a system Node, credentials or look-ups: `python -m infra.app`."""

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.stack import RegularsStack

ROOT = Path(__file__).resolve().parents[1]
STACK_NAME = "Regulars"
# The CDK CLI sets it by default and refuses it in cdk.json.
PATH_METADATA = {"aws:cdk:enable-path-metadata": True}


def synthesize(output: Path | None = None, **context: str) -> Path:
    """Write the cloud assembly and return its folder; raise when a rule of cdk-nag is violated.

    Without an output it goes to the folder that the CDK CLI asks for, else to cdk.out.
    """
    output = output or Path(os.environ.get("CDK_OUTDIR", ROOT / "cdk.out"))
    shutil.rmtree(output, ignore_errors=True)
    # Only the CDK CLI reads cdk.json by itself.
    defaults: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context=defaults | PATH_METADATA | context, outdir=str(output))
    RegularsStack(app, STACK_NAME)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    return Path(app.synth().directory)


def main() -> None:
    """Synthesize with the context of the command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.app", description=__doc__)
    parser.add_argument("--output", type=Path, help="where to write (default: cdk.out)")
    parser.add_argument("-c", "--context", action="append", default=[], metavar="NAME=VALUE")
    arguments = parser.parse_args()
    context = dict(pair.split("=", 1) for pair in arguments.context)
    print(synthesize(arguments.output, **context))


if __name__ == "__main__":
    main()
