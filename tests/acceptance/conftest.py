"""Fixtures of the acceptance tests: models are learnt once for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that all services of this test run share."""
    return tmp_path_factory.mktemp("models")
