"""A desk folder: what it says becomes values, and every mistake in it is told in one go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.builders import a_desk_folder
from zd_automation.desk_files import ENCODER_KEYS, DeskFiles, Limits, load_desk
from zd_automation.errors import DefinitionError
from zd_automation.models import plugged
from zd_automation.tickets import Article
from zd_automation.triage.desk import ArticlePolicy, DangerPolicy, Example, Topic

FULL = """\
name = "Shop"
languages = ["en", "pt-BR"]
note_language = "requester"
tag_prefix = "shop_"
[language]
rung = "tag"
[topics]
rung = "tag"
target_precision = 0.8
[danger]
rung = "note"
group = "Seniors"
tag = "Red Alert"
priority = "high"
probable = 0.6
certain = 0.9
kinds_off = ["card_fraud"]
[articles]
rung = "off"
at_most = 2
threshold = 0.7
labels = ["shop"]
[limits]
updates_per_minute = 50
agents_share = 0.5
requests_per_minute = 200
urgent_reserve = 0.2
[account]
brands = ["shop", 42]
[encoder]
kind = "endpoint"
url = "http://10.0.0.7:8000/v1"
model = "m"
languages = { en = 1.0, pt = 0.5 }
"""
SMALL = 'languages = ["en"]\n'
ONE = '[[topic]]\nid = "card"\nexamples = ["a card", "b card"]\n'


def complaints(folder: Path) -> list[str]:
    with pytest.raises(DefinitionError) as error:
        load_desk(folder)
    return [line.removeprefix(f"{folder}/") for line in str(error.value).splitlines()]


def test_every_key_of_a_desk(tmp_path: Path) -> None:
    files = load_desk(a_desk_folder(tmp_path, FULL))
    desk = files.desk
    assert (desk.name, desk.languages, desk.note_language) == ("Shop", ("en", "pt-BR"), "requester")
    assert (desk.tag_prefix, desk.done_tag, desk.language_rung) == ("shop_", "shop_done", "tag")
    assert desk.danger == DangerPolicy("note", "Seniors", "red_alert", "high", 0.6, 0.9, ("card_fraud",))
    assert desk.articles == ArticlePolicy("off", 2, 0.7)
    assert [(topic.rung, topic.target_precision) for topic in desk.topics] == [("tag", 0.8)] * 3
    assert files.limits == Limits(50, 0.5, 200, 0.2)
    assert (files.brands, files.article_labels) == (("shop", 42), ("shop",))
    assert files.encoder == {
        "kind": "endpoint",
        "url": "http://10.0.0.7:8000/v1",
        "model": "m",
        "languages": {"en": 1.0, "pt": 0.5},
    }


def test_a_desk_of_one_line_has_careful_defaults(tmp_path: Path) -> None:
    files = load_desk(a_desk_folder(tmp_path, SMALL, ONE, en=""))
    assert files.desk.danger == DangerPolicy("route", "Security", "security_urgent", "urgent", 0.5, 0.85, ())
    assert files.desk.articles == ArticlePolicy("note", 3, 0.75)
    assert (files.desk.language_rung, files.desk.topics[0].rung) == ("shadow", "shadow")
    assert (files.limits, files.brands, files.articles) == (Limits(100, 0.3, 400, 0.1), (), ())
    assert files.encoder == {}


def test_topics_with_their_names_and_own_rungs(tmp_path: Path) -> None:
    topics = """\
