"""From a desk and its history to a candidate: what is learnt, what is judged, who may serve, and what happens when not."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import a_desk_folder, a_ticket, cleaned
from zd_automation.assembly import Assembled, assemble, encoder_names, stored_classifier, topic_model
from zd_automation.checks import Finding, check_files
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.desks import DeskRegistry
from zd_automation.errors import DefinitionError, ModelError
from zd_automation.evaluation.measures import evaluate
from zd_automation.history import History, read_history
from zd_automation.judging import gate, keys_of, predicted, seen, unseen
from zd_automation.lessons import Lesson, learning_hash
from zd_automation.models.cache import ModelCache
from zd_automation.models.model_files import Card
from zd_automation.models.registry import Registry
from zd_automation.training import Remembering, Workshop, cross_validated, dealt, judged, train
from zd_automation.zendesk.memory_gateway import MemoryGateway

DESK = 'name = "Little"\nlanguages = ["en", "es"]\n[topics]\nrung = "route"\ntarget_precision = 0.5\n'
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
SAYINGS = {
    "card_problem": ("my card", "the bank card", "this debit card", "card payment", "our new card", "a credit card"),
    "delivery_late": ("my parcel", "the delivery", "that package", "courier with my order", "our parcel", "a box"),
    "password_reset": ("my password", "the login password", "reset link", "password mail", "our sign in", "a code"),
}
ENDINGS = ("is refused again", "does not work", "has a problem today", "please help me", "since monday", "why?")


def rows_of(first: int = 0, count: int = 36, **wrong: str) -> list[dict[str, Any]]:
    """Rows of all three topics, other ones for other numbers; ``wrong`` gives a topic's rows to another topic."""
    return [
        {"id": f"{topic}-{number}", "topic": wrong.get(topic, topic), "text": f"{start} {end} {number}"}
        for topic, starts in SAYINGS.items()
        for number, (start, end) in enumerate(((s, e) for s in starts for e in ENDINGS), start=1)
        if first < number <= first + count
    ]


