"""The desks at work: which one serves a ticket, and the account's groups and articles kept fresh."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from zd_automation.assembly import Assembled, article_index, assemble
from zd_automation.desk_files import DeskFiles
from zd_automation.errors import ModelError, ZdAutomationError
from zd_automation.models.cache import ModelCache
from zd_automation.models.registry import Registry
from zd_automation.tickets import Article, Ticket
from zd_automation.triage.decide import Triage
from zd_automation.zendesk.gateway import Gateway

_REFRESH = 600.0
# While an encoder is away a desk decides without its models: it is looked for more often.
_REFRESH_TO_MEND = 60.0

log = structlog.get_logger("zd_automation.desks")


class DeskRegistry:
    """Implements ``engine.ticket_job.Desks`` for one account; thread-safe.

    ``load`` builds the models; until it is done ``not_ready`` says so and no ticket is decided. ``models_dir`` holds
    the desks' registries of trained models; without it topics are learnt from the desks' files.
    """

    def __init__(
        self,
        files: Sequence[DeskFiles],
        gateway: Gateway,
        models: ModelCache,
        clock: Callable[[], float] = time.monotonic,
        models_dir: Path | None = None,
    ) -> None:
        self._files = list(files)
        self._gateway = gateway
        self._models = models
        self._clock = clock
        self._models_dir = models_dir
        self._lock = threading.Lock()
        self._triages: list[tuple[DeskFiles, Triage]] = []
        self._brands: dict[str, int] = {}
        self._groups: dict[str, int] = {}
        self._refreshed_at = 0.0
        self._troubles: list[str] = ["models are being loaded"]
        self._assembled: list[Assembled] = []
        self._promoted: list[str] = []

    def load(self) -> None:
        """Read the account, fetch the articles, build or load every desk's models. Raises what the gateway raises."""
        self._brands = {name: brand.id for brand in self._gateway.brands() for name in (brand.subdomain, brand.name)}
        self._groups = self._gateway.groups()
        self._promoted = [self._active(files, "") for files in self._files]
        # Side by side: learning is the longest part of a first start, and two desks are learnt on two cores.
        with ThreadPoolExecutor(len(self._files)) as pool:
            self._assembled = list(pool.map(self._assemble, self._files))
        triages = [(files, made.triage) for files, made in zip(self._files, self._assembled, strict=True)]
        troubles = self._told()
        with self._lock:
            self._triages, self._troubles, self._refreshed_at = triages, troubles, self._clock()
        for trouble in troubles:
            log.error("desk_trouble", problem=trouble)

    def not_ready(self) -> list[str]:
        """What is missing or broken; empty when all is well."""
        with self._lock:
            return list(self._troubles)

    def groups(self) -> dict[str, int]:
        """See ``engine.ticket_job.Desks``."""
        return self._groups

    def redacts(self) -> bool:
        """See ``engine.ticket_job.Desks``."""
        return any(files.desk.danger.redact for files in self._files)

    def for_ticket(self, ticket: Ticket) -> Triage | None:
        """See ``engine.ticket_job.Desks``: the desk that names the ticket's brand, else one that names none."""
        with self._lock:
            triages = list(self._triages)
        if not triages:
            raise ZdAutomationError("no desk is loaded yet")
        anyone = [triage for files, triage in triages if not files.brands]
        named = [triage for files, triage in triages if ticket.brand_id in self._brand_ids(files)]
        return next(iter(named or anyone), None)

    def refresh(self) -> None:
        """Groups, articles and promoted models again, every ten minutes; the old ones serve when that fails.

        Every minute while a desk lacks a part whose trouble may pass: it is then put together anew.
        """
        pause = _REFRESH_TO_MEND if any(made.may_pass for made in self._assembled) else _REFRESH
        if self._clock() - self._refreshed_at < pause:
            return
        self._refreshed_at = self._clock()
        try:
            self._take_up_promoted()
            groups = self._gateway.groups()
            fresh = [(files, self._with_articles(files, triage)) for files, triage in self._triages]
        except ZdAutomationError as error:
            log.warning("refresh_failed", error=type(error).__name__)
            return
        with self._lock:
            self._groups, self._triages = groups, fresh
            self._troubles = self._told()

    def _take_up_promoted(self) -> None:
        """Put the desks together anew whose active model is another than before, or that lack what may be had now."""
        for place, files in enumerate(self._files):
            active, before = self._active(files, self._promoted[place]), self._promoted[place]
            if active == before and not self._assembled[place].may_pass:
                continue
            made = self._assemble(files)
            if active == before and made.may_pass:
                continue  # still away: what there is goes on
            self._promoted[place], self._assembled[place] = active, made
            with self._lock:
                self._triages[place] = (files, made.triage)

    def _active(self, files: DeskFiles, before: str) -> str:
        """The SHA-256 of a desk's active model, "" when it has none; what it was ``before`` when nobody can tell."""
        registry = self._registry(files)
        try:
            card = registry.cards().get("active") if registry else None
        except ModelError:
            return before
        return card.sha256 if card else ""

    def _registry(self, files: DeskFiles) -> Registry | None:
        return Registry.of_desk(self._models_dir, files.desk.name) if self._models_dir else None

    def _assemble(self, files: DeskFiles) -> Assembled:
        def say(line: str) -> None:
            log.info("models", step=f"{files.desk.name}: {line}")

        return assemble(files, self._models, self._articles(files), say, self._registry(files))

    def _told(self) -> list[str]:
        desks = list(zip(self._files, self._assembled, strict=True))
        of_models = [f"{files.desk.name}: {trouble}" for files, made in desks for trouble in made.troubles]
        return of_models + [said for files, _ in desks for said in self._missing_groups(files)]

    def _articles(self, files: DeskFiles) -> list[Article]:
        """The Help Center's articles, or the desk folder's own when it brings some."""
        return list(files.articles) or self._gateway.articles(files.article_labels)

    def _with_articles(self, files: DeskFiles, triage: Triage) -> Triage:
        """The desk with the articles of now, or with those it had while the encoder cannot read them."""
        articles = self._articles(files)
        try:
            index = article_index(articles, files, self._models)
        except ModelError as error:
            log.warning("refresh_failed", desk=files.desk.name, error=type(error).__name__)
            return triage
        if index is not None and triage.articles is not None and index.version == triage.articles.version:
            return triage
        return dataclasses.replace(triage, articles=index)

    def _brand_ids(self, files: DeskFiles) -> set[int]:
        return {brand if isinstance(brand, int) else self._brands.get(brand, -1) for brand in files.brands}

    def _missing_groups(self, files: DeskFiles) -> list[str]:
        wanted = {topic.group for topic in files.desk.topics if topic.rung == "route" and topic.group}
        wanted |= files.desk.danger.groups() if files.desk.danger.rung == "route" else set()
        missing = sorted(wanted - set(self._groups))
        return [
            f"{files.desk.name}: the account has no group {name!r}; create it or change the desk" for name in missing
        ]
