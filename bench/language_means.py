"""Writes zd_automation/models/language_means.npz: where ordinary text of each language lies for the wide encoder.

    python -m bench.language_means --data ../shared/data/langid

The mean vector of up to 120 everyday sentences a language, first come: numbers about a language, no text. It is run
again only when the encoder's weights change.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from zd_automation.models import encoders

_EACH = 120
_OUT = Path(encoders.__file__).with_name("language_means.npz")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/langid"))
    texts: dict[str, list[str]] = defaultdict(list)
    with gzip.open(parser.parse_args().data / "messages.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if len(texts[row["lang"]]) < _EACH:
                texts[row["lang"]].append(row["text"])
    encoder = encoders.wide_encoder()
    means = {lang: encoder.encode(some).mean(axis=0).astype(np.float16) for lang, some in sorted(texts.items())}
    np.savez_compressed(_OUT, allow_pickle=False, **means)
    print(f"{len(means)} languages, {_OUT.stat().st_size // 1024} kB: {_OUT}")


if __name__ == "__main__":
    main()
