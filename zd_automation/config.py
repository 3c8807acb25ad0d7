"""Settings from the environment: secrets, addresses, limits. Read once; every problem is told together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from zd_automation.errors import SettingsError


class Secret:
    """A value that shows itself only when asked by name: never in a log, a traceback or a repr."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)


_NO_SECRET = Secret("")


@dataclass(frozen=True)
class Settings:
    """Everything the environment says. Field names are the variables' names without ``ZD_``, in lower case."""

    desks: tuple[Path, ...]
    base_url: str
    data_dir: Path
    inbox_url: str
    database_url: str
    webhook_secrets: tuple[Secret, ...] = ()
    webhook_ids: frozenset[str] = frozenset()
    account_id: int | None = None
    accept_test_secret: bool = False
    timestamp_window: int = 300
    most_bytes: int = 1_000_000
    oauth_client_id: str = ""
    oauth_client_secret: Secret = _NO_SECRET
    email: str = ""
    api_token: Secret = _NO_SECRET
    worker: str = "worker"
    concurrency: int = 8
    bind: str = "0.0.0.0:8080"
    cache_dir: Path | None = None
    models_dir: Path | None = None

    @property
    def has_credentials(self) -> bool:
        """Whether we can call Zendesk at all."""
        return bool(self.oauth_client_id and self.oauth_client_secret) or bool(self.email and self.api_token)

    @property
    def registries(self) -> Path:
        """Where the registries of trained models are."""
        return self.models_dir or self.data_dir / "models"


# Variable, default, what it is for: the reference page and ``.env.example`` are made from this table.
VARIABLES: tuple[tuple[str, str, str], ...] = (
    ("ZD_DESK", "desk", "desk folder; several, for several brands, separated by commas"),
    ("ZD_SUBDOMAIN", "", "the account: SUBDOMAIN of https://SUBDOMAIN.zendesk.com"),
    ("ZD_BASE_URL", "", "another address of the account, such as the sandbox's; wins over ZD_SUBDOMAIN"),
    ("ZD_OAUTH_CLIENT_ID", "", "identifier of the OAuth client (kind confidential)"),
    ("ZD_OAUTH_CLIENT_SECRET", "", "its secret"),
    ("ZD_EMAIL", "", "legacy: e-mail of an API token; tokens end on 2027-04-30"),
    ("ZD_API_TOKEN", "", "legacy: the API token"),
    ("ZD_WEBHOOK_SECRETS", "", "signing secrets of the webhooks, separated by commas; two while one is being rotated"),
    (
        "ZD_WEBHOOK_IDS",
        "",
        "ids of the webhooks to accept, separated by commas; empty accepts any with a right signature",
    ),
    ("ZD_ACCOUNT_ID", "", "number of the account to accept; empty accepts any with a right signature"),
    (
        "ZD_ACCEPT_TEST_SECRET",
        "0",
        "1 accepts Zendesk's test deliveries, signed with its public secret; only during setup",
    ),
    ("ZD_TIMESTAMP_WINDOW", "300", "seconds that a signature's timestamp may be away from now"),
    ("ZD_MOST_BYTES", "1000000", "largest body that is read"),
    ("ZD_DATA_DIR", "var", "folder of the databases when they are SQLite"),
    ("ZD_INBOX_URL", "", "database of the inbox; default sqlite in ZD_DATA_DIR"),
    ("ZD_DATABASE_URL", "", "database of engine and journal; default sqlite in ZD_DATA_DIR"),
    ("ZD_WORKER", "", "name of this worker, unique among all; default host and process"),
    ("ZD_CONCURRENCY", "8", "tickets worked on at once in a process"),
    ("ZD_BIND", "0.0.0.0:8080", "where the receiver listens"),
    ("ZD_CACHE_DIR", "", "folder of built models; default the user's cache folder"),
    ("ZD_MODELS_DIR", "", "folder of trained models (`model train`), to be kept; default `models` in ZD_DATA_DIR"),
)
_DEFAULTS = {name: default for name, default, _ in VARIABLES}


