"""Measures the topic model on the shared sets, beside TF-IDF with a logistic regression in the same run; markdown out.

    python -m bench.topics [--data ../shared/data] [--vectors DIR] [--only banking77 ...] [--encoders bundled|all]

Settings of the model are fixed in its code; nothing here is chosen on a test row. ``--vectors`` keeps the encoders'
vectors between runs. Accuracies are percent; ECE has 15 bins of equal width over the confidence of the best topic.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# One thread: what is compared is work, and the encoders share the texts out to cores themselves.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from bench.topic_sets import Part, Remembered, Sets
from zd_automation.models.encoder import Encoder
from zd_automation.models.encoders import installed_encoders
from zd_automation.models.topic_classifier import TopicClassifier
from zd_automation.models.topic_model import Hints, fit_topics
from zd_automation.triage.clean import clean

_TARGET = 0.95
_DESK = ("de", "it", "nl", "tr", "zh", "ar", "ja", "id")  # the non-English languages of the desk list in xSID
_SIB = [
    "deu_Latn",
    "fra_Latn",
    "spa_Latn",
    "por_Latn",
    "ita_Latn",
    "nld_Latn",
    "pol_Latn",
    "rus_Cyrl",
    "ukr_Cyrl",
    "tur_Latn",
    "arb_Arab",
    "zho_Hans",
    "jpn_Jpan",
    "kor_Hang",
    "vie_Latn",
    "ind_Latn",
    "hin_Deva",
    "tha_Thai",
]
_SIB_TAGS = dict(
    zip(
        _SIB,
        ["de", "fr", "es", "pt", "it", "nl", "pl", "ru", "uk", "tr", "ar", "zh", "ja", "ko", "vi", "id", "hi", "th"],
        strict=True,
    )
)
Answers = tuple[npt.NDArray[Any], list[Any], tuple[str, ...]]


def read(model: TopicClassifier, part: Part) -> tuple[npt.NDArray[Any], list[Any]]:
    """Chances and rankings of every message."""
    texts = [clean("", text) for text in part.texts]
    return model.chances(texts, part.languages), model.rank(texts, part.languages)


def taught(train: Part, encoders: Sequence[Encoder], hints: Hints | None = None) -> TopicClassifier:
    """A model of ``train`` with a target precision of 95 % for every topic; a topic of one row is left out, as of a desk."""
    often = Counter(train.topics)
    train = _some(train, [at for at, topic in enumerate(train.topics) if often[topic] > 1])
    texts = [clean("", text).text or text for text in train.texts]
    fitted = fit_topics(texts, train.topics, train.languages, encoders, hints)
    return TopicClassifier(fitted, encoders, dict.fromkeys(fitted.topics, _TARGET), "bench")


def plain(train: Part, test: Part) -> npt.NDArray[np.str_]:
    """The baseline: word and character TF-IDF with a logistic regression."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32)
    letters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32, max_features=30_000
    )
    table = sparse.hstack([words.fit_transform(train.texts), letters.fit_transform(train.texts)]).tocsr()
    model = LogisticRegression(C=30 if len(train.texts) < 5_000 else 10, max_iter=100).fit(table, train.topics)
    said: npt.NDArray[np.str_] = model.predict(
        sparse.hstack([words.transform(test.texts), letters.transform(test.texts)]).tocsr()
    )
    return said


def ece(confidence: npt.NDArray[Any], correct: npt.NDArray[Any]) -> float:
    """Expected calibration error, 15 bins of equal width, in percent."""
    place = np.minimum((confidence * 15).astype(int), 14)
    gaps = [
        abs(confidence[place == at].mean() - correct[place == at].mean()) * (place == at).mean()
        for at in np.unique(place)
    ]
    return 100 * float(sum(gaps))


