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
from bench.danger_sets import Ground, Rows, examples, recall_at
from zd_automation.definitions import room
from zd_automation.desk_files import load_desk
from zd_automation.models.danger_lines import draw, line_at, line_of_unlabelled
from zd_automation.models.danger_model import OWN, FittedDanger

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


def line(*cells: object) -> None:
    """A row of a table."""
    print(
        "| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |", flush=True
    )


def heading(*cells: str) -> None:
    """The head of a table."""
    line(*cells)
    print("|" + "---|" * len(cells))


_SHIPPED: list[FittedDanger] = []


def shipped(ground: Ground) -> FittedDanger:
    """The model of all shipped examples, learnt once."""
    if not _SHIPPED:
        _SHIPPED.append(ground.learn(ground.shipped))
    return _SHIPPED[0]


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
        fitted = ground.learn(ground.without(**{key: value}))
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
    rows = [row for name in _SOURCES for row in examples(ground.source(name, "train"), OWN)]
    return ground.learn([*ground.shipped[::2], *rows])


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
        fitted = ground.learn(ground.without(language=tag))
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
    """An urgent message of the examiner's between four and nine ordinary sentences; lines from tickets as long."""
    fitted = shipped(ground)
    rows = ground.blind()
    deal = random.Random(1)
    heading("ticket", "recall at 1 % of as long ordinary tickets", "at 3 %", "shipped line: recall", "false alarms")
    background = {tag: _small_talk(tag) for tag in sorted(set(rows.languages))}
    for name, most in (("as it is", 0), ("4 to 9 sentences around it", 9)):
        texts = [
            _between(deal, text, background[tag], most) for text, tag in zip(rows.texts, rows.languages, strict=True)
        ]
        usual = [_between(deal, deal.choice(background[tag]), background[tag], most) for tag in rows.languages * 3]
        scores = ground.scores(fitted, Rows(texts, rows.languages, rows.urgent))
        plain = ground.scores(fitted, Rows(usual, rows.languages * 3, [False] * len(usual)))
        urgent = np.array(rows.urgent)
        cells = [float((scores[urgent] > line_at(plain, share)).mean()) for share in (0.01, 0.03)]
        at = draw(fitted.held_out).probable
        line(name, *cells, float((scores[urgent] > at).mean()), float((plain > at).mean()))


# Topics of the demo desks about which nobody is upset: what stands around the one sentence that matters.
_CALM = frozenset(
    [
        "order_how_to_place",
        "order_minimum_sum",
        "order_item_unavailable",
        "order_combine_parcels",
        "pickup_opening_times",
        "pickup_extend_storage",
        "delivery_time_window",
        "delivery_cost",
        "delivery_coverage",
        "return_how_to",
        "return_deadline",
        "payment_options",
        "payment_receipt",
        "paper_catalogue_request",
        "catalogue_dates",
        "promo_terms",
        "customer_loyalty_points",
        "product_usage",
        "product_ingredients",
        "shade_skin_advice",
        "vegan_animal_testing",
        "course_access",
        "event_ticket",
        "newcomer_programme",
        "bonus_plan_explained",
        "join_how_to",
        "fees",
        "referral",
        "staking_earn",
        "tax_report",
        "listing_request",
    ]
)


def _small_talk(tag: str) -> list[str]:
    """Everyday sentences of a language, from the demo desks; in English where they have none in it."""
    desks = [load_desk(room("models") / name) for name in ("cosmetics", "exchange")]
    calm = [example for files in desks for example in files.examples if example.topic in _CALM]
    own = [example.text for example in calm if (example.language or "").split("-")[0] == tag.split("-")[0]]
    return own or [example.text for example in calm if example.language == "en"]


def _between(deal: random.Random, text: str, around: list[str], most: int) -> str:
    if not most:
        return text
    before, after = (". ".join(deal.sample(around, deal.randint(2, most // 2))) for _ in range(2))
    return f"{before}.\n{text}\n{after}."


def attacks(ground: Ground) -> None:
    """Disguised urgent messages of the challenge and of banking77: recall lost at the shipped line."""
    fitted = shipped(ground)
    tests = {"challenge, Latin letters": _latin(ground.challenge().side(urgent=True))}
    bank = ground.source("banking77", "test").side(urgent=True)
    tests["banking77, 100 rows"] = bank.some(lambda at: at < 100)
    heading("attack", *tests)
    changes: dict[str, Callable[[str], str]] = {"none": str, **ATTACKS, "typos in a third of the words": typos}
    for name, change in changes.items():
        line(
            name,
            *(
                float(np.mean([d.is_urgent for d in ground.judged(fitted, rows.changed(change))]))
                for rows in tests.values()
            ),
        )


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

    measure(ground, shipped(ground))


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
