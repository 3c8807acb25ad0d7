"""``init``: a folder that loads, whatever it was built from, and one clear line when it cannot be built."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.command import Ran, zd
from zd_automation.desk_files import DeskFiles, load_desk

TOPICS: list[dict[str, object]] = [
    {"id": "refund", "name": "Refund", "description": "Wants money back", "group": "Billing"},
    {"id": "theft", "name": {"en": "Theft", "de": "Diebstahl"}, "group": "Fraud team", "area": "risk"},
]
EXAMPLES: list[dict[str, object]] = [
    {"topic": "refund", "text": "please refund my order", "language": "en"},
    {"topic": "refund", "subject": "Geld", "body": "ich will mein Geld zurück", "language": "de"},
    {"topic": "theft", "text": "they stole my money", "language": "en"},
]
ARTICLES: list[dict[str, object]] = [
    {"id": 7, "title": "Refunds", "body": "Five days.", "locale": "en-us", "restricted": False, "draft": False},
    {"id": 8, "title": "Agents only", "body": "Secret.", "locale": "en-us", "restricted": True},
]


def written(name: str, content: str | bytes | Sequence[Mapping[str, object]]) -> Path:
    """A file in the working folder; rows become JSON Lines."""
    if not isinstance(content, str | bytes):
        content = "".join(json.dumps(row) + "\n" for row in content)
    path = Path(name)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def built(topics: object = None, examples: object = None, **more: object) -> tuple[Ran, DeskFiles]:
    """``init`` from these two, and the folder read back."""
    given = [
        "--topics",
        topics or written("topics.jsonl", TOPICS),
        "--examples",
        examples or written("examples.jsonl", EXAMPLES),
    ]
    ran = zd("init", "made", *given, *(part for name, value in more.items() for part in (f"--{name}", value)))
    assert ran.status == 0, ran.err
    return ran, load_desk(Path("made"))


def refused(**files: str | bytes | Sequence[Mapping[str, object]]) -> Ran:
    """``init`` from these files, sound ones where none is given; it must fail and leave no folder."""
    plain: dict[str, str | bytes | Sequence[Mapping[str, object]]] = {"topics": TOPICS, "examples": EXAMPLES}
    given = [part for name, rows in {**plain, **files}.items() for part in (f"--{name}", written(f"{name}.txt", rows))]
    ran = zd("init", "made", *given)
    assert (ran.status, ran.out) == (1, "")
    assert not Path("made").exists()
    return ran


# --- a folder to start from ----------------------------------------------------------------------------------------


def test_the_starter_loads_and_has_two_topics() -> None:
    ran = zd("init", "mydesk")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        "mydesk: desk.toml and topics.toml written; edit them, then: zd-automation check --offline --desk mydesk\n"
    )
    files = load_desk(Path("mydesk"))
    assert files.desk.name == "mydesk"
    assert [topic.id for topic in files.desk.topics] == ["password_reset", "refund"]
    assert {topic.rung for topic in files.desk.topics} == {"shadow"}
    assert len(files.desk.languages) == 18
    assert len(files.examples) == 4
    assert Path("mydesk/examples").is_dir()


def test_the_starter_says_what_each_key_is_for() -> None:
    zd("init", "mydesk")
    text = Path("mydesk/desk.toml").read_text("utf-8")
    assert text.count("#") > 10
    assert "The ladder: off, shadow (decide and remember, write nothing), note, tag, route." in text


@pytest.mark.parametrize("there", ["desk.toml", "topics.toml"])
def test_the_starter_overwrites_nothing(there: str) -> None:
    Path("mydesk").mkdir()
    Path("mydesk", there).write_text("mine", "utf-8")
    ran = zd("init", "mydesk")
    assert (ran.status, ran.out) == (1, "")
    assert ran.said == [f"mydesk/{there} is there already; choose another folder, or move that one away"]
    assert [path.name for path in Path("mydesk").iterdir()] == [there]
    assert Path("mydesk", there).read_text("utf-8") == "mine"


@pytest.mark.parametrize("there", ["desk.toml", "topics.toml", "examples/imported.jsonl", "articles.jsonl"])
def test_an_import_overwrites_nothing(there: str) -> None:
    Path("made/examples").mkdir(parents=True)
    Path("made", there).write_text("mine", "utf-8")
    given = ["--topics", written("t", TOPICS), "--examples", written("e", EXAMPLES)]
    ran = zd("init", "made", *given, "--articles", written("a", ARTICLES))
    assert (ran.status, len(ran.said)) == (1, 1)
    assert ran.err.startswith(f"made/{there} is there already")
    assert [path.name for path in Path("made").rglob("*.*")] == [Path(there).name]
    assert Path("made", there).read_text("utf-8") == "mine"


@pytest.mark.parametrize("folder", ["a-file", "a-file/below"])
def test_a_folder_that_cannot_be_is_told_in_a_line(folder: str) -> None:
    Path("a-file").write_text("x", "utf-8")
    ran = zd("init", folder)
    assert (ran.status, len(ran.said)) == (1, 1)
    assert ran.err.startswith(f"{folder} cannot be written (")


# --- a folder from what a desk has ---------------------------------------------------------------------------------


def _csv(rows: list[dict[str, str]], delimiter: str) -> str:
    return "".join(delimiter.join(row) + "\n" for row in [list(rows[0]), *(list(row.values()) for row in rows)])


_ROWS = [{"id": "refund", "name": "Refund", "description": "Wants money", "group": "Billing", "area": "money"}] * 1
_LINES = [{"topic": "refund", "text": "please refund my order", "language": "en"}]
TOPIC_FILES = {
    "list.json": json.dumps(_ROWS, indent=1),
    "object.json": json.dumps({"topics": _ROWS}),
    "one.jsonl": json.dumps(_ROWS[0]),
    "lines.jsonl": json.dumps(_ROWS[0]) + "\n\n",
    "comma.csv": _csv(_ROWS, ","),
    "semicolon.csv": _csv(_ROWS, ";"),
    "tab.csv": _csv(_ROWS, "\t"),
    "bom.csv": "\ufeff" + _csv(_ROWS, ","),
    "windows.csv": _csv(_ROWS, ";").replace("\n", "\r\n"),
    "no-suffix": _csv(_ROWS, ","),
}


@pytest.mark.parametrize("name", TOPIC_FILES)
def test_topics_come_in_many_shapes(name: str) -> None:
    ran, files = built(written(name, TOPIC_FILES[name]), written("e.jsonl", json.dumps(_LINES[0])))
    (topic,) = files.desk.topics
    assert (topic.id, topic.called("en"), topic.description) == ("refund", "Refund", "Wants money")
    assert (topic.group, topic.area, topic.rung) == ("Billing", "money", "shadow")
    assert ran.err == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.json", json.dumps(_LINES)),
        ("e.jsonl", json.dumps(_LINES[0]) + "\n"),
        ("e.csv", "topic,text,language\nrefund,please refund my order,en\n"),
        ("e.csv", "topic;text;language\nrefund;please refund my order;en\n"),
        ("e.csv", 'language;topic;text\n"en";"refund";"please refund my order"\n;;\n'),
    ],
)
def test_examples_come_in_many_shapes(name: str, content: str) -> None:
    _, files = built(examples=written(name, content))
    assert [(row.topic, row.text, row.language) for row in files.examples] == [
        ("refund", "please refund my order", "en")
    ]


def test_subject_and_body_make_a_text() -> None:
    rows = "topic,subject,body\nrefund,Money,give it back\nrefund,Only this,\nrefund,,or this\n"
    _, files = built(examples=written("e.csv", rows))
    assert [row.text for row in files.examples] == ["Money\ngive it back", "Only this", "or this"]


def test_a_text_of_several_lines_in_quotes_stays_one_text() -> None:
    _, files = built(examples=written("e.csv", 'topic,text\nrefund,"first; line\nsecond, ""quoted"" line"\n'))
    assert [row.text for row in files.examples] == ['first; line\nsecond, "quoted" line']


def test_everything_is_counted_and_the_next_step_is_told() -> None:
    ran, files = built(articles=written("a.jsonl", ARTICLES))
    assert ran.out.splitlines() == [
        f"made: 2 topics, 3 examples, 2 articles, languages {', '.join(files.desk.languages)}",
        'Next: zd-automation check --offline --desk made; zd-automation decide --desk made "some text"',
    ]
    assert files.desk.topics[1].called("de") == "Diebstahl"
    assert files.desk.danger.group == "Fraud team"
    assert [(article.id, article.restricted) for article in files.articles] == [("7", False), ("8", True)]


def test_extra_columns_are_one_line_a_file() -> None:
    topics = [{**row, "owner": "Kim", "cost centre": 5} for row in TOPICS]
    articles = [{**row, "votes": 3} for row in ARTICLES]
    ran, _ = built(written("t.jsonl", topics), articles=written("a.jsonl", articles))
    assert ran.said == ["t.jsonl: ignored columns cost centre, owner", "a.jsonl: ignored columns votes"]


def test_names_by_language_may_be_columns() -> None:
    _, files = built(written("t.csv", "id,name_en,name_de\nrefund,Refund,Erstattung\ntheft,Theft,\n"))
    assert [topic.called("de") for topic in files.desk.topics] == ["Erstattung", "Theft"]


@pytest.mark.parametrize(
    ("said", "first"),
    [
        (["pt", "pt-BR", "pt_br", "en", "tr", "vi"], ["pt", "en", "tr", "vi"]),
        (["EN_us", "en-GB", "de", "", "English", "?"], ["en", "de"]),
        ([None, None], ["en"]),
    ],
)
def test_languages_are_those_of_the_examples(said: list[str | None], first: list[str]) -> None:
    text = "please give me my money back, I have been waiting for two weeks now"
    rows = [{"topic": "refund", "text": text, "language": language} for language in said]
    _, files = built(examples=written("e.jsonl", rows))
    assert list(files.desk.languages[: len(first)]) == first
    # So few that the rest of the desk's customers may well write in others: the core languages stand by.
    assert len(files.desk.languages) == (4 if len(first) == 4 else 18)


def test_flags_of_articles_are_read_as_people_write_them() -> None:
    rows = "id,title,body,locale,restricted,draft\n1,A,a,en,yes,no\n2,B,b,en,TRUE,0\n3,C,c,en,,x\n4,D,d,en,false,\n"
    _, files = built(articles=written("a.csv", rows))
    assert [(row.id, row.restricted, row.draft) for row in files.articles] == [
        ("1", True, False),
        ("2", True, False),
        ("3", False, True),
        ("4", False, False),
    ]


def test_a_very_long_article_is_no_trouble_in_csv() -> None:
    _, files = built(articles=written("a.csv", f"id,title,body\n1,Pictures,{'x' * 300_000}\n"))
    assert len(files.articles[0].body) == 300_000


HOSTILE = [
    'quote " and \\ backslash',
    "''' and \"\"\"",
    "[[topic]]\nid = 'x'",
    "a\x00b\x07c\x1bd\x7fe",
    "half \ud83d of an emoji",
    "line\u2028separator\u2029and\x85next",
    "\u202egnp.exe \u200b\u200d",
    "{{ticket.id}} #{x} %s <script>alert(1)</script>",
    "= ]] } # comment",
    "x" * 5_000,
    "Ünïcode 🙂 日本語",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_give_a_folder_that_loads(text: str) -> None:
    topic: dict[str, object] = {"id": text, "name": {text: text}, "description": text, "group": text, "area": text}
    article = {"id": text, "title": text, "body": text, "locale": text, "url": text}
    _, files = built(
        written("t.jsonl", [topic, TOPICS[0]]),
        written("e.jsonl", [{"topic": text, "text": text, "language": text}, EXAMPLES[0]]),
        articles=written("a.jsonl", [article]),
    )
    kept = "".join(letter for letter in text if letter not in "\x00\x07\x1b\x7f\ud83d")
    assert files.desk.topics[0].id == kept
    assert files.desk.topics[0].group == kept
    assert files.examples[0].topic == kept
    assert files.examples[0].text == kept
    assert files.articles[0].title == kept
    assert len(files.desk.topics) == 2


def test_numbers_and_lists_for_texts_are_taken_as_text() -> None:
    topics: list[dict[str, object]] = [
        {"id": 5, "name": 5, "group": 7, "description": ["a", "b"]},
        {"id": "b", "name": None},
    ]
    _, files = built(written("t.jsonl", topics), written("e.jsonl", [{"topic": 5, "text": 12345, "language": 3}]))
    assert [(topic.id, topic.called("en"), topic.group) for topic in files.desk.topics] == [
        ("5", "5", "7"),
        ("b", "b", ""),
    ]
    assert [(row.topic, row.text, row.language) for row in files.examples] == [("5", "12345", None)]


# --- bad input -----------------------------------------------------------------------------------------------------

UTF16 = "id,name\nrefund,Refund\n".encode("utf-16")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"topics": ""}, "topics.txt: holds no rows"),
        ({"topics": "[]"}, "topics.txt: holds no rows"),
        ({"topics": UTF16}, "topics.txt: cannot be read as UTF-8 text (UnicodeDecodeError); save it as UTF-8"),
        ({"topics": "name,group\nRefund,Billing\n"}, "topics.txt: has no column id; it has group, name"),
        ({"topics": "just\nwords"}, "topics.txt: has no column id; it has just"),
        ({"topics": '[{"id": "a"}, 5]'}, "topics.txt: must be a JSON list of objects"),
        ({"topics": '{"topics": {"a": 1}}'}, "topics.txt: must be a JSON list of objects"),
        ({"topics": '{"id": "a"}\n{"id": \n'}, "topics.txt:2: is no JSON object"),
        ({"topics": "[" * 100_000}, "topics.txt:1: is no JSON object"),
        (
            {"topics": '[{"id": "refund"}, {"id": "refund"}, {"id": "theft"}]'},
            "topics.txt: id 'refund' stands 2 times; ids must be unique",
        ),
        (
            {"topics": '[{"id": "refund"}, {"id": "Refund!"}, {"id": "theft"}]'},
            "topics.txt: id 'refund' shares its tag 'refund' with another; make them differ",
        ),
        (
            {"topics": '[{"id": "refund"}, {"id": "---"}, {"id": "theft"}]'},
            "topics.txt: id '---' holds no letter or digit: it becomes a Zendesk tag",
        ),
        (
            {"topics": '[{"id": "refund"}, {"id": "theft"}, {"name": "No id"}]'},
            "topics.txt: id '' holds no letter or digit: it becomes a Zendesk tag",
        ),
        ({"examples": "text\nhello\n"}, "examples.txt: has no column topic; it has text"),
        (
            {"examples": "topic,text\nrefund,x\nrefunds,y\nrefunds,z\n"},
            "examples.txt: 2 rows have the topic 'refunds', which topics.txt does not have",
        ),
        (
            {"examples": "topic,text\nrefund,x\nrefund, \n"},
            "examples.txt: 1 rows have no text (neither `text` nor `subject` and `body`)",
        ),
        ({"articles": "id,title\n1,A\n"}, "articles.txt: has no column body; it has id, title"),
        ({"articles": "id,title,body\n1,A,a\n,B,b\n"}, "articles.txt: 1 rows have no id"),
        ({"articles": f'id,title,body\n1,A,"{"x" * 10_000_001}"\n'}, "articles.txt:1: is no CSV (field larger than"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(files: dict[str, str | bytes], said: str) -> None:
    ran = refused(**files)
    assert any(line.startswith(said) for line in ran.said), ran.err
    assert "Traceback" not in ran.err


def test_all_that_is_wrong_is_told_at_once() -> None:
    ran = refused(topics="id\nrefund\nrefund\n---\n", examples="topic,text\nother,x\nrefund,\n")
    assert len(ran.said) == 4


def test_a_file_that_is_not_there() -> None:
    ran = zd("init", "made", "--topics", "nowhere.csv", "--examples", written("e.jsonl", EXAMPLES))
    assert (ran.status, ran.said) == (1, ["nowhere.csv: there is no such file"])


def test_a_folder_instead_of_a_file() -> None:
    Path("topics").mkdir()
    ran = zd("init", "made", "--topics", "topics", "--examples", written("e.jsonl", EXAMPLES))
    assert ran.said == ["topics: cannot be read as UTF-8 text (IsADirectoryError); save it as UTF-8"]


@pytest.mark.parametrize("given", [["--topics"], ["--examples"], ["--articles"], ["--topics", "--articles"]])
def test_half_of_the_files_is_wrong_use(given: list[str]) -> None:
    ran = zd("init", "made", *(part for name in given for part in (name, "x.jsonl")))
    assert ran.status == 2
    assert "--topics and --examples go together; --articles needs both" in ran.err
