"""Reads the settings for commands: the environment over a ``.env`` file in the working folder."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from dotenv import dotenv_values

from zd_automation.config import Settings, dotenv_then, settings_from
from zd_automation.desk_files import load_desk
from zd_automation.errors import DefinitionError, SettingsError


def environment() -> dict[str, str]:
    """The environment, with ``.env`` filling what it does not say."""
    return dotenv_then(os.environ, lambda: dotenv_values(".env"))


def settings(*, needs_webhooks: bool = True, needs_zendesk: bool = True) -> Settings:
    """The settings. Raises SettingsError with every problem."""
    # A name of its own for every process: two workers under one name would take over each other's jobs.
    worker = f"{socket.gethostname()}-{os.getpid()}"
    return settings_from(environment(), worker=worker, needs_webhooks=needs_webhooks, needs_zendesk=needs_zendesk)


def settings_and_desks(*, needs_webhooks: bool = True) -> Settings:
    """The settings of a process that works on tickets, its desk folders read once.

    Raises SettingsError with every problem of the environment and of every desk file together: an admin who starts
    the service mends all of it in one go.
    """
    problems: list[str] = []
    found = None
    try:
        found = settings(needs_webhooks=needs_webhooks)
    except SettingsError as error:
        problems += error.problems
    for folder in found.desks if found else desk_folders():
        try:
            load_desk(folder)
        except DefinitionError as error:
            problems += str(error).splitlines()
    if problems or found is None:
        raise SettingsError(tuple(problems))
    return found


def desk_folders() -> tuple[Path, ...]:
    """The desk folders that ZD_DESK names."""
    return tuple(Path(part.strip()) for part in environment().get("ZD_DESK", "desk").split(",") if part.strip())
