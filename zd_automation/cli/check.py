"""``check``: every problem at once, numbered, with what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from zd_automation.checks import Finding, check_account, check_files
from zd_automation.cli.environment import desk_folders, settings
from zd_automation.config import Settings
from zd_automation.desk_files import DeskFiles
from zd_automation.errors import SettingsError, ZdAutomationError
from zd_automation.metrics import Metrics
from zd_automation.service import open_gateway, open_stores


@click.command("check")
@click.option("--desk", type=click.Path(path_type=Path), help="Only this desk folder; default those of ZD_DESK.")
@click.option("--offline", is_flag=True, help="Files only: neither the environment nor the account.")
def check_command(*, desk: Path | None, offline: bool) -> None:
    """Find every problem of the desks, the environment and the account. Exit status 1 when there is one."""
    desks, findings = check_files((desk,) if desk else desk_folders())
    if not offline:
        try:
            found = settings()
        except SettingsError as error:
            findings += [Finding(problem) for problem in error.problems]
        else:
            findings += _account(found, desks) if desks else []
    for number, finding in enumerate(sorted(findings, key=lambda one: not one.is_error), start=1):
        click.echo(f"{number}. {'error' if finding.is_error else 'advice'}: {finding.text}")
    errors = sum(finding.is_error for finding in findings)
    click.echo(f"{errors} errors, {len(findings) - errors} pieces of advice, {len(desks)} desks read")
    if errors:
        sys.exit(1)


def _account(found: Settings, desks: list[DeskFiles]) -> list[Finding]:
    try:
        stores = open_stores(found)
    except ZdAutomationError as error:
        return [Finding(str(error))]
    return check_account(found, desks, open_gateway(found, desks[0], stores.engine, Metrics()))
