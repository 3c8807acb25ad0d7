"""Article suggestions on the research data: is the right article found, does silence mean that there is none, what does it cost?

    python -m bench.articles [SECTION ...] [--data ../shared/data] [--vectors FILE]

Sections: faq, same, xquad, pages, silence, cost, fit; all but ``fit`` by default. Vectors of passages are kept in --vectors.
Beside us in every table: BM25 (ours, words alone) and SQLite FTS5 (trigrams, which need no spaces between words). ``fit``
prints the numbers of ``knowledge/confidence.py`` anew.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bench.article_cost import cost
from bench.article_sets import Case, Sets, found_by_fts5
from zd_automation.knowledge.evaluate import Judged, answers, judged, parts
from zd_automation.knowledge.index import PassageIndex
from zd_automation.models.encoder import Encoder
from zd_automation.models.encoders import installed_encoders

_SHOWN = 3


class Ground:
    """The sets, the encoders, and where vectors are kept."""

    def __init__(self, data: Path, vectors: Path | None) -> None:
        self.sets = Sets(data)
        self.encoders = installed_encoders()
        self.vectors = vectors

    def index(
        self, case: Case, without: Collection[str] = (), encoders: Sequence[Encoder] | None = None
    ) -> PassageIndex:
        """The index of a case, some articles left out."""
        kept = [article for article in case.articles if article.id not in without]
        return PassageIndex(kept, self.encoders if encoders is None else encoders, self.vectors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--vectors", type=Path)
    options = parser.parse_args()
    ground = Ground(options.data, options.vectors)
    for name in options.sections or [name for name in SECTIONS if name != "fit"]:
        print(f"\n### {name}\n", flush=True)
        SECTIONS[name](ground)


def faq(ground: Ground) -> None:
    """Questions in 27 languages against English articles, with their titles and without."""
    _heading("articles in English")
    for titled in (True, False):
        case = ground.sets.faq("en", titled=titled)
        _row("title and answer" if titled else "answer alone", ground, case)


def same(ground: Ground) -> None:
    """Questions in the language of the articles: answers alone (the question is their title), and paragraphs of XQuAD."""
    _heading("question and article in one language")
    _row("FAQ, answer alone, 28 languages", ground, *(ground.sets.faq_same(tag) for tag in ground.sets.faq_languages()))
    _row("XQuAD, 6 languages", ground, *(ground.sets.xquad(tag, tag) for tag in ("ar", "de", "en", "es", "ru", "zh")))


def xquad(ground: Ground) -> None:
    """Questions in 12 languages against English paragraphs."""
    _heading("paragraphs in English")
    _row("XQuAD", ground, ground.sets.xquad("en"))


def pages(ground: Ground) -> None:
    """Long technical pages."""
    _heading("pages")
    _row("AWS documentation", ground, ground.sets.aws())


def _heading(what: str) -> None:
    print(
        f"| {what} | questions | recall@1 | @3 | worst language @3 | BM25 @3 | FTS5 @3 |\n|---|---|---|---|---|---|---|"
    )


def _row(name: str, ground: Ground, *cases: Case) -> None:
    ranks = np.concatenate([_ranks(ground.index(case), case) for case in cases])
    words = np.concatenate([_ranks(ground.index(case, encoders=()), case) for case in cases])
    full = np.concatenate([found_by_fts5(case, _SHOWN) for case in cases])
    tags = np.array([question.language for case in cases for question in case.questions])
    worst = min((float((ranks[tags == tag] < _SHOWN).mean()), tag) for tag in set(tags.tolist()))
    cells = [float((ranks < most).mean()) for most in (1, _SHOWN)]
    beside = [float((words < _SHOWN).mean()), float(full.mean())]
    told = " | ".join(f"{cell:.3f}" for cell in cells)
    print(
        f"| {name} | {len(ranks)} | {told} | {worst[0]:.3f} {worst[1]} | {beside[0]:.3f} | {beside[1]:.3f} |",
        flush=True,
    )


def _ranks(index: PassageIndex, case: Case) -> np.ndarray:
    """The place of each question's article, 99 where it is not among ten."""
    return answers(index, case.asked())[0]


