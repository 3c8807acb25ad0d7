"""The command line: one module for each group of commands, loaded only when asked for."""

from __future__ import annotations

import importlib
import os
import sys

import click

from zd_automation import __version__
from zd_automation.errors import SettingsError, ZdAutomationError

# Workers are many threads beside each other; each of them starting threads of its own in BLAS makes all of them slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_COMMANDS = {
    "demo": ("demo", "Two desks, 200 tickets and more, on this machine, without a Zendesk account."),
    "sandbox": ("sandbox", "A local Zendesk to try things against."),
    "init": ("init", "Write a desk folder to start from, or build one from what a desk has."),
    "check": ("check", "Find every problem of the desk, the environment and the account."),
    "decide": ("decide", "Show what would be done with a text, a ticket, or a file of tickets."),
    "danger": ("danger", "What each line of the danger detector costs, lines of your own, secrets blocked out."),
    "articles": ("articles", "Search the help centre as a ticket would, and judge the search."),
    "model": ("model", "Train a desk's topic model, judge it, let it serve, and go back."),
    "replay": ("replay", "Show a past decision, and what would be decided today."),
    "run": ("service", "Receiver and worker in one process."),
    "serve": ("service", "The receiver alone, under gunicorn."),
    "work": ("service", "A worker alone."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's shape
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's shape
        if name not in _COMMANDS:
            return None
        module = importlib.import_module(f"zd_automation.cli.{_COMMANDS[name][0]}")
        command: click.Command = getattr(module, f"{name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in _COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zd-automation")
def cli() -> None:
    """Triage for Zendesk desks: language, topic, danger and articles, in one right write a ticket."""


def main() -> None:
    """Run the command line. Exit status 0 done, 1 failed or found problems, 2 used wrongly; errors are one line each."""
    try:
        cli(prog_name="zd-automation")
    except SettingsError as error:
        for number, problem in enumerate(error.problems, start=1):
            click.echo(f"{number}. {problem}", err=True)
        sys.exit(1)
    except ZdAutomationError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
