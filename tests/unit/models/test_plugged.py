"""Foreign functions as encoders: answers are checked and scaled, mistakes are named, tables are read strictly."""

from __future__ import annotations

import importlib.machinery
import re
import sys
import threading
import tomllib
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.docs.pages import blocks, first_column, page
from tests.support.embedding_server import SIZE, EmbeddingServer, ngram_vectors
from zd_automation.errors import ModelError, TryLater
from zd_automation.models import plugged
from zd_automation.models.encoder import Languages, unit_rows
from zd_automation.models.encoders import encoder_is_installed, wide_encoder, wide_encoder_is_installed
from zd_automation.models.plugged import FunctionEncoder, SentenceTransformerEncoder, encoder_from

_PAGE = "docs/how-to/encoders.md"
_TEXT = "my secret text about the parcel"


class Recorder:
    """A function that remembers what it was asked, and gives [length, 1] for each text."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def __call__(self, texts: list[str]) -> list[list[float]]:
        self.calls.append(list(texts))
        return [[float(len(text)), 1.0] for text in texts]

    @property
    def texts(self) -> list[str]:
        return [text for call in self.calls for text in call]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@given(arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.floats(-1e300, 1e300)))
def test_any_finite_rows_get_length_one_and_keep_their_direction(raw: np.ndarray[Any, Any]) -> None:
    rows = unit_rows(raw, len(raw), raw.shape[1], "f")
    assert (rows.shape, rows.dtype) == (raw.shape, np.float32)
    for row, before in zip(rows, raw, strict=True):
        assert np.linalg.norm(row) == pytest.approx(1.0 if before.any() else 0.0, abs=1e-5)
        assert (row * np.sign(before) >= 0).all()
        assert not before.any() or np.argmax(np.abs(row)) in np.flatnonzero(
            np.isclose(np.abs(before), np.abs(before).max())
        )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([[1.0, 2.0]], r"shape \(1, 2\) where \(2, 3\) was due"),
        ([[1.0, 2.0, 3.0]] * 3, r"shape \(3, 3\)"),
        ([[1.0, 2.0]] * 2, r"shape \(2, 2\)"),
        ([1.0, 2.0], r"shape \(2,\)"),
        ([[[1.0, 2.0, 3.0]]] * 2, r"shape \(2, 1, 3\)"),
        ([[], []], r"shape \(2, 0\)"),
        ([[1.0, 2.0, 3.0], [1.0]], "no table of numbers"),
        ([[1.0, 2.0, "x"]] * 2, "no table of numbers"),
        (None, "shape"),
        ([[1.0, 2.0, None]] * 2, "not finite|no table"),
        ([[1.0, 2.0, float("nan")]] * 2, "not finite"),
        ([[1.0, 2.0, float("inf")]] * 2, "not finite"),
    ],
)
def test_an_answer_that_is_no_table_of_finite_numbers_is_refused_by_the_functions_name(answer: Any, said: str) -> None:
    encoder = FunctionEncoder("house vectors", 3, lambda _texts: answer)
    with pytest.raises(ModelError, match=f"the encoder 'house vectors' gave .*({said})"):
        encoder.encode([_TEXT, "two"])


def test_a_function_that_fails_is_named_with_its_place_and_never_with_its_text() -> None:
    def fails(texts: list[str]) -> Any:
        raise KeyError(texts[0])

    with pytest.raises(ModelError, match=r"'house' failed with KeyError at test_plugged\.py:\d+") as caught:
        FunctionEncoder("house", 3, fails).encode([_TEXT])
    assert _TEXT not in "".join(traceback.format_exception(caught.value))


def test_an_error_of_ours_comes_through_as_it_is() -> None:
    def busy(_texts: list[str]) -> Any:
        raise TryLater("the machine with the vectors is restarted", 7.0)

    with pytest.raises(TryLater) as caught:
        FunctionEncoder("house", 3, busy).encode(["a"])
    assert caught.value.retry_after == 7.0


def test_a_text_is_asked_once_however_often_it_stands_there(recorder: Recorder) -> None:
    encoder = FunctionEncoder("lengths", 2, recorder)
    first = encoder.encode(["aa", "b", "aa"])
    assert sorted(recorder.texts) == ["aa", "b"]
    first[:] = 0.0
    again = encoder.encode(["b", "aa"])
    assert sorted(recorder.texts) == ["aa", "b"]
    assert np.allclose(again, unit_rows([[1, 1], [2, 1]], 2, 2, ""))


def test_the_cache_forgets_what_was_not_used_for_longest(recorder: Recorder) -> None:
    encoder = FunctionEncoder("lengths", 2, recorder, cache_size=2)
    for text in ("a", "bb", "a", "ccc", "a", "bb"):
        encoder.encode([text])
    assert recorder.texts == ["a", "bb", "ccc", "bb"]
    assert len(encoder._cache) == 2


def test_batches_are_no_larger_than_asked_and_go_from_short_to_long(recorder: Recorder) -> None:
    texts = ["x" * length for length in (5, 1, 4, 2, 3)]
    rows = FunctionEncoder("lengths", 2, recorder, batch=2).encode(texts)
    assert recorder.calls == [["x", "xx"], ["xxx", "xxxx"], ["xxxxx"]]
    assert np.allclose(rows[:, 0] / rows[:, 1], [5, 1, 4, 2, 3], atol=1e-4)


def test_texts_are_cut_and_made_sendable_first(recorder: Recorder) -> None:
    FunctionEncoder("lengths", 2, recorder, most_characters=4).encode(["abcdef", "", "a\ud83d"])
    assert sorted(recorder.texts) == [" ", "a?", "abcd"]


def test_a_function_is_called_by_one_thread_at_a_time() -> None:
    inside, most, lock = [0], [0], threading.Lock()
    met = threading.Event()

    def counts(texts: list[str]) -> Any:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        met.wait(0.02)
        with lock:
            inside[0] -= 1
        return [[1.0]] * len(texts)

    encoder = FunctionEncoder("counts", 1, counts)
    threads = [threading.Thread(target=encoder.encode, args=([str(number)],)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


@pytest.mark.parametrize(
    ("languages", "tag", "share"),
    [
        (None, "sw", 1.0),
        (None, "pt-BR", 1.0),
        (None, "und", 0.0),
        (["en", "PT"], "pt-BR", 1.0),
        (["en"], "de", 0.0),
        (["en"], "und", 0.0),
        ([], "en", 0.0),
        ({"ru": 1, "ru-Latn": 0.25}, "ru", 1.0),
        ({"ru": 1, "ru-Latn": 0.25}, "ru-Latn", 0.25),
        ({"zh": 0.5}, "zh-Hans", 0.5),
    ],
)
def test_how_far_a_language_is_carried(languages: Languages, tag: str, share: float) -> None:
    assert FunctionEncoder("f", 2, ngram_vectors, languages).carries(tag) == share


@pytest.mark.parametrize("languages", ["en", [1], {"en": "1"}, {"en": True}, {"en": 1.5}, {"en": -0.1}, [["en"]]])
def test_languages_that_are_none_are_refused(languages: Any) -> None:
    with pytest.raises(ModelError, match=r"the encoder 'f'.*(languages must be tags|between 0 and 1)"):
        FunctionEncoder("f", 2, ngram_vectors, languages)


@pytest.mark.parametrize(
    ("name", "size", "options", "said"),
    [
        ("f", 0, {}, "size must be"),
        ("f", True, {}, "size must be"),
        ("f", 2.0, {}, "size must be"),
        ("", 2, {}, "needs a name"),
        ("f", 2, {"batch": 0}, "batch must be 1 or more"),
        ("f", 2, {"most_characters": -1}, "most_characters must be 1 or more"),
    ],
)
def test_settings_that_cannot_be_are_refused(name: str, size: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        FunctionEncoder(name, size, ngram_vectors, **options)


def test_the_name_changes_with_everything_that_changes_the_vectors_or_their_use() -> None:
    def name(**options: Any) -> str:
        return FunctionEncoder("f", 2, ngram_vectors, **options).name

    assert name() == name(batch=3, cache_size=1) == "f"
    names = [name(), name(languages=["en"]), name(languages={"en": 0.5}), name(most_characters=100)]
    assert len(set(names)) == 4
    assert all(one.startswith("f") for one in names)
    assert name(languages=["en"]) == name(languages={"EN": 1.0})


# The package sentence-transformers: here a stand-in shows what is asked of it; the contract suite runs the real one.


class StandIn:
    """In place of ``sentence_transformers.SentenceTransformer``."""

    loaded: ClassVar[list[tuple[str, dict[str, Any]]]] = []
    asked: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, folder: str, **options: Any) -> None:
        if (Path(folder) / "broken").exists():
            raise OSError("half a file")
        StandIn.loaded.append((folder, options))

    def encode(self, texts: list[str], **options: Any) -> Any:
        StandIn.asked.append({"texts": texts, **options})
        return ngram_vectors(texts)


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    for name, attribute, value in (
        ("sentence_transformers", "SentenceTransformer", StandIn),
        ("huggingface_hub", "snapshot_download", _kept_nowhere),
    ):
        module = ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        setattr(module, attribute, value)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(StandIn, "loaded", [])
    monkeypatch.setattr(StandIn, "asked", [])
    return StandIn


def _kept_nowhere(name: str, *, local_files_only: bool) -> str:
    raise FileNotFoundError(f"{name} {local_files_only}")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "e5-small"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "modules.json").write_text("[]")
    (folder / "1_Pooling" / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "README.md").write_text("a card")
    return folder


def test_weights_are_loaded_with_the_first_text_once_on_the_cpu_and_offline(
    package: type[StandIn], saved: Path
) -> None:
    encoder = SentenceTransformerEncoder(saved, prefix="query: ", batch=7)
    assert encoder.name.startswith("st:e5-small-")
    assert package.loaded == []
    assert encoder.encode(["parcel"]).shape == (1, SIZE)
    encoder.encode(["another"])
    options = {"device": "cpu", "local_files_only": True, "trust_remote_code": False}
    assert package.loaded == [(str(saved), options)]
    assert {(call["prompt"], call["batch_size"], call["show_progress_bar"]) for call in package.asked} == {
        ("query: ", 7, False)
    }


def test_without_a_prefix_the_models_own_prompt_is_left_alone(package: type[StandIn], saved: Path) -> None:
    SentenceTransformerEncoder(saved).encode(["parcel"])
    assert {call["prompt"] for call in package.asked} == {None}


def test_its_name_follows_weights_files_and_settings_but_not_its_card(package: type[StandIn], saved: Path) -> None:
    def name(**options: Any) -> str:
        return SentenceTransformerEncoder(saved, **options).name

    before = name()
    (saved / "README.md").write_text("another card")
    (saved / ".cache").mkdir()
    (saved / ".cache" / "state.json").write_text("{}")
    assert name() == name(batch=3) == before
    seen = {before, name(prefix="query: "), name(languages=["en"]), name(most_characters=100)}
    (saved / "model.safetensors").write_bytes(b"weighty")
    seen.add(name())
    (saved / "1_Pooling" / "config.json").rename(saved / "config.json")
    seen.add(name())
    assert len(seen) == 6


def test_a_model_that_cannot_be_loaded_says_where_it_lies(package: type[StandIn], saved: Path) -> None:
    (saved / "broken").touch()
    with pytest.raises(ModelError, match=f"cannot be loaded from {re.escape(str(saved))} \\(OSError\\); copy"):
        SentenceTransformerEncoder(saved).encode(["parcel"])


@pytest.mark.parametrize("given", ["/no/such/folder", "./no-such", "models/de/small", "~/no-such-folder"])
def test_a_folder_that_is_not_there_is_named(given: str) -> None:
    with pytest.raises(ModelError, match=re.escape(f"{given!r}: there is no such folder")):
        SentenceTransformerEncoder(given)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"neither modules\.json nor config\.json"):
        SentenceTransformerEncoder(tmp_path)


def test_a_model_that_is_not_kept_here_is_not_fetched(package: type[StandIn]) -> None:
    with pytest.raises(ModelError, match="neither a folder nor kept on this machine") as caught:
        SentenceTransformerEncoder("someone/small-model")
    assert str(caught.value.__cause__) == "someone/small-model True"


def test_a_missing_package_says_what_to_install(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelError, match="pip install sentence-transformers"):
        SentenceTransformerEncoder(saved)


# The table in a desk's file.

_FUNCTION = "tests.support.embedding_server:ngram_vectors"


def test_a_table_names_a_python_function() -> None:
    encoder = encoder_from({"kind": "python", "function": _FUNCTION, "size": SIZE, "languages": {"en": 1, "de": 0.5}})
    assert np.array_equal(encoder.encode(["a parcel"]), unit_rows(ngram_vectors(["a parcel"]), 1, SIZE, ""))
    assert encoder.name.startswith(_FUNCTION)
    assert (encoder.carries("de"), encoder.carries("fr")) == (0.5, 0.0)
    assert encoder_from({"kind": "python", "function": _FUNCTION, "size": SIZE, "name": "v2"}).name == "v2"


def test_a_table_names_an_endpoint_and_its_key_stands_in_the_environment() -> None:
    with EmbeddingServer() as server:
        spec = {"kind": "endpoint", "url": server.url, "model": "m", "key_env": "DESK_KEY", "prefix": "query: "}
        encoder = encoder_from(spec, environ={"DESK_KEY": "k-123"})
        assert encoder.encode(["parcel"]).shape == (1, SIZE)
        assert server.headers[-1]["Authorization"] == "Bearer k-123"
        assert server.texts[-1] == "query: parcel"
        with pytest.raises(ModelError, match="key_env names DESK_KEY, which is not set"):
            encoder_from(spec, environ={"DESK_KEY": ""})


def test_the_key_is_looked_for_in_the_process_when_no_environment_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {"kind": "endpoint", "url": "http://10.0.0.7/v1", "model": "m", "key_env": "DESK_KEY"}
    monkeypatch.delenv("DESK_KEY", raising=False)
    with pytest.raises(ModelError, match="DESK_KEY"):
        encoder_from(spec)
    monkeypatch.setenv("DESK_KEY", "k")
    assert encoder_from(spec).name.startswith("endpoint:m@10.0.0.7/")


def test_a_models_folder_is_looked_for_beside_the_desk_first(package: type[StandIn], saved: Path) -> None:
    encoder = encoder_from({"kind": "sentence-transformers", "model": "e5-small"}, beside=saved.parent)
    encoder.encode(["a"])
    assert package.loaded[0][0] == str(saved)
    with pytest.raises(ModelError, match="neither a folder nor kept"):
        encoder_from({"kind": "sentence-transformers", "model": "e5-small"}, beside=saved)


@pytest.mark.skipif(not encoder_is_installed(), reason="extra `multilingual` is not installed")
def test_the_bundled_encoder_is_the_one_that_the_service_shares() -> None:
    from zd_automation.models.encoders import bundled_encoder

    assert encoder_from({"kind": "bundled"}) is bundled_encoder()


@pytest.mark.skipif(not wide_encoder_is_installed(), reason="extra `wide` is not installed")
def test_the_wide_encoder_is_the_one_that_the_service_shares() -> None:
    assert encoder_from({"kind": "wide"}) is wide_encoder()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "kind = 'None' is not known; known are bundled, wide, sentence-transformers, endpoint, python"),
        ({"kind": "endpiont"}, "did you mean 'endpoint'"),
        ({"kind": ["python"]}, "is not known"),
        ({"kind": "bundled", "batch": 3}, "unknown key 'batch'; known are no others"),
        ({"kind": "endpoint", "modle": "m"}, "'endpoint': unknown key 'modle'; did you mean 'model'"),
        ({"kind": "endpoint", "key": "sk-1"}, "unknown key 'key'; a key never stands in the file"),
        ({"kind": "endpoint", "model": "m"}, "'url' must be given"),
        ({"kind": "endpoint", "url": "http://10.0.0.1", "model": ""}, "'model' must be given"),
        ({"kind": "endpoint", "url": 1, "model": "m"}, "'url' must be str, not int"),
        ({"kind": "endpoint", "timeout": True}, "'timeout' must be int or float, not bool"),
        ({"kind": "endpoint", "allow_public": 1}, "'allow_public' must be bool"),
        ({"kind": "endpoint", "languages": "en"}, "'languages' must be list or dict, not str"),
        ({"kind": "python", "function": _FUNCTION}, "'size' must be given"),
        ({"kind": "python", "function": "json", "size": 2}, "must be like package.module:function"),
        ({"kind": "python", "function": "no_such_module:f", "size": 2}, "cannot be imported (ModuleNotFoundError"),
        ({"kind": "python", "function": "json:no_such", "size": 2}, "cannot be imported (AttributeError"),
        ({"kind": "python", "function": "json:decoder", "size": 2}, "is no function but module"),
        ({"kind": "sentence-transformers"}, "'model' must be given"),
    ],
)
def test_a_wrong_table_says_what_is_wrong_and_what_is_known(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError) as caught:
        encoder_from(spec)
    assert said in str(caught.value)
    assert "sk-1" not in str(caught.value)


# The page in the manual.


@pytest.fixture
def made(package: type[StandIn], saved: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Makes the encoder of a block on the page, in a place where everything that it names is there."""
    module = ModuleType("acme_vectors")
    module.encode = ngram_vectors  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "acme_vectors", module)
    saved.rename(saved.parent / "multilingual-e5-small")

    def make(block: str) -> Any:
        return encoder_from(tomllib.loads(block)["encoder"], environ={"EMBEDDINGS_KEY": "k"}, beside=saved.parent)

    return make


