"""Models on disk, kept by the hash of what they were made from: built in seconds, never committed, never pickled."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from zd_automation.errors import ModelError

# Raised when the shape of a stored model or the way it is learnt changes: older files are then built anew, not misread.
FORMAT = 8
# What reading a state raises that is of another shape than the code expects.
ODD_STATE = (LookupError, TypeError, ValueError, AttributeError)
_T = TypeVar("_T")

# numpy reads an array's header with ast.literal_eval, and two threads that parse at once can raise SystemError in
# CPython 3.11 ("AST constructor recursion depth mismatch"): whole model files would look broken.
READING = threading.Lock()


def content_hash(*parts: Iterable[Any] | str | float | None) -> str:
    """A short hash of anything JSON can say; equal content gives equal hashes on every machine."""
    text = json.dumps([FORMAT, *parts], ensure_ascii=False, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class ModelCache:
    """A folder of model files named ``<kind>-<hash>.skops``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get_or_build(self, kind: str, key: str, build: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The stored state under this key, or a freshly built one that is then stored.

        A file that is truncated, tampered with or of another version is built anew, never trusted.
        """
        return self.restored(kind, key, build, lambda state: state)

    def restored(
        self, kind: str, key: str, build: Callable[[], dict[str, Any]], restore: Callable[[dict[str, Any]], _T]
    ) -> _T:
        """What ``restore`` makes of the state; a stored one that it cannot read is built anew as well."""
        path = self.folder / f"{kind}-{key}.skops"
        if path.exists():
            try:
                return restore(_read(path))
            except (ModelError, *ODD_STATE):
                path.unlink(missing_ok=True)
        state = build()
        self._store(path, state)
        return restore(state)

    def _store(self, path: Path, state: dict[str, Any]) -> None:
        """Written beside and renamed, so that another process sees a whole file or none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=self.folder, suffix=".part")
        os.close(handle)
        skops().dump(state, beside)
        Path(beside).replace(path)


def skops() -> Any:
    """Loaded when a model is: it brings scikit-learn along, which reading a desk's files must not cost."""
    return importlib.import_module("skops.io")


def _read(path: Path) -> dict[str, Any]:
    try:
        # Only plain arrays, strings and numbers are stored, which skops trusts by itself: nothing is added to that list.
        with READING:
            state = skops().load(path, trusted=[])
    except Exception as error:
        raise ModelError(
            f"the model file {path.name} cannot be trusted ({type(error).__name__}); it is built anew"
        ) from error
    if not isinstance(state, dict):
        raise ModelError(f"the model file {path.name} holds no model; it is built anew")
    return state


def default_cache_folder() -> Path:
    """``$ZD_CACHE_DIR``, else the user's cache folder."""
    named = os.environ.get("ZD_CACHE_DIR")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(named) if named else Path(base) / "zd-automation"
