"""The files of the local stack; all of them are inside the checkout."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
CACHE = BUILD / "local"
LOCAL = Path(
    os.environ.get("REGULARS_LOCAL") or CACHE
)  # another folder is another stack, as for the tests
KEPT = LOCAL / "kept"  # the data of `up`, from one run to the next
FLEETING = LOCAL / "demo"  # the data of the demo while it runs
SCRATCH = LOCAL / "tmp"
LOG = LOCAL / "ministack.log"
PROCESS = LOCAL / "process.json"
DEPLOYED = LOCAL / "stack.json"
ASSEMBLY = CACHE / "cdk.out"
ZIPS = CACHE / "assets"
ENVIRONMENT = ROOT / ".tools" / "ministack"
REQUIREMENTS = ROOT / "infra" / "local" / "requirements.txt"
SAMPLE = ROOT / "infra" / "local" / "sample" / "online_retail.csv.gz"