def a_file(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop.of(load_desk(a_desk_folder(tmp_path_factory.mktemp("desk"), DESK)))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> ModelCache:
    return ModelCache(tmp_path_factory.mktemp("models"))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry.of_desk(tmp_path / "models", "Little")


def history_of(workshop: Workshop, folder: Path, rows: Sequence[dict[str, Any]]) -> History:
    return read_history([a_file(folder / "history.jsonl", rows)], workshop.files.desk, workshop.reader)


def silent(what: str, done: int, of: int) -> None:
    """Progress that nobody watches."""


def a_candidate(workshop: Workshop, registry: Registry, history: History = History()) -> Card:  # noqa: B008 - frozen
    made = train(workshop, history, None, 0, silent, NOW)
    return registry.candidate(made.state, made.card)


def promoted(workshop: Workshop, registry: Registry, history: History = History()) -> Card:  # noqa: B008 - frozen
    a_candidate(workshop, registry, history)
    return registry.promote()


def put_together(files: DeskFiles, cache: ModelCache, registry: Registry | None, said: list[str]) -> Assembled:
    return assemble(files, cache, (), said.append, registry)


# --- reading a history -----------------------------------------------------------------------------------------------


def test_a_history_is_read_from_any_of_the_formats(shop: Workshop, tmp_path: Path) -> None:
    lines = a_file(tmp_path / "a.jsonl", [{"id": 7, "topic": "card_problem", "text": "card!", "language": "es_MX"}])
    (tmp_path / "b.csv").write_text(
        "topic;subject;body;created_at\ndelivery_late;Parcel;is late;2026-11-01T10:00:00Z\n", "utf-8"
    )
    first, second = read_history([lines, tmp_path / "b.csv"], shop.files.desk, shop.reader).rows
    assert (first.id, first.topic, first.text.text, first.language, first.created_at) == (
        "7",
        "card_problem",
        "card!",
        "es-MX",
        None,
    )
    assert (second.id, second.topic, second.text.text, second.language) == (
        "b.csv:1",
        "delivery_late",
        "Parcel\nis late",
        "en",
    )
    assert second.created_at == datetime(2026, 11, 1, 10, tzinfo=UTC)


def test_what_is_left_out_is_counted_and_named(shop: Workshop, tmp_path: Path) -> None:
    off = a_desk_folder(tmp_path / "d", topics='[[topic]]\nid = "a"\n[[topic]]\nid = "b"\nrung = "off"\n', en="")
    rows = [
        {"topic": "a", "text": "one", "created_at": "yesterday"},
        {"topic": "a", "text": "  "},
        {"topic": "b", "text": "two"},
        *({"topic": "c", "text": f"three {number}"} for number in range(3)),
        {"topic": "d", "text": "four", "agent": "Kim"},
    ]
    history = read_history([a_file(tmp_path / "h.jsonl", rows)], load_desk(off).desk, shop.reader)
    assert [row.text.text for row in history.rows] == ["one"]
    assert history.notes == (
        "h.jsonl: ignored columns agent",
        "4 rows of topics that the desk does not have are left out: c (3), d (1)",
        "1 rows of topics that are switched off are left out: b (1)",
        "1 rows have no words and are left out",
        "1 rows have a created_at that is no ISO 8601 date; they count as earlier than any date",
    )


@pytest.mark.parametrize("label", ["", None, "none", "None", "null"])
def test_a_message_may_belong_to_no_topic(shop: Workshop, tmp_path: Path, label: str | None) -> None:
    history = history_of(shop, tmp_path, [{"topic": label, "text": "hello there"}])
    assert [(row.topic, row.text.text) for row in history.rows] == [("", "hello there")]
    assert history.notes == ()


def test_a_desk_may_have_a_topic_called_none(shop: Workshop, tmp_path: Path) -> None:
    desk = load_desk(a_desk_folder(tmp_path / "d", topics='[[topic]]\nid = "none"\n', en="")).desk
    path = a_file(tmp_path / "h.jsonl", [{"topic": "none", "text": "x y"}])
    assert read_history([path], desk, shop.reader).rows[0].topic == "none"


def test_every_file_that_cannot_be_read_is_named(shop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"topic": "x"}\n{"text": \n', "utf-8")
    (tmp_path / "no_topic.csv").write_text("text\nhello\n", "utf-8")
    paths = [tmp_path / name for name in ("bad.jsonl", "no_topic.csv", "missing.jsonl")]
    with pytest.raises(DefinitionError) as error:
        read_history(paths, shop.files.desk, shop.reader)
    assert str(error.value).splitlines() == [
        f"{paths[0]}:2: is no JSON object",
        f"{paths[1]}: has no column topic; it has text",
        f"{paths[2]}: there is no such file",
    ]


def test_a_date_cuts_a_history_in_two(shop: Workshop, tmp_path: Path) -> None:
    days = ["2026-10-31T23:59:59+00:00", "2026-11-01", "2026-11-01T01:00:00+02:00", None]
    rows = [{"id": day or "undated", "topic": "card_problem", "text": f"card {day}", "created_at": day} for day in days]
    history, since = history_of(shop, tmp_path, rows), datetime(2026, 11, 1, tzinfo=UTC)
    assert [row.id for row in history.later(since)] == ["2026-11-01"]
    assert {row.id for row in history.before(since)} == {days[0], days[2], "undated"}
    assert len(history.before(None)) == 4
    with pytest.raises(DefinitionError, match="no row with a created_at from 2027-01-01 on"):
        history.later(datetime(2027, 1, 1, tzinfo=UTC))


# --- dealing out -----------------------------------------------------------------------------------------------------


def lessons_of(rows: Sequence[tuple[str, str]]) -> list[Lesson]:
    texts = cleaned(*(text for _, text in rows))
    return [Lesson(topic, text, "en", str(at)) for at, ((topic, _), text) in enumerate(zip(rows, texts, strict=True))]


_ROWS = st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.sampled_from("pqrstuvwxyz")), max_size=40)


@settings(deadline=None)
@given(_ROWS, st.integers(2, 5))
def test_equal_messages_are_in_one_part_and_topics_are_dealt_evenly(rows: list[tuple[str, str]], folds: int) -> None:
    lessons = lessons_of(rows)
    part = dealt(lessons, folds)
    assert part == dealt(lessons, folds)
    where = {text: {at for at, row in zip(part, rows, strict=True) if row[1] == text} for _, text in rows}
    assert all(len(parts) == 1 for parts in where.values())
    unshared = [text for text, count in Counter(text for _, text in set(rows)).items() if count == 1]
    if len(unshared) == len({text for _, text in rows}):
        for topic in {topic for topic, _ in rows}:
            texts = {text for its, text in rows if its == topic}
            counts = Counter(next(iter(where[text])) for text in texts)
            assert max(counts.values()) - min((counts[at] for at in range(folds)), default=0) <= 1


