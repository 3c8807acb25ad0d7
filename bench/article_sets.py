"""The retrieval sets of the research data as help centres and questions, and SQLite FTS5 on them."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from zd_automation.knowledge.evaluate import Asked
from zd_automation.tickets import Article
from zd_automation.triage.clean import clean


@dataclass(frozen=True)
class Question:
    """A question, its language, and the id of the article that answers it."""

    text: str
    language: str
    article: str


@dataclass(frozen=True)
class Case:
    """A help centre and questions to it."""

    articles: tuple[Article, ...]
    questions: tuple[Question, ...]

    def asked(self) -> list[Asked]:
        """The questions as tickets."""
        return [Asked(clean("", q.text), q.language, q.article) for q in self.questions]

    def where(self, kept: Callable[[Question], bool]) -> Case:
        """The same with fewer questions."""
        return Case(self.articles, tuple(filter(kept, self.questions)))


class Sets:
    """Reads the files of ``shared/data/retrieval``."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "retrieval"

    @cache  # noqa: B019 - one for the whole run
    def _rows(self, name: str) -> list[dict[str, Any]]:
        with gzip.open(self._folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def faq_languages(self) -> list[str]:
        """The languages of the parallel FAQ, as its rows name them."""
        return sorted({row["lang"] for row in self._rows("crypto_faq_parallel")})

    def faq(self, of: str, *, titled: bool = True) -> Case:
        """Questions of every other language against articles of one."""
        rows = self._rows("crypto_faq_parallel")
        articles = [row for row in rows if row["lang"] == of]
        known = {_key(row) for row in articles}
        asked = [row for row in rows if row["lang"] != of and _key(row) in known]
        return Case(
            tuple(Article(_key(row), row["question"] if titled else "", row["answer"], _tag(of)) for row in articles),
            tuple(Question(row["question"], _tag(row["lang"]), _key(row)) for row in asked),
        )

    def faq_same(self, of: str) -> Case:
        """Questions of one language against the answers of the same, without titles: the question is the title."""
        rows = [row for row in self._rows("crypto_faq_parallel") if row["lang"] == of]
        return Case(
            tuple(Article(_key(row), "", row["answer"], _tag(of)) for row in rows),
            tuple(Question(row["question"], _tag(of), _key(row)) for row in rows),
        )

    def xquad(self, of: str, asked: str = "") -> Case:
        """Questions, of one language or of all, against paragraphs of one language."""
        rows = self._rows("xquad_cross_lingual")
        return Case(
            tuple(
                Article(str(r["par"]), "", r["text"], of) for r in rows if r["kind"] == "article" and r["lang"] == of
            ),
            tuple(
                Question(r["text"], _tag(r["lang"]), str(r["par"]))
                for r in rows
                if r["kind"] == "query" and asked in ("", r["lang"])
            ),
        )

    def aws(self) -> Case:
        """Long technical pages and the questions of people at work."""
        rows = self._rows("aws_docs_1k")
        return Case(
            tuple(Article(r["id"], r["title"], r["body"], "en") for r in rows if r["kind"] == "article"),
            tuple(Question(r["text"], "en", r["article"]) for r in rows if r["kind"] == "query"),
        )


def _key(row: dict[str, Any]) -> str:
    return f"{row['faq']}/{row['key']}"


def _tag(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def found_by_fts5(case: Case, most: int) -> np.ndarray:
    """Whether SQLite's full-text search has each question's article among the first ``most``."""
    with closing(sqlite3.connect(":memory:")) as file:
        file.execute("CREATE VIRTUAL TABLE pages USING fts5(id UNINDEXED, title, body, tokenize='trigram')")
        file.executemany("INSERT INTO pages VALUES (?, ?, ?)", [(a.id, a.title, a.body) for a in case.articles])
        return np.array([question.article in _fts5(file, question.text, most) for question in case.questions])


def _fts5(file: sqlite3.Connection, text: str, most: int) -> list[str]:
    words = [word for word in re.findall(r"\w+", text) if len(word) > 2]
    if not words:
        return []
    asked = " OR ".join(f'"{word}"' for word in words)
    order = "SELECT id FROM pages WHERE pages MATCH ? ORDER BY bm25(pages, 0, 3, 1) LIMIT ?"
    return [row[0] for row in file.execute(order, (asked, most))]
