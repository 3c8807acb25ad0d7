"""The sandbox's memory: documents by kind, served from dictionaries and written through to SQLite.

Reads never touch the file, so the sandbox is as quick as a dictionary; every change is written
through, so that a sandbox started again on the same file is the same account. Without a path
nothing is written at all.
"""

from __future__ import annotations

import json
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Any

Doc = dict[str, Any]
Key = int | str

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key));
CREATE TABLE IF NOT EXISTS counters (kind TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
_FIRST_ID = 360_000_000_000


class _Index:
    """Documents of one kind by the value of one key. The value must be hashable."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: dict[Any, dict[Key, Doc]] = {}
        self._values: dict[Key, Any] = {}

    def add(self, doc: Doc) -> None:
        key, value = doc["id"], doc.get(self.name)
        if self._values.get(key, value) != value:
            self.remove(key)
        self._values[key] = value
        self.places.setdefault(value, {})[key] = doc

    def remove(self, key: Key) -> None:
        value = self._values.pop(key, None)
        self.places.get(value, {}).pop(key, None)


class Collection:
    """All documents of one kind, in the order of their creation. Documents are live: call ``save`` after a change."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind
        self._docs: dict[Key, Doc] = {}
        self._indexes: dict[str, _Index] = {}

    def __len__(self) -> int:
        return len(self._docs)

    def __iter__(self) -> Iterator[Doc]:
        return iter(list(self._docs.values()))

    def __contains__(self, key: Key) -> bool:
        return key in self._docs

    def get(self, key: Key) -> Doc | None:
        """The document with this id, or None."""
        return self._docs.get(key)

    def where(self, test: Callable[[Doc], bool]) -> list[Doc]:
        """Every document for which ``test`` holds, oldest first."""
        return [doc for doc in self if test(doc)]

    def by(self, name: str, value: Any) -> list[Doc]:
        """Every document whose key ``name`` holds ``value``, oldest first; uses an index made on first use."""
        with self._store.lock:
            index = self._indexes.get(name)
            if index is None:
                index = self._indexes[name] = _Index(name)
                for doc in self._docs.values():
                    index.add(doc)
            return list(index.places.get(value, {}).values())

    def newest(self, name: str, value: Any) -> Doc | None:
        """The document added last under this value, or None."""
        found = self.by(name, value)
        return found[-1] if found else None

    def save(self, doc: Doc) -> Doc:
        """Add or replace a document by its ``id``; returns it."""
        with self._store.lock:
            self._docs[doc["id"]] = doc
            for index in self._indexes.values():
                index.add(doc)
            self._store.write(self._kind, doc["id"], doc)
        return doc

    def delete(self, key: Key) -> Doc | None:
        """Take a document out; returns it, or None if there was none."""
        with self._store.lock:
            doc = self._docs.pop(key, None)
            if doc is not None:
                for index in self._indexes.values():
                    index.remove(key)
                self._store.write(self._kind, key, None)
        return doc

    def clear(self) -> None:
        """Delete every document of this kind."""
        for key in list(self._docs):
            self.delete(key)

    def load(self, key: Key, doc: Doc) -> None:
        """Used by the store when it opens a file: no write-through."""
        self._docs[key] = doc


class Store:
    """Collections, counters and the seeded source of randomness of one sandbox account.

    ``lock`` is re-entrant; whoever reads and then changes documents holds it meanwhile.
    """

    def __init__(self, path: str | None = None, seed: int = 0) -> None:
        self.lock = threading.RLock()
        self.random = random.Random(seed)
        self._collections: dict[str, Collection] = {}
        self._counters: dict[str, int] = {}
        self._db = _open(path) if path else None
        self._load()

    def collection(self, kind: str) -> Collection:
        """The collection of this kind, made when first asked for."""
        with self.lock:
            return self._collections.setdefault(kind, Collection(self, kind))

    def next_id(self, kind: str, first: int = _FIRST_ID) -> int:
        """The next free id of a kind; ``first`` is where its numbers start (tickets start at 1)."""
        return self.next_ids(kind, 1, first)

    def next_ids(self, kind: str, number: int, first: int = _FIRST_ID) -> int:
        """Reserve ``number`` ids in a row and return the first of them."""
        with self.lock:
            start = self._counters.get(kind, first - 1) + 1
            self._counters[kind] = start + number - 1
            if self._db is not None:
                self._db.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (kind, start + number - 1))
            return start

    def write(self, kind: str, key: Key, doc: Doc | None) -> None:
        """Write one document through to the file, if there is one; None deletes it."""
        if self._db is None:
            return
        stored_key = json.dumps(key)
        with self.lock:
            if doc is None:
                self._db.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, stored_key))
                return
            # An update keeps the row's place, so that a file opened again has the order of creation.
            self._db.execute(
                "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                (kind, stored_key, json.dumps(doc, ensure_ascii=False)),
            )

    def close(self) -> None:
        """Close the file; the store must not be used afterwards."""
        with self.lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def clear(self) -> None:
        """Forget every document and every counter: an account as on its first day."""
        with self.lock:
            for collection in self._collections.values():
                collection.clear()
            self._counters.clear()
            if self._db is not None:
                self._db.execute("DELETE FROM counters")

    def _load(self) -> None:
        if self._db is None:
            return
        for kind, key, body in self._db.execute("SELECT kind, key, body FROM documents ORDER BY rowid"):
            self.collection(kind).load(json.loads(key), json.loads(body))
        self._counters.update(self._db.execute("SELECT kind, value FROM counters"))


def _open(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")
    connection.executescript(_SCHEMA)
    return connection