def test_nothing_that_is_judged_was_learnt_from(shop: Workshop) -> None:
    """Random labels on made-up words, each message twice: who has seen the twin is right, who has not can only guess."""
    deal = np.random.default_rng(5)
    words = ["".join(deal.choice(list("bcdfglmnprstv"), 9)) for _ in range(60)]
    topics = list(SAYINGS)
    rows = [
        (topics[int(deal.integers(3))], f"{one} {other}") for one, other in zip(words[::2], words[1::2], strict=True)
    ]
    twice = lessons_of([*rows, *((topic, text.upper()) for topic, text in rows)])
    bare = dataclasses.replace(shop, encoders=())
    told = cross_validated(twice, bare, 3, silent)
    accuracy = float(told.correct.mean())
    assert accuracy < 0.7
    assert [told.labels()[at] for at in range(len(twice))] == [row.topic for row in twice]


def test_messages_without_a_topic_are_judged_and_never_learnt(shop: Workshop) -> None:
    outside = lessons_of([("", f"weather report number {number}") for number in range(12)])
    rows = [*shop.own(), *outside]
    steps: list[tuple[str, int, int]] = []
    told = cross_validated(rows, shop, 3, lambda *step: steps.append(step))
    assert told.topics == ("card_problem", "delivery_late", "password_reset")
    assert (len(told), int(told.in_scope.sum())) == (30, 18)
    assert steps == [(f"part {number} of 3 judged", number, 3) for number in (1, 2, 3)]
    assert evaluate(told).accuracy.value > 0.5  # type: ignore[operator]


# --- training ----------------------------------------------------------------------------------------------------------