def test_every_table_on_the_page_makes_an_encoder(made: Callable[[str], Any]) -> None:
    shown = blocks(page(_PAGE), "toml")
    kinds = [tomllib.loads(block)["encoder"]["kind"] for block in shown]
    names = [made(block).name for block, kind in zip(shown, kinds, strict=True) if kind not in ("bundled", "wide")]
    assert {"sentence-transformers", "endpoint", "python"} <= set(kinds)
    assert {name.split(":")[0] for name in names} == {"st", "endpoint", "acme-1"}


def test_the_page_has_every_key_of_every_kind() -> None:
    text = page(_PAGE)
    shared = list(plugged._SHARED)
    assert first_column(text, "Keys that all three take") == shared
    for kind, heading in (
        ("sentence-transformers", "A sentence-transformers model"),
        ("endpoint", "An endpoint on your own network"),
        ("python", "A function of your own"),
    ):
        assert [*first_column(text, heading), *shared] == list(plugged._KEYS[kind]), kind
    assert first_column(text, "Kinds") == list(plugged._KEYS)


def test_the_function_on_the_page_keeps_the_contract() -> None:
    (source,) = blocks(page(_PAGE), "python")
    space: dict[str, Any] = {}
    exec(compile(source, _PAGE, "exec"), space)
    size = next(tomllib.loads(b)["encoder"]["size"] for b in blocks(page(_PAGE), "toml") if '"python"' in b)
    rows = FunctionEncoder("page", size, space["encode"]).encode(["where is my parcel", "where is my card"])
    assert rows.shape == (2, size)
    assert 0.2 < rows[0] @ rows[1] < 0.999
