"""The command line: a group that imports a command only when it is asked for."""

from __future__ import annotations

import importlib
from typing import ClassVar

import click


class LazyGroup(click.Group):
    """A group whose commands are imported on use, so that each starts quickly."""

    places: ClassVar[dict[str, str]] = {
        "register": "commands_change",
        "check": "commands_change",
        "promote": "commands_change",
        "reject": "commands_change",
        "archive": "commands_change",
        "rollback": "commands_change",
        "repair": "commands_change",
        "current": "commands_look",
        "history": "commands_look",
        "compare": "commands_look",
        "verify": "commands_look",
        "lineage": "commands_look",
        "reproduce": "commands_look",
        "rules": "commands_look",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order of a model's life."""
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None if there is none."""
        place = self.places.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(importlib.import_module(f"lifecycle.{place}"), cmd_name)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Register, promote, compare, trace and reproduce models on any MLflow server.

    A version goes none -> staging -> production, never past staging, and every move is recorded.
    VERSION is a number or an alias (champion, previous, staging). A typical life:

    \b
      register models:/m-... moe-cybersecurity-cicids --description "..." --tag dataset=cicids
      check    moe-cybersecurity-cicids 3 --to staging
      promote  moe-cybersecurity-cicids 3 --to staging --why "passes the smoke test"
      promote  moe-cybersecurity-cicids 3 --to production --why "better" --approver Ana
      rollback moe-cybersecurity-cicids --why "latency"

    Exit status: 0 all is well, 1 a rule, a race or a finding says no, 2 a mistake in the command.
    """
