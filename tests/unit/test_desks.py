"""The desks at work: who serves a ticket, what is missing, and what happens when the account does not answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import a_desk_folder, a_ticket, an_article
from tests.support.embedding_server import EmbeddingServer, ngram_vectors
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.desks import DeskRegistry
from zd_automation.errors import TryLater, ZdAutomationError
from zd_automation.models.cache import ModelCache
from zd_automation.tickets import Article
from zd_automation.triage.decide import Triage
from zd_automation.zendesk.gateway import Brand
from zd_automation.zendesk.memory_gateway import MemoryGateway

GROUPS = {"Cards": 1, "Delivery": 2, "Access": 3, "Security": 4}
DESK = 'name = "{}"\nlanguages = ["en"]\n[topics]\nrung = "route"\ntarget_precision = 0.5\n[account]\nbrands = {}\n'
CARD_HELP = an_article(1, "Card declined", "A card is declined when the limit is reached. Raise the limit in the app.")
LATE_HELP = an_article(2, "Where is my parcel", "Track the parcel on the page of the carrier.")


class Account(MemoryGateway):
    """An account whose groups and articles change, and that is sometimes away."""

    def __init__(self, *articles: Article) -> None:
        super().__init__(groups=GROUPS, articles=articles)
        self.away = False
        self.asked = 0

    def _answer(self) -> None:
        self.asked += 1
        if self.away:
            raise TryLater("Zendesk does not answer")

    def brands(self) -> list[Brand]:
        self._answer()
        return [Brand(11, "Shop", "shop"), Brand(12, "Exchange", "xchg")]

    def groups(self) -> dict[str, int]:
        self._answer()
        return super().groups()

    def articles(self, labels: Sequence[str] = ()) -> list[Article]:
        self._answer()
        return super().articles(labels)

    def becomes(self, groups: dict[str, int] | None = None, articles: Sequence[Article] | None = None) -> None:
        """An admin changes the account."""
        self._groups = self._groups if groups is None else dict(groups)
        self._articles = self._articles if articles is None else list(articles)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelCache:
    return ModelCache(tmp_path_factory.mktemp("models"))


def a_desk(folder: Path, name: str = "Little", brands: str = "[]") -> DeskFiles:
    return load_desk(a_desk_folder(folder / name, DESK.format(name, brands)))


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_registry(models: ModelCache, account: Account, *files: DeskFiles, clock: Clock | None = None) -> DeskRegistry:
    registry = DeskRegistry(files, account, models, clock or Clock())
    registry.load()
    return registry


def found_by(registry: DeskRegistry, text: str) -> list[str]:
    """The articles that the desk's index has for a text."""
    triage = registry.for_ticket(a_ticket())
    assert triage is not None
    return [article.id for article in triage.decide(a_ticket(text)).article_candidates]


# --- loading -------------------------------------------------------------------------------------------------------


def test_before_it_is_loaded_nothing_is_decided(models: ModelCache, tmp_path: Path) -> None:
    registry = DeskRegistry([a_desk(tmp_path)], Account(), models)
    assert registry.not_ready() == ["models are being loaded"]
    with pytest.raises(ZdAutomationError, match="no desk is loaded yet"):
        registry.for_ticket(a_ticket())


def test_a_loaded_desk_is_ready_and_knows_the_groups(models: ModelCache, tmp_path: Path) -> None:
    registry = a_registry(models, Account(CARD_HELP), a_desk(tmp_path))
    assert registry.not_ready() == []
    assert registry.groups() == GROUPS
    triage = registry.for_ticket(a_ticket())
    assert isinstance(triage, Triage)
    assert triage.decide(a_ticket("My card was declined in the shop")).group == "Cards"


def test_an_account_that_is_away_keeps_it_unready(models: ModelCache, tmp_path: Path) -> None:
    account = Account()
    account.away = True
    registry = DeskRegistry([a_desk(tmp_path)], account, models)
    with pytest.raises(TryLater):
        registry.load()
    assert registry.not_ready() == ["models are being loaded"]
    account.away = False
    registry.load()
    assert registry.not_ready() == []


def test_a_desk_with_its_own_articles_asks_for_none(models: ModelCache, tmp_path: Path) -> None:
    files = dataclasses.replace(a_desk(tmp_path), articles=(LATE_HELP,))
    registry = a_registry(models, Account(CARD_HELP), files)
    assert found_by(registry, "Where is my parcel?") == ["2"]
    assert found_by(registry, "card declined, what is the limit?") != ["1"]


