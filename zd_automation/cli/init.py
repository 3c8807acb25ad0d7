"""``init``: a desk folder to start from, or one built from what a desk has."""

from __future__ import annotations

from pathlib import Path

import click

from zd_automation.desk_import import Sources, read_sources, write_desk
from zd_automation.desk_writing import CORE_LANGUAGES, desk_toml, write_new
from zd_automation.models.detectors import py3langid_detector
from zd_automation.triage.language import identify

_STARTER_TOPICS = """# Your topics: what customers write about, each with the group that answers it. Ids become Zendesk tags.
# Two or more examples a topic, better five to thirty, as customers write them; more go to examples/<language>.toml.

[[topic]]
id = "password_reset"
name = "Password reset"            # or { en = "Password reset", es = "Restablecer contraseña" }
description = "Cannot sign in because the password is lost or refused."
group = "Account help"
examples = [
  "I forgot my password and the reset mail does not come",
  "it says wrong password but I am sure it is right",
]

[[topic]]
id = "refund"
name = "Refund"
description = "Wants money back, or asks where a refund is."
group = "Billing"
examples = [
  "please refund my last order, I sent it back two weeks ago",
  "when will I get my money back",
]
"""


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--topics", type=click.Path(path_type=Path), help="JSON, JSONL or CSV: id, name, description, group, area."
)
@click.option(
    "--examples", type=click.Path(path_type=Path), help="JSONL or CSV: topic, text (or subject, body), language."
)
@click.option(
    "--articles", type=click.Path(path_type=Path), help="JSONL or CSV: id, title, body, locale, restricted, draft."
)
def init_command(*, folder: Path, topics: Path | None, examples: Path | None, articles: Path | None) -> None:
    """Write the desk folder FOLDER. Nothing there is overwritten."""
    if (topics is None) != (examples is None) or (articles and not topics):
        raise click.UsageError("--topics and --examples go together; --articles needs both")
    if topics is None or examples is None:
        _starter(folder)
        return
    sources = read_sources(topics, examples, articles)
    for line in sources.ignored:
        click.echo(line, err=True)
    languages = write_desk(folder, sources, _detect)
    click.echo(f"{folder}: {_counts(sources)}, languages {', '.join(languages)}")
    click.echo(f'Next: zd-automation check --offline --desk {folder}; zd-automation decide --desk {folder} "some text"')


def _counts(sources: Sources) -> str:
    return f"{len(sources.topics)} topics, {len(sources.examples)} examples, {len(sources.articles)} articles"


def _detect(text: str) -> str:
    return identify(text, languages=CORE_LANGUAGES, detector=py3langid_detector()).tag


def _starter(folder: Path) -> None:
    desk = desk_toml(folder.resolve().name, CORE_LANGUAGES, "Security")
    write_new(folder, {"desk.toml": desk, "topics.toml": _STARTER_TOPICS})
    click.echo(
        f"{folder}: desk.toml and topics.toml written; edit them, then: zd-automation check --offline --desk {folder}"
    )
