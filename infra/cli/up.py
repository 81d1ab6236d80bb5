"""Start the stack on this machine from the template that is deployed, install what is missing, and say where it is."""

import argparse
import os
from pathlib import Path

from infra.cli import options, stack
from infra.cli.console import show, step
from infra.cli.init import first_keys
from infra.local import access, emulator, installation, synthesis
from infra.local.assembly import Assembly
from infra.local.deployment import Deployment
from infra.local.places import ASSEMBLY, KEPT, LOCAL


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """--port and --json."""
    add_port(parser)
    options.add_json(parser)


def add_port(parser: argparse.ArgumentParser) -> None:
    """The port of the local AWS; PORT in the environment, so that `make up PORT=4577` works."""
    default = os.environ.get("PORT") or None
    help_ = f"on 127.0.0.1 (default: {emulator.PORT}, or any free one when that is taken)"
    parser.add_argument("--port", type=options.positive, default=default, help=help_)


def run(arguments: argparse.Namespace) -> int:
    """Bring it up and print where it is."""
    LOCAL.mkdir(parents=True, exist_ok=True)
    prepare()
    running = emulator.running() or started(KEPT, arguments.port)
    deployed = deploy(running)
    keys = first_keys(deployed, running.keys)
    facts = {"api": deployed.api_url, "aws_endpoint": running.endpoint, "keys": keys}
    show(facts, _lines(deployed, running, keys), as_json=arguments.json)
    return 0


def prepare() -> None:
    """Install the emulator when it is missing, build and synthesize what changed."""
    if not installation.is_installed():
        with step("Installing the local AWS (ministack)"):
            installation.install()
    if not synthesis.is_current():
        with step("Building the layers and synthesizing the template"):
            synthesis.synthesize()


def deploy(running: emulator.Emulator) -> stack.Stack:
    """Deploy the synthesized template unless it stands already."""
    access.use(running.endpoint)
    with step("Deploying the template") as current:
        Deployment(running, Assembly(ASSEMBLY), current.note).run()
        current.note("")
    return stack.on_this_machine()


def started(folder: Path, port: int | None) -> emulator.Emulator:
    """Start the local AWS on what the folder holds."""
    with step("Starting the local AWS"):
        return emulator.start(folder, port)


def _lines(deployed: stack.Stack, running: emulator.Emulator, keys: dict[str, str]) -> list[str]:
    return [
        f"API           {deployed.api_url}",
        f"AWS endpoint  {running.endpoint} (access key test, secret test, region {emulator.REGION})",
        *(f"{scope:<5} key     {text}" for scope, text in keys.items()),
        "Stop it with `make down`; what it holds is kept.",
    ]
