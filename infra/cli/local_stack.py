"""Starts the stack on this machine: installs the emulator, synthesizes the template, and deploys it."""

import argparse
import os
from pathlib import Path

from infra.cli import options
from infra.cli.stack import Stack, find_local_stack
from infra.cli.terminal import print_message, show_step
from infra.local import access, emulator, installation, ports, synthesis
from infra.local.assembly import Assembly
from infra.local.places import ASSEMBLY_FOLDER
from infra.local.stack_deployer import StackDeployer


def add_port(parser: argparse.ArgumentParser) -> None:
    """Add --port; the default is PORT in the environment, so that `make up PORT=4577` works."""
    default = os.environ.get("PORT") or None
    help_ = f"on 127.0.0.1 (default: that of the last start, {ports.DEFAULT_PORT} at first; any free one when it is taken)"
    parser.add_argument("--port", type=options.parse_positive, default=default, help=help_)


def prepare_stack() -> None:
    """Install the emulator when it is missing; build the layers and synthesize when a source changed."""
    if not installation.is_installed():
        with show_step("Installing the local AWS (ministack)"):
            installation.install_emulator()
    if not synthesis.is_current():
        with show_step("Building the layers and synthesizing the template") as step:
            synthesis.synthesize(step.update)
            step.update("")


def start_emulator(folder: Path, port: int | None) -> emulator.Emulator:
    """Start the local AWS with the data of a folder."""
    usual_port = ports.find_usual_port()
    with show_step("Starting the local AWS"):
        running = emulator.start_emulator(folder, port)
    if not port and running.port != usual_port:
        print_message(f"Port {usual_port} is taken: the stack listens on port {running.port}.")
    return running


def deploy_stack(running: emulator.Emulator) -> Stack:
    """Deploy the synthesized template unless it is deployed already."""
    access.use_endpoint(running.endpoint)
    with show_step("Deploying the template") as step:
        StackDeployer(running, Assembly(ASSEMBLY_FOLDER), step.update).deploy()
        step.update("")
    return find_local_stack()
