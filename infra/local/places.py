"""The files of the local stack; all of them are inside the checkout."""

import os
from pathlib import Path

ROOT_FOLDER = Path(__file__).resolve().parents[2]
BUILD_FOLDER = ROOT_FOLDER / "build"
CACHE_FOLDER = BUILD_FOLDER / "local"
LOCAL_FOLDER = Path(
    os.environ.get("REGULARS_LOCAL") or CACHE_FOLDER
)  # another folder is another stack, as for the tests
KEPT_DATA_FOLDER = LOCAL_FOLDER / "kept"  # the data of `up`, from one run to the next
DEMO_DATA_FOLDER = LOCAL_FOLDER / "demo"  # the data of the demo while it runs
SCRATCH_FOLDER = LOCAL_FOLDER / "tmp"
LOG_FILE = LOCAL_FOLDER / "ministack.log"
PROCESS_FILE = LOCAL_FOLDER / "process.json"
PORT_FILE = LOCAL_FOLDER / "port"
START_LOCK_FILE = LOCAL_FOLDER / "start.lock"
DEPLOYED_STACK_FILE = LOCAL_FOLDER / "stack.json"
ASSEMBLY_FOLDER = CACHE_FOLDER / "cdk.out"
ZIP_FOLDER = CACHE_FOLDER / "assets"
ENVIRONMENT_FOLDER = ROOT_FOLDER / ".tools" / "ministack"
REQUIREMENTS_FILE = ROOT_FOLDER / "infra" / "local" / "requirements.txt"
SAMPLE_FILE = ROOT_FOLDER / "infra" / "local" / "sample" / "online_retail.csv.gz"
