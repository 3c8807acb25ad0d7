"""Puts a desk's files, the models and the article index together into one ``Triage``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from mnemonic import Mnemonic

from zd_automation import __version__
from zd_automation.danger_files import DangerExample, load_books, load_danger_examples, load_note_texts
from zd_automation.definitions import Problems, room
from zd_automation.desk_files import DeskFiles
from zd_automation.errors import ModelError
from zd_automation.knowledge.index import PassageIndex
from zd_automation.models.cache import ModelCache, content_hash
from zd_automation.models.danger_model import Background, DangerClassifier, FittedDanger, fit_danger
from zd_automation.models.detectors import detector_named, langdetect_detector
from zd_automation.models.encoders import Encoder, bundled_encoder, encoder_is_installed
from zd_automation.models.topic_model import FittedTopics, Hints, TopicClassifier, fit_topics
from zd_automation.tickets import Article
from zd_automation.triage.clean import CleanText, clean
from zd_automation.triage.decide import Triage
from zd_automation.triage.desk import Desk, Example
from zd_automation.triage.language import Language, identify

# BIP-39 lists whose words are separated by spaces; the Chinese ones are single characters of everyday text.
_SEED_LISTS = (
    "english",
    "french",
    "italian",
    "japanese",
    "korean",
    "portuguese",
    "spanish",
    "czech",
    "russian",
    "turkish",
)
_T = TypeVar("_T")
Say = Callable[[str], None]
# From this many examples on a topic is known better by them than by its own description.
_FEW = 12
# More background than this makes the model no better, only later.
_MOST_BACKGROUND = 3_000


@dataclass(frozen=True)
class Assembled:
    """A ready ``Triage`` and what is wrong with it: a part that failed is named, the others carry on."""

    triage: Triage
    troubles: tuple[str, ...] = field(default=())


def assemble(
    files: DeskFiles, models: ModelCache, articles: Sequence[Article] | None = None, say: Say = lambda _: None
) -> Assembled:
    """Build or load everything a desk needs to decide.

    ``articles`` stands in for the desk folder's own. ``say`` gets a line at each step that takes a while.
    A model that cannot be built leaves the others at work; its trouble is told and shows in every decision.
    """
    problems = Problems()
    folder = room("models")
    books = load_books(folder / "danger" / "patterns", problems)
    texts = load_note_texts(folder / "notes.toml", problems)
    rows = load_danger_examples(folder / "danger" / "examples", problems)
    encoder = bundled_encoder() if encoder_is_installed() else None
    reader = language_reader(files.desk, files.language_backend)
    topics, topic_trouble = _attempt(lambda: topic_model(files, reader, encoder, models, say))
    danger, danger_trouble = _attempt(lambda: danger_model(rows, files, reader, encoder, models, say))
    known = files.articles if articles is None else articles
    triage = Triage(
        desk=files.desk,
        identify=reader,
        books=books,
        note_texts=texts,
        seed_words=seed_words(),
        topics=topics,
        danger=danger,
        articles=PassageIndex(known, encoder, models) if known else None,
        danger_trouble=danger_trouble or "; ".join(problems.found),
        topic_trouble=topic_trouble,
        package=__version__,
    )
    return Assembled(triage, tuple(trouble for trouble in (topic_trouble, danger_trouble, *problems.found) if trouble))


def language_reader(desk: Desk, backend: str = "py3langid") -> Callable[[CleanText, str | None], Language]:
    """The language chain, held to a desk's languages; langdetect is its second opinion, or its voice where chosen.

    Raises SettingsError when the backend's package is not installed.
    """
    detector = detector_named(backend)
    second = None if backend == "langdetect" else langdetect_detector()

    def read(text: CleanText, locale: str | None) -> Language:
        return identify(text, languages=desk.languages, detector=detector, second=second, locale=locale)

    return read


def topic_model(
    files: DeskFiles,
    reader: Callable[[CleanText, str | None], Language],
    encoder: Encoder | None,
    models: ModelCache,
    say: Say = lambda _: None,
) -> TopicClassifier:
    """The desk's topic classifier, from the cache or learnt now. Raises ModelError when there is too little to learn."""
    on = {topic.id for topic in files.desk.topics if topic.rung != "off"}
    examples = [example for example in files.examples if example.topic in on]
    rows = [[example.topic, example.text, example.language] for example in examples]
    words = [[topic.id, dict(topic.name), topic.description] for topic in files.desk.topics if topic.id in on]
    key = content_hash(rows, words, list(files.desk.languages), encoder.name if encoder else None)

    def build() -> dict[str, Any]:
        say(f"learning {len(on)} topics from {len(examples)} examples")
        return _learn(examples, files.desk, reader, encoder).state()

    fitted = FittedTopics.from_state(models.get_or_build("topics", key, build))
    targets = {topic.id: topic.target_precision for topic in files.desk.topics}
    return TopicClassifier(fitted, encoder, targets, key)


