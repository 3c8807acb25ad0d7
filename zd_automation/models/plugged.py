"""Any function from texts to vectors as an encoder: a Python function, a sentence-transformers folder, or what a desk's
table names. An OpenAI-compatible endpoint is in ``endpoint.py``, what they share in ``encoder.py``.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import hashlib
import importlib
import importlib.util
import os
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from zd_automation.errors import ModelError, ZdAutomationError
from zd_automation.models.encoder import CACHED, MOST_CHARACTERS, CachedEncoder, Encoder, Languages, fingerprint
from zd_automation.models.endpoint import EndpointEncoder

# What decides a model's vectors; pages and pictures in its folder do not.
_MODEL_FILES = (".bin", ".json", ".model", ".npy", ".onnx", ".pt", ".py", ".safetensors", ".txt")
_NUMBER = (int, float)
_SHARED: Mapping[str, Any] = {"languages": (list, dict), "most_characters": int, "batch": int}
# What a table of each kind may say, and what it must.
_KEYS: Mapping[str, Mapping[str, Any]] = {
    "bundled": {},
    "wide": {},
    "sentence-transformers": {"model": str, "prefix": str, **_SHARED},
    "endpoint": {
        "url": str, "model": str, "key_env": str, "timeout": _NUMBER, "prefix": str, "allow_public": bool,
        "networks": list, "ca_file": str, "revision": str, **_SHARED,
    },
    "python": {"function": str, "size": int, "name": str, **_SHARED},
}  # fmt: skip
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "sentence-transformers": ("model",), "endpoint": ("url", "model"), "python": ("function", "size"),
}  # fmt: skip


class FunctionEncoder(CachedEncoder):
    """Any callable from a list of texts to rows of numbers. It is called by one thread at a time.

    ``name`` stands for the function's behaviour: give another one when its vectors change, so that models are learnt
    anew. With ``languages`` or ``most_characters`` of its own, a hash of them is put behind the name.
    """

    def __init__(
        self, name: str, size: int, function: Callable[[list[str]], Any], languages: Languages = None, *,
        most_characters: int = MOST_CHARACTERS, batch: int = 64, cache_size: int = CACHED,
    ) -> None:  # fmt: skip
        super().__init__(f"the encoder {name!r}", languages, most_characters, batch, cache_size)
        if not name or not callable(function):
            raise ModelError(f"{self._who} needs a name, and a function that can be called")
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ModelError(f"{self._who}: size must be how many numbers a vector has, 1 or more, not {size!r}")
        plain = self.languages is None and most_characters == MOST_CHARACTERS
        self.name = name if plain else f"{name}/{fingerprint(self.languages, most_characters)}"
        self.size = size
        self._function = function
        self._lock = threading.Lock()

    def _raw(self, texts: list[str]) -> Any:
        try:
            with self._lock:
                return self._function(texts)
        except ZdAutomationError:
            raise
        except Exception as error:  # noqa: BLE001 - a foreign function may raise anything
            # Its message may quote a ticket; its kind and place do not.
            at = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(at.filename).name}:{at.lineno}"
            raise ModelError(
                f"{self._who} failed with {type(error).__name__} at {place}; correct the function"
            ) from None


class SentenceTransformerEncoder(CachedEncoder):
    """A model of the package sentence-transformers, on the CPU. Its weights are loaded with the first text.

    ``folder_or_name`` is a folder that such a model was saved to, or the name of one that is kept on this machine; it is
    fetched from the network only with ``local_files_only=False``. ``prefix`` stands before every text, as the E5 family
    wants "query: ". The name holds a hash of the model's files: new weights make models learn anew.
    Raises ModelError when package or model are missing or cannot be loaded.
    """

    def __init__(
        self, folder_or_name: str | Path, prefix: str = "", languages: Languages = None, *,
        most_characters: int = MOST_CHARACTERS, batch: int = 32, cache_size: int = CACHED,
        local_files_only: bool = True,
    ) -> None:  # fmt: skip
        given = str(folder_or_name)
        super().__init__(f"the sentence-transformers model {given!r}", languages, most_characters, batch, cache_size)
        self.folder = _model_folder(given, self._who, local_files_only)
        ours = fingerprint(prefix, most_characters, self.languages)
        self.name = f"st:{Path(given).name}-{_files_hash(self.folder)}/{ours}"
        self._prefix = prefix
        self._lock = threading.Lock()

    @functools.cached_property
    def _model(self) -> Any:
        # Its bars on standard error would stand between the lines of the log.
        with contextlib.suppress(ImportError, AttributeError):
            importlib.import_module("transformers.utils.logging").disable_progress_bar()
        try:
            package = importlib.import_module("sentence_transformers")
            return package.SentenceTransformer(
                str(self.folder), device="cpu", local_files_only=True, trust_remote_code=False
            )
        except Exception as error:
            raise ModelError(
                f"{self._who} cannot be loaded from {self.folder} ({type(error).__name__}); copy the folder anew, whole, "
                "from where the model was saved"
            ) from error

    def _raw(self, texts: list[str]) -> Any:
        # The tokenizers behind it are not thread-safe. An empty prefix leaves the model's own default prompt alone.
        with self._lock:
            return self._model.encode(
                texts, prompt=self._prefix or None, batch_size=self._batch, convert_to_numpy=True,
                normalize_embeddings=True, show_progress_bar=False,
            )  # fmt: skip


def _model_folder(given: str, who: str, local_files_only: bool) -> Path:
    """Where the model lies. Raises ModelError for a missing folder, package or download."""
    folder = Path(given).expanduser()
    if folder.is_dir() and not any((folder / name).exists() for name in ("modules.json", "config.json")):
        raise ModelError(f"{who}: the folder holds neither modules.json nor config.json, so no saved model")
    is_path = folder.is_absolute() or given.startswith((".", "~")) or given.count("/") > 1
    if is_path and not folder.is_dir():
        raise ModelError(f"{who}: there is no such folder; put a saved model there, or correct the path")
    if importlib.util.find_spec("sentence_transformers") is None:
        raise ModelError(
            f"{who} needs the package sentence-transformers: pip install sentence-transformers "
            "(with the CPU build of torch), or choose another kind of encoder"
        )
    return folder if folder.is_dir() else _kept_model(given, who, local_files_only)


def _kept_model(given: str, who: str, local_files_only: bool) -> Path:
    try:
        hub = importlib.import_module("huggingface_hub")
        return Path(hub.snapshot_download(given, local_files_only=local_files_only))
    except Exception as error:
        raise ModelError(
            f"{who} is neither a folder nor kept on this machine ({type(error).__name__}); save it to a folder where "
            "there is a network (`hf download NAME --local-dir FOLDER`), bring that here and name the folder"
        ) from error


def _files_hash(folder: Path) -> str:
    """Sixteen characters over the model's files: their paths and contents."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.suffix in _MODEL_FILES and path.is_file() and not any(part.startswith(".") for part in inside.parts):
            with path.open("rb") as file:
                total.update(f"{inside.as_posix()}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()[:16]


def encoder_from(
    spec: Mapping[str, Any], *, environ: Mapping[str, str] | None = None, beside: Path | None = None
) -> Encoder:
    """The encoder that a desk's table names by ``kind``; docs/how-to/encoders.md has every key.

    ``environ`` holds the key that ``key_env`` names, by default the process's own. A model's folder is looked for in
    ``beside``, the desk's folder, first. Raises ModelError for a kind, key or value that is not known, and when the encoder
    cannot be had.
    """
    kind = str(spec.get("kind"))
    if kind not in _KEYS:
        raise ModelError(f"[encoder]: kind = {kind!r} is not known{_hint(kind, _KEYS)}")
    options = {key: value for key, value in spec.items() if key != "kind"}
    _check(kind, options)
    if kind == "sentence-transformers":
        model = options.pop("model")
        near = beside / model if beside else None
        return SentenceTransformerEncoder(near if near and near.is_dir() else model, **options)
    if kind == "endpoint":
        key = _key(options.pop("key_env", ""), os.environ if environ is None else environ)
        return EndpointEncoder(options.pop("url"), options.pop("model"), key, **options)
    if kind == "python":
        path = options.pop("function")
        return FunctionEncoder(options.pop("name", path), options.pop("size"), _imported(path), **options)
    return _ours(kind)


def _check(kind: str, options: Mapping[str, Any]) -> None:
    """Raises ModelError for the first key that is unknown, of another type or missing."""
    where, known = f"[encoder] of kind {kind!r}", _KEYS[kind]
    for key, value in options.items():
        if key not in known:
            hidden = "; a key never stands in the file: key_env names its variable" if key in ("key", "api_key") else ""
            raise ModelError(f"{where}: unknown key {key!r}{hidden}{_hint(key, known)}")
        kinds = known[key] if isinstance(known[key], tuple) else (known[key],)
        if type(value) not in kinds:
            named = " or ".join(one.__name__ for one in kinds)
            raise ModelError(f"{where}: {key!r} must be {named}, not {type(value).__name__}")
    for key in _NEEDED.get(kind, ()):
        if not options.get(key):
            raise ModelError(f"{where}: {key!r} must be given")


def _hint(said: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(said, known, n=1, cutoff=0.5)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return f"{meant}; known are {', '.join(known) or 'no others'}"


def _key(variable: str, environ: Mapping[str, str]) -> str | None:
    if variable and not environ.get(variable):
        raise ModelError(f"[encoder]: key_env names {variable}, which is not set; put the endpoint's key there")
    return environ.get(variable) if variable else None


def _imported(path: str) -> Callable[[list[str]], Any]:
    """The function of ``package.module:function``. Raises ModelError when it is not there or cannot be called."""
    module, _, name = path.partition(":")
    if not module or not name:
        raise ModelError(f"[encoder]: function = {path!r} must be like package.module:function")
    try:
        found = functools.reduce(getattr, name.split("."), importlib.import_module(module))
    except Exception as error:
        raise ModelError(
            f"[encoder]: function = {path!r} cannot be imported ({type(error).__name__}: {error}); its package must be "
            "installed beside zd-automation"
        ) from error
    if not callable(found):
        raise ModelError(f"[encoder]: {path!r} is no function but {type(found).__name__}")
    return found


def _ours(kind: str) -> Encoder:
    """The encoders that come with the package."""
    from zd_automation.models.encoders import bundled_encoder, wide_encoder

    return wide_encoder() if kind == "wide" else bundled_encoder()
