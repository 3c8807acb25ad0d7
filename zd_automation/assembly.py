"""Puts a desk's files, the models and the article index together into one ``Triage``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from mnemonic import Mnemonic

from zd_automation import __version__
from zd_automation.danger_files import load_books, load_note_texts
from zd_automation.danger_learning import danger_model
from zd_automation.definitions import Problems, room
from zd_automation.desk_files import DeskFiles
from zd_automation.errors import ModelError, TryLater
from zd_automation.knowledge.index import PassageIndex
from zd_automation.lessons import Lesson, Reader, learnable, learning_hash, left_out, lessons, topics_on
from zd_automation.models.cache import ODD_STATE, ModelCache, content_hash
from zd_automation.models.detectors import detector_named, langdetect_detector
from zd_automation.models.encoder import Encoder
from zd_automation.models.model_files import ANEW, Stored
from zd_automation.models.registry import Registry
from zd_automation.models.topic_classifier import TopicClassifier
from zd_automation.models.topic_model import FittedTopics, Hints, fit_topics
from zd_automation.tickets import Article
from zd_automation.triage.clean import CleanText, clean
from zd_automation.triage.decide import Triage
from zd_automation.triage.desk import Desk
from zd_automation.triage.language import Language, identify
from zd_automation.triage.patterns import PhraseBook
from zd_automation.triage.secrets import SeedLists
from zd_automation.triage.secrets.seeds import seed_key
from zd_automation.vectors import desk_encoders

# The ten lists of BIP-39 itself; the package has others that no wallet uses.
_SEED_LISTS = (
    "english",
    "japanese",
    "korean",
    "spanish",
    "chinese_simplified",
    "chinese_traditional",
    "french",
    "italian",
    "czech",
    "portuguese",
)
_T = TypeVar("_T")
Say = Callable[[str], None]
Encoders = Sequence[Encoder]


@dataclass(frozen=True)
class Assembled:
    """A ready ``Triage`` and what is wrong with it: a part that failed is named, the others carry on."""

    triage: Triage
    troubles: tuple[str, ...] = field(default=())
    may_pass: bool = False
    """Whether a part failed for a reason that may pass by itself, such as an endpoint that was away."""


def assemble(
    files: DeskFiles,
    models: ModelCache,
    articles: Sequence[Article] | None = None,
    say: Say = lambda _: None,
    registry: Registry | None = None,
) -> Assembled:
    """Build or load everything a desk needs to decide.

    ``articles`` stands in for the desk folder's own. ``say`` gets a line at each step that takes a while. The active
    model of ``registry`` serves where there is one; else topics are learnt from the desk's files.
    A model that cannot be built leaves the others at work; its trouble is told and shows in every decision.
    """
    problems = Problems()
    folder = room("models")
    books = with_own(load_books(folder / "danger" / "patterns", problems), files.danger.books)
    texts = load_note_texts(folder / "notes.toml", problems)
    examples = folder / "danger" / "examples"
    reader = language_reader(files.desk, files.language_backend)
    known = files.articles if articles is None else articles
    attempt = _Attempts()
    topics, topic_troubles = _topics(files, reader, models, say, registry, attempt)
    danger, danger_trouble = attempt(
        lambda: danger_model(examples, books, files, reader, desk_encoders(files), models, say)
    )
    index, article_trouble = attempt(lambda: article_index(known, files, models))
    triage = Triage(
        desk=files.desk,
        identify=reader,
        books=books,
        note_texts=texts,
        seed_lists=seed_lists(),
        topics=topics,
        danger=danger,
        articles=index,
        danger_trouble=danger_trouble or "; ".join(problems.found),
        topic_trouble="; ".join(topic_troubles),
        package=__version__,
    )
    # An encoder that fails is the same trouble of several parts: it is told once.
    troubles = dict.fromkeys((*topic_troubles, danger_trouble, article_trouble, *problems.found))
    return Assembled(triage, tuple(filter(None, troubles)), attempt.may_pass)


def language_reader(desk: Desk, backend: str = "py3langid") -> Reader:
    """The language chain, held to a desk's languages; langdetect is its second opinion, or its voice where chosen.

    Raises SettingsError when the backend's package is not installed.
    """
    detector = detector_named(backend)
    second = None if backend == "langdetect" else langdetect_detector()

    def read(text: CleanText, locale: str | None) -> Language:
        return identify(text, languages=desk.languages, detector=detector, second=second, locale=locale)

    return read


def _topics(
    files: DeskFiles, reader: Reader, models: ModelCache, say: Say, registry: Registry | None, attempt: _Attempts
) -> tuple[TopicClassifier | None, tuple[str, ...]]:
    """The topic model that serves: the promoted one, else the one before it, else one learnt from the desk's files."""
    troubles: tuple[str, ...] = ()
    encoders, trouble = attempt(lambda: desk_encoders(files))
    if encoders is None:
        return None, (trouble,)
    if registry is not None:
        served = registry.serving(lambda stored: stored_classifier(stored, files.desk, encoders))
        if served.model and served.card:
            if served.card.definitions_hash != learning_hash(files):
                say("definitions changed since the active model was trained; run zd-automation model train")
            return served.model, served.troubles
        troubles = served.troubles
    learnt, trouble = attempt(lambda: topic_model(files, reader, encoders, models, say))
    poor = left_out(files.desk, learnt.topics) if learnt else ""
    return learnt, tuple(said for said in (*troubles, trouble, poor) if said)


