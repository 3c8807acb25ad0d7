"""The danger model of a desk: learnt once, shared, with the desk's own examples, phrases and lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skops.io

from tests.support.builders import a_desk_folder
from zd_automation.danger_files import load_books
from zd_automation.danger_learning import danger_model, scored
from zd_automation.definitions import Problems
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.errors import ModelError
from zd_automation.lessons import Reader
from zd_automation.models.cache import ModelCache
from zd_automation.models.danger_classifier import DangerClassifier
from zd_automation.triage.clean import clean
from zd_automation.triage.danger import DangerText
from zd_automation.triage.language import Language

WHO, WHAT, THING = (
    ("someone", "a stranger", "a man"),
    ("took over", "is inside", "emptied"),
    ("account", "wallet", "profile"),
)
URGENT = [f"{who} {what} my {thing}" for who in WHO for what in WHAT for thing in THING]
ORDINARY = [
    f"{ask} the {thing}"
    for ask in ("where is", "how do i get", "when comes")
    for thing in ("parcel", "card", "bill", "mail")
]
BOOK = '[statement]\naccount_takeover = ["took over my"]\n'


def reads(text: object, locale: object) -> Language:
    return Language("en", 0.9, "model", (), "")


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    (folder / "en").mkdir(parents=True)
    urgent = "\n".join(f'  {{ kind = "account_takeover", text = "{text}" }},' for text in URGENT)
    ordinary = "\n".join(f'  {{ case = "pending", text = "{text}" }},' for text in ORDINARY)
    (folder / "en" / "ash.toml").write_text(f"urgent = [\n{urgent}\n]\nordinary = [\n{ordinary}\n]\n", "utf-8")
    (folder / "patterns").mkdir()
    (folder / "patterns" / "en.toml").write_text(BOOK, "utf-8")
    return folder


def learn(shipped: Path, files: DeskFiles, cache: ModelCache, said: list[str] | None = None) -> DangerClassifier:
    books = load_books(shipped / "patterns", Problems())
    reader: Reader = reads  # type: ignore[assignment]
    return danger_model(shipped, books, files, reader, [], cache, (said if said is not None else []).append)


def desk(folder: Path, settings: str = "", **own: str) -> DeskFiles:
    made = a_desk_folder(folder, f'name = "Little"\nlanguages = ["en"]\n{settings}')
    (made / "danger").mkdir()
    for name, text in own.items():
        (made / "danger" / f"{name}.toml").write_text(text, "utf-8")
    return load_desk(made)


def chance(model: DangerClassifier, text: str) -> float:
    return model.read([DangerText((text,))], ["en"])[0].probability


def test_it_is_learnt_once_and_desks_without_examples_of_their_own_share_it(shipped: Path, tmp_path: Path) -> None:
    cache, said = ModelCache(tmp_path / "models"), []
    first = learn(shipped, desk(tmp_path / "a"), cache, said)
    second = learn(shipped, desk(tmp_path / "b", '[topics]\nrung = "tag"\n'), cache, said)
    assert said == [f"learning danger from {len(URGENT) + len(ORDINARY)} examples"]
    assert first.version == second.version
    assert chance(first, "a stranger took over my wallet") > 0.5 > chance(first, "when comes the parcel")


def test_a_desks_own_examples_are_learnt_too(shipped: Path, tmp_path: Path) -> None:
    cache, said = ModelCache(tmp_path / "models"), []
    rows = "\n".join(
        f'  {{ kind = "sim_swap", text = "the doorman {what} the {thing} badge" }},'
        for what in ("kept", "copied", "lent")
        for thing in ("red", "blue", "gold", "grey")
    )
    plain, own = learn(shipped, desk(tmp_path / "a"), cache, said), None
    own = learn(shipped, desk(tmp_path / "b", en=f"urgent = [\n{rows}\n]\n"), cache, said)
    assert said[1] == f"learning danger from {len(URGENT) + len(ORDINARY) + 12} examples"
    text = "the doorman copied the gold badge again"
    assert chance(own, text) > max(0.5, chance(plain, text))
    assert own.read([DangerText((text,))], ["en"])[0].kinds[0] == "sim_swap"


def test_other_phrases_or_examples_make_another_model(shipped: Path, tmp_path: Path) -> None:
    cache, files = ModelCache(tmp_path / "models"), desk(tmp_path / "a")
    versions = {learn(shipped, files, cache).version}
    (shipped / "patterns" / "en.toml").write_text(BOOK.replace("took over", "took"), "utf-8")
    versions.add(learn(shipped, files, cache).version)
    path = shipped / "en" / "ash.toml"
    path.write_text(path.read_text("utf-8").replace("where is the bill", "where is this bill"), "utf-8")
    versions.add(learn(shipped, files, cache).version)
    assert len(versions) == 3


def test_the_desks_lines_move_the_chances(shipped: Path, tmp_path: Path) -> None:
    cache = ModelCache(tmp_path / "models")
    plain = learn(shipped, desk(tmp_path / "a"), cache)
    stricter = learn(shipped, desk(tmp_path / "b", lines="[shift]\nen = 40.0\n"), cache)
    text = "a stranger took over my wallet"
    assert chance(stricter, text) < chance(plain, text)


def test_a_topic_that_looks_urgent_is_no_ordinary_background(shipped: Path, tmp_path: Path) -> None:
    files = desk(tmp_path / "a")
    (files.folder / "examples" / "en.toml").write_text(
        "card_problem = [" + ", ".join(f'"{text} today"' for text in URGENT) + "]\n"
        "delivery_late = [" + ", ".join(f'"{text} please"' for text in ORDINARY) + "]\n",
        "utf-8",
    )
    model = learn(shipped, load_desk(files.folder), ModelCache(tmp_path / "models"))
    assert len(model.usual.scores) == len(ORDINARY)


def test_a_kept_reading_of_another_shape_is_made_anew(shipped: Path, tmp_path: Path) -> None:
    cache, files = ModelCache(tmp_path / "models"), desk(tmp_path / "a")
    before = learn(shipped, files, cache)
    (path,) = cache.folder.glob("usual-*.skops")
    skops.io.dump({"scores": [1.0]}, path)
    assert np.array_equal(learn(shipped, files, cache).usual.scores, before.usual.scores)


def test_too_few_examples_are_told(shipped: Path, tmp_path: Path) -> None:
    (shipped / "en" / "ash.toml").write_text('ordinary = ["a"]\n', "utf-8")
    with pytest.raises(ModelError, match="at least 10 urgent and 10 ordinary examples"):
        learn(shipped, desk(tmp_path / "a"), ModelCache(tmp_path / "models"))


def test_scored_keeps_the_order_and_the_languages() -> None:
    told = scored(lambda texts, tags: np.arange(len(texts)), [clean("", "a b"), clean("", "c d")], ["en", "pt"], {})
    assert (told.scores.tolist(), told.languages) == ([0.0, 1.0], ("en", "pt"))
    assert len(scored(lambda texts, tags: [], [], [], {}).scores) == 0
