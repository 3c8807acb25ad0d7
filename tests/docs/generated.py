"""The pages that are made from code. ``python -m tests.docs.generated`` writes them; a test compares them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zd_automation.config import VARIABLES

ROOT = Path(__file__).resolve().parents[2]

# Without these four the service does not start against a real account.
NEEDED = ("ZD_SUBDOMAIN", "ZD_OAUTH_CLIENT_ID", "ZD_OAUTH_CLIENT_SECRET", "ZD_WEBHOOK_SECRETS")

_PAGE = """# Environment

Made from `zd_automation.config.VARIABLES` by `python -m tests.docs.generated`; do not edit.

Secrets, addresses and limits of the machine come from the environment, or from a file `.env` in the working folder. What is
set in the environment wins over the file, an empty value counts as not set. What a desk decides is in
[its files](../how-to/desk.md) instead. All problems are told together, at start.

| variable | default | meaning |
| --- | --- | --- |
{rows}
Needed in any case: {needed}; or `ZD_BASE_URL` in place of the subdomain.

Read from the process's environment only, not from `.env`: `ZD_CACHE_DIR`, the folder of learnt models, by default
`zd-automation` in the user's cache folder; `ZD_ROOMS`, a folder whose `models`, `triggers` or `webhooks` come before the
shipped ones.
"""

_EXAMPLE_HEAD = """# Copy to .env and fill in. Made from zd_automation.config.VARIABLES; what each means: docs/reference/environment.md.
# Write values bare, without quotes. Lines that stay commented keep the default.
"""


def environment_page() -> str:
    """``docs/reference/environment.md``."""
    rows = "".join(
        f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |\n" for name, default, meaning in VARIABLES
    )
    return _PAGE.format(rows=rows, needed=", ".join(f"`{name}`" for name in NEEDED))


def env_example() -> str:
    """``deploy/.env.example``."""
    blocks = [
        f"\n# {meaning[0].upper()}{meaning[1:]}.\n{'' if name in NEEDED else '# '}{name}={default}\n"
        for name, default, meaning in VARIABLES
    ]
    return _EXAMPLE_HEAD + "".join(blocks)


def pages() -> Mapping[Path, str]:
    """Every generated page with its text."""
    return {
        ROOT / "docs" / "reference" / "environment.md": environment_page(),
        ROOT / "deploy" / ".env.example": env_example(),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, "utf-8")