def topic_model(
    files: DeskFiles, reader: Reader, encoders: Sequence[Encoder], models: ModelCache, say: Say = lambda _: None
) -> TopicClassifier:
    """The desk's topic classifier, from the cache or learnt now. Raises ModelError when there is too little to learn."""
    examples = learnable(files)
    key = content_hash(learning_hash(files), [encoder.name for encoder in encoders])

    def build() -> dict[str, Any]:
        say(f"learning {len(topics_on(files.desk))} topics from {len(examples)} examples")
        return learn(lessons(examples, reader), files.desk, reader, encoders).state()

    def restore(state: dict[str, Any]) -> TopicClassifier:
        return classifier(FittedTopics.from_state(state), encoders, files.desk, key)

    return models.restored("topics", key, build, restore)


def classifier(fitted: FittedTopics, encoders: Sequence[Encoder], desk: Desk, version: str) -> TopicClassifier:
    """What was learnt, at work for a desk: its target precisions decide when a topic is named."""
    targets = {topic.id: topic.target_precision for topic in desk.topics}
    return TopicClassifier(fitted, encoders, targets, version)


def stored_classifier(stored: Stored, desk: Desk, encoders: Sequence[Encoder]) -> TopicClassifier:
    """A model of the registry, at work. Raises ModelError: it needs another encoder, or its state is none we know."""
    needs, has = stored.card.encoders, encoder_names(encoders)
    if needs != has:
        raise ModelError(
            f"{stored.card.model} was trained with {needs or 'no encoder'}, here is {has or 'none'};"
            f" install the extra that brings it, or {ANEW}"
        )
    try:
        return classifier(FittedTopics.from_state(stored.state["topics"]), encoders, desk, stored.card.version)
    except ODD_STATE as error:
        raise ModelError(f"{stored.card.model} holds no topic model ({type(error).__name__}); {ANEW}") from error


def encoder_names(encoders: Sequence[Encoder]) -> str:
    """What a model's card says of the encoders that it was trained with, "" when there were none."""
    return " + ".join(encoder.name for encoder in encoders)


def _hints(desk: Desk, kept: Set[str], reader: Reader) -> Hints:
    """Names and descriptions of topics. On small histories they are worth ten points and more."""
    rows: list[tuple[str, str, str]] = []
    for topic in (topic for topic in desk.topics if topic.id in kept):
        # The name in the desk's own language stands twice when it was given by language.
        named = {text: language for language, text in topic.name.items()}
        rows += [(text, topic.id, language) for text, language in (*named.items(), (topic.description, ""))]
    rows = [
        (text, topic, language or reader(clean("", text), None).tag) for text, topic, language in rows if text.strip()
    ]
    areas = {topic.id: topic.area for topic in desk.topics}
    return Hints([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], areas)


def learn(
    rows: Sequence[Lesson],
    desk: Desk,
    reader: Reader,
    encoders: Sequence[Encoder],
) -> FittedTopics:
    """Learn a desk's topics from lessons and from its own words for them.

    A topic with fewer than two of both together is left out. Raises ModelError when fewer than two topics remain.
    """
    hints = _hints(desk, topics_on(desk), reader)
    counts = Counter(row.topic for row in rows) + Counter(hints.topics)
    enough = {topic for topic, count in counts.items() if count > 1}
    # With too few left nothing is left out: the error then names those that are poor.
    kept = enough if len(enough) > 1 else set(counts)
    rows = [row for row in rows if row.topic in kept]
    return fit_topics(
        [row.text.text for row in rows],
        [row.topic for row in rows],
        [row.language for row in rows],
        encoders,
        hints if kept >= set(hints.topics) else _hints(desk, kept, reader),
        [row.id or f"example {number}" for number, row in enumerate(rows, 1)],
    )


def article_index(articles: Sequence[Article], files: DeskFiles, models: ModelCache) -> PassageIndex | None:
    """The index of a desk's articles, None when it has none. Raises ModelError when an encoder fails."""
    if not articles:
        return None
    return PassageIndex(articles, desk_encoders(files), models.folder / "passages.sqlite")


class _Attempts:
    """Builds parts one by one; the trouble of one leaves the others at work."""

    def __init__(self) -> None:
        self.may_pass = False

    def __call__(self, build: Callable[[], _T]) -> tuple[_T | None, str]:
        """The part and "", or None and what is wrong."""
        try:
            return build(), ""
        except ModelError as error:
            self.may_pass |= isinstance(error, TryLater)
            return None, str(error)


def with_own(shipped: Mapping[str, PhraseBook], own: Mapping[str, PhraseBook]) -> dict[str, PhraseBook]:
    """The shipped phrase books with a desk's own phrases added, language by language."""
    return {tag: _joined(shipped.get(tag), own.get(tag)) for tag in sorted({*shipped, *own})}


def _joined(book: PhraseBook | None, own: PhraseBook | None) -> PhraseBook:
    if book is None or own is None:
        return own or book or PhraseBook("und", {})
    kinds = {*book.statements, *own.statements}
    return PhraseBook(
        book.language,
        {kind: (*book.statements.get(kind, ()), *own.statements.get(kind, ())) for kind in sorted(kinds)},
        (*book.alarms, *own.alarms),
        (*book.denials, *own.denials),
        (*book.hypotheses, *own.hypotheses),
        (*book.news, *own.news),
    )


@cache
def seed_lists() -> SeedLists:
    """The BIP-39 word lists, by language: each word and its place."""
    return {name: {seed_key(word): at for at, word in enumerate(Mnemonic(name).wordlist)} for name in _SEED_LISTS}