def test_a_candidate_says_what_it_is_made_of(shop: Workshop, tmp_path: Path) -> None:
    history = history_of(shop, tmp_path, [*rows_of(), {"topic": "", "text": "something else"}])
    steps: list[tuple[str, int, int]] = []
    made = train(shop, history, None, 2, lambda *step: steps.append(step), NOW)
    card = made.card
    assert (card.trained_at, card.rows, card.topics) == ("2026-11-22T10:00:00+00:00", 18 + 108, 3)
    assert set(card.libraries) == {"python", "numpy", "scikit-learn", "scipy", "skops", "zd-automation"}
    assert card.encoders == (encoder_names(shop.encoders))
    assert card.definitions_hash == learning_hash(shop.files)
    assert card.evaluation["judged_on"] == "cross-validation in 2 parts"
    assert (card.evaluation["rows"], card.evaluation["topics"]) == (126, 3)
    assert card.evaluation["accuracy"] > 0.8
    assert made.troubles == ()
    assert [(done, of) for _, done, of in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_same_files_give_the_same_model_and_others_another(
    shop: Workshop, registry: Registry, tmp_path: Path
) -> None:
    history = history_of(shop, tmp_path, rows_of(count=12))
    more = history_of(shop, tmp_path, rows_of(count=13))
    first, again, other = (a_candidate(shop, registry, one) for one in (history, history, more))
    assert (first.model, first.data_hash) == (again.model, again.data_hash)
    assert other.model != first.model
    assert other.data_hash != first.data_hash
    assert other.definitions_hash == first.definitions_hash


def test_the_definitions_hash_follows_what_is_learnt_from_and_nothing_else(tmp_path: Path) -> None:
    def hashed(name: str, desk: str = DESK, topics: str = "", **examples: str) -> str:
        return learning_hash(load_desk(a_desk_folder(tmp_path / name, desk, topics, **examples)))

    plain = hashed("plain")
    assert hashed("rungs", DESK.replace('"route"', '"shadow"').replace("0.5", "0.9")) == plain
    assert hashed("language", DESK.replace('"es"', '"de"')) != plain
    assert hashed("off", DESK.replace('"route"', '"off"')) != plain
    topics = '[[topic]]\nid = "a"\ndescription = "{}"\n[[topic]]\nid = "b"\n'
    assert hashed("one", topics=topics.format("x"), en="") != hashed("two", topics=topics.format("y"), en="")
    assert hashed("three", topics=topics.format("x"), en='a = ["q"]') != hashed(
        "four", topics=topics.format("x"), en=""
    )


def test_with_a_date_the_later_messages_are_judged_and_not_learnt(shop: Workshop, tmp_path: Path) -> None:
    early = [{**row, "created_at": "2026-10-01"} for row in rows_of(count=24)]
    late = [{**row, "created_at": "2026-11-02"} for row in rows_of(first=24)]
    known = {**early[0], "id": "again", "created_at": "2026-11-03"}
    history, since = history_of(shop, tmp_path, [*early, *late, known]), datetime(2026, 11, 1, tzinfo=UTC)
    made = train(shop, history, since, 3, silent, NOW)
    assert made.card.rows == 18 + 72
    assert made.card.evaluation["judged_on"] == "36 messages since 2026-11-01"
    assert len(unseen(history.later(since), made.state["seen"])) == 36
    told = judged(shop, history, since, 3, silent)
    assert evaluate(told).summary().items() <= made.card.evaluation.items()
    assert "again" not in told.ids
    with pytest.raises(DefinitionError, match="no row with a created_at"):
        train(shop, history, datetime(2027, 1, 1, tzinfo=UTC), 3, silent, NOW)


def test_too_few_to_judge_is_a_trouble_not_the_end(tmp_path: Path) -> None:
    topics = '[[topic]]\nid = "a"\nexamples = ["a one", "a two"]\n[[topic]]\nid = "b"\nexamples = ["b one", "b two"]\n'
    files = load_desk(a_desk_folder(tmp_path, DESK, topics.replace("a two", "a one").replace("b two", "b one"), en=""))
    made = train(Workshop.of(files), History(), None, 2, silent, NOW)
    assert made.card.evaluation == {}
    assert made.troubles[0].startswith("the model could not be judged: ")


def test_a_key_knows_a_message_again_whatever_its_capitals(shop: Workshop) -> None:
    first = lessons_of([("a", "My  card"), ("a", "my parcel"), ("b", "MY CARD")])
    assert len(seen(first)) == 2
    fresh = unseen(lessons_of([("c", "my card"), ("c", "my cards")]), seen(first))
    assert [row.text.text for row in fresh] == ["my cards"]


# --- what a model says -------------------------------------------------------------------------------------------------


def test_predictions_say_what_decide_would_do(shop: Workshop, cache: ModelCache, tmp_path: Path) -> None:
    rows = [*history_of(shop, tmp_path, rows_of(count=8)).rows, *lessons_of([("", "qqq zzz"), ("gone", "a card")])]
    told = predicted(topic_model(shop.files, shop.reader, shop.encoders, cache), rows, shop.files.desk)
    triage = put_together(shop.files, cache, None, []).triage
    plans = triage.decide_many([a_ticket(row.text.text) for row in rows])
    languages = [plan.language.tag for plan in plans]
    asked = [at for at, row in enumerate(rows) if row.language == languages[at]]
    assert len(asked) > len(rows) / 2
    for at in asked:
        assert bool(told.spoken[at]) == (plans[at].topic is not None)
        assert told.topics[told.said[at]] == plans[at].candidates[0].id
        assert told.confidence[at] == pytest.approx(plans[at].candidates[0].score, abs=2e-3)
    assert (told.labels()[-2:], told.unlearnt) == (("", "gone"), ("gone",))


def test_a_topic_that_is_switched_off_is_never_counted_as_spoken(shop: Workshop, cache: ModelCache) -> None:
    model = topic_model(shop.files, shop.reader, shop.encoders, cache)
    spoken = predicted(model, shop.own(), shop.files.desk)
    cards = spoken.topics.index("card_problem")
    topics = tuple(dataclasses.replace(t, rung="off") if t.id == "card_problem" else t for t in shop.files.desk.topics)
    off = predicted(model, shop.own(), dataclasses.replace(shop.files.desk, topics=topics))
    assert spoken.spoken[spoken.said == cards].any()
    assert not off.spoken[off.said == cards].any()
    others = off.said != cards
    assert off.spoken[others].tolist() == spoken.spoken[others].tolist()


def test_vectors_that_were_asked_for_are_not_made_again() -> None:
    asked: list[list[str]] = []

    class Counting:
        name, size, weight = "counting", 2, 1.5

        def encode(self, texts: Sequence[str]) -> Any:
            asked.append(list(texts))
            return np.array([[len(text), 1] for text in texts], dtype=np.float32).reshape(-1, 2)

        def carries(self, language: str) -> float:
            return 0.5

    encoder = Remembering(Counting())  # type: ignore[arg-type]
    assert encoder.encode(["a", "bb", "a"]).tolist() == [[1, 1], [2, 1], [1, 1]]
    assert encoder.encode(["bb", "ccc"]).tolist() == [[2, 1], [3, 1]]
    assert encoder.encode([]).shape == (0, 2)
    assert asked == [["a", "bb"], ["ccc"], []]
    assert (encoder.name, encoder.weight, encoder.carries("en")) == ("counting", 1.5, 0.5)


def test_topics_beyond_the_ten_best_have_their_chance_too(tmp_path: Path, cache: ModelCache) -> None:
    names = [f"t{number:02}" for number in range(14)]
    topics = "".join(f'[[topic]]\nid = "{n}"\nexamples = ["{n} one", "{n} two", "{n} x"]\n' for n in names)
    shop = Workshop.of(load_desk(a_desk_folder(tmp_path, DESK, topics, en="")))
    rows = [*shop.own(), *lessons_of([("t03", "quite another thing, t03 or t07")])]
    told = predicted(topic_model(shop.files, shop.reader, shop.encoders, cache), rows, shop.files.desk)
    assert told.topics == tuple(names)
    assert told.chances.sum(axis=1) == pytest.approx(np.ones(len(told)), abs=1e-4)
    assert (told.chances[-1] > 0).all()


# --- the gate ----------------------------------------------------------------------------------------------------------


def test_a_candidate_as_good_as_what_serves_passes(
    shop: Workshop, registry: Registry, cache: ModelCache, tmp_path: Path
) -> None:
    active = promoted(shop, registry, history_of(shop, tmp_path, rows_of(count=10)))
    candidate = a_candidate(shop, registry, history_of(shop, tmp_path, rows_of(count=12)))
    found = gate(registry, shop.files, history_of(shop, tmp_path, rows_of()).rows, shop.reader, shop.encoders, cache)
    assert (found.verdict.ok, found.verdict.reasons) == (True, ())
    assert (found.model, found.against, found.left_out) == (candidate.model, active.model, 36)
    assert found.verdict.facts[0].startswith("72 messages with a topic")


def test_what_either_of_the_two_has_learnt_from_is_not_judged(
    shop: Workshop, registry: Registry, cache: ModelCache, tmp_path: Path
) -> None:
    promoted(shop, registry, history_of(shop, tmp_path, rows_of(first=8, count=6)))
    a_candidate(shop, registry, history_of(shop, tmp_path, rows_of(count=12)))
    found = gate(registry, shop.files, history_of(shop, tmp_path, rows_of()).rows, shop.reader, shop.encoders, cache)
    assert found.left_out == 42
    assert found.verdict.facts[0].startswith("66 messages with a topic")


def test_a_worse_candidate_is_refused(shop: Workshop, registry: Registry, cache: ModelCache, tmp_path: Path) -> None:
    promoted(shop, registry, history_of(shop, tmp_path, rows_of(count=10)))
    swapped = {"card_problem": "delivery_late", "delivery_late": "card_problem"}
    a_candidate(shop, registry, history_of(shop, tmp_path, rows_of(count=12, **swapped)))
    later = history_of(shop, tmp_path, rows_of(first=12)).rows
    found = gate(registry, shop.files, later, shop.reader, shop.encoders, cache)
    assert not found.verdict.ok
    assert any("right less often" in reason for reason in found.verdict.reasons)


def test_without_an_active_model_it_is_held_against_the_desks_own(
    shop: Workshop, registry: Registry, cache: ModelCache, tmp_path: Path
) -> None:
    a_candidate(shop, registry, history_of(shop, tmp_path, rows_of(count=18)))
    own = [{"topic": row.topic, "text": row.text.text} for row in shop.own()]
    later = history_of(shop, tmp_path, [*rows_of(first=18), *own]).rows
    found = gate(registry, shop.files, later, shop.reader, shop.encoders, cache)
    assert found.verdict.ok
    assert (found.against, found.left_out) == ("the model that is learnt from the desk's files", 18)


def test_where_nothing_serves_there_is_nothing_to_compare_with(
    registry: Registry, cache: ModelCache, tmp_path: Path
) -> None:
    shop = Workshop.of(load_desk(a_desk_folder(tmp_path / "bare", DESK, en="")))
    history = history_of(shop, tmp_path, rows_of(count=10))
    a_candidate(shop, registry, history)
    found = gate(registry, shop.files, history.rows, shop.reader, shop.encoders, cache)
    assert found.verdict.ok
    assert found.verdict.facts[0].startswith("nothing to compare with: a topic model needs ")


def test_a_history_that_was_learnt_from_judges_nothing(
    shop: Workshop, registry: Registry, cache: ModelCache, tmp_path: Path
) -> None:
    history = history_of(shop, tmp_path, rows_of(count=4))
    a_candidate(shop, registry, history)
    with pytest.raises(ModelError, match="every message of the history was learnt from; give a later one"):
        gate(registry, shop.files, history.rows, shop.reader, shop.encoders, cache)


def test_a_topic_that_the_desk_gave_up_may_be_missing_one_that_it_has_may_not(
    shop: Workshop, registry: Registry, cache: ModelCache, tmp_path: Path
) -> None:
    promoted(shop, registry, history_of(shop, tmp_path, rows_of(count=10)))
    topics = '[[topic]]\nid = "card_problem"\n[[topic]]\nid = "delivery_late"\n[[topic]]\nid = "password_reset"\n{}'
    for off, ok in (("", False), ('rung = "off"\n', True)):
        fewer = Workshop.of(load_desk(a_desk_folder(tmp_path / f"d{ok}", DESK, topics.format(off), en="")))
        rows = [row for row in rows_of() if row["topic"] != "password_reset"]
        a_candidate(fewer, registry, history_of(fewer, tmp_path, rows[:10] + rows[36:46]))
        later = history_of(fewer, tmp_path, rows[10:36] + rows[46:]).rows
        found = gate(registry, fewer.files, later, fewer.reader, fewer.encoders, cache)
        assert (["missing" in reason for reason in found.verdict.reasons].count(True) == 0) == ok, found.verdict


# --- serving -----------------------------------------------------------------------------------------------------------


def test_the_promoted_model_serves(shop: Workshop, registry: Registry, cache: ModelCache, tmp_path: Path) -> None:
    history = history_of(shop, tmp_path, [{"topic": "card_problem", "text": f"xylophone {n} broken"} for n in range(8)])
    card = promoted(shop, registry, history)
    said: list[str] = []
    made = put_together(shop.files, cache, registry, said)
    plan = made.triage.decide(a_ticket("my xylophone is broken"))
    assert made.troubles == ()
    assert "definitions changed" not in " ".join(said)
    assert (plan.versions.topic_model, plan.candidates[0].id) == (card.version, "card_problem")
    assert put_together(shop.files, cache, None, []).triage.topics.version != card.version  # type: ignore[union-attr]


def test_a_candidate_alone_does_not_serve(shop: Workshop, registry: Registry, cache: ModelCache) -> None:
    card = a_candidate(shop, registry)
    made = put_together(shop.files, cache, registry, [])
    assert made.triage.topics is not None
    assert (made.troubles, made.triage.topics.version == card.version) == ((), False)


def test_it_serves_on_when_the_definitions_change_and_deleted_topics_are_never_spoken(
    shop: Workshop, registry: Registry, cache: ModelCache, tmp_path: Path
) -> None:
    card = promoted(shop, registry)
    fewer = '[[topic]]\nid = "card_problem"\n[[topic]]\nid = "brand_new"\nexamples = ["b one", "b two"]\n'
    files = load_desk(a_desk_folder(tmp_path / "changed", DESK, fewer, en='card_problem = ["My card is blocked"]\n'))
    said: list[str] = []
    made = put_together(files, cache, registry, said)
    assert "definitions changed since the active model was trained; run zd-automation model train" in said
    assert made.troubles == ()
    gone = made.triage.decide(a_ticket("I forgot my password, the reset link is expired"))
    assert (gone.versions.topic_model, gone.candidates[0].id, gone.topic) == (card.version, "password_reset", None)
    assert not any("password" in tag for tag in gone.tags)
    kept = made.triage.decide(a_ticket("My card was declined in the shop"))
    assert kept.topic is not None
    assert kept.topic.id == "card_problem"


def test_a_damaged_active_model_leaves_the_previous_at_work(
    shop: Workshop, registry: Registry, cache: ModelCache, tmp_path: Path
) -> None:
    first = promoted(shop, registry)
    second = promoted(shop, registry, history_of(shop, tmp_path, rows_of(count=4)))
    path = registry.folder / second.model
    path.write_bytes(path.read_bytes()[:1000])
    made = put_together(shop.files, cache, registry, [])
    assert made.triage.decide(a_ticket("my card")).versions.topic_model == first.version
    (trouble,) = made.troubles
    assert trouble.startswith(f"{path}: the active model is not the file that was trained (truncated or changed); ")


def test_with_no_sound_model_topics_are_learnt_from_the_files(
    shop: Workshop, registry: Registry, cache: ModelCache
) -> None:
    card = promoted(shop, registry)
    (registry.folder / card.model).unlink()
    made = put_together(shop.files, cache, registry, [])
    plan = made.triage.decide(a_ticket("My card was declined in the shop"))
    assert plan.topic is not None
    assert plan.topic.id == "card_problem"
    assert plan.versions.topic_model != card.version
    assert len(made.troubles) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"encoders": "another-1"}, "was trained with another-1, here is "),
        ({}, "holds no topic model (KeyError); train anew"),
    ],
)
def test_a_model_that_cannot_be_used_here_says_why(
    shop: Workshop, registry: Registry, cache: ModelCache, change: dict[str, str], said: str
) -> None:
    made = train(shop, History(), None, 0, silent, NOW)
    state = made.state if change else {"topics": {"topics": ["a"]}, "seen": made.state["seen"]}
    registry.candidate(state, dataclasses.replace(made.card, **change))
    registry.promote()
    with pytest.raises(ModelError) as error:
        stored_classifier(registry.load("active"), shop.files.desk, shop.encoders)
    assert said in str(error.value)
    assembled = put_together(shop.files, cache, registry, [])
    assert assembled.troubles == (str(error.value),)
    assert assembled.triage.topics is not None


