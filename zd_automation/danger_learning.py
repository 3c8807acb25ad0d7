"""Learns a desk's danger classifier: the shipped examples against the desk's own, as the ordinary background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from zd_automation.danger_files import DangerExample
from zd_automation.desk_files import DeskFiles
from zd_automation.lessons import Reader
from zd_automation.models.cache import ModelCache, content_hash
from zd_automation.models.danger_model import Background, DangerClassifier, FittedDanger, fit_danger
from zd_automation.models.encoder import Encoder
from zd_automation.triage.clean import clean
from zd_automation.triage.desk import Example

# More background than this makes the model no better, only later.
_MOST_BACKGROUND = 3_000


def danger_model(
    rows: Sequence[DangerExample],
    files: DeskFiles,
    reader: Reader,
    encoder: Encoder | None,
    models: ModelCache,
    say: Callable[[str], None] = lambda _: None,
) -> DangerClassifier:
    """The danger classifier, from the cache or learnt now; ``say`` gets a line when it is learnt.

    Raises ModelError when the shipped examples are missing or the encoder fails.
    """
    behind = files.examples[:: max(1, len(files.examples) // _MOST_BACKGROUND)]
    key = content_hash(
        [[row.text, row.language, row.kind] for row in rows],
        [[example.topic, example.text] for example in behind],
        encoder.name if encoder else None,
    )

    def build() -> dict[str, Any]:
        say(f"learning danger from {len(rows)} examples, against {len(behind)} of the desk")
        texts, languages = [row.text for row in rows], [row.language for row in rows]
        urgent = [row.kind is not None for row in rows]
        return fit_danger(texts, urgent, languages, encoder, _background(behind, reader)).state()

    def restore(state: dict[str, Any]) -> DangerClassifier:
        return DangerClassifier(FittedDanger.from_state(state), encoder, key)

    return models.restored("danger", key, build, restore)


def _background(examples: Sequence[Example], reader: Reader) -> Background:
    cleaned = [clean("", example.text) for example in examples]
    return Background(
        [text.text for text in cleaned],
        [example.language or reader(text, None).tag for example, text in zip(examples, cleaned, strict=True)],
        [example.topic for example in examples],
    )
