"""Where the shared reference material lies: recordings of real traffic and the API description."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ZD_SHARED") or Path(__file__).parents[3] / "shared")

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"no shared reference material at {SHARED} (set ZD_SHARED to its folder)"
)
