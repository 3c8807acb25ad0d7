"""The topic model at work: what it says of a message, why, and when it keeps silent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from tests.support.builders import cleaned
from tests.unit.models.made import ROWS, TARGETS, MadeEncoder, classifier, fitted
from zd_automation.errors import ModelError
from zd_automation.models.encoders import bundled_encoder, encoder_is_installed
from zd_automation.models.topic_classifier import TopicClassifier
from zd_automation.models.topic_model import FittedTopics, fit_topics
from zd_automation.triage.clean import clean

ENCODER = MadeEncoder(shares={"en": 1.0, "es": 0.8})
MANY = [
    "card declined!!",
    "",
    "where is my parcel",
    "zzz",
    "mi tarjeta rechazada",
    "I forgot the password",
    "card",
    "late",
]
TAGS = ["en", "en", "en-GB", "und", "es", "en", "mul", "en"]


@pytest.fixture(scope="module")
def plain() -> FittedTopics:
    """Learnt from n-grams alone."""
    return fitted()


@pytest.fixture(scope="module")
def model(plain: FittedTopics) -> TopicClassifier:
    return classifier(plain)


@pytest.fixture(scope="module")
def across() -> TopicClassifier:
    """With an encoder that carries English and Spanish."""
    return classifier(fitted(encoders=[ENCODER]), [ENCODER])


# ---- topics and chances ----


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("card declined!!", "card"),
        ("where is the parcel, it is late", "delivery"),
        ("I forgot the password", "password"),
    ],
)
def test_it_knows_its_topics(model: TopicClassifier, text: str, topic: str) -> None:
    (ranking,) = model.rank(cleaned(text), ["en"])
    assert ranking.candidates[0].id == topic
    assert {scored.id for scored in ranking.candidates} == {"card", "delivery", "password"}
    assert sum(scored.score for scored in ranking.candidates) == pytest.approx(1.0, abs=0.002)
    assert (ranking.silence, ranking.second) == ("", None)
    assert 0 < ranking.known <= 1.1


def test_chances_are_those_of_the_ranking_and_sum_to_one(across: TopicClassifier) -> None:
    texts = cleaned(*MANY)
    chances = across.chances(texts, TAGS)
    assert (chances.shape, chances.dtype) == ((len(MANY), 3), np.float32)
    assert np.allclose(chances.sum(axis=1), 1.0, atol=1e-5)
    assert (chances >= 0).all()
    for row, ranking in zip(chances, across.rank(texts, TAGS), strict=True):
        told = {scored.id: scored.score for scored in ranking.candidates}
        assert [told[topic] for topic in across.topics] == pytest.approx(row.tolist(), abs=6e-4)
        assert ranking.candidates[0].score == max(told.values())


def test_of_no_texts_nothing_is_said(across: TopicClassifier) -> None:
    assert across.rank([], []) == []
    assert across.chances([], []).shape == (0, 3)
    assert across.version == "v1"


def test_the_best_ten_come_best_first() -> None:
    rows = [(f"t{number}", f"word{number} {other}") for number in range(14) for other in ("one", "two", "three")]
    (ranking,) = TopicClassifier(fitted(rows), (), {}, "v1").rank(cleaned("word3 one"), ["en"])
    scores = [scored.score for scored in ranking.candidates]
    assert (ranking.candidates[0].id, len(scores)) == ("t3", 10)
    assert scores == sorted(scores, reverse=True)
    assert ranking.threshold == 1.01  # no target precision was given for it: never named


def test_two_topics_are_enough() -> None:
    (ranking,) = classifier(fitted(ROWS[:16])).rank(cleaned("parcel is late"), ["en"])
    assert [scored.id for scored in ranking.candidates] == ["delivery", "card"]


@pytest.mark.parametrize("encoders", [(), (ENCODER,)])
def test_alone_and_in_a_batch_a_text_is_told_the_same_of(encoders: tuple[MadeEncoder, ...]) -> None:
    work, texts = classifier(fitted(encoders=encoders), encoders), cleaned(*MANY)
    together = work.rank(texts, TAGS)
    assert together == [work.rank([text], [tag])[0] for text, tag in zip(texts, TAGS, strict=True)]
    assert together[::-1] == work.rank(texts[::-1], TAGS[::-1])


def test_threads_get_the_answers_of_one(across: TopicClassifier) -> None:
    texts = cleaned(*MANY)
    wanted = across.rank(texts, TAGS)
    with ThreadPoolExecutor(4) as pool:
        assert all(told == wanted for told in pool.map(lambda _: across.rank(texts, TAGS), range(8)))


def test_another_language_is_understood_through_the_encoder(across: TopicClassifier, model: TopicClassifier) -> None:
    texts, languages = cleaned("mi tarjeta fue rechazada", "mi paquete", "olvidé la contraseña"), ["es"] * 3
    rankings = across.rank(texts, languages)
    assert [ranking.candidates[0].id for ranking in rankings] == ["card", "delivery", "password"]
    assert all(ranking.silence.startswith("no examples in es") for ranking in model.rank(texts, languages))


def test_other_encoders_than_at_the_training_are_refused(plain: FittedTopics) -> None:
    with pytest.raises(ModelError, match="learnt with the encoders none, but there are made-1"):
        classifier(plain, [ENCODER]).rank(cleaned("card"), ["en"])


# ---- lines ----


def test_a_higher_target_needs_more_confidence(plain: FittedTopics) -> None:
    lines = [
        classifier(plain, **dict.fromkeys(TARGETS, target)).rank(cleaned("my card"), ["en"])[0].threshold
        for target in (0.1, 0.6, 0.9, 0.99)
    ]
    assert lines == sorted(lines)
    assert 0.5 <= lines[0] < lines[-1] <= 1.0


def test_each_topic_has_the_line_of_its_own_target(plain: FittedTopics) -> None:
    own = [ranking.threshold for ranking in classifier(plain).rank(cleaned("card", "parcel", "password"), ["en"] * 3)]
    work = TopicClassifier(plain, (), {"card": 0.5, "delivery": 0.999}, "v1")
    lines = [ranking.threshold for ranking in work.rank(cleaned("card", "parcel", "password"), ["en"] * 3)]
    assert own[1] < lines[1] <= 1.0
    assert lines[0] < lines[1]
    assert lines[2] == 1.01


# ---- silence ----


@pytest.mark.parametrize(
    ("text", "language", "silence"),
    [
        ("", "en", "the message has no words"),
        ("  \n ", "und", "the message has no words"),
        ("my card was declined", "sw", "no examples in sw, and no encoder that carries it"),
        ("my card was declined", "zh-Hans", "no examples in zh-Hans, and no encoder that carries it"),
        ("my card was declined", "und", ""),
        ("my card was declined", "en-GB", ""),
    ],
)
def test_it_says_why_it_is_silent(model: TopicClassifier, text: str, language: str, silence: str) -> None:
    assert model.rank(cleaned(text), [language])[0].silence == silence


def test_a_language_that_an_encoder_carries_needs_no_examples(across: TopicClassifier) -> None:
    texts = cleaned("mi tarjeta rechazada", "mi tarjeta rechazada")
    told = [ranking.silence for ranking in across.rank(texts, ["es-MX", "sw"])]
    assert not told[0].startswith("no examples")
    assert told[1] == "no examples in sw, and no encoder that carries it"


def test_a_language_with_examples_needs_no_encoder() -> None:
    rows = [*ROWS, ("card", "kadi imekataliwa"), ("delivery", "kifurushi kimechelewa")]
    languages = ["en"] * len(ROWS) + ["sw", "sw"]
    learnt = fit_topics([text for _, text in rows], [topic for topic, _ in rows], languages, [])
    (ranking,) = classifier(learnt).rank(cleaned("kadi imekataliwa tena"), ["sw-KE"])
    assert (ranking.candidates[0].id, ranking.silence) == ("card", "")


def test_what_is_unlike_every_example_is_told(model: TopicClassifier) -> None:
    (ranking,) = model.rank(cleaned("zzz qqq xxx"), ["en"])
    assert ranking.known == 0.0
    assert ranking.silence.startswith("unlike every example (nearness 0.00, line ")
    assert ranking.because == ()


# ---- reasons ----


def test_a_reason_names_words_of_the_message_and_the_nearest_examples() -> None:
    learnt = fit_topics(
        [text for _, text in ROWS],
        [topic for topic, _ in ROWS],
        ["en"] * 24,
        [],
        sources=[f"<{text}>" for _, text in ROWS],
    )
    (ranking,) = classifier(learnt).rank(cleaned("Hello, the courier never came, courier!"), ["en"])
    words = [reason.strip('"') for reason in ranking.because if reason.startswith('"')]
    sources = [reason for reason in ranking.because if reason.startswith("<")]
    assert 1 <= len(words) <= 3
    assert any("courier" in word for word in words)
    assert all(word in "hello the courier never came courier" for word in words)
    assert sources[0] == "<courier never came>"
    assert len(ranking.because) == len(words) + len(sources)


def test_words_that_speak_for_another_topic_are_no_reason(model: TopicClassifier) -> None:
    (ranking,) = model.rank(cleaned("parcel card"), ["en"])
    assert ranking.candidates[0].id == "delivery"
    assert [reason for reason in ranking.because if reason.startswith('"')] == ['"parcel"']


def test_only_examples_of_the_topic_are_quoted() -> None:
    """An example of another topic may lie nearer, and may even speak a little for this one: it is no reason."""
    random = np.random.default_rng(0)
    verbs, things = ["lost", "new", "late", "paid", "open", "shut"], ["card", "parcel", "password", "bill", "visit"]
    rows = [
        (thing, f"{random.choice(verbs)} {thing} {random.choice(verbs)} {random.choice(things)}")
        for thing in things
        for _ in range(12)
    ]
    labels = [topic for topic, _ in rows]
    learnt = fit_topics([text for _, text in rows], labels, ["en"] * len(rows), [], sources=labels)
    texts = [f"{verb} {thing} {other}" for verb in verbs for thing in things for other in things]
    for ranking in TopicClassifier(learnt, (), {}, "v1").rank(cleaned(*texts), ["en"] * len(texts)):
        quoted = {reason for reason in ranking.because if not reason.startswith('"')}
        assert quoted <= {ranking.candidates[0].id}


# ---- two problems ----

CARD = "My bank card is blocked and the card payment was refused."
PARCEL = "The courier never came with my parcel delivery."
PASSWORD = "I forgot my password and the reset link is expired."


@pytest.mark.parametrize("text", [f"{CARD} {PARCEL}", f"{PARCEL}\n\n{CARD}"])
def test_two_sentences_for_two_topics_give_a_second_topic(model: TopicClassifier, text: str) -> None:
    (ranking,) = model.rank(cleaned(text), ["en"])
    assert ranking.second is not None
    assert {ranking.candidates[0].id, ranking.second.id} == {"card", "delivery"}
    assert 0.5 <= ranking.second.score <= 1.0


@pytest.mark.parametrize(
    "text",
    [
        CARD,  # one sentence
        f"{CARD} The card payment was refused again and again.",  # two for one topic
        "My bank card is blocked and the card payment was refused and the courier never came with my parcel delivery.",
        "The card is broken again. Late order.",  # too short to tell anything by itself
        f"{CARD} The weather is beautiful and the birds are singing.",
    ],
)
def test_otherwise_there_is_no_second_topic(model: TopicClassifier, text: str) -> None:
    assert model.rank(cleaned(text), ["en"])[0].second is None


def test_no_second_topic_where_no_sentence_speaks_for_the_first(model: TopicClassifier) -> None:
    """The subject may have made it a card problem; what a sentence says then is no second problem beside it."""
    text = clean("", f"{CARD} {PARCEL}")
    (ranking,) = model.rank([text], ["en"])
    other = PARCEL if ranking.candidates[0].id == "card" else CARD
    assert model.rank([replace(text, sentences=(other, other))], ["en"])[0].second is None


def test_no_second_topic_that_the_whole_message_hardly_speaks_for(model: TopicClassifier) -> None:
    text = clean("", f"{CARD} {PARCEL}")
    (ranking,) = model.rank([text], ["en"])
    first = CARD if ranking.candidates[0].id == "card" else PARCEL
    assert model.rank([replace(text, sentences=(first, PASSWORD))], ["en"])[0].second is None


def test_a_second_topic_that_may_not_be_spoken_is_not(plain: FittedTopics) -> None:
    text = cleaned(f"{CARD} {PARCEL}")
    first = classifier(plain).rank(text, ["en"])[0]
    assert first.second is not None
    kept = {topic: target for topic, target in TARGETS.items() if topic != first.second.id}
    assert classifier(plain, **kept).rank(text, ["en"])[0].second is None


def test_a_silent_message_has_no_second_topic(model: TopicClassifier) -> None:
    (ranking,) = model.rank(cleaned(f"{CARD} {PARCEL}"), ["sw"])
    assert ranking.silence
    assert ranking.second is None


def test_second_topics_are_found_in_the_midst_of_a_batch(model: TopicClassifier) -> None:
    both = clean("", f"{CARD} {PARCEL}")
    one = replace(both, sentences=(CARD, CARD))  # its sentences must not be taken for those of its neighbours
    texts = [*cleaned("parcel late"), both, one, *cleaned("", CARD), one, both]
    together = model.rank(texts, ["en"] * 7)
    assert [ranking.second is not None for ranking in together] == [False, True, False, False, False, False, True]
    assert together == [model.rank([text], ["en"])[0] for text in texts]


@pytest.mark.skipif(not encoder_is_installed(), reason="extra `multilingual` is not installed")
def test_with_the_bundled_encoder_other_languages_are_understood() -> None:
    encoder = bundled_encoder()
    learnt = fit_topics([text for _, text in ROWS], [topic for topic, _ in ROWS], ["en"] * 24, [encoder])
    work = TopicClassifier(learnt, [encoder], TARGETS, "v1")
    rankings = work.rank(
        cleaned("mi tarjeta fue rechazada", "wo ist mein Paket", "olvidé mi contraseña"), ["es", "de", "es"]
    )
    assert [ranking.candidates[0].id for ranking in rankings] == ["card", "delivery", "password"]
    assert work.rank(cleaned("kadi yangu"), ["sw"])[0].silence == "no examples in sw, and no encoder that carries it"