def settings_from(
    environ: Mapping[str, str], *, worker: str = "worker", needs_webhooks: bool = True, needs_zendesk: bool = True
) -> Settings:
    """Read the settings: a receiver alone needs no credentials, a worker alone no webhook secrets. Raises SettingsError that lists every problem, each with what to do."""
    read = {name: environ.get(name, "").strip() or default for name, default in _DEFAULTS.items()}
    problems: list[str] = []

    def number(name: str, least: int) -> int:
        try:
            value = int(read[name])
        except ValueError:
            problems.append(f"{name}={read[name]!r} is not a whole number")
            return least
        if value < least:
            problems.append(f"{name}={value} must be at least {least}")
        return value

    data_dir = Path(read["ZD_DATA_DIR"]).resolve()
    secrets = _several(read["ZD_WEBHOOK_SECRETS"])
    settings = Settings(
        desks=tuple(Path(folder) for folder in _several(read["ZD_DESK"])),
        base_url=_base_url(read, problems),
        data_dir=data_dir,
        inbox_url=_database(read["ZD_INBOX_URL"], data_dir / "inbox.sqlite", "ZD_INBOX_URL", problems),
        database_url=_database(read["ZD_DATABASE_URL"], data_dir / "zd.sqlite", "ZD_DATABASE_URL", problems),
        webhook_secrets=tuple(Secret(secret) for secret in secrets),
        webhook_ids=frozenset(_several(read["ZD_WEBHOOK_IDS"])),
        account_id=number("ZD_ACCOUNT_ID", 1) if read["ZD_ACCOUNT_ID"] else None,
        accept_test_secret=read["ZD_ACCEPT_TEST_SECRET"] == "1",  # noqa: S105 - a switch, not a secret
        timestamp_window=number("ZD_TIMESTAMP_WINDOW", 1),
        most_bytes=number("ZD_MOST_BYTES", 1000),
        oauth_client_id=read["ZD_OAUTH_CLIENT_ID"],
        oauth_client_secret=Secret(read["ZD_OAUTH_CLIENT_SECRET"]),
        email=read["ZD_EMAIL"],
        api_token=Secret(read["ZD_API_TOKEN"]),
        worker=read["ZD_WORKER"] or worker,
        concurrency=number("ZD_CONCURRENCY", 1),
        bind=read["ZD_BIND"],
        cache_dir=Path(read["ZD_CACHE_DIR"]) if read["ZD_CACHE_DIR"] else None,
        models_dir=Path(read["ZD_MODELS_DIR"]).resolve() if read["ZD_MODELS_DIR"] else None,
    )
    if needs_webhooks and not settings.webhook_secrets and not settings.accept_test_secret:
        problems.append(
            "ZD_WEBHOOK_SECRETS is empty: copy the signing secret from the webhook's page in the Admin Center"
        )
    if needs_zendesk and not settings.has_credentials:
        problems.append(
            "no credentials: set ZD_OAUTH_CLIENT_ID and ZD_OAUTH_CLIENT_SECRET (Admin Center > APIs > OAuth clients)"
        )
    if problems:
        raise SettingsError(tuple(problems))
    return settings


def models_folder(environ: Mapping[str, str]) -> Path:
    """``Settings.registries``, for commands that need no other setting."""
    named, data = environ.get("ZD_MODELS_DIR", "").strip(), environ.get("ZD_DATA_DIR", "").strip()
    return Path(named).resolve() if named else Path(data or _DEFAULTS["ZD_DATA_DIR"]).resolve() / "models"


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _base_url(read: Mapping[str, str], problems: list[str]) -> str:
    url, subdomain = read["ZD_BASE_URL"].rstrip("/"), read["ZD_SUBDOMAIN"]
    if url:
        parts = urlsplit(url)
        if parts.scheme not in {"https", "http"} or not parts.netloc:
            problems.append(f"ZD_BASE_URL={url!r} is not a web address")
        elif parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1", "sandbox"}:
            problems.append("ZD_BASE_URL must be https, unless it is the sandbox on this machine")
        return url
    if not subdomain or not all(ch.isalnum() or ch == "-" for ch in subdomain):
        problems.append("ZD_SUBDOMAIN is missing or odd: it is the SUBDOMAIN of https://SUBDOMAIN.zendesk.com")
    return f"https://{subdomain}.zendesk.com"


def _database(url: str, default: Path, name: str, problems: list[str]) -> str:
    if not url:
        return f"sqlite:///{default}"
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        problems.append(f"{name} must start with sqlite:/// or postgresql+psycopg://")
    return url


def dotenv_then(environ: Mapping[str, str], load: Callable[[], Mapping[str, Any]]) -> dict[str, str]:
    """The environment over what a ``.env`` file says: what is set by hand wins."""
    return {**{key: str(value) for key, value in load().items() if value is not None}, **environ}
