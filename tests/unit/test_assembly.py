"""A small desk put together from its files, with the shipped danger models: ready, or honest about what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.builders import a_desk_folder, a_ticket, an_article
from zd_automation import __version__
from zd_automation.assembly import Assembled, assemble, seed_words
from zd_automation.desk_files import load_desk
from zd_automation.models.cache import ModelCache
from zd_automation.triage.plan_json import plan_as_json

DESK = 'name = "Little"\nlanguages = ["en", "es"]\n[language]\nrung = "tag"\n[topics]\nrung = "route"\ntarget_precision = 0.5\n'
ARTICLES = (
    an_article(1, "Card declined", "A card is declined when the limit is reached. Raise the limit in the app."),
    an_article(2, "Where is my parcel", "Track the parcel on the page of the carrier."),
    an_article(
        3, "Card declined, for agents", "A card is declined: the card limit is raised by the team.", restricted=True
    ),
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> ModelCache:
    return ModelCache(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, cache: ModelCache, said: list[str]) -> Assembled:
    files = load_desk(a_desk_folder(tmp_path_factory.mktemp("desk"), DESK))
    return assemble(files, cache, ARTICLES, said.append)


def test_the_desk_is_whole(desk: Assembled, said: list[str]) -> None:
    assert desk.troubles == ()
    assert said[0] == "learning 3 topics from 18 examples"
    assert said[1].startswith("learning danger from ")
    assert desk.triage.package == __version__
    assert len(desk.triage.books) >= 18


def test_an_ordinary_ticket_goes_its_way(desk: Assembled) -> None:
    plan = desk.triage.decide(a_ticket("My card was declined in the shop again, why does it not work?"))
    assert plan.language.tag == "en"
    assert plan.topic is not None
    assert (plan.topic.id, plan.group, plan.danger.is_urgent) == ("card_problem", "Cards", False)
    assert {"zdauto_lang_en", "zdauto_topic_card_problem", "zdauto_done"} <= set(plan.tags)
    assert "1" in [article.id for article in plan.article_candidates]
    assert "3" not in [article.id for article in plan.article_candidates]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Someone got into my account and changed the e-mail. That was not me!", "account_takeover"),
        ("hay un retiro de 300 ETH que yo no hice", "unauthorised_transaction"),
    ],
)
def test_a_security_case_is_seen_in_any_of_its_languages(desk: Assembled, body: str, kind: str) -> None:
    plan = desk.triage.decide(a_ticket(body))
    assert (plan.danger.kind, plan.group, plan.priority) == (kind, "Security", "urgent")


def test_a_seed_phrase_is_found(desk: Assembled) -> None:
    seed = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    plan = desk.triage.decide(a_ticket(f"my wallet words: {seed}"))
    assert plan.secrets == ("seed_phrase",)
    assert "sausage" not in json.dumps(plan_as_json(plan))


def test_from_the_cache_nothing_is_learnt_and_the_plans_are_the_same(desk: Assembled, cache: ModelCache) -> None:
    said: list[str] = []
    again = assemble(load_desk(desk_folder(cache)), cache, ARTICLES, said.append)
    tickets = [
        a_ticket(body) for body in ("my card is blocked", "donde esta mi paquete", "", "someone is in my account")
    ]
    assert said == []
    assert [plan_as_json(plan) for plan in again.triage.decide_many(tickets)] == [
        plan_as_json(plan) for plan in desk.triage.decide_many(tickets)
    ]


def desk_folder(cache: ModelCache) -> Path:
    return a_desk_folder(cache.folder.parent / "again", DESK)


def test_a_topic_switched_off_is_not_learnt(tmp_path: Path, cache: ModelCache) -> None:
    topics = "".join(
        f'[[topic]]\nid = "{name}"\nrung = "{rung}"\nexamples = ["{name} one", "{name} two"]\n'
        for name, rung in (("card", "tag"), ("parcel", "tag"), ("secret", "off"))
    )
    files = load_desk(a_desk_folder(tmp_path, DESK, topics, en=""))
    said: list[str] = []
    plan = assemble(files, cache, say=said.append).triage.decide(a_ticket("secret one"))
    assert said[0] == "learning 2 topics from 4 examples"
    assert "secret" not in [candidate.id for candidate in plan.candidates]


def test_a_desk_with_one_topic_still_sees_danger(tmp_path: Path, cache: ModelCache) -> None:
    topics = '[[topic]]\nid = "card"\nexamples = ["card one", "card two"]\n'
    assembled = assemble(load_desk(a_desk_folder(tmp_path, DESK, topics, en="")), cache)
    assert assembled.troubles == ("a topic model needs at least 2 topics with examples, there are 1",)
    plan = assembled.triage.decide(a_ticket("Someone got into my account and changed the e-mail. That was not me!"))
    assert (plan.topic, plan.group) == (None, "Security")
    assert "silent: a topic model needs at least 2 topics with examples, there are 1" in [
        why.text for why in plan.reasons
    ]


def test_the_seed_lists_are_words_between_spaces() -> None:
    lists = seed_words()
    assert len(lists["english"]) == 2048
    assert {"english", "spanish", "korean"} <= set(lists)
    assert not any(name.startswith("chinese") for name in lists)