def test_a_model_without_keys_is_not_judged(shop: Workshop, registry: Registry) -> None:
    made = train(shop, History(), None, 0, silent, NOW)
    registry.candidate({"topics": made.state["topics"]}, made.card)
    with pytest.raises(ModelError, match="does not say what it learnt from; train it anew"):
        keys_of(registry.load("candidate"))


# --- a desk that names its encoder ---------------------------------------------------------------------------------------


NAMED = (
    '[encoder]\nkind = "python"\nfunction = "tests.support.embedding_server:ngram_vectors"\nsize = 24\nname = "{}"\n'
)


def test_a_model_is_trained_with_the_encoder_that_the_desk_names_and_serves_with_no_other(
    cache: ModelCache, tmp_path: Path, registry: Registry
) -> None:
    desks = {
        name: load_desk(a_desk_folder(tmp_path / name, DESK + table))
        for name, table in (("first", NAMED.format("triples-1")), ("second", NAMED.format("triples-2")))
    }
    card = promoted(Workshop.of(desks["first"]), registry)
    assert card.encoders == "triples-1"
    served = put_together(desks["first"], cache, registry, [])
    assert served.troubles == ()
    assert served.triage.decide(a_ticket("my card")).versions.topic_model == card.version

    other = put_together(desks["second"], cache, registry, [])
    (trouble,) = other.troubles
    assert f"{card.model} was trained with triples-1, here is triples-2" in trouble
    assert other.triage.decide(a_ticket("my card")).versions.topic_model not in ("", card.version)


