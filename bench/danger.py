"""The danger detector, measured: every row of issue 4's table, and hands, languages and kinds of desk left out.

    python -m bench.danger [SECTION ...] [--data ../shared/data] [--vectors FOLDER]

Sections: hands, languages, desks, english, arabic, symptoms, challenge, buried, attacks, certain, carried, cost; all of them by
default (about half an hour on two cores; vectors are kept between runs in --vectors). Unless a table says otherwise a line is drawn
on held-out training rows, never on what is judged.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.metrics import roc_auc_score

from bench.danger_attacks import ATTACKS, typos
from bench.danger_buried import in_english, in_twelve_languages
from bench.danger_sets import Ground, Rows, examples, heading, line, recall_at
from zd_automation.models.danger_fit import OWN
from zd_automation.models.danger_lines import draw, line_at, line_of_unlabelled
from zd_automation.models.danger_model import FittedDanger

_SOURCES = ("banking77", "clinc150", "multidogo_turns")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--vectors", type=Path)
    options = parser.parse_args()
    ground = Ground(options.data, options.vectors)
    for name in options.sections or SECTIONS:
        started = time.perf_counter()
        print(f"\n### {name}\n", flush=True)
        SECTIONS[name](ground)
        print(f"\n({time.perf_counter() - started:.0f} s)", flush=True)


_SHIPPED: list[FittedDanger] = []
_WITHOUT: dict[tuple[str, str], FittedDanger] = {}
_ENGLISH: list[FittedDanger] = []


def shipped(ground: Ground) -> FittedDanger:
    """The model of all shipped examples, learnt once."""
    if not _SHIPPED:
        _SHIPPED.append(ground.learn(ground.shipped))
    return _SHIPPED[0]


def without(ground: Ground, key: str, value: str) -> FittedDanger:
    """The model of all shipped examples but those of a language or a kind of desk, learnt once."""
    if (key, value) not in _WITHOUT:
        _WITHOUT[key, value] = ground.learn(ground.without(**{key: value}))
    return _WITHOUT[key, value]


def hands(ground: Ground) -> None:
    """Leave one hand out: its scores come from a kernel without it; the second stage is cross-validated."""
    fitted = shipped(ground)
    urgent, ordinary = fitted.urgent, fitted.held_out
    heading("language", "urgent", "ordinary", "AUC", "recall at 1 %", "at 3 %", "at 5 %")
    for tag in ("all", *sorted(set(ordinary.languages))):
        u = urgent.scores[[tag in ("all", t) for t in urgent.languages]]
        o = ordinary.scores[[tag in ("all", t) for t in ordinary.languages]]
        auc = float(roc_auc_score(np.r_[np.ones(len(u)), np.zeros(len(o))], np.r_[u, o]))
        shares = [float((u > line_at(ordinary.scores, share)).mean()) for share in (0.01, 0.03, 0.05)]
        line(tag, len(u), len(o), auc, *shares)


def languages(ground: Ground) -> None:
    """Leave one language out: nothing of it is learnt, its phrases are read; lines are of the other languages."""
    _left_out(ground, "language", sorted({row.language.split("-")[0] for row in ground.shipped}))


def desks(ground: Ground) -> None:
    """Leave one kind of desk out."""
    _left_out(ground, "desk", ["exchange", "broker", "bank", "shop"])


def _left_out(ground: Ground, key: str, values: list[str]) -> None:
    heading(f"{key} left out", "urgent", "ordinary", "AUC", "recall", "false alarms", "recall at 3 % of its own")
    everything = []
    for value in values:
        fitted = without(ground, key, value)
        own = [row for row in ground.shipped if getattr(row, key).split("-")[0] == value]
        rows = Rows([r.text for r in own], [r.language for r in own], [r.urgent for r in own])
        scores = ground.scores(fitted, rows)
        found = recall_at(scores, rows.urgent, 0, draw(fitted.held_out).probable)
        auc = float(roc_auc_score(rows.urgent, scores))
        at_three = recall_at(scores, rows.urgent, 0.03)[0]
        everything.append((auc, *found, at_three))
        line(value, sum(rows.urgent), len(own) - sum(rows.urgent), auc, *found, at_three)
    line("mean", "", "", *(float(mean) for mean in np.mean(everything, axis=0)))


def _english(ground: Ground) -> FittedDanger:
    if not _ENGLISH:
        rows = [row for name in _SOURCES for row in examples(ground.source(name, "train"), OWN)]
        _ENGLISH.append(ground.learn([*ground.shipped[::2], *rows]))
    return _ENGLISH[0]


def english(ground: Ground) -> None:
    """Trained on half of the shipped examples and the training rows of three English sources; DSTC11 is never learnt from."""
    fitted = _english(ground)
    heading(
        "source",
        "urgent",
        "ordinary",
        "recall at 1 % of its own",
        "at 3 %",
        "line of validation rows: recall",
        "false alarms",
    )
    tests = {name: ground.source(name, "test") for name in _SOURCES} | {"dstc11_natcs": ground.source("dstc11_natcs")}
    for name, rows in tests.items():
        scores = ground.scores(fitted, rows)
        valid = (
            ground.source(name, "valid")
            if name in ("clinc150", "multidogo_turns")
            else ground.source("clinc150", "valid")
        )
        at = line_at(ground.scores(fitted, valid.side(urgent=False)), 0.03)
        own = [recall_at(scores, rows.urgent, share)[0] for share in (0.01, 0.03)]
        line(name, sum(rows.urgent), len(rows.urgent) - sum(rows.urgent), *own, *recall_at(scores, rows.urgent, 0, at))


def arabic(ground: Ground) -> None:
    """Arabic banking without a single Arabic row, and with 50 urgent and 100 ordinary ones; lines from Arabic validation rows."""
    test, valid = ground.source("arbanking77", "test", "ar"), ground.source("arbanking77", "valid", "ar")
    train = ground.source("arbanking77", "train", "ar")
    english = [row for name in _SOURCES for row in examples(ground.source(name, "train"), OWN)]
    few = _few(train, 50, 100)
    heading("learnt from", "recall at 1 % of its own", "at 3 %", "line of validation rows: recall", "false alarms")
    for told, rows in {
        "English banking alone": english,
        "English banking and shipped, no Arabic": [*ground.without(language="ar")[::2], *english],
        "English banking alone, with 50 urgent and 100 ordinary Arabic": [*english, *few],
        "English banking and shipped, with the 150 Arabic": [*ground.without(language="ar")[::2], *english, *few],
        "shipped alone, with its Arabic": list(ground.shipped),
        "shipped and the 150 Arabic rows": [*ground.shipped, *few],
    }.items():
        fitted = ground.learn(rows)
        scores = ground.scores(fitted, test)
        at = line_at(ground.scores(fitted, valid.side(urgent=False)), 0.03)
        own = [recall_at(scores, test.urgent, share)[0] for share in (0.01, 0.03)]
        line(told, *own, *recall_at(scores, test.urgent, 0, at))


def _few(rows: Rows, urgent: int, ordinary: int) -> list:  # type: ignore[type-arg]
    deal = random.Random(0)
    sides = [rows.side(urgent=True), rows.side(urgent=False)]
    chosen = []
    for side, count in zip(sides, (urgent, ordinary), strict=True):
        places = set(deal.sample(range(len(side.texts)), count))
        chosen += examples(side.some(places.__contains__), OWN, count)
    return chosen


def symptoms(ground: Ground) -> None:
    """The examiner's set: symptoms without alarm words, and hard ordinary messages, in twelve languages."""
    _whole(ground, ground.blind())