[[topic]]
id = "card"
name = { en = "Card", es = "Tarjeta" }
description = "Cards that fail"
group = "Cards"
area = "money"
rung = "note"
target_precision = 0.99
examples = ["card one", "card two"]
[[topic]]
id = "late"
rung = "off"
"""
    desk = load_desk(a_desk_folder(tmp_path, FULL, topics, en='card = ["card three"]\n')).desk
    assert desk.topics == (
        Topic("card", {"": "Card", "en": "Card", "es": "Tarjeta"}, "Cards that fail", "Cards", "money", "note", 0.99),
        Topic("late", {"": "late"}, rung="off", target_precision=0.8),
    )
    assert desk.topic("late") is desk.topics[1]


def test_examples_from_topics_toml_and_jsonl(tmp_path: Path) -> None:
    folder = a_desk_folder(tmp_path, SMALL, ONE, en='card = ["c"]\n', es='card = ["una tarjeta", "otra"]\n')
    rows = [{"topic": "card", "text": "from a file", "language": "de"}, {"topic": "card", "text": "no language"}]
    (folder / "examples" / "more.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n", "utf-8")
    assert load_desk(folder).examples == (
        Example("card", "a card", None),
        Example("card", "b card", None),
        Example("card", "c", "en"),
        Example("card", "una tarjeta", "es"),
        Example("card", "otra", "es"),
        Example("card", "from a file", "de"),
        Example("card", "no language", None),
    )


def test_a_giant_example_is_cut(tmp_path: Path) -> None:
    folder = a_desk_folder(tmp_path, SMALL, ONE, en=f'card = ["{"x" * 20_000}"]\n')
    assert len(load_desk(folder).examples[-1].text) == 10_000


def test_articles_of_an_offline_desk(tmp_path: Path) -> None:
    folder = a_desk_folder(tmp_path, SMALL, ONE, en='card = ["c"]\n')
    rows = [
        {"id": 1, "title": "T", "body": "B", "locale": "es", "url": "https://x.example", "extra": True},
        {"id": "two", "title": "T", "body": "B", "restricted": True, "draft": 1, "locale": None},
    ]
    (folder / "articles.jsonl").write_text("\ufeff" + "\n".join(map(json.dumps, rows)), "utf-8")
    assert load_desk(folder).articles == (
        Article(1, "T", "B", "es", "https://x.example"),
        Article("two", "T", "B", "en", restricted=True, draft=True),
    )


@pytest.mark.parametrize(
    ("desk", "problem"),
    [
        ("langauges = []\n" + SMALL, "desk.toml: unknown key 'langauges'; did you mean 'languages'?"),
        ('name = "x"\n', 'desk.toml: languages must list at least one BCP 47 tag, such as ["en", "pt"]'),
        ("languages = [1]\n", 'desk.toml: languages must list at least one BCP 47 tag, such as ["en", "pt"]'),
        (
            SMALL + 'tag_prefix = "Bot-"\n',
            "desk.toml: tag_prefix 'Bot-' must be lower-case letters and digits ending in one underscore",
        ),
        (SMALL + "name = 3\n", "desk.toml: 'name' must be str, not int"),
        (SMALL + '[danger]\nrung = "rout"\n', "desk.toml [danger]: rung = 'rout' is not known; did you mean 'route'?"),
        (SMALL + "[danger]\ncertain = 1.5\n", "desk.toml [danger]: certain = 1.5 must lie between 0 and 1"),
        (
            SMALL + '[danger]\npriority = "low"\n',
            "desk.toml [danger]: priority = 'low' is not known; one of urgent, high",
        ),
        (SMALL + "[danger]\ngroups = 1\n", "desk.toml [danger]: unknown key 'groups'; did you mean 'group'?"),
        (SMALL + 'articles = "all"\n', "desk.toml: 'articles' must be dict, not str"),
        (SMALL + '[articles]\nat_most = "3"\n', "desk.toml [articles]: 'at_most' must be int, not str"),
        (
            SMALL + "[limits]\nagents_share = true\n",
            "desk.toml [limits]: 'agents_share' must be int or float, not bool",
        ),
        (SMALL + '[account]\nbrands = "shop"\n', "desk.toml [account]: 'brands' must be list, not str"),
        (
            SMALL + '[language]\nrung = "loud"\n',
            "desk.toml [language]: rung = 'loud' is not known; one of off, shadow, note, tag, route",
        ),
        (SMALL + 'encoder = "wide"\n', "desk.toml: 'encoder' must be dict, not str"),
        (
            SMALL + "[encoder]\n",
            "desk.toml [encoder]: kind = '' is not known; one of bundled, wide, sentence-transformers, endpoint, python",
        ),
        (
            SMALL + '[encoder]\nkind = "endpiont"\nurl = "http://10.0.0.7/v1"\n',
            "desk.toml [encoder]: kind = 'endpiont' is not known; did you mean 'endpoint'?",
        ),
        (
            SMALL + '[encoder]\nkind = "endpoint"\nmodle = "m"\n',
            "desk.toml [encoder]: unknown key 'modle'; did you mean 'model'?",
        ),
        (
            SMALL + '[encoder]\nkind = "endpoint"\nkey = "sk-123"\n',
            "desk.toml [encoder]: unknown key 'key'; did you mean 'key_env'?",
        ),
        (
            SMALL + '[encoder]\nkind = "sentence-transformers"\nurl = "x"\n',
            "desk.toml [encoder]: unknown key 'url'; known keys: kind, model, prefix, languages, most_characters, batch",
        ),
        (
            SMALL + '[encoder]\nkind = "bundled"\nbatch = 8\n',
            "desk.toml [encoder]: unknown key 'batch'; known keys: kind",
        ),
    ],
)
def test_a_mistake_in_the_desk_names_file_place_and_key(tmp_path: Path, desk: str, problem: str) -> None:
    assert complaints(a_desk_folder(tmp_path, desk, ONE, en='card = ["c"]\n')) == [problem]


@pytest.mark.parametrize(
    ("topics", "problem"),
    [
        (ONE + 'rungs = "tag"\n', "topics.toml: topic 1 (card): unknown key 'rungs'; did you mean 'rung'?"),
        (
            ONE + 'rung = "up"\n',
            "topics.toml: topic 1 (card): rung = 'up' is not known; one of off, shadow, note, tag, route",
        ),
        (
            ONE + "target_precision = 90\n",
            "topics.toml: topic 1 (card): target_precision = 90.0 must lie between 0 and 1",
        ),
        (ONE + "name = 3\n", "topics.toml: topic 1 (card): name must be text, or a table from language to text"),
        (ONE + ONE, "topics.toml: topic id 'card' stands 2 times; ids must be unique"),
        (
            ONE + ONE.replace("card", "CARD", 1),
            "topics.toml: 2 topics would share the tag 'card'; make their ids differ in letters or digits",
        ),
        (
            ONE + '[[topic]]\nid = "карта"\nexamples = ["x", "y"]\n',
            "topics.toml: topic 2 (карта): id must hold a letter or digit: it becomes a Zendesk tag",
        ),
        ("topic = [3]\n", "topics.toml: topic 1: must be a [[topic]] table"),
        ("topics = 1\n" + ONE, "topics.toml: unknown key 'topics'; did you mean 'topic'?"),
    ],
)
def test_a_mistake_in_the_topics(tmp_path: Path, topics: str, problem: str) -> None:
    folder = a_desk_folder(tmp_path, SMALL, topics)
    (folder / "examples" / "en.toml").unlink()
    assert complaints(folder) == [problem]


def test_the_language_backend_is_chosen_by_name(tmp_path: Path) -> None:
    chosen = a_desk_folder(tmp_path / "one", SMALL + '\n[language]\nbackend = "langdetect"\n')
    assert load_desk(chosen).language_backend == "langdetect"
    plain = a_desk_folder(tmp_path / "two", SMALL)
    assert load_desk(plain).language_backend == "py3langid"
    wrong = a_desk_folder(tmp_path / "three", SMALL + '\n[language]\nbackend = "langdetct"\n')
    (line,) = complaints(wrong)
    assert line.endswith("backend = 'langdetct' is not known; did you mean 'langdetect'?")


def test_a_topic_without_examples_is_no_mistake(tmp_path: Path) -> None:
    """It is learnt from its name and description; ``check`` advises to add examples."""
    folder = a_desk_folder(tmp_path, SMALL, ONE + '[[topic]]\nid = "poor"\nname = "Poor one"\n')
    (folder / "examples" / "en.toml").unlink()
    files = load_desk(folder)
    assert [topic.id for topic in files.desk.topics][-1] == "poor"
    assert "poor" not in {example.topic for example in files.examples}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("en.toml", b'cards = ["x"]\n', "examples/en.toml: unknown key 'cards'; did you mean 'card'?"),
        ("en.toml", b"card = [\n", "examples/en.toml: not TOML: Invalid value (at end of document)"),
        (
            "a.jsonl",
            b'{"topic": "gone", "text": "x"}',
            "examples/a.jsonl:1: needs `text` and a `topic` of topics.toml, has topic 'gone'",
        ),
        (
            "a.jsonl",
            b'\n{"topic": "card"}',
            "examples/a.jsonl:2: needs `text` and a `topic` of topics.toml, has topic 'card'",
        ),
        ("a.jsonl", b"[1]", "examples/a.jsonl:1: not a JSON object; each line must be one"),
        ("a.jsonl", b"{", "examples/a.jsonl:1: not a JSON object; each line must be one"),
        (
            "a.jsonl",
            b"\xff\xfe",
            "examples/a.jsonl: cannot be read as UTF-8 text (UnicodeDecodeError); save it as UTF-8",
        ),
        (
            "../articles.jsonl",
            b'{"id": 1, "title": "T"}',
            "articles.jsonl:1: an article needs `id`, `title` and `body`",
        ),
        (
            "../articles.jsonl",
            b'{"id": "", "title": "T", "body": "B"}',
            "articles.jsonl:1: an article needs `id`, `title` and `body`",
        ),
    ],
)
def test_a_mistake_in_examples_and_articles(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    folder = a_desk_folder(tmp_path, SMALL, ONE, de='card = ["eine karte"]\n')
    (folder / "examples" / name).write_bytes(content)
    assert complaints(folder) == [problem]


def test_all_mistakes_of_all_files_come_together(tmp_path: Path) -> None:
    folder = a_desk_folder(tmp_path, 'langauges = ["en"]\n', ONE + 'rung = "up"\n', en='cards = ["x"]\n')
    (folder / "articles.jsonl").write_text("{}", "utf-8")
    assert [line.split(":")[0] for line in complaints(folder)] == [
        "desk.toml", "topics.toml", "examples/en.toml", "articles.jsonl", "desk.toml",
    ]  # fmt: skip


def test_a_folder_or_a_file_that_is_not_there(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(DefinitionError, match="there is no such desk folder; `zd-automation init"):
        load_desk(gone)
    gone.mkdir()
    assert [line.split(":")[0] for line in complaints(gone)] == ["desk.toml", "topics.toml", "desk.toml"]


def loaded(folder: Path, desk: str, topics: str) -> DeskFiles:
    return load_desk(a_desk_folder(folder, desk, topics, en='card = ["c"]\n'))


def test_the_definitions_hash_follows_what_decides(tmp_path: Path) -> None:
    hashes = [
        loaded(tmp_path / str(number), desk, topics).desk.definitions_hash
        for number, (desk, topics) in enumerate(
            [
                (SMALL, ONE),
                (SMALL, ONE),
                (SMALL + 'name = "x"\n', ONE),
                (SMALL, ONE + 'group = "Cards"\n'),
                (SMALL, ONE + 'rung = "tag"\n'),
            ]
        )
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4


def test_the_keys_of_an_encoder_are_those_that_it_is_built_from() -> None:
    built_from = {kind: set(keys) for kind, keys in plugged._KEYS.items()}
    assert {kind: set(keys) for kind, keys in ENCODER_KEYS.items()} == built_from
