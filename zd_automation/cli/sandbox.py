"""``sandbox``: a local Zendesk in the foreground."""

from __future__ import annotations

import dataclasses

import click

from zd_automation.sandbox.account import LIMITS_OFF, SandboxSettings
from zd_automation.sandbox.server import serve_forever


@click.command("sandbox")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, help="Port to listen on.")
@click.option("--seed", default=0, show_default=True, help="Seed of everything random in it.")
@click.option("--database", type=click.Path(dir_okay=False), help="File to keep the account in; in memory without.")
@click.option(
    "--strict-auth", is_flag=True, help="Only tokens that were minted or stored; else any credentials are an admin."
)
@click.option("--trial", is_flag=True, help="Behave as a trial account: 10 webhooks, 60 deliveries a minute.")
@click.option("--no-limits", is_flag=True, help="Switch the rate limits off.")
def sandbox_command(
    *, host: str, port: int, seed: int, database: str | None, strict_auth: bool, trial: bool, no_limits: bool
) -> None:
    """A faithful local Zendesk: API, webhooks, triggers, Help Center, and pages for an agent at /agent."""
    base = LIMITS_OFF if no_limits else SandboxSettings()
    settings = dataclasses.replace(base, seed=seed, strict_auth=strict_auth, trial=trial)
    click.echo(f"Local Zendesk at http://{host}:{port} (agent pages: /agent); any credentials do. Ctrl-C ends it.")
    serve_forever(host, port, settings, database)