class Table:
    """Rows of the printed table."""

    def __init__(self) -> None:
        print("| set | TF-IDF + LR | ours | top 3 | ECE | asked 95 %: right / spoken | s to learn |")
        print("|---|---|---|---|---|---|---|")

    def row(
        self, name: str, train: Part, test: Part, encoders: Sequence[Encoder], hints: Hints | None = None
    ) -> Answers:
        """Learn, read, print a line; returns chances, rankings and the model's topics."""
        started = time.perf_counter()
        model = taught(train, encoders, hints)
        took = time.perf_counter() - started
        chances, rankings = read(model, test)
        right = np.array([topic in model.topics and model.topics.index(topic) for topic in test.topics])
        inside = np.array([topic != "" for topic in test.topics])
        baseline = plain(train, test) == np.array(test.topics)
        self.line(
            name,
            baseline[inside],
            chances[inside],
            right[inside],
            [r for r, i in zip(rankings, inside, strict=True) if i],
            took,
        )
        return chances, rankings, model.topics

    def line(self, name: str, baseline: Any, chances: Any, right: Any, rankings: list[Any], took: float) -> None:
        """Print one line from in-scope answers."""
        hit = chances.argmax(axis=1) == right
        third = (np.argsort(-chances, axis=1)[:, :3] == right[:, None]).any(axis=1)
        spoken = np.array([not r.silence and r.candidates[0].score >= r.threshold for r in rankings])
        kept = f"{100 * hit[spoken].mean():.1f} / {100 * spoken.mean():.0f}" if spoken.any() else "silent"
        shown = f"{100 * baseline.mean():.1f}" if baseline is not None else "-"
        print(
            f"| {name} | {shown} | **{100 * hit.mean():.1f}** | {100 * third.mean():.1f} | "
            f"{ece(chances.max(axis=1), hit):.1f} | {kept} | {took:.0f} |",
            flush=True,
        )


def intents(sets: Sets, encoders: Sequence[Encoder], table: Table, name: str) -> None:
    """Full data, ten and five examples a topic; for CLINC150 the unknown as well."""
    test = sets.split(name, "test")
    known = [(text, topic, tag) for text, topic, tag in zip(*_columns(sets.split(name, "train")), strict=True) if topic]
    train = Part([row[0] for row in known], [row[1] for row in known], [row[2] for row in known])
    answers = table.row(f"{name}, all {len(train.texts)} rows", train, test, encoders)
    if name == "clinc150":
        valid = sets.split(name, "val")
        _, rankings = read(taught(train, encoders), valid)
        line = np.quantile([r.known for r, topic in zip(rankings, valid.topics, strict=True) if topic], 0.05)
        unknown("clinc150", answers[1], test, line)
    for shots in ("10", "5"):
        few = sets.split(name, f"train_{shots}")
        table.row(f"{name}, {shots} a topic", few, test, encoders)
        hints = Hints(
            [t.replace("_", " ") for t in sorted(set(few.topics))],
            sorted(set(few.topics)),
            ["en"] * len(set(few.topics)),
        )
        table.row(f"{name}, {shots} a topic and the topics' names", few, test, encoders, hints)


def unknown(name: str, rankings: list[Any], test: Part, line: float) -> None:
    """How well nearness tells messages that belong to no topic; the line is from validation rows."""
    known = np.array([r.known for r in rankings])
    inside = np.array([topic != "" for topic in test.topics])
    print(
        f"\n{name}: unknown against known AUROC {100 * roc_auc_score(inside, known):.1f}; at 5 % of validation rows rejected "
        f"(test {100 * (known[inside] < line).mean():.1f} %) {100 * (known[~inside] < line).mean():.1f} % of the unknown are caught\n"
    )


def banking_oos(sets: Sets, encoders: Sequence[Encoder]) -> None:
    """Fifty topics known, others of the same bank asked."""
    train = sets.split("banking77_oos", "train", kind="in")
    inside, near = sets.split("banking77_oos", "test", kind="in"), sets.split("banking77_oos", "test", kind="id-oos")
    far = sets.split("banking77_oos", "test", kind="ood-oos")
    valid = sets.split("banking77_oos", "valid", kind="in")
    model = taught(train, encoders)
    line = np.quantile([r.known for r in read(model, valid)[1]], 0.05)
    for name, outside in (("of the same bank", near), ("general", far)):
        both = inside + outside
        unknown(f"BANKING77-OOS, {name}", read(model, both)[1], both, line)


def arabic(sets: Sets, encoders: Sequence[Encoder], table: Table) -> None:
    """Banking77 in Arabic, from English rows alone and with ten Arabic rows a topic."""
    english, test = sets.split("banking77", "train"), sets.split("arbanking77", "test")
    table.row("ArBanking77 from English", english, test, encoders)
    rows = sets.split("arbanking77", "train")
    taken: dict[str, int] = {}
    few = Part()
    for text, topic, tag in zip(*_columns(rows), strict=True):
        if taken.setdefault(topic, 0) < 10:
            taken[topic] += 1
            few += Part([text], [topic], [tag])
    table.row("ArBanking77, and 10 Arabic rows a topic", english + few, test, encoders)


