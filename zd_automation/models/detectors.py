"""The language identifiers that the chain in ``triage.language`` can be given: py3langid, langdetect, and
py3langid with eldc.

Each is loaded on its first call, once a process, and is safe to share between threads: the models are only
read after loading.
"""

from __future__ import annotations

import importlib
import math
import threading
from collections.abc import Iterable
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from zd_automation.errors import SettingsError
from zd_automation.triage.language import Detector

Ranking = tuple[tuple[str, float], ...]

_FOLDED = {
    "arz": "ar",
    "ary": "ar",
    "wuu": "zh",
    "yue": "zh",
    "zh-cn": "zh",
    "zh-tw": "zh",
    "nn": "no",
    "nb": "no",
    "bs": "hr",
}
_NO_LANGUAGE = "zxx"
_LONGEST = 600
_FLOOR = 0.001
_UNKNOWN_TO_SECOND = 0.05
_BEST = 40
_SCORE_SHARPNESS = 14.0


def detector_named(name: str) -> Detector:
    """The detector that a desk's ``backend`` setting names.

    Raises:
        SettingsError: no backend has that name, or its package is not installed.
    """
    makers = {"py3langid": py3langid_detector, "langdetect": langdetect_detector, "pooled": pooled_detector}
    if name not in makers:
        raise SettingsError((f"language backend {name!r} is not one of {', '.join(makers)}",))
    return makers[name]()


@cache
def py3langid_detector() -> Detector:
    """py3langid with probabilities over its own 140 labels, regional ones folded into their language."""
    return _Py3Langid()


@cache
def langdetect_detector() -> Detector:
    """langdetect with a fixed seed for each call and the candidates as its prior; the same answer in every
    thread and process."""
    return _LangDetect()


@cache
def pooled_detector() -> Detector:
    """py3langid and eldc together (extra ``fast``): the sum of their log-probabilities.

    Raises:
        SettingsError: eldc is not installed.
    """
    return _Pooled(_Py3Langid(), _Eldc())


def _normalised(scores: Iterable[tuple[str, float]], candidates: frozenset[str] | None) -> Ranking:
    """Scores folded to primary tags, kept to ``candidates``, summing to 1, best first; equal scores in order
    of their tags."""
    folded: dict[str, float] = {}
    for label, score in scores:
        tag = _FOLDED.get(label, label)
        if candidates is None or tag in candidates:
            folded[tag] = folded.get(tag, 0.0) + score
    total = sum(folded.values())
    if total <= 0.0:
        return ()
    return tuple(sorted(((tag, score / total) for tag, score in folded.items()), key=lambda pair: (-pair[1], pair[0])))


class _Py3Langid:
    name = "py3langid"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._identifier: Any = None
        self._last = threading.local()

    def rank(self, text: str, candidates: frozenset[str] | None) -> Ranking:
        everything = self._all(text[:_LONGEST])
        if candidates is None:
            return tuple(sorted(everything.items(), key=itemgetter(1), reverse=True))
        return _normalised(((tag, everything[tag]) for tag in sorted(candidates) if tag in everything), None)

    def _all(self, text: str) -> dict[str, float]:
        """The probability of every label; the chain asks twice for one text (all labels, then the desk's), so
        the last answer is kept."""
        if getattr(self._last, "text", None) != text:
            chances = dict(self._load().rank(text))
            for label, tag in _FOLDED.items():  # in a fixed order: sums of floats depend on it
                if label in chances:
                    chances[tag] = chances.get(tag, 0.0) + chances.pop(label)
            self._last.chances = chances
            self._last.text = text
        kept: dict[str, float] = self._last.chances
        return kept

    def _load(self) -> Any:
        with self._lock:
            if self._identifier is None:
                module = importlib.import_module("py3langid.langid")
                self._identifier = module.LanguageIdentifier.from_model_file(module.MODEL_FILE, norm_probs=True)
            return self._identifier


class _LangDetect:
    name = "langdetect"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._factory: Any = None
        self._failure: type[Exception] = ValueError

    def rank(self, text: str, candidates: frozenset[str] | None) -> Ranking:
        factory = self._load()
        labels = [label for label in factory.langlist if candidates is None or _FOLDED.get(label, label) in candidates]
        if not labels:
            return ()
        reader = factory.create()
        reader.set_prior_map(dict.fromkeys(labels, 1.0))
        reader.append(text[:_LONGEST].lower())
        try:
            reader.get_probabilities()
        except self._failure:
            return ()
        return _normalised(zip(factory.langlist, reader.langprob, strict=True), candidates)

    def _load(self) -> Any:
        """A factory of our own, its profiles read in order of their names: the library's shared one reads them
        as the disk lists them."""
        with self._lock:
            if self._factory is None:
                package = importlib.import_module("langdetect")
                factories = importlib.import_module("langdetect.detector_factory")
                self._failure = package.LangDetectException
                factory = factories.DetectorFactory()
                factory.set_seed(0)
                profiles = sorted(Path(factories.PROFILES_DIRECTORY).iterdir())
                factory.load_json_profile([path.read_text(encoding="utf-8") for path in profiles if path.is_file()])
                self._factory = factory
            return self._factory


class _Eldc:
    name = "eldc"

    def __init__(self) -> None:
        try:
            self._module: Any = importlib.import_module("eldc")
        except ImportError as error:
            raise SettingsError(
                ('language backend "pooled" needs the package eldc: install the extra "fast"',)
            ) from error
        self._lock = threading.Lock()
        self._instance: Any = None
        self._last = threading.local()
        self.languages: frozenset[str] = frozenset(self._module.LANGUAGES) | {"id"}

    def rank(self, text: str, candidates: frozenset[str] | None) -> Ranking:
        scores = dict(self._scores(text[:_LONGEST]))
        if "ms" in scores:  # eldc has no Indonesian and calls it Malay: it cannot tell the two apart
            scores["id"] = scores["ms"]
        best = max(scores.values(), default=0.0)
        weights = ((tag, math.exp(_SCORE_SHARPNESS * (score - best))) for tag, score in scores.items())
        return _normalised(weights, candidates)

    def _scores(self, text: str) -> dict[str, float]:
        """The scores of the best labels; the last answer is kept, as in py3langid above."""
        if getattr(self._last, "text", None) != text:
            self._last.scores = dict(self._load().detect_details(text).scores)
            self._last.text = text
        scores: dict[str, float] = self._last.scores
        return scores

    def _load(self) -> Any:
        """An instance of our own: the module-level settings of eldc are shared by the whole process."""
        with self._lock:
            if self._instance is None:
                self._module.init()
                instance = self._module.instance()
                instance.set_scores(20)
                self._instance = instance
            return self._instance


class _Pooled:
    name = "pooled"

    def __init__(self, first: _Py3Langid, second: _Eldc) -> None:
        self._first = first
        self._second = second

    def rank(self, text: str, candidates: frozenset[str] | None) -> Ranking:
        first = self._first.rank(text, candidates)
        second = dict(self._second.rank(text, candidates))
        if not second:
            return first
        known = self._second.languages
        sums = (
            (tag, max(score, _FLOOR) * (max(second.get(tag, 0.0), _FLOOR) if tag in known else _UNKNOWN_TO_SECOND))
            for tag, score in (first[:_BEST] if candidates is None else first)
        )
        return _normalised(sums, candidates)
