"""Made predictions: small ones written out by hand, and a whole desk's worth with known faults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zd_automation.evaluation.predictions import Predictions

ABC = ("card", "parcel", "password")
# One row: right topic, chances of ABC, whether spoken.
Row = tuple[str, Sequence[float], bool]


def predictions(rows: Sequence[Row], topics: Sequence[str] = ABC, **parts: Any) -> Predictions:
    """Predictions from rows written out; the right topic "" is none. ``parts`` replaces what is given beside them."""
    places = {topic: place for place, topic in enumerate(topics)} | {"": -1}
    values: dict[str, Any] = {
        "topics": tuple(topics),
        "texts": tuple(f"message {number}" for number in range(len(rows))),
        "languages": ("en",) * len(rows),
        "right": np.array([places[right] for right, _, _ in rows], dtype=np.int32),
        "chances": np.array([chances for _, chances, _ in rows], dtype=np.float32).reshape(len(rows), len(topics)),
        "lines": np.full(len(rows), 0.5, dtype=np.float32),
        "known": np.full(len(rows), 0.8, dtype=np.float32),
        "spoken": np.array([spoken for _, _, spoken in rows], dtype=bool),
        "ids": tuple(str(number) for number in range(len(rows))),
    }
    return Predictions(**(values | parts))


def sure(topic: str, confidence: float = 0.9, topics: Sequence[str] = ABC) -> list[float]:
    """Chances with this much for one topic and the rest shared out."""
    rest = (1 - confidence) / (len(topics) - 1)
    return [confidence if known == topic else rest for known in topics]


def said(right: str, topic: str, times: int = 1, confidence: float = 0.9, spoken: bool = True) -> list[Row]:
    """``times`` rows of one topic for which the model says another, or the same."""
    return [(right, sure(topic, confidence), spoken)] * times


def desk(topics: int = 113, rows: int = 3000, seed: int = 0) -> Predictions:
    """A desk whose model is calibrated by construction: the right topic is drawn from the model's own chances.

    Neighbouring topics share chances, four languages, one row in forty is out of scope, some topics are rare.
    """
    deal = np.random.default_rng(seed)
    names = tuple(f"{what}_{how}" for how in _HOW for what in _WHAT)[:topics]
    main = np.minimum(deal.geometric(3 / topics, rows) - 1, topics - 1)
    scores = deal.normal(0, 1, (rows, topics))
    scores[np.arange(rows), main] += deal.normal(7.5, 2.0, rows)
    scores[np.arange(rows), main ^ 1 if topics % 2 == 0 else np.minimum(main ^ 1, topics - 1)] += deal.normal(
        4, 2, rows
    )
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    right = (deal.random((rows, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(0, topics - 1).astype(np.int32)
    right[deal.random(rows) < 0.025] = -1
    confidence = chances.max(axis=1)
    return Predictions(
        topics=names, texts=tuple(_TEXTS[number % len(_TEXTS)] for number in range(rows)),
        languages=tuple(_TONGUES[number % len(_TEXTS)] for number in range(rows)),
        right=right, chances=chances.astype(np.float32), lines=np.full(rows, 0.7, dtype=np.float32),
        known=np.where(right < 0, deal.normal(0.55, 0.1, rows), deal.normal(0.7, 0.1, rows)).astype(np.float32),
        spoken=confidence >= 0.7, ids=tuple(str(100_000 + number) for number in range(rows)),
    )  # fmt: skip


_WHAT = ("card_payment", "bank_transfer", "withdrawal", "deposit", "identity_check", "sign_in", "app", "refund", "fee",
         "parcel", "invoice", "promo_code", "address", "subscription", "statement", "gift")  # fmt: skip
_HOW = ("declined", "pending", "missing", "not_recognised", "wrong_amount", "limits", "how_to", "cancelled")
_TEXTS = (
    "My card was declined twice at the same shop, although there is enough money on it. What do I have to do?",
    "Ich warte seit fünf Tagen auf mein Paket, die Sendungsverfolgung hat sich nicht bewegt.",
    "لم يصل التحويل المصرفي حتى الآن، أرجو المساعدة",
    "No puedo entrar en la aplicación <b>desde ayer</b>, el enlace para la contraseña no llega.",
    "Where do I find last month's statement?",
)
_TONGUES = ("en", "de", "ar", "es", "en")