def test_an_encoder_that_cannot_be_had_stops_the_training(tmp_path: Path) -> None:
    table = NAMED.format("x").replace("embedding_server", "no_such_module")
    with pytest.raises(ModelError, match="cannot be imported"):
        Workshop.of(load_desk(a_desk_folder(tmp_path, DESK + table)))


# --- a service at work -------------------------------------------------------------------------------------------------


class Clock:
    """Seconds that pass when a test says so."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def version_at(desks: DeskRegistry) -> str:
    triage = desks.for_ticket(a_ticket())
    assert triage is not None
    return triage.decide(a_ticket("my card")).versions.topic_model


def test_a_running_service_takes_up_what_is_promoted_and_rolled_back(
    shop: Workshop, cache: ModelCache, tmp_path: Path
) -> None:
    registry, clock = Registry.of_desk(tmp_path / "models", "Little"), Clock()
    groups = {"Cards": 1, "Delivery": 2, "Access": 3, "Security": 4}
    desks = DeskRegistry([shop.files], MemoryGateway(groups=groups), cache, clock, tmp_path / "models")
    desks.load()
    learnt = version_at(desks)
    first = promoted(shop, registry)
    desks.refresh()
    assert version_at(desks) == learnt  # ten minutes are not over
    clock.now += 601
    desks.refresh()
    assert (version_at(desks), desks.not_ready()) == (first.version, [])

    second = promoted(shop, registry, history_of(shop, tmp_path, rows_of(count=4)))
    sound = (registry.folder / second.model).read_bytes()
    (registry.folder / second.model).write_bytes(b"half a file")
    clock.now += 601
    desks.refresh()
    assert version_at(desks) == first.version
    (trouble,) = desks.not_ready()
    assert trouble.startswith(f"Little: {registry.folder / second.model}: the active model is not the file")

    (registry.folder / second.model).write_bytes(sound)
    registry.rollback()
    registry.rollback()
    (registry.folder / "registry.json").rename(registry.folder / "kept")
    (registry.folder / "registry.json").write_text("{", "utf-8")
    clock.now += 601
    desks.refresh()
    assert version_at(desks) == first.version  # nobody can tell what is active: what serves goes on

    (registry.folder / "kept").replace(registry.folder / "registry.json")
    registry.rollback()
    clock.now += 601
    desks.refresh()
    assert (version_at(desks), desks.not_ready()) == (first.version, [])


# --- odd desks -----------------------------------------------------------------------------------------------------------


def test_topics_with_too_few_examples_are_left_out_and_named(tmp_path: Path, cache: ModelCache) -> None:
    topics = "".join(f'[[topic]]\nid = "{name}"\n' for name in ("card", "parcel", "none_yet", "just_one", "described"))
    topics += 'description = "Somebody asks for a voucher that was promised."\n'
    examples = 'card = ["my card", "card declined"]\nparcel = ["parcel late", "my parcel"]\ndescribed = ["voucher?"]\n'
    files = load_desk(a_desk_folder(tmp_path, DESK, topics, en=examples))
    made = put_together(files, cache, None, [])
    line = (
        "topics with fewer than 2 examples are left out and never named: just_one, none_yet;"
        ' add examples, or set rung = "off"'
    )
    assert made.troubles == (line,)
    candidates = {scored.id for scored in made.triage.decide(a_ticket("my card was declined")).candidates}
    assert candidates == {"card", "parcel", "described"}
    trained = train(Workshop.of(files), History(), None, 0, silent, NOW)
    assert (trained.card.topics, trained.troubles) == (3, (line,))


def test_the_same_message_under_two_topics_does_not_stop_training(tmp_path: Path) -> None:
    examples = 'card_problem = ["my card", "no card", "help"]\ndelivery_late = ["my parcel", "no parcel", "Help"]\n'
    shop = Workshop.of(load_desk(a_desk_folder(tmp_path, DESK, en=examples)))
    made = train(shop, History(), None, 2, silent, NOW)
    assert made.card.rows == 6
    assert made.card.evaluation["rows"] == 6


def test_very_long_examples_are_cut_wherever_they_stand(tmp_path: Path) -> None:
    long = "my card does not work " * 2500  # 12,500 words
    topics = f'[[topic]]\nid = "a"\nexamples = ["{long}", "a two"]\n[[topic]]\nid = "b"\n'
    folder = a_desk_folder(tmp_path / "d", DESK, topics, en=f'b = ["{long}", "b two"]\n')
    a_file(folder / "examples" / "more.jsonl", [{"topic": "a", "text": long, "language": "en"}])
    files = load_desk(folder)
    assert sorted(len(example.text) for example in files.examples) == [5, 5, 10_000, 10_000, 10_000]
    shop = Workshop.of(files)
    (row,) = history_of(shop, tmp_path, [{"topic": "a", "text": long}]).rows
    assert len(row.text.text) < 10_100
    assert train(shop, History((row,)), None, 0, silent, NOW).card.rows == 6


def test_examples_in_an_undeclared_language_are_learnt_from(tmp_path: Path) -> None:
    folder = a_desk_folder(
        tmp_path, DESK, ja='card_problem = ["カードが使えません"]\n', en='card_problem = ["my card"]\n'
    )
    (folder / "examples" / "en.toml").write_text('card_problem = ["my card"]\ndelivery_late = ["late", "parcel"]\n')
    shop = Workshop.of(load_desk(folder))
    assert Counter(row.language for row in shop.own()) == {"en": 3, "ja": 1}
    assert train(shop, History(), None, 0, silent, NOW).card.rows == 4


@pytest.mark.parametrize(
    ("topic_id", "tag", "problem"),
    [
        ("Card Problem!", "card_problem", ""),
        ("a" * 80, "a" * 60, ""),
        ("退款", "", "id must hold a letter or digit: it becomes a Zendesk tag"),
        ("", "", "id must hold a letter or digit: it becomes a Zendesk tag"),
    ],
)
def test_an_id_that_is_no_tag_becomes_one_or_is_named(tmp_path: Path, topic_id: str, tag: str, problem: str) -> None:
    folder = a_desk_folder(tmp_path, DESK, f'[[topic]]\nid = "{topic_id}"\n', en="")
    if problem:
        with pytest.raises(DefinitionError, match=problem):
            load_desk(folder)
    else:
        (topic,) = load_desk(folder).desk.topics
        assert (topic.id, topic.tag) == (topic_id, tag)


@pytest.mark.parametrize(
    ("desk", "examples", "advice"),
    [
        (
            DESK,
            {"en": 'card_problem = ["Please  help", "x"]\ndelivery_late = ["please help", "y"]\n'},
            "the same example stands under several topics: card_problem and delivery_late; keep it under one",
        ),
        (
            DESK,
            {"ja": 'card_problem = ["カード"]\n', "en": 'card_problem = ["card"]\n'},
            "1 examples are in ja, which `languages` does not list: they are learnt from, but no message is ever",
        ),
    ],
)
def test_check_names_what_teaches_little(tmp_path: Path, desk: str, examples: dict[str, str], advice: str) -> None:
    folder = a_desk_folder(tmp_path, desk, **examples)
    _, findings = check_files((folder,))
    assert any(finding.text.startswith(f"{folder}: {advice}") for finding in findings)
    assert not any(finding.is_error for finding in findings)


def test_check_says_when_two_desks_would_share_their_models(tmp_path: Path) -> None:
    folders = tuple(a_desk_folder(tmp_path / name, DESK) for name in ("one", "two"))
    _, findings = check_files(folders)
    assert findings == [Finding("2 desks have the name 'Little': their trained models would be one; rename")]
