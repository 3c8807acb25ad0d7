"""Fixtures for every test: a fresh PostgreSQL database, and the two kinds of database that the product runs on."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import tomllib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.databases import drop_database

_CHECKOUT = Path(__file__).parents[1]


def _small_rooms() -> Path:
    """The shipped rooms with the danger examples of the first hand and few everyday ones: models are learnt in seconds.

    ``tests/models`` and the demo that CI runs look at all of them.
    """
    rooms = Path(tempfile.mkdtemp(prefix="zd-rooms-"))
    atexit.register(shutil.rmtree, rooms, ignore_errors=True)
    shipped, models = _CHECKOUT / "models", rooms / "models"
    (models / "danger" / "examples").mkdir(parents=True)
    for path in shipped.iterdir():
        if path.name != "danger":
            (models / path.name).symlink_to(path)
    (models / "danger" / "patterns").symlink_to(shipped / "danger" / "patterns")
    for path in sorted((shipped / "danger" / "examples").glob("*/ash.toml")):
        (models / "danger" / "examples" / path.parent.name).mkdir()
        (models / "danger" / "examples" / path.parent.name / path.name).symlink_to(path)
    everyday = tomllib.loads((shipped / "danger" / "everyday.toml").read_text("utf-8"))
    few = "".join(
        f'[{desk}]\ndesk = "{row["desk"]}"\ntopics = ["{row["topics"][0]}"]\n' for desk, row in everyday.items()
    )
    (models / "danger" / "everyday.toml").write_text(few, "utf-8")
    return rooms


os.environ.setdefault("ZD_ROOMS", str(_small_rooms()))

_DEFAULT = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
_HOW = "run PostgreSQL on 127.0.0.1:5432, or set ZD_TEST_POSTGRES_URL to one where databases may be created"


@cache
def _server() -> tuple[sa.Engine | None, str]:
    """The server to make databases on, or None and why there is none."""
    url = os.environ.get("ZD_TEST_POSTGRES_URL") or _DEFAULT
    engine = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool, connect_args={"connect_timeout": 3}
    )
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError as error:
        return None, f"no PostgreSQL answers ({type(error).__name__}): {_HOW}"
    return engine, ""


def _must_run_all() -> bool:
    return os.environ.get("CI") == "true" or os.environ.get("ZD_REQUIRE_ALL") == "1"


@contextmanager
def _fresh_database() -> Iterator[str]:
    server, missing = _server()
    if server is None:
        if _must_run_all():
            pytest.fail(missing)
        pytest.skip(missing)
    name = f"zd_test_{uuid.uuid4().hex[:12]}"
    with server.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    url = server.url.set(database=name).render_as_string(hide_password=False)
    try:
        yield url
    finally:
        drop_database(url)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """URL of an empty database of this test's own; without a server the test is skipped, or fails where all must run."""
    with _fresh_database() as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres_url() -> Iterator[str]:
    """Like ``postgres_url``, one for all tests of a module."""
    with _fresh_database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


# Tests of real processes, browsers and databases beside one another. A busy machine can make one late: it is run once more,
# and pytest's closing lines show that it was. Everything else must pass at once.
_MAY_BE_LATE = ("tests/acceptance/", "tests/browser/", "tests/kill/", "tests/contract/test_engine")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One more try for the tests that depend on how busy the machine is."""
    for item in items:
        place = item.path.relative_to(config.rootpath).as_posix()
        if place.startswith(_MAY_BE_LATE):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))