def across(sets: Sets, encoders: Sequence[Encoder]) -> None:
    """Trained on English alone: xSID (300 rows) and SIB-200 (800), tested in other languages."""
    english = sets.split("xsid", "valid", lang="en")
    model = taught(english, encoders)
    hits = {
        tag: _accuracy(model, sets.split("xsid", "test", lang=tag)) for tag in (*_DESK, "da", "kk", "lt", "sr", "en")
    }
    _print("xSID", hits, _DESK)
    rows = sets.rows("sib200")
    train = [row for row in rows if row["lang"] == "eng_Latn" and row["split"] in {"train", "dev"}]
    model = taught(Part.of([{**row, "lang": "en"} for row in train]), encoders)
    hits = {}
    for code, tag in _SIB_TAGS.items():
        test = [{**row, "lang": tag} for row in rows if row["lang"] == code and row["split"] == "test"]
        hits[tag] = _accuracy(model, Part.of(test))
    _print("SIB-200", hits, tuple(hits))


def _accuracy(model: TopicClassifier, part: Part) -> float:
    chances = model.chances([clean("", text) for text in part.texts], part.languages)
    said = [model.topics[at] for at in chances.argmax(axis=1)]
    return 100 * float(np.mean([a == b for a, b in zip(said, part.topics, strict=True)]))


def _print(name: str, hits: dict[str, float], mean_of: Sequence[str]) -> None:
    print(
        f"\n{name}, learnt from English alone: **{np.mean([hits[tag] for tag in mean_of]):.1f}** over {' '.join(mean_of)}"
    )
    print("| " + " | ".join(hits) + " |\n|" + "---|" * len(hits))
    print("| " + " | ".join(f"{hit:.1f}" for hit in hits.values()) + " |\n", flush=True)


def retail(sets: Sets, encoders: Sequence[Encoder], table: Table) -> None:
    """113 topics of 5 to 16 rows, five seeded folds, beside one regression on the encoders' joined vectors."""
    part, hints = sets.retail()
    topics = np.array(part.topics)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    names = tuple(sorted(set(part.topics)))
    chances = np.zeros((len(topics), len(names)))
    rankings: list[Any] = [None] * len(topics)
    baseline, joined = np.zeros(len(topics), dtype=bool), np.zeros(len(topics), dtype=bool)
    started = time.perf_counter()
    for learn, judge in folds.split(part.texts, topics):
        train, test = _some(part, learn), _some(part, judge)
        model = taught(train, encoders, hints)
        told, ranked = read(model, test)
        chances[np.ix_(judge, [names.index(topic) for topic in model.topics])] = told
        for at, ranking in zip(judge, ranked, strict=True):
            rankings[at] = ranking
        baseline[judge] = plain(train, test) == topics[judge]
        rows = [np.hstack([_centred(e, part.texts, learn)[some] for e in encoders]) for some in (learn, judge)]
        joined[judge] = (
            LogisticRegression(C=30, max_iter=300).fit(rows[0], topics[learn]).predict(rows[1]) == topics[judge]
        )
    right = np.array([names.index(topic) for topic in topics])
    table.line("retail113, 5 folds", baseline, chances, right, rankings, (time.perf_counter() - started) / 5)
    print(
        f"\nretail113: one regression on the joined vectors of the same encoders in the same folds: {100 * joined.mean():.1f}\n"
    )


def _centred(encoder: Encoder, texts: Sequence[str], learn: Any) -> npt.NDArray[Any]:
    rows = encoder.encode(texts)
    rows = rows - rows[learn].mean(axis=0)
    centred: npt.NDArray[Any] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return centred


def _some(part: Part, places: Any) -> Part:
    return Part(*([column[at] for at in places] for column in _columns(part)))


def _columns(part: Part) -> tuple[list[str], list[str], list[str]]:
    return part.texts, part.topics, part.languages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--encoders", choices=("all", "bundled"), default="all")
    options = parser.parse_args()
    chosen = installed_encoders()[: 1 if options.encoders == "bundled" else None]
    encoders = [Remembered(encoder, options.vectors) for encoder in chosen]
    sets, table = Sets(options.data), Table()
    runs: dict[str, Callable[[], None]] = {
        "retail113": lambda: retail(sets, encoders, table),
        **{name: lambda name=name: intents(sets, encoders, table, name) for name in ("banking77", "clinc150", "hwu64")},
        "arbanking77": lambda: arabic(sets, encoders, table),
        "banking77_oos": lambda: banking_oos(sets, encoders),
        "across": lambda: across(sets, encoders),
    }
    for name, run in runs.items():
        if not options.only or name in options.only:
            run()
            for encoder in encoders:
                encoder.keep()


if __name__ == "__main__":
    main()