def _hints(desk: Desk, counts: Mapping[str, int], reader: Callable[[CleanText, str | None], Language]) -> Hints:
    """Names and descriptions of topics with few examples. On small histories they are worth up to ten points."""
    rows: list[tuple[str, str, str]] = []
    for topic in (topic for topic in desk.topics if topic.rung != "off" and counts.get(topic.id, 0) < _FEW):
        # The name in the desk's own language stands twice when it was given by language.
        named = {text: language for language, text in topic.name.items()}
        rows += [(text, topic.id, language) for text, language in (*named.items(), (topic.description, ""))]
    rows = [
        (text, topic, language or reader(clean("", text), None).tag) for text, topic, language in rows if text.strip()
    ]
    return Hints([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])


def _learn(
    examples: Sequence[Example],
    desk: Desk,
    reader: Callable[[CleanText, str | None], Language],
    encoder: Encoder | None,
) -> FittedTopics:
    cleaned = [clean("", example.text) for example in examples]
    usable = [index for index, text in enumerate(cleaned) if text.text.strip()]
    return fit_topics(
        [cleaned[index].text for index in usable],
        [examples[index].topic for index in usable],
        [examples[index].language or reader(cleaned[index], None).tag for index in usable],
        encoder,
        _hints(desk, Counter(examples[index].topic for index in usable), reader),
    )


def danger_model(
    rows: Sequence[DangerExample],
    files: DeskFiles,
    reader: Callable[[CleanText, str | None], Language],
    encoder: Encoder | None,
    models: ModelCache,
    say: Say = lambda _: None,
) -> DangerClassifier:
    """The danger classifier: shipped examples, against the desk's own as the ordinary background.

    Raises ModelError when the shipped examples are missing.
    """
    behind = files.examples[:: max(1, len(files.examples) // _MOST_BACKGROUND)]
    key = content_hash(
        [[row.text, row.language, row.kind] for row in rows],
        [[example.topic, example.text] for example in behind],
        encoder.name if encoder else None,
    )

    def build() -> dict[str, Any]:
        say(f"learning danger from {len(rows)} examples, against {len(behind)} of the desk")
        texts, languages = [row.text for row in rows], [row.language for row in rows]
        cleaned = [clean("", example.text) for example in behind]
        background = Background(
            [text.text for text in cleaned],
            [ex.language or reader(text, None).tag for ex, text in zip(behind, cleaned, strict=True)],
            [example.topic for example in behind],
        )
        return fit_danger(texts, [row.kind is not None for row in rows], languages, encoder, background).state()

    return DangerClassifier(FittedDanger.from_state(models.get_or_build("danger", key, build)), encoder, key)


def _attempt(build: Callable[[], _T]) -> tuple[_T | None, str]:
    try:
        return build(), ""
    except ModelError as error:
        return None, str(error)


@cache
def seed_words() -> Mapping[str, frozenset[str]]:
    """The BIP-39 word lists, by language."""
    return {name: frozenset(Mnemonic(name).wordlist) for name in _SEED_LISTS}