def challenge(ground: Ground) -> None:
    """The 19-language challenge: as shipped, then every language judged by a model that has seen none of it."""
    rows = ground.challenge()
    _whole(ground, rows)
    print("\nevery language left out of the shipped examples in turn (its phrases are read):\n")
    heading("language", "recall", "false alarms", "classifier alone: recall", "false alarms")
    table = []
    for tag in sorted({tag.split("-")[0] for tag in rows.languages}):
        fitted = without(ground, "language", tag)
        own = rows.some(lambda at, tag=tag: rows.languages[at].split("-")[0] == tag)  # type: ignore[misc]
        said = np.array([danger.is_urgent for danger in ground.judged(fitted, own)])
        urgent = np.array(own.urgent)
        alone = recall_at(ground.scores(fitted, own), own.urgent, 0, draw(fitted.held_out).probable)
        table.append((float(said[urgent].mean()), float(said[~urgent].mean()), *alone))
        line(tag, *table[-1])
    line("mean", *(float(mean) for mean in np.mean(table, axis=0)))


def _whole(ground: Ground, rows: Rows) -> None:
    fitted = shipped(ground)
    said, scores = ground.judged(fitted, rows), ground.scores(fitted, rows)
    urgent = np.array(rows.urgent)
    heading("language", "rows", "recall", "false alarms", "certain: recall", "false alarms")
    for tag in ("all", *sorted(set(rows.languages))):
        here = np.array([tag in ("all", t) for t in rows.languages])
        cells = []
        for tiers in (("probable", "certain"), ("certain",)):
            hit = np.array([danger.tier in tiers for danger in said])
            cells += [float(hit[here & urgent].mean()), float(hit[here & ~urgent].mean())]
        line(tag, int(here.sum()), *cells)
    shares = [recall_at(scores, rows.urgent, share)[0] for share in (0.01, 0.03, 0.05)]
    auc = float(roc_auc_score(rows.urgent, scores))
    print(
        f"\nclassifier: AUC {auc:.3f}, recall at 1 / 3 / 5 % of its own ordinary rows {' / '.join(f'{s:.3f}' for s in shares)}"
    )
    kinds = [
        danger.kind == sort for danger, sort in zip(said, rows.sorts, strict=True) if danger.is_urgent and "_" in sort
    ]
    if kinds:
        print(f"kind right where urgent and found: {np.mean(kinds):.3f}")


def buried(ground: Ground) -> None:
    """An urgent message between everyday sentences; lines from ordinary tickets as long."""
    in_twelve_languages(ground, shipped(ground))
    in_english(ground, _english(ground))


