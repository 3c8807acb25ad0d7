"""A desk's trained models: the active one, the one before it, and the candidate.

``registry.json`` says which file stands in which slot and what it was made of; the files beside it are named by their
content. A file that is not byte for byte what was trained is named and never used.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from zd_automation.errors import ModelError
from zd_automation.models.cache import FORMAT
from zd_automation.models.model_files import (
    ANEW,
    Card,
    Stored,
    card_from,
    is_whole,
    read_model,
    state_hash,
    write_model,
    write_whole,
)
from zd_automation.triage.desk import tag_of

SLOTS = ("active", "previous", "candidate")
_TABLE = "registry.json"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Serving(Generic[_T]):
    """The model that serves, ready for use; None where there is none. ``troubles`` tell of those that cannot."""

    model: _T | None = None
    card: Card | None = None
    troubles: tuple[str, ...] = ()


class Registry:
    """The models of one desk in ``folder``; safe for several processes at once.

    Every change is written beside and renamed: after a power cut the table is the old one or the new one, whole, and
    the files that it names are there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_desk(cls, models_dir: Path, desk: str) -> Registry:
        """The registry of the desk with this name. Two desks need two names."""
        slug = tag_of(desk)
        safe = slug if slug and slug == desk else f"{slug or 'desk'}-{hashlib.sha256(desk.encode()).hexdigest()[:8]}"
        return cls(models_dir / safe)

    def cards(self) -> dict[str, Card]:
        """The cards by slot; slots that are empty are left out. Raises ModelError when the table cannot be read."""
        path = self.folder / _TABLE
        try:
            table = json.loads(path.read_text("utf-8"))
            return {slot: card_from(table[slot]) for slot in SLOTS if table.get(slot)}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{path}: cannot be read as the table of models ({type(error).__name__}); move it away, then {ANEW}"
            ) from None

    def load(self, slot: str) -> Stored:
        """The model in a slot, proved to be what was trained. Raises ModelError that says what is wrong with it."""
        card = self.cards().get(slot)
        if card is None:
            raise ModelError(f"{self.folder}: there is no {slot} model; zd-automation model list shows what there is")
        return read_model(self.folder, slot, card)

    def serving(self, use: Callable[[Stored], _T]) -> Serving[_T]:
        """What ``use`` makes of the active model or, where that fails with ModelError, of the previous one."""
        troubles: list[str] = []
        try:
            cards = self.cards()
        except ModelError as error:
            return Serving(troubles=(str(error),))
        for slot in ("active", "previous"):
            if slot not in cards:
                continue
            try:
                return Serving(use(read_model(self.folder, slot, cards[slot])), cards[slot], tuple(troubles))
            except ModelError as error:
                troubles.append(str(error))
        return Serving(troubles=tuple(troubles))

    def candidate(self, state: Mapping[str, Any], card: Card) -> Card:
        """Store a model as the candidate, in the place of an earlier one. Returns its card with name and SHA-256."""
        name = f"topics-{state_hash(state)}.skops"
        with self._changing() as cards:
            kept = next((one for one in cards.values() if one.model == name and is_whole(self.folder, one)), None)
            digest = kept.sha256 if kept else write_model(self.folder, name, state)
            # The same model may stand in another slot with a damaged file: that one is mended by this.
            for slot, other in cards.items():
                cards[slot] = dataclasses.replace(other, sha256=digest) if other.model == name else other
            cards["candidate"] = dataclasses.replace(card, model=name, sha256=digest, format=FORMAT)
            return cards["candidate"]

    def promote(self, expected: str = "") -> Card:
        """The candidate becomes active, the active one previous. Returns the new active card.

        ``expected`` is the ``model`` that was judged. Raises ModelError when there is no candidate, its file is not
        what was trained, or it is not the expected one.
        """
        with self._changing() as cards:
            card = cards.get("candidate")
            if card is None:
                raise ModelError(
                    f"{self.folder}: there is no candidate to promote; zd-automation model train makes one"
                )
            if expected and card.model != expected:
                raise ModelError(f"{self.folder}: {card.model} has replaced the candidate {expected}; judge it first")
            read_model(self.folder, "candidate", card)
            active = cards.get("active")
            if active and active.model != card.model and is_whole(self.folder, active):
                cards["previous"] = active
            cards["active"] = card
            del cards["candidate"]
            return card

    def rollback(self) -> Card:
        """Active and previous change places. Returns the new active card. Raises ModelError when that cannot be."""
        with self._changing() as cards:
            back = cards.get("previous")
            if back is None:
                raise ModelError(f"{self.folder}: there is no previous model to go back to")
            read_model(self.folder, "previous", back)
            left = cards.pop("active", None)
            cards |= {"active": back, "previous": left or back}
            return back

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Card]]:
        """The cards to change, alone; written when the block ends well, and files that no slot names go."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                cards = self.cards()
                yield cards
                table = {slot: dataclasses.asdict(cards[slot]) for slot in SLOTS if slot in cards}
                write_whole(self.folder / _TABLE, json.dumps(table, indent=2, ensure_ascii=False).encode())
                for path in [*self.folder.glob("topics-*.skops"), *self.folder.glob("*.part")]:
                    if path.name not in {card.model for card in cards.values()}:
                        path.unlink(missing_ok=True)
        except OSError as error:
            raise ModelError(
                f"{self.folder}: cannot be written ({error.strerror}); make it writable, or set ZD_MODELS_DIR"
            ) from error