def test_a_model_that_cannot_be_learnt_is_a_trouble_with_the_desks_name(models: ModelCache, tmp_path: Path) -> None:
    poor = a_desk_folder(tmp_path / "poor", topics='[[topic]]\nid = "a"\n', en='a = ["only one"]\n')
    registry = a_registry(models, Account(), load_desk(poor))
    (trouble,) = registry.not_ready()
    assert trouble.startswith("Little desk: ")


# --- which desk ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brand_id", "served_by"), [(11, "Shop desk"), (12, "Exchange desk"), (13, "Others"), (None, "Others")]
)
def test_the_brand_decides_who_serves_a_ticket(
    models: ModelCache, tmp_path: Path, brand_id: int | None, served_by: str
) -> None:
    desks = [
        a_desk(tmp_path, "Others"),
        a_desk(tmp_path, "Shop desk", '["shop"]'),
        a_desk(tmp_path, "Exchange desk", "[12]"),
    ]
    triage = a_registry(models, Account(), *desks).for_ticket(a_ticket(brand_id=brand_id))
    assert triage is not None
    assert triage.desk.name == served_by


@pytest.mark.parametrize("brands", ['["Shop"]', '["shop"]', "[11]", '["ghost", "shop"]'])
def test_a_brand_may_be_named_in_every_way(models: ModelCache, tmp_path: Path, brands: str) -> None:
    registry = a_registry(models, Account(), a_desk(tmp_path, "Only", brands))
    assert registry.for_ticket(a_ticket(brand_id=11)) is not None
    assert registry.for_ticket(a_ticket(brand_id=12)) is None
    assert registry.for_ticket(a_ticket(brand_id=None)) is None


# --- keeping fresh -------------------------------------------------------------------------------------------------


def test_missing_groups_are_told_and_heal(models: ModelCache, tmp_path: Path, clock: Clock) -> None:
    account = Account()
    account.becomes(groups={"Delivery": 2, "Access": 3})
    registry = a_registry(models, account, a_desk(tmp_path), clock=clock)
    assert registry.not_ready() == [
        "Little: the account has no group 'Cards'; create it or change the desk",
        "Little: the account has no group 'Security'; create it or change the desk",
    ]
    account.becomes(groups=GROUPS)
    clock.now += 601
    registry.refresh()
    assert registry.not_ready() == []
    assert registry.groups() == GROUPS


def test_groups_of_topics_that_are_not_routed_may_be_missing(models: ModelCache, tmp_path: Path) -> None:
    desk = 'name = "Quiet"\nlanguages = ["en"]\n[topics]\nrung = "tag"\n[danger]\nrung = "tag"\n'
    account = Account()
    account.becomes(groups={})
    assert a_registry(models, account, load_desk(a_desk_folder(tmp_path / "q", desk))).not_ready() == []


def test_new_articles_are_found_after_ten_minutes(models: ModelCache, tmp_path: Path, clock: Clock) -> None:
    account = Account(CARD_HELP)
    registry = a_registry(models, account, a_desk(tmp_path), clock=clock)
    account.becomes(articles=[CARD_HELP, LATE_HELP])
    asked = account.asked
    clock.now += 599
    registry.refresh()
    assert (account.asked, "2" in found_by(registry, "Where is my parcel?")) == (asked, False)
    clock.now += 2
    registry.refresh()
    assert found_by(registry, "Where is my parcel?")[0] == "2"


def test_articles_that_were_taken_away_are_no_longer_found(models: ModelCache, tmp_path: Path, clock: Clock) -> None:
    account = Account(CARD_HELP, LATE_HELP)
    registry = a_registry(models, account, a_desk(tmp_path), clock=clock)
    account.becomes(articles=[CARD_HELP, dataclasses.replace(LATE_HELP, draft=True)])
    clock.now += 601
    registry.refresh()
    assert "2" not in found_by(registry, "Where is my parcel?")
    account.becomes(articles=[])
    clock.now += 601
    registry.refresh()
    assert found_by(registry, "card declined") == []


def test_a_failing_refresh_keeps_what_there_was(models: ModelCache, tmp_path: Path, clock: Clock) -> None:
    account = Account(CARD_HELP)
    registry = a_registry(models, account, a_desk(tmp_path), clock=clock)
    account.becomes(groups={}, articles=[])
    account.away = True
    clock.now += 601
    registry.refresh()
    assert (registry.groups(), registry.not_ready()) == (GROUPS, [])
    assert found_by(registry, "card declined, the limit") == ["1"]
    asked = account.asked
    registry.refresh()  # not again at once: the account has trouble enough
    assert account.asked == asked


def test_the_same_articles_are_not_indexed_again(models: ModelCache, tmp_path: Path, clock: Clock) -> None:
    registry = a_registry(models, Account(CARD_HELP), a_desk(tmp_path), clock=clock)
    before = registry.for_ticket(a_ticket())
    clock.now += 601
    registry.refresh()
    assert registry.for_ticket(a_ticket()) is before