def attacks(ground: Ground) -> None:
    """Disguised urgent messages: of the challenge, as shipped; of banking77 by the model of the English sources, at the line
    that 3 % of its plain ordinary rows exceed."""
    fitted, learnt = shipped(ground), _english(ground)
    latin = _latin(ground.challenge().side(urgent=True))
    bank = ground.source("banking77", "test")
    at = line_at(ground.scores(learnt, bank.side(urgent=False)), 0.03)
    some = bank.side(urgent=True).some(lambda place: place < 100)
    heading("attack", "challenge, Latin letters", "banking77, 100 rows")
    changes: dict[str, Callable[[str], str]] = {"none": str, **ATTACKS, "typos in a third of the words": typos}
    for name, change in changes.items():
        said = [danger.is_urgent for danger in ground.judged(fitted, latin.changed(change))]
        line(name, float(np.mean(said)), float((ground.scores(learnt, some.changed(change)) > at).mean()))


def _latin(rows: Rows) -> Rows:
    return rows.some(lambda at: sum(ch < "\u0250" for ch in rows.texts[at]) > 0.9 * len(rows.texts[at]))


def certain(ground: Ground) -> None:
    """What must not be called certain: denials, what-ifs, news, adverts on unseen wording; alarm words put on ordinary tickets."""
    fitted = shipped(ground)
    heading("messages", "rows", "certain", "urgent at all")
    blind = ground.blind()
    chosen = {
        "examiner's denials, hypotheticals, news, adverts": blind.some(
            lambda at: blind.sorts[at] in {"denial", "hypothetical", "news", "marketing"}
        ),
        "examiner's shouting with nothing behind it": blind.some(lambda at: blind.sorts[at] == "angry"),
    }
    rows = ground.challenge()
    chosen["challenge: denials, hypotheticals, marketing"] = rows.some(
        lambda at: rows.sorts[at] in {"neg", "hyp", "mkt"}
    )
    plain = ground.source("banking77", "test").side(urgent=False).some(lambda at: at % 5 == 0)
    ordinary = ground.challenge().side(urgent=False)
    alarm = _alarms(ground)
    chosen["banking77, as it is"] = plain
    for name, more in (
        ("five alarm words behind", lambda text, tag: f"{text} {alarm(tag, 5)}"),
        ("five alarm words before", lambda text, tag: f"{alarm(tag, 5)} {text}"),
        ("URGENT my account was hacked!!! before", lambda text, _: f"URGENT my account was hacked!!! {text}"),
    ):
        for told, source in (("banking77", plain), ("challenge ordinary", ordinary)):
            texts = [more(text, tag) for text, tag in zip(source.texts, source.languages, strict=True)]
            chosen[f"{told}, {name}"] = Rows(texts, source.languages, source.urgent)
    for name, some in chosen.items():
        said = ground.judged(fitted, some)
        line(
            name,
            len(said),
            float(np.mean([d.tier == "certain" for d in said])),
            float(np.mean([d.is_urgent for d in said])),
        )


def _alarms(ground: Ground) -> Callable[[str, int], str]:
    deal = random.Random(2)
    words = {
        tag: [phrase.source for phrase in book.alarms if not set(phrase.source) & set("~*(|")]
        for tag, book in ground.books.items()
    }
    return lambda tag, count: " ".join(deal.choices(words.get(tag) or words["en"], k=count)) + "!!!"


def carried(ground: Ground) -> None:
    """A line for 3 % carried to another source: as shipped, and after 500 unlabelled tickets of it."""
    fitted = shipped(ground)
    heading("source", "shipped line: recall", "false alarms", "after 500 unlabelled tickets: recall", "false alarms")
    for name in ("banking77", "clinc150", "multidogo_turns", "dstc11_natcs"):
        rows = ground.source(name, "" if name == "dstc11_natcs" else "test")
        scores = ground.scores(fitted, rows)
        told = [recall_at(scores, rows.urgent, 0, draw(fitted.held_out).probable)]
        tries = []
        for seed in range(10):
            local = np.random.default_rng(seed).permutation(len(scores))[: min(500, len(scores) // 2)]
            rest = np.setdiff1d(np.arange(len(scores)), local)
            at = line_of_unlabelled(scores[local], draw(fitted.held_out), 0.03)
            tries.append(recall_at(scores[rest], np.array(rows.urgent)[rest].tolist(), 0, at))
        line(name, *told[0], *(float(mean) for mean in np.mean(tries, axis=0)))


def cost(ground: Ground) -> None:
    """CPU time of both voices on tickets of 100 words, one by one, vectors not kept."""
    from bench.danger_cost import measure

    measure(ground)


SECTIONS: dict[str, Callable[[Ground], None]] = {
    "hands": hands,
    "symptoms": symptoms,
    "challenge": challenge,
    "english": english,
    "arabic": arabic,
    "buried": buried,
    "attacks": attacks,
    "certain": certain,
    "carried": carried,
    "desks": desks,
    "languages": languages,
    "cost": cost,
}

if __name__ == "__main__":
    main()
