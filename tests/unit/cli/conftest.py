"""Every command is run in an empty folder, without settings, over one cache of models."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.builders import a_desk_folder
from tests.support.command import without_settings

CACHE = os.environ.get("ZD_CACHE_DIR")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where models are kept: the cache that the environment names, else one for this run."""
    return CACHE or str(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: str) -> Path:
    """The empty working folder."""
    for name in set(os.environ) - set(without_settings(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZD_CACHE_DIR", models)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The little desk: card problems, late deliveries, forgotten passwords; it says nothing about rungs."""
    settings = 'name = "Little"\nlanguages = ["en", "es", "de"]\n[topics]\ntarget_precision = 0.5\n'
    return a_desk_folder(tmp_path_factory.mktemp("desk"), settings)