# --- an encoder that comes and goes --------------------------------------------------------------------------------

AWAY = (503, {"Retry-After": "60"}, {}, 0.0)
BROKEN: list[bool] = []


def shaky(texts: Sequence[str]) -> Any:
    """Vectors of letter triples, while a test lets it."""
    if BROKEN:
        raise OSError("out of memory")
    return ngram_vectors(texts)


def naming(folder: Path, lines: str, name: str = "Named") -> DeskFiles:
    return load_desk(a_desk_folder(folder / name, f"{DESK.format(name, '[]')}[encoder]\n{lines}"))


def topic_of(registry: DeskRegistry, text: str) -> str | None:
    triage = registry.for_ticket(a_ticket())
    assert triage is not None
    topic = triage.decide(a_ticket(text)).topic
    return topic.id if topic else None


def test_an_endpoint_that_was_away_at_start_is_taken_up_a_minute_later(
    models: ModelCache, tmp_path: Path, clock: Clock
) -> None:
    with EmbeddingServer(*[AWAY] * 100) as server:
        files = naming(tmp_path, f'kind = "endpoint"\nurl = "{server.url}"\nmodel = "m"\n')
        registry = a_registry(models, Account(CARD_HELP), files, a_desk(tmp_path, "Other", '["shop"]'), clock=clock)
        (trouble,) = registry.not_ready()
        assert trouble.startswith("Named: the endpoint 127.0.0.1:")
        triage, other = registry.for_ticket(a_ticket()), registry.for_ticket(a_ticket(brand_id=11))
        assert triage is not None
        plan = triage.decide(a_ticket("Someone got into my account and changed the e-mail. That was not me!"))
        assert (plan.topic, plan.group) == (None, "Security")

        asked = len(server.asked)
        clock.now += 59
        registry.refresh()
        assert len(server.asked) == asked
        clock.now += 2
        registry.refresh()  # still away: what there is goes on
        assert len(server.asked) > asked
        assert registry.not_ready() == [trouble]
        assert registry.for_ticket(a_ticket()) is triage

        server._bad.clear()
        clock.now += 61
        registry.refresh()
        assert registry.not_ready() == []
        assert topic_of(registry, "My card was declined in the shop") == "card_problem"
        assert found_by(registry, "My card was declined, what is the limit?") == ["1"]
        assert registry.for_ticket(a_ticket(brand_id=11)) is other
        asked = len(server.asked)
        clock.now += 61
        registry.refresh()  # whole again: every ten minutes is enough
        assert len(server.asked) == asked


def test_a_trouble_that_stays_is_not_tried_again_and_again(models: ModelCache, tmp_path: Path, clock: Clock) -> None:
    account = Account(CARD_HELP)
    files = naming(tmp_path, 'kind = "python"\nfunction = "no_such_package:f"\nsize = 3\n')
    registry = a_registry(models, account, files, clock=clock)
    (trouble,) = registry.not_ready()
    assert "no_such_package" in trouble
    asked = account.asked
    clock.now += 61
    registry.refresh()
    assert account.asked == asked


def test_articles_that_cannot_be_read_now_leave_the_old_ones_and_the_groups_fresh(
    models: ModelCache, tmp_path: Path, clock: Clock
) -> None:
    account = Account(CARD_HELP)
    files = naming(tmp_path, 'kind = "python"\nfunction = "tests.unit.test_desks:shaky"\nsize = 24\n')
    registry = a_registry(models, account, files, clock=clock)
    before = registry.for_ticket(a_ticket())
    account.becomes(groups={**GROUPS, "Seniors": 9}, articles=[CARD_HELP, LATE_HELP])
    BROKEN.append(True)
    try:
        clock.now += 601
        registry.refresh()
    finally:
        BROKEN.clear()
    assert registry.groups() == {**GROUPS, "Seniors": 9}
    assert registry.for_ticket(a_ticket()) is before
    assert "2" not in found_by(registry, "Where is my parcel?")
    clock.now += 601
    registry.refresh()
    assert found_by(registry, "Where is my parcel?")[0] == "2"


def test_fresh_articles_are_read_by_the_encoder_that_the_desk_names(
    models: ModelCache, tmp_path: Path, clock: Clock
) -> None:
    account = Account()
    with EmbeddingServer() as server:
        files = naming(tmp_path, f'kind = "endpoint"\nurl = "{server.url}"\nmodel = "m"\n')
        registry = a_registry(models, account, files, clock=clock)
        assert LATE_HELP.title not in server.texts
        account.becomes(articles=[LATE_HELP])
        clock.now += 601
        registry.refresh()
        assert LATE_HELP.title in server.texts
