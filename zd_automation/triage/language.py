"""Which language a customer wrote in: scripts and letters first, then a detector held to the desk's languages,
then silence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from zd_automation.triage import evidence, scripts, spoken
from zd_automation.triage.clean import CleanText, clean
from zd_automation.triage.romanised import least_share, respelled, romanised

Ranking = tuple[tuple[str, float], ...]

UNDETERMINED = "und"
MULTIPLE = "mul"

_READ = 400
_LABELS = 25
_PIECES = 4
_PIECE = 160
_SHORT = 6
_CANONICAL = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl", "jw": "jv", "cmn": "zh", "yue": "zh"}
_CURVES = {"py3langid": (0.89, 0.79), "pooled": (0.7, 0.45), "langdetect": (0.22, -0.34)}
_LOWEST = 0.4
_LOWEST_SHORT = 0.15
_LEAST_INSIDE = 0.44
_LEAST_INSIDE_SHORT = 0.28
_DOUBTED = 0.75
_SURE = 0.97
_EAST_SLAVIC = frozenset({"ru", "uk", "be"})
_CYRILLIC_AGREES = 0.7
_MIXED_WITH_ENGLISH = 0.89
_LIKELIER = 0.3
_SECOND_READ = 200
# Few customers write these, and short text of a larger neighbour often looks like them.
_RARE = {"gl": 0.55, "ne": 0.2, "mr": 0.4}
_PECULIAR = frozenset({"be", "kk", "mk", "sr"})
_TWINS = {"id": "ms", "ms": "id"}


class Detector(Protocol):
    """A statistical language identifier."""

    @property
    def name(self) -> str:
        """The name that the fitted curve is kept under and that reasons show."""
        ...

    def rank(self, text: str, candidates: frozenset[str] | None) -> Ranking:
        """Primary language tags with probabilities that sum to 1, best first; over ``candidates``, or all it
        knows when None.

        Empty when it finds nothing to go by. The same arguments give the same answer in every thread and process.
        """
        ...


@dataclass(frozen=True, slots=True)
class Language:
    """What a message is written in.

    ``tag`` is BCP 47 ("en", "zh-Hans", "ru-Latn"), "und" or "mul"; ``confidence`` a probability in 0..1;
    ``source`` one of
    no-letters, script, letters, model, prior, und; ``others`` the next best tags with their probabilities (for
    "mul" the languages and their shares); ``reason`` a sentence for the note and the journal.
    """

    tag: str
    confidence: float
    source: str
    others: tuple[tuple[str, float], ...]
    reason: str


def identify(
    text: CleanText | str,
    *,
    languages: tuple[str, ...],
    detector: Detector,
    second: Detector | None = None,
    locale: str | None = None,
) -> Language:
    """The language of ``text`` for a desk that answers in ``languages`` (BCP 47 tags, at least one).

    ``second`` may lower the confidence, never change the tag. ``locale`` is the requester's profile locale, a
    weak prior for
    messages under six words. A language the desk does not have comes back under its own tag, with the reason.

    Raises:
        ValueError: ``languages`` is empty.
    """
    if not languages:
        raise ValueError("languages: name at least one language of the desk")
    own = clean("", text) if isinstance(text, str) else text
    chain = _Chain(frozenset(map(_primary, languages)), detector, second, _primary(locale) if locale else None)
    found = chain.mixed(own.sentences) or chain.one(_passage(own))
    spelling = {_primary(tag): tag.split("-", maxsplit=1)[0].lower() for tag in languages}
    return replace(found, tag=spelling.get(found.tag, found.tag))


@lru_cache(1024)
def _primary(tag: str) -> str:
    primary = tag.replace("_", "-").split("-", maxsplit=1)[0].lower()
    return _CANONICAL.get(primary, primary)


def _passage(own: CleanText) -> str:
    """The beginning of the customer's sentences; with the subject when they hold under three words."""
    body = " ".join(own.sentences)[: _READ * 2]
    if own.sentences and own.body and own.subject and len(body.split()) < 3 and own.subject != own.body:
        return f"{own.subject} {body}"
    return body


def _corrected(ranked: Ranking, text: str, candidates: frozenset[str]) -> Ranking:
    """``ranked`` with the evidence of common words and of accented letters."""
    factors = _weights(text, candidates)
    return _sorted((tag, chance * factors.get(tag, 1.0)) for tag, chance in ranked)


@lru_cache(8)
def _weights(text: str, candidates: frozenset[str]) -> dict[str, float]:
    """The evidence for the desk's languages and for those it may be confused with; asked for twice a message."""
    return evidence.weights(text, candidates | evidence.KNOWN)


