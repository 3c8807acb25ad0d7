"""Article suggestions on the parallel FAQ of the research data: is the right article found, and is silence kept?

    python -m bench.articles [--data ../shared/data]

Questions in every language against the English articles; then once more with the right article taken away, when every
suggestion shown is wrong.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import defaultdict
from pathlib import Path

from zd_automation.knowledge.index import PassageIndex
from zd_automation.models.encoders import Encoder, bundled_encoder, encoder_is_installed
from zd_automation.tickets import Article
from zd_automation.triage.clean import clean
from zd_automation.triage.desk import ArticlePolicy

LINE = ArticlePolicy().threshold


def rows(data: Path) -> list[dict[str, str]]:
    with gzip.open(data / "retrieval" / "crypto_faq_parallel.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def index_without(found: list[dict[str, str]], left_out: set[str], encoder: Encoder | None) -> PassageIndex:
    english = [row for row in found if row["lang"] == "en" and _key(row) not in left_out]
    return PassageIndex([Article(_key(row), row["question"], row["answer"], "en") for row in english], encoder)


def _key(row: dict[str, str]) -> str:
    return f"{row['faq']}/{row['key']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    found = rows(parser.parse_args().data)
    encoder = bundled_encoder() if encoder_is_installed() else None
    keys = sorted({_key(row) for row in found if row["lang"] == "en"})
    asked = [row for row in found if row["lang"] != "en" and _key(row) in keys]
    whole = index_without(found, set(), encoder)
    # Two halves, so that every question is asked once without its article.
    halves = [set(keys[0::2]), set(keys[1::2])]
    lacking = [index_without(found, half, encoder) for half in halves]
    by_language: dict[str, list[tuple[bool, bool, bool, bool]]] = defaultdict(list)
    for row in asked:
        text, language = clean("", row["question"]), row["lang"]
        (hits,) = whole.search([text], [language])
        (wrong,) = lacking[0 if _key(row) in halves[0] else 1].search([text], [language])
        top = [hit.id for hit in hits[:3]]
        shown = bool(hits) and hits[0].score >= LINE
        by_language[language].append(
            (_key(row) in top, shown, shown and hits[0].id == _key(row), bool(wrong) and wrong[0].score >= LINE)
        )
    print(f"Line {LINE}; {len(keys)} English articles; encoder {encoder.name if encoder else 'none'}\n")
    print("| language | questions | right among 3 | shown | first shown is right | shown although missing |")
    print("|---|---|---|---|---|---|")
    everything = [case for cases in by_language.values() for case in cases]
    for language, cases in [*sorted(by_language.items()), ("all", everything)]:
        count = len(cases)
        recall, shown, right, false = (sum(case[part] for case in cases) for part in range(4))
        said = f"{right / shown:.2f}" if shown else "-"
        print(f"| {language} | {count} | {recall / count:.2f} | {shown / count:.2f} | {said} | {false / count:.2f} |")


if __name__ == "__main__":
    main()
