"""Made messages and a made encoder: small enough to foresee what a model must say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from zd_automation.models.encoder import Vectors
from zd_automation.models.topic_classifier import TopicClassifier
from zd_automation.models.topic_model import FittedTopics, fit_topics

ROWS = [
    *[("card", text) for text in (
        "my card was declined", "the card does not work", "card payment refused", "bank card blocked", "new card broken",
        "card declined at the terminal", "why is my card refused", "card does not pay online",
    )],
    *[("delivery", text) for text in (
        "my parcel has not arrived", "delivery is five days late", "where is my parcel", "order still not delivered",
        "courier never came", "parcel late again", "late delivery of the order", "parcel lost by the courier",
    )],
    *[("password", text) for text in (
        "i forgot my password", "password reset mail missing", "cannot reset password", "reset link expired",
        "send a new password link", "forgot the password to sign in", "password link broken", "new password please",
    )],
]  # fmt: skip
TARGETS = {"card": 0.5, "delivery": 0.5, "password": 0.5}

# What a word means, and the language whose place its vector takes.
_MEANINGS = {
    "en": ("card declined refused blocked terminal", "parcel delivery courier late order", "password reset link forgot sign"),
    "es": ("tarjeta rechazada bloqueada", "paquete entrega pedido tarde", "contraseña enlace olvidé"),
    "sw": ("kadi imekataliwa", "kifurushi kimechelewa", "nenosiri nimesahau"),
}  # fmt: skip
_PLACES = {language: 3 + number for number, language in enumerate(_MEANINGS)}


def _usual(language: str) -> Vectors:
    """The mean of one word of each meaning."""
    row = np.array([1 / 3] * 3 + [0.0] * 3, dtype=np.float32)
    row[_PLACES[language]] = 2
    return row / np.sqrt(np.float32(5))


@dataclass(frozen=True)
class MadeEncoder:
    """Three meanings and a place for each language, shape (6,): words of one meaning lie near each other in all of them.

    A text without a word that it knows is a row of zeros.
    """

    name: str = "made-1"
    size: int = 6
    weight: float = 1.0
    shares: Mapping[str, float] = field(default_factory=lambda: {"en": 1.0, "es": 1.0})
    usual: Mapping[str, Vectors] = field(default_factory=lambda: {language: _usual(language) for language in _MEANINGS})

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See ``models.encoder.Encoder``."""
        rows = np.zeros((len(texts), self.size), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for language, meanings in _MEANINGS.items():
                for number, words in enumerate(meanings):
                    found = len(set(words.split()) & set(text.lower().split()))
                    row[number] += found
                    row[_PLACES[language]] += 2 * found
            row /= max(float(np.linalg.norm(row)), 1e-9)
        return rows

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See ``models.encoder.Encoder``."""
        return self.encode(texts)

    def carries(self, language: str) -> float:
        """See ``models.encoder.Encoder``."""
        return self.shares.get(language.split("-")[0], 0.0)

    def typical(self, language: str) -> Vectors | None:
        """See ``models.encoder.Encoder``."""
        return self.usual.get(language)


def fitted(rows: Sequence[tuple[str, str]] = ROWS, encoders: Sequence[MadeEncoder] = ()) -> FittedTopics:
    """Learnt from pairs of topic and English text."""
    return fit_topics([text for _, text in rows], [topic for topic, _ in rows], ["en"] * len(rows), encoders)


def classifier(learnt: FittedTopics, encoders: Sequence[MadeEncoder] = (), **targets: float) -> TopicClassifier:
    """At work with the targets given, by default one half for card, delivery and password."""
    return TopicClassifier(learnt, encoders, targets or TARGETS, "v1")
