"""Which encoders a desk works with: those that its table ``[encoder]`` names, else what is installed."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Hashable, Mapping
from pathlib import Path

from dotenv import dotenv_values

from zd_automation.config import Secret, dotenv_then
from zd_automation.desk_files import DeskFiles
from zd_automation.models.encoder import Encoder
from zd_automation.models.encoders import bundled_encoder, encoder_is_installed, installed_encoders
from zd_automation.models.plugged import encoder_from

_NAMED: dict[Hashable, Encoder] = {}
_NAMING = threading.Lock()


def desk_encoders(files: DeskFiles) -> tuple[Encoder, ...]:
    """The encoders of a desk: for topics, danger and articles. Raises ModelError when one cannot be had.

    Every installed one where the desk names none; the bundled one, if it is installed, beside the wide one; else the
    named one alone.
    """
    if not files.encoder:
        return installed_encoders()
    named = _named(files)
    return (bundled_encoder(), named) if _is_wide(files) and encoder_is_installed() else (named,)


def _is_wide(files: DeskFiles) -> bool:
    return files.encoder.get("kind") == "wide"


def _named(files: DeskFiles) -> Encoder:
    """The encoder of the desk's table, built once in a process: desks that say the same share it."""
    environ = dotenv_then(os.environ, lambda: dotenv_values(".env"))
    beside = files.folder.resolve() if (files.folder / str(files.encoder.get("model"))).is_dir() else None
    with _NAMING:
        key = _key(files.encoder, environ, beside)
        if key not in _NAMED:
            _NAMED[key] = encoder_from(files.encoder, environ=environ, beside=beside)
        return _NAMED[key]


def _key(spec: Mapping[str, object], environ: Mapping[str, str], beside: Path | None) -> Hashable:
    """Everything that an encoder is made of; two desks with other networks or keys never share one."""
    return (
        json.dumps(dict(spec), sort_keys=True, default=str),
        Secret(environ.get(str(spec.get("key_env")), "")),
        beside,
    )
