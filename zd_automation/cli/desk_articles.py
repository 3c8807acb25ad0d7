"""The desk and the help centre that a command works on."""

from __future__ import annotations

from pathlib import Path

import click

from zd_automation.cli.environment import desk_folders
from zd_automation.desk_files import DeskFiles, load_desk
from zd_automation.errors import DefinitionError
from zd_automation.tickets import Article

DESK = click.option(
    "--desk", type=click.Path(path_type=Path), help="Desk folder; default the first of ZD_DESK, else ./desk."
)


def desk_and_articles(desk: Path | None) -> tuple[DeskFiles, list[Article]]:
    """The desk, and the articles of its folder or else of the account's Help Center."""
    files = load_desk(desk or desk_folders()[0])
    articles = list(files.articles)
    if not articles:
        from zd_automation.cli.account import open_account

        _, _, gateway, _ = open_account(desk)
        articles = gateway.articles(files.article_labels)
    public = [article for article in articles if article.is_public]
    if not public:
        raise DefinitionError(
            f"{files.folder}: neither the desk nor its Help Center has an article that everybody may read"
        )
    return files, public
