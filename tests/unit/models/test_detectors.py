"""The detectors are deterministic, restricted to candidates, and safe to share between threads."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from zd_automation.errors import SettingsError
from zd_automation.models.detectors import detector_named, langdetect_detector, py3langid_detector

TEXTS = ("no puedo retirar mi dinero", "help", "saya tidak bisa", "retiro pendiente", "wo ist mein Geld", "BTC")
DESK = frozenset({"en", "es", "de", "id"})


@pytest.mark.parametrize("name", ["py3langid", "langdetect", "pooled"])
def test_probabilities_over_the_candidates_sum_to_one_best_first(name: str) -> None:
    if name == "pooled":
        pytest.importorskip("eldc", reason="eldc is not installed: pip install 'zd-automation[fast]'")
    ranked = detector_named(name).rank("wo ist mein Geld geblieben", DESK)
    assert ranked[0][0] == "de"
    assert {tag for tag, _ in ranked} <= DESK
    assert sum(chance for _, chance in ranked) == pytest.approx(1.0)
    assert [chance for _, chance in ranked] == sorted((chance for _, chance in ranked), reverse=True)


def test_regional_labels_are_folded() -> None:
    assert "zh" in dict(langdetect_detector().rank("我的订单在哪里", None))
    tags = {tag for tag, _ in py3langid_detector().rank("وين فلوسي", None)}
    assert tags.isdisjoint({"arz", "ary", "wuu", "yue"})


def test_text_without_features_ranks_nothing_in_langdetect() -> None:
    assert langdetect_detector().rank("12345", None) == ()
    assert langdetect_detector().rank("hello", frozenset({"xx"})) == ()


@pytest.mark.parametrize("name", ["py3langid", "langdetect"])
def test_threads_get_the_same_answers(name: str) -> None:
    detector = detector_named(name)
    expected = [detector.rank(text, DESK) for text in TEXTS]
    with ThreadPoolExecutor(8) as pool:
        for answers in pool.map(lambda _: [detector.rank(text, DESK) for text in TEXTS], range(16)):
            assert answers == expected


@pytest.mark.timeout(120)
def test_processes_get_the_same_answers() -> None:
    code = (
        "from zd_automation.models.detectors import detector_named as d\n"
        f"print([[d(n).rank(t, frozenset({sorted(DESK)!r})) for t in {TEXTS!r}] for n in ('py3langid', 'langdetect')])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert "es" in outputs.pop()


def test_unknown_backend_is_named() -> None:
    with pytest.raises(SettingsError, match="'magic' is not one of py3langid, langdetect, pooled"):
        detector_named("magic")