def silence(ground: Ground) -> None:
    """Each question once with its article and once without it, a fifth of the others gone too."""
    print("| set | questions | AUC | answered at 90 % precision | at 0.75: answered | right | shown although missing |")
    print("|---|---|---|---|---|---|---|")
    for name, cases in _silent(ground).items():
        told = [
            judged(case.articles, case.asked(), lambda some: PassageIndex(some, ground.encoders, ground.vectors))
            for case in cases
        ]
        all_of = Judged(
            *(np.concatenate([getattr(one, part) for one in told]) for part in ("places", "scores", "missing"))
        )
        cells = (all_of.auc(), all_of.answered(0.9), *all_of.at(0.75))
        print(f"| {name} | {len(all_of.places)} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |", flush=True)


def _silent(ground: Ground) -> dict[str, list[Case]]:
    sets = ground.sets
    return {
        "FAQ, 27 languages to English": [sets.faq("en")],
        "FAQ, to Spanish": [sets.faq("es")],
        "XQuAD, 11 languages to English": [sets.xquad("en").where(lambda q: q.language != "en")],
        "XQuAD, one language (6)": [sets.xquad(tag, tag) for tag in ("ar", "de", "en", "es", "ru", "zh")],
        "FAQ, one language, answer alone": [sets.faq_same(tag) for tag in sets.faq_languages()],
        "AWS pages": [sets.aws()],
    }


def fit(ground: Ground) -> None:
    """Learn the weights of ``knowledge/confidence.py``: every set counts alike."""
    both, sets = ground.encoders, ground.sets
    own = [[sets.xquad(tag, tag) for tag in ("ar", "de", "en", "es", "ru", "zh")], [sets.aws()]]
    own += [[sets.faq_same(tag) for tag in sets.faq_languages()]]
    foreign = [
        [sets.faq("en"), sets.faq("es")],
        [sets.xquad(tag).where(lambda q, t=tag: q.language != t) for tag in ("en", "de")],
    ]  # type: ignore[misc]
    voices = {"both": both, "wide": both[1:], "one": both[:1], "words": ()}
    for name, encoders in voices.items():
        for own_language, sets_of in ((True, own), (False, foreign)):
            if name == "words" and not own_language:
                continue
            groups = [_evidence(ground, cases, encoders, name, own_language=own_language) for cases in sets_of]
            told = _weights(groups)
            # What weights that have not seen a set say of it.
            aucs = [_auc(_weights([other for other in groups if other is not group]), group) for group in groups]
            rows = sum(len(right) for _, right in groups)
            print(f'("{name}", {own_language}): {told},  # {rows} rows; AUC on unseen sets {aucs}', flush=True)


_Group = tuple[np.ndarray, np.ndarray]


def _weights(groups: Sequence[_Group]) -> tuple[float, ...]:
    """Every group counts alike."""
    rows, right = (np.concatenate([group[part] for group in groups]) for part in (0, 1))
    trust = np.concatenate([np.full(len(group[1]), 1 / len(group[1])) for group in groups])
    model = LogisticRegression(C=100, max_iter=9000).fit(rows, right, sample_weight=trust / trust.mean())
    return tuple(round(float(weight), 2) for weight in (*model.coef_[0], model.intercept_[0]))


def _auc(told: Sequence[float], group: _Group) -> float:
    rows, right = group
    return round(float(roc_auc_score(right, rows @ np.array(told[:-1]) + told[-1])), 3)


def _evidence(
    ground: Ground, cases: Sequence[Case], encoders: Sequence[Encoder], voices: str, *, own_language: bool
) -> _Group:
    """The evidence of every search, each question with its article and without it, and whether the first was right."""
    rows, right = [], []
    for case in cases:
        asked = case.asked()
        texts, tags = [one.text for one in asked], [one.language for one in asked]
        for without in (set[str](), *parts(case.articles)):
            index = ground.index(case, without, encoders)
            for question, look in zip(case.questions, index.look(texts, tags), strict=True):
                if look is None or (without and question.article not in without):
                    continue
                if look.voices == voices and look.own_language is own_language:
                    rows.append(look.evidence.numbers())
                    right.append(str(index.article(look.places[0][0]).id) == question.article)
    return np.array(rows), np.array(right)


SECTIONS: dict[str, Callable[[Ground], None]] = {
    "faq": faq,
    "same": same,
    "xquad": xquad,
    "pages": pages,
    "silence": silence,
    "cost": lambda ground: cost(ground.encoders),
    "fit": fit,
}

if __name__ == "__main__":
    main()
