"""Runs the command line as a process of its own, on a stack of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.places import ROOT_FOLDER


@dataclass(frozen=True)
class Owner:
    """The command line whose local stack lies in a folder."""

    folder: Path

    def run_command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `regulars` and return the finished process."""
        process = self.start_command(*arguments)
        output, messages = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output, messages)

    def start_command(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `regulars` and return the running process."""
        return subprocess.Popen(  # noqa: S603  (the command line of this project)
            [sys.executable, "-m", "infra.cli.main", *arguments],
            cwd=ROOT_FOLDER,
            env=os.environ | {"REGULARS_LOCAL": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read_result(self, *arguments: str) -> Any:
        """Run a command with --json and return its result; an exit code fails the test and shows the messages."""
        finished = self.run_command(*arguments, "--json")
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)
