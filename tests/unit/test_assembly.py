"""A small desk put together from its files, with the shipped danger models: ready, or honest about what is missing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import skops.io

from tests.support.builders import a_desk_folder, a_ticket, an_article
from tests.support.embedding_server import EmbeddingServer, ngram_vectors
from zd_automation import __version__
from zd_automation.assembly import Assembled, assemble, seed_lists
from zd_automation.desk_files import load_desk
from zd_automation.errors import TryLater
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


# --- states of another shape ---------------------------------------------------------------------------------------


def without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda state: state.pop(key)


def with_value(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda state: state.update({key: value})


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        ("topics", without("space")),
        ("topics", without("topics")),
        ("topics", with_value("voices", "text")),
        ("topics", with_value("held_out", [1.0])),
        ("topics", with_value("sources", None)),
        ("danger", without("voices")),
        ("danger", with_value("space", [])),
    ],
)
def test_a_kept_model_of_another_shape_is_learnt_anew(
    tmp_path: Path, kind: str, spoil: Callable[[dict[str, Any]], None]
) -> None:
    kept, said = ModelCache(tmp_path / "models"), []
    files = load_desk(a_desk_folder(tmp_path / "d", DESK))
    before = assemble(files, kept).triage.decide(a_ticket("my card is blocked"))
    (path,) = kept.folder.glob(f"{kind}-*.skops")
    state = skops.io.load(path)
    spoil(state)
    skops.io.dump(state, path)
    made = assemble(files, kept, say=said.append)
    assert made.troubles == ()
    assert [line.split(" ")[0] for line in said] == ["learning"]
    assert plan_as_json(made.triage.decide(a_ticket("my card is blocked"))) == plan_as_json(before)


# --- a desk that names its encoder ---------------------------------------------------------------------------------

SEEN: list[str] = []
FAILING = 'kind = "python"\nfunction = "tests.unit.test_assembly:failing"\nsize = 24\n'


def seeing(texts: Sequence[str]) -> Any:
    """Vectors of letter triples; keeps what it was asked for."""
    SEEN.extend(texts)
    return ngram_vectors(texts)


def failing(texts: Sequence[str]) -> Any:
    """An encoder that is broken: its error quotes the text, ours must not."""
    raise OSError(f"no vectors for {texts}")


def naming(folder: Path, lines: str) -> Path:
    return a_desk_folder(folder, f"{DESK}[encoder]\n{lines}")


def test_the_named_encoder_reads_for_topics_danger_and_articles(tmp_path: Path) -> None:
    lines = 'kind = "python"\nfunction = "tests.unit.test_assembly:seeing"\nsize = 24\nname = "seeing-{}"\n'
    kept = ModelCache(tmp_path / "models")
    made = assemble(load_desk(naming(tmp_path / "d", lines.format(1))), kept, ARTICLES)
    assert made.troubles == ()
    assert "Card declined" in SEEN  # an article's title
    assert any("password" in text for text in SEEN)  # a desk's example
    SEEN.clear()
    ours = made.triage.decide(a_ticket("My card was declined in the shop again, why does it not work?"))
    assert set(SEEN) == {"My card was declined in the shop again, why does it not work?"}
    assert ours.topic is not None
    assert ours.topic.id == "card_problem"
    # Vectors of another name: nothing that was learnt from the first is used for them.
    names = {path.name for path in kept.folder.iterdir()}
    assemble(load_desk(naming(tmp_path / "e", lines.format(2))), kept, ARTICLES)
    anew = {path.name.split("-")[0] for path in kept.folder.iterdir() if path.name not in names}
    assert anew == {"topics", "danger", "usual"}
    with closing(sqlite3.connect(kept.folder / "passages.sqlite")) as file:
        assert file.execute("SELECT DISTINCT encoder FROM vectors ORDER BY 1").fetchall() == [
            ("seeing-1",),
            ("seeing-2",),
        ]


def test_an_encoder_that_fails_leaves_language_phrases_and_secrets_at_work(tmp_path: Path, cache: ModelCache) -> None:
    made = assemble(load_desk(naming(tmp_path / "d", FAILING)), cache, ARTICLES)
    (trouble,) = made.troubles
    assert trouble.startswith("the encoder 'tests.unit.test_assembly:failing' failed with OSError at test_assembly.py:")
    assert "no vectors" not in trouble
    assert not made.may_pass
    plan = made.triage.decide(a_ticket("Someone got into my account and changed the e-mail. That was not me!"))
    assert (plan.language.tag, plan.danger.kind, plan.group) == ("en", "account_takeover", "Security")
    assert (plan.topic, plan.articles) == (None, ())
    assert f"silent: {trouble}" in [why.text for why in plan.reasons]
    seed = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    assert made.triage.decide(a_ticket(f"my wallet words: {seed}")).secrets == ("seed_phrase",)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('kind = "python"\nfunction = "no_such_package:f"\nsize = 3\n', "cannot be imported (ModuleNotFoundError"),
        ('kind = "endpoint"\nmodel = "m"\n', "'url' must be given"),
        ('kind = "python"\nfunction = "builtins:len"\nsize = "3"\n', "'size' must be int, not str"),
    ],
)
def test_an_encoder_that_cannot_be_had_is_one_trouble(tmp_path: Path, cache: ModelCache, lines: str, said: str) -> None:
    made = assemble(load_desk(naming(tmp_path / "d", lines)), cache, ARTICLES)
    (trouble,) = made.troubles
    assert said in trouble
    assert (made.triage.topics, made.triage.danger, made.triage.articles) == (None, None, None)
    assert not made.may_pass


def test_an_endpoint_that_is_away_may_be_back_later(tmp_path: Path, cache: ModelCache) -> None:
    away = (503, {"Retry-After": "60"}, {}, 0.0)
    with EmbeddingServer(*[away] * 10) as server:
        lines = f'kind = "endpoint"\nurl = "{server.url}"\nmodel = "m"\n'
        files = load_desk(naming(tmp_path / "d", lines))
        made = assemble(files, cache, ARTICLES)
        (trouble,) = made.troubles
        assert "does not answer (status 503)" in trouble
        assert made.may_pass
        server._bad.clear()
        again = assemble(files, cache, ARTICLES)
        assert (again.troubles, again.may_pass) == ((), False)
        assert again.triage.decide(a_ticket("my card was declined")).topic is not None
        # What was learnt needs no vectors to start with; a ticket does, and waits.
        server._bad += [away] * 10
        asked = len(server.asked)
        kept = assemble(files, cache, ARTICLES)
        assert (kept.troubles, kept.may_pass, len(server.asked)) == ((), False, asked)
        with pytest.raises(TryLater, match="does not answer"):
            kept.triage.decide(a_ticket("a message that it has not read yet"))


def test_the_seed_lists_are_the_ten_of_the_standard_and_each_word_has_its_place() -> None:
    lists = seed_lists()
    assert len(lists) == 10
    assert all(sorted(words.values()) == list(range(2048)) for words in lists.values())
    assert (lists["english"]["abandon"], lists["english"]["zoo"]) == (0, 2047)
    assert "abaco" in lists["spanish"]  # compared without accents
