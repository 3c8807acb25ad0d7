"""Urgent messages buried among everyday sentences, and the figures of finding them."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable

import numpy as np

from bench.danger_sets import Ground, Rows, heading, line
from zd_automation.definitions import room
from zd_automation.desk_files import load_desk
from zd_automation.models.danger_lines import draw, line_at
from zd_automation.models.danger_model import FittedDanger

# Topics near a case; with everyday.toml's, which are learnt from, these are all that nothing is buried in.
_NEAR_A_CASE = frozenset(
    [
        "account_locked",
        "account_takeover",
        "others_data_visible",
        "phishing_message",
        "unknown_charge",
        "parcel_tampered",
        "partner_misconduct",
        "eye_or_swallow_accident",
        "duplicate_account",
        "staff_complaint",
        "suspected_counterfeit",
        "payment_charged_twice",
        "phishing_report",
        "scam_victim",
        "suspicious_login",
        "account_restricted",
        "p2p_dispute",
        "complaint",
        "exchange_card",
        "withdrawal_wrong_address",
    ]
)


def in_twelve_languages(ground: Ground, fitted: FittedDanger) -> None:
    """Messages of the examiner's between four and nine everyday sentences, and as they are."""
    rows = ground.blind()
    deal = random.Random(1)
    urgent = np.array(rows.urgent)
    at = draw(fitted.held_out).probable
    heading("ticket", "recall at 1 % of as long ordinary tickets", "at 3 %", "shipped line: recall", "false alarms")
    background = {tag: _small_talk(tag) for tag in sorted(set(rows.languages))}
    for name, most in (("as it is", 0), ("4 to 9 sentences around it", 9)):
        texts = [
            _between(deal, text, background[tag], most) for text, tag in zip(rows.texts, rows.languages, strict=True)
        ]
        usual = [_between(deal, deal.choice(background[tag]), background[tag], most) for tag in rows.languages * 3]
        scores = ground.scores(fitted, Rows(texts, rows.languages, rows.urgent))[urgent]
        plain = ground.scores(fitted, Rows(usual, rows.languages * 3, [False] * len(usual)))
        cells = [float((scores > line_at(plain, share)).mean()) for share in (0.01, 0.03)]
        line(name, *cells, float((scores > at).mean()), float((plain > at).mean()))


def in_english(ground: Ground, fitted: FittedDanger) -> None:
    """Test messages of banking77 between four everyday sentences, by a model that has learnt from its training rows.

    The research page's way: they are strung together by spaces, and many of banking77's have no full stop.
    """
    rows = ground.source("banking77", "test")
    deal = random.Random(3)
    background = [f"{text.rstrip('.')}." for text in _small_talk("en")]

    def around(text: str) -> str:
        return " ".join([*deal.sample(background, 2), text, *deal.sample(background, 2)])

    heading("banking77", "urgent", "ordinary", "recall at 1 % of as long ordinary tickets", "at 3 %")
    changes: dict[str, Callable[[str], str]] = {"as it is": str, "4 sentences around it": around}
    for name, change in changes.items():
        scores, urgent = ground.scores(fitted, rows.changed(change)), np.array(rows.urgent)
        cells = [float((scores[urgent] > line_at(scores[~urgent], share)).mean()) for share in (0.01, 0.03)]
        line(name, int(urgent.sum()), int((~urgent).sum()), *cells)


def _small_talk(tag: str) -> list[str]:
    """Everyday sentences of a language that were not learnt from; in English where the desks have none in it."""
    learnt = tomllib.loads((room("models") / "danger" / "everyday.toml").read_text("utf-8"))
    known = _NEAR_A_CASE | {topic for row in learnt.values() for topic in row["topics"]}
    desks = [load_desk(room("models") / name) for name in learnt]
    calm = [example for files in desks for example in files.examples if example.topic not in known]
    own = [example.text for example in calm if (example.language or "").split("-")[0] == tag.split("-")[0]]
    return own or [example.text for example in calm if example.language == "en"]


def _between(deal: random.Random, text: str, around: list[str], most: int) -> str:
    if not most:
        return text
    before, after = (". ".join(deal.sample(around, deal.randint(2, most // 2))) for _ in range(2))
    return f"{before}.\n{text}\n{after}."
