"""Somebody at the command line of a stack of their own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.places import ROOT


@dataclass(frozen=True)
class Owner:
    """Somebody at the command line."""

    folder: Path

    def runs(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `regulars` as a process of its own."""
        command = [sys.executable, "-m", "infra.cli.main", *arguments]
        environment = os.environ | {"REGULARS_LOCAL": str(self.folder)}
        return subprocess.run(  # noqa: S603  our own command line, arguments of the tests
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    def learns(self, *arguments: str) -> Any:
        """Run it with --json; the facts, or a failed test that shows what was said."""
        finished = self.runs(*arguments, "--json")
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)