def _sorted(scores: Iterable[tuple[str, float]]) -> Ranking:
    listed = list(scores)
    total = sum(score for _, score in listed)
    return tuple(sorted(((tag, score / total) for tag, score in listed), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True, slots=True)
class _Chain:
    """The steps for one message."""

    desk: frozenset[str]
    detector: Detector
    second: Detector | None
    locale: str | None

    def mixed(self, sentences: tuple[str, ...]) -> Language | None:
        """ "mul" when at least a third of a message's letters is clearly in a second language."""
        long = [
            piece for piece in sentences[:40] if len(piece) >= 25 and (len(piece.split()) >= 5 or not piece.isascii())
        ]
        if len(long) < 2:
            return None
        pieces = [piece[:_PIECE] for piece in (long if len(long) <= _PIECES else [*long[:2], *long[-2:]])]
        shares: dict[str, int] = {}
        for piece in pieces:
            found = self.one(piece)
            if found.confidence >= 0.95 and found.tag != UNDETERMINED:
                shares[found.tag] = shares.get(found.tag, 0) + len(piece)
        total = sum(map(len, pieces))
        ranked = sorted(((tag, count / total) for tag, count in shares.items()), key=lambda pair: (-pair[1], pair[0]))
        if len(ranked) < 2 or ranked[1][1] < 0.3 or ranked[0][0].split("-")[0] == ranked[1][0].split("-")[0]:
            return None
        pair = tuple(ranked[:2])
        return Language(
            MULTIPLE,
            min(0.95, sum(share for _, share in pair)),
            "model",
            pair,
            f"written in {pair[0][0]} and {pair[1][0]}",
        )

    def one(self, passage: str) -> Language:
        """The language of one passage."""
        text = spoken.words_of(passage)[:_READ]
        counts = scripts.histogram(text)
        if sum(counts.values()) < 2:
            return Language(UNDETERMINED, 0.0, "no-letters", (), "no words: only numbers, ids, links, symbols or code")
        script = scripts.dominant(counts) or "Latn"
        if script in ("Hani", "Kana"):
            return self._east_asian(scripts.only(text, script), script)
        if script == "Latn":
            return self._latin(text)
        return self._other_script(scripts.only(text, script), script)

    def _east_asian(self, text: str, script: str) -> Language:
        if script == "Kana":
            return self._certain("ja", "script", "kana")
        variant = scripts.han_variant(text)
        tag = f"zh-{variant}" if variant in ("Hans", "Hant") else "zh"
        if "ja" not in self.desk or (variant == "Hans" and scripts.simplified_only(text)):
            return self._certain(tag, "script", "Chinese characters without kana")
        if "zh" not in self.desk:
            return self._certain("ja", "script", "Chinese characters; the desk has Japanese and no Chinese")
        if variant == "Jpan" or scripts.has_japanese_words(text):
            return self._certain("ja", "letters", "characters or words of Japanese alone")
        ranked = self._weighed(self.detector.rank(text, frozenset({"zh", "ja"})), text) or (("zh", 0.6), ("ja", 0.4))
        best, chance = ranked[0]
        return Language(
            tag if best == "zh" else best, self._curve(chance), "model", ranked[1:], "Chinese characters without kana"
        )

    def _other_script(self, text: str, script: str) -> Language:
        written = scripts.LANGUAGES_OF[script]
        if len(written) == 1:
            return self._certain(written[0], "script", f"{script} letters")
        candidates = scripts.written_in(script, self.desk)
        letter = scripts.by_letters(text, script)
        stranger = self._stranger(text, candidates, frozenset(written), letter)
        if stranger:
            return stranger
        if letter in candidates:
            return Language(letter, 0.98, "letters", (), f"letters that only {letter} uses among the desk's languages")
        if len(candidates) == 1:
            return self._certain(next(iter(candidates)), "script", f"{script} letters")
        return self._by_model(text, candidates)

    def _latin(self, text: str) -> Language:
        candidates = scripts.written_in("Latn", self.desk)
        guess = self._by_model(text, candidates)
        found = romanised(text)
        if found and self._explains(found, text, guess):
            return self._in_latin_letters(*found)
        stranger = self._stranger(text, candidates, None, None)
        if found and stranger and found[1] >= _LIKELIER and stranger.tag not in evidence.KNOWN:
            return self._in_latin_letters(*found)
        return stranger or guess

    def _explains(self, found: tuple[str, float], text: str, guess: Language) -> bool:
        """Whether a romanised language explains the words of ``text`` better than ``guess``."""
        tag, share = found
        confidence = guess.confidence
        if (tag, guess.tag) == ("hi-Latn", "en"):
            # Hindi is typed with English words in it: a sure English guess says little against it.
            confidence = min(confidence, _MIXED_WITH_ENGLISH)
        enough, with_detector = least_share(len(text.split()), confidence)
        return share >= enough or (share >= with_detector and self._reads_as_cyrillic(text, tag))

    def _in_latin_letters(self, tag: str, share: float) -> Language:
        return Language(tag, min(0.95, 0.5 + share / 2), "letters", (), f"{tag[:2]} words in Latin letters")

    def _reads_as_cyrillic(self, text: str, tag: str) -> bool:
        if tag not in ("ru-Latn", "uk-Latn"):
            return False
        ranked = self.detector.rank(respelled(text, tag), None)
        return sum(chance for known, chance in ranked if known in _EAST_SLAVIC) >= _CYRILLIC_AGREES

    def _by_model(self, text: str, candidates: frozenset[str]) -> Language:
        ranked = self.detector.rank(text, candidates) if candidates else ()
        if not ranked:
            return Language(UNDETERMINED, 0.0, "und", (), "no language of the desk is written in these letters")
        weighed = self._weighed(_corrected(ranked, text, candidates), text)
        best, chance = weighed[0]
        confidence = self._curve(chance)
        source = "prior" if self.locale == best and weighed != ranked and best != ranked[0][0] else "model"
        words = len(text.split())
        lowest = _LOWEST if words > 2 else _LOWEST_SHORT
        if confidence < lowest:
            return Language(
                UNDETERMINED,
                confidence,
                "und",
                weighed[:3],
                f"too little to tell: {best} at {confidence:.2f} is only a guess",
            )
        reason = f"{self.detector.name} among the desk's languages" + (
            ", with the requester's locale" if source == "prior" else ""
        )
        confidence, reason = self._second_opinion(text, candidates, best, confidence, reason)
        return Language(best, confidence, source, weighed[1:4], reason)

    def _second_opinion(
        self, text: str, candidates: frozenset[str], best: str, confidence: float, reason: str
    ) -> tuple[float, str]:
        # Where the first voice is this sure it is right in 999 of 1,000 (research page): the second would only cost time.
        if self.second is None or confidence >= _SURE:
            return confidence, reason
        ranked = self.second.rank(text[:_SECOND_READ], candidates)
        if not ranked or ranked[0][0] == best:
            return confidence, reason
        return min(confidence, _DOUBTED), f"{reason}; {self.second.name} says {ranked[0][0]}"

    def _weighed(self, ranked: Ranking, text: str) -> Ranking:
        """``ranked`` with the requester's locale as a prior, for short text. English is a weak hint: it is
        what nobody changed."""
        if not self.locale or len(text.split()) >= _SHORT or self.locale not in dict(ranked):
            return ranked
        weight = 3.0 if self.locale == "en" else 15.0
        return _sorted((tag, chance * weight if tag == self.locale else chance) for tag, chance in ranked)

    def _stranger(
        self, text: str, candidates: frozenset[str], written: frozenset[str] | None, letter: str | None
    ) -> Language | None:
        """A language outside the desk's list: told by its letters, or by nearly all probability lying outside
        the list."""
        if len(text.split()) < 3 and candidates and not letter:
            return None
        ranked = self.detector.rank(text, None)
        known = [(tag, chance) for tag, chance in ranked if written is None or tag in written][:_LABELS]
        factors = _weights(text, candidates)
        scored = (
            _sorted((tag, chance * factors.get(tag, 1.0) * _RARE.get(tag, 1.0)) for tag, chance in known)
            if known
            else ()
        )
        twins = {_TWINS[tag] for tag in candidates if tag in _TWINS}
        outside = [(tag, chance) for tag, chance in scored if tag not in candidates | twins | {"zxx"}]
        if not outside:
            return None
        best, chance = outside[0]
        if letter and letter not in candidates and (letter in _PECULIAR or best == letter == scored[0][0]):
            return self._foreign(best, 0.9, "letters")
        inside = sum(part for tag, part in scored if tag in candidates | twins)
        inside /= inside + chance
        least = _LEAST_INSIDE if len(text.split()) >= _SHORT else _LEAST_INSIDE_SHORT
        if inside < least and letter not in candidates:
            return self._foreign(best, min(0.95, 1.0 - inside), "model")
        return None

    def _certain(self, tag: str, source: str, reason: str) -> Language:
        if tag.split("-")[0] not in self.desk:
            return self._foreign(tag, 0.99, source)
        return Language(tag, 0.99, source, (), reason)

    def _foreign(self, tag: str, confidence: float, source: str) -> Language:
        return Language(tag, confidence, source, (), f"{tag} is not one of the desk's languages")

    def _curve(self, chance: float) -> float:
        """The fitted probability that the answer is right: a logistic curve over the logit of the detector's
        own number."""
        slope, shift = _CURVES.get(self.detector.name, (1.0, 0.0))
        bounded = min(max(chance, 1e-6), 1.0 - 1e-6)
        return 1.0 / (1.0 + math.exp(-(slope * math.log(bounded / (1.0 - bounded)) + shift)))
