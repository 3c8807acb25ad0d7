"""Measures the language chain on the shared benchmark, beside plain langdetect in the same run, and prints markdown.

    python bench/langid.py --data ../shared/data/langid [--sample 1000] [--backend py3langid]

The rows fall into two halves by a hash of their text. Errors were looked at, and curves and thresholds chosen, on the
"look" half only; the "score" half is printed beside all rows and is the one to believe.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import itertools
import json
import random
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import langdetect

from zd_automation.models.detectors import detector_named
from zd_automation.triage.clean import clean
from zd_automation.triage.language import Detector, Language, identify

Row = dict[str, Any]
Reader = Callable[[str], str]

DESK_14 = ("en", "ru", "es", "pt", "fr", "de", "it", "tr", "vi", "id", "th", "zh", "ko", "ar")
DESK_30 = (*DESK_14, "ja", "hi", "pl", "uk", "nl", "ro", "cs", "el", "tl", "ms", "fa", "he", "bn", "ur", "sv", "hu")
# Shares of the detector's mass inside the desk's list under which a language is called foreign; the boldest first.
_LINES = (0.99, 0.98, 0.97, 0.95, 0.93, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
BUCKETS = ("1-2", "3-5", "6-10", ">10")


def scored(row: Row) -> bool:
    """Whether ``row`` is in the half that nobody looked at."""
    return hashlib.sha256(row["text"].encode()).digest()[0] % 2 == 1


def load(folder: Path, name: str, sample: int, seed: int) -> list[Row]:
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return random.Random(seed).sample(rows, sample) if 0 < sample < len(rows) else rows


def plain_langdetect(text: str) -> str:
    try:
        return str(langdetect.detect(text)).split("-")[0]
    except langdetect.LangDetectException:
        return "und"


def chain(desk: tuple[str, ...], detector: Detector, second: Detector | None) -> Callable[[str], Language]:
    def read(text: str) -> Language:
        return identify(clean("", text), languages=desk, detector=detector, second=second)

    return read


def primary(tag: str) -> str:
    return tag if tag.endswith("-Latn") else tag.split("-")[0]


def share(pairs: Iterable[tuple[str, str]]) -> str:
    results = [want == got for want, got in pairs]
    return f"{sum(results) / len(results):.3f} ({len(results)})" if results else "-"


def messages_table(
    rows: Sequence[Row], desks: dict[str, tuple[str, ...]], readers: dict[str, dict[str, Reader]]
) -> None:
    print("\n| messages, text only | rows | all | " + " | ".join(f"{bucket} words" for bucket in BUCKETS) + " |")
    print("|---" * (len(BUCKETS) + 3) + "|")
    for title, desk in desks.items():
        kept = [row for row in rows if row["lang"] in desk]
        for name, read in readers[title].items():
            answers = [(row["lang"], read(row["text"]), row["words"], scored(row)) for row in kept]
            for half, part in (("all", answers), ("score half", [answer for answer in answers if answer[3]])):
                cells = [share((want, got) for want, got, _, _ in part)]
                cells += [share((want, got) for want, got, words, _ in part if words == bucket) for bucket in BUCKETS]
                print(f"| {title}, {name} | {half} | " + " | ".join(cells) + " |")


def pairs_table(rows: Sequence[Row], read: Reader, plain: Reader) -> None:
    print("\n| kind | chain | score half | plain langdetect |\n|---|---|---|---|")
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[
            row.get("template") or f"{row['kind']}{' ' + row['lang'] if row['lang'].endswith('-Latn') else ''}"
        ].append(row)
    for kind, group in [*sorted(by_kind.items()), ("**all**", list(rows))]:
        answers = [(row["lang"], read(row["text"]), scored(row)) for row in group]
        cells = (
            share((want, got) for want, got, _ in answers),
            share((want, got) for want, got, half in answers if half),
            share((row["lang"], plain(row["text"])) for row in group),
        )
        print(f"| {kind} | " + " | ".join(cells) + " |")


def twins_table(rows: Sequence[Row], read: Reader) -> None:
    """Indonesian against Malay on a desk that has both."""
    print("\n| Indonesian against Malay | all | score half |\n|---|---|---|")
    answers = [
        (row["lang"], read(row["text"]), row["words"], scored(row)) for row in rows if row["lang"] in ("id", "ms")
    ]
    for title, part in (("any length", answers), ("3+ words", [answer for answer in answers if answer[2] != "1-2"])):
        everything = share((want, got) for want, got, _, _ in part)
        print(f"| {title} | {everything} | {share((want, got) for want, got, _, half in part if half)} |")


def silence_table(
    messages: Sequence[Row], noise: Sequence[Row], desks: dict[str, tuple[str, ...]], detector: Detector
) -> None:
    print(
        "\n| desk | noise undetermined | false und, 3+ words | false und, 1-2 words |"
        " own called foreign, 3+ words | foreign noticed, 3+ words |"
    )
    print("|---|---|---|---|---|---|")
    halves = (("all", lambda _: True), ("score half", scored))
    for (title, desk), (half, kept) in itertools.product(desks.items(), halves):
        read = chain(desk, detector, None)
        own = [(row, read(row["text"])) for row in messages if row["lang"] in desk and kept(row)]
        strangers = [
            read(row["text"]) for row in messages if kept(row) and not row["in_scope"] and row["words"] != "1-2"
        ]
        long = [found for row, found in own if row["words"] != "1-2"]
        short = [found for row, found in own if row["words"] == "1-2"]
        cells = (
            rate(read(row["text"]).tag == "und" for row in noise if kept(row)),
            rate(found.tag == "und" for found in long),
            rate(found.tag == "und" for found in short),
            rate("not one of" in found.reason for found in long),
            rate(primary(found.tag) not in desk for found in strangers),
        )
        print(f"| {title}, {half} | " + " | ".join(cells) + " |")


def strangers_table(messages: Sequence[Row], desks: dict[str, tuple[str, ...]], detector: Detector) -> None:
    """Foreign languages noticed at the most generous line that keeps 2 % of false alarms on the look half."""
    print(
        "\n| desk, 3+ words | line | own called foreign, score half | foreign noticed, score half |\n|---|---|---|---|"
    )
    long = [row for row in messages if row["words"] != "1-2"]
    for title, desk in desks.items():
        own, strangers = [row for row in long if row["lang"] in desk], [row for row in long if not row["in_scope"]]
        for line in _LINES:
            with patch.multiple("zd_automation.triage.language", _LEAST_INSIDE=line, _LEAST_INSIDE_SHORT=line):
                read = chain(desk, detector, None)
                alarms = {
                    half: [_is_foreign(read(row["text"])) for row in own if scored(row) == half] for half in (0, 1)
                }
                if sum(alarms[0]) > 0.02 * len(alarms[0]):
                    continue
                noticed = rate(_is_foreign(read(row["text"])) for row in strangers if scored(row))
            print(f"| {title} | {line} | {rate(alarms[1])} | {noticed} |")
            break


def _is_foreign(found: Language) -> bool:
    return "not one of" in found.reason


def rate(results: Iterable[bool]) -> str:
    listed = list(results)
    return f"{sum(listed) / len(listed):.4f}" if listed else "-"


def calibration(messages: Sequence[Row], desks: dict[str, tuple[str, ...]], detector: Detector) -> None:
    print(
        "\n| desk, score half | ECE of the model's answers (15 bins) | coverage at 0.9 | accuracy there |\n|---|---|---|---|"
    )
    for title, desk in desks.items():
        read = chain(desk, detector, None)
        found = [(row["lang"], read(row["text"])) for row in messages if row["lang"] in desk and scored(row)]
        modelled = [
            (answer.confidence, primary(answer.tag) == want) for want, answer in found if answer.source == "model"
        ]
        bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
        for confidence, right in modelled:
            bins[min(int(confidence * 15), 14)].append((confidence, right))
        gaps = (abs(sum(c for c, _ in part) - sum(r for _, r in part)) for part in bins.values())
        sure = [right for confidence, right in modelled if confidence >= 0.9]
        error, coverage = sum(gaps) / max(len(modelled), 1), len(sure) / max(len(modelled), 1)
        print(f"| {title} | {error:.4f} | {coverage:.3f} | {rate(sure)} |")


def cost(texts: Sequence[str], read: Callable[[str], object]) -> str:
    spent = []
    for text in texts:
        start = time.thread_time_ns()
        read(text)
        spent.append((time.thread_time_ns() - start) / 1e6)
    cuts = statistics.quantiles(spent, n=100)
    return f"{cuts[49]:.2f} / {cuts[98]:.2f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data/langid")
    parser.add_argument("--sample", type=int, default=0, help="rows of each file to read (0: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend", default="py3langid", choices=["py3langid", "pooled", "langdetect"])
    options = parser.parse_args()
    langdetect.DetectorFactory.seed = 0
    detector = detector_named(options.backend)
    names = ("messages", "tickets", "variants", "undetermined")
    messages, tickets, variants, noise = (load(options.data, name, options.sample, options.seed) for name in names)
    desks = {"14 languages": DESK_14, "30 languages": DESK_30}
    chains = {title: chain(desk, detector, None) for title, desk in desks.items()}

    def tagged(title: str) -> Reader:
        return lambda text: primary(chains[title](text).tag)

    print(f"# Language identification, backend {options.backend}, {len(messages)} messages")
    readers = {
        title: {f"chain ({options.backend})": tagged(title), "plain langdetect": plain_langdetect} for title in desks
    }
    messages_table(messages, desks, readers)
    pairs_table(tickets, tagged("30 languages"), plain_langdetect)
    pairs_table(variants, tagged("30 languages"), plain_langdetect)
    twins_table(messages, tagged("30 languages"))
    silence_table(messages, noise, desks, detector)
    strangers_table(messages, desks, detector)
    calibration(messages, desks, detector)
    print("\n| CPU a message, clean and identify, p50 / p99 | 14 languages | 30 languages |\n|---|---|---|")
    for title, rows in (("messages", messages), ("tickets", tickets)):
        texts = [row["text"] for row in rows[:2000]]
        print(f"| {title} | " + " | ".join(cost(texts, chains[desk]) for desk in desks) + " |")
    confused = Counter(
        (row["lang"], got)
        for row in messages
        if row["lang"] in DESK_30
        and (got := readers["30 languages"][f"chain ({options.backend})"](row["text"])) != row["lang"]
    )
    print(
        "\nMost frequent confusions, 30 languages: "
        + ", ".join(f"{want} as {got} {count}" for (want, got), count in confused.most_common(12))
    )


if __name__ == "__main__":
    main()
