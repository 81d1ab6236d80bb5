"""Locates the files of the providers: signature vectors and captured payloads, which are not part of the repository."""

import os
from pathlib import Path

SHARED_FOLDER = Path(os.environ.get("SHARED", Path(__file__).parents[3] / "shared"))
VECTORS_FILE = SHARED_FOLDER / "webhooks" / "vectors.json"
PAYLOADS_FOLDER = SHARED_FOLDER / "webhooks" / "fixtures"
