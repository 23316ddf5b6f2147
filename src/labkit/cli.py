"""The command line: a thin layer that loads a command only when it is asked for."""

from __future__ import annotations

import importlib
import sys
from typing import ClassVar

import click

from labkit.errors import CourseError


class LazyGroup(click.Group):
    """A group whose commands are imported on use, so that each starts quickly."""

    places: ClassVar[dict[str, str]] = {
        "start": "labkit.servers.start:command",
        "doctor": "labkit.doctor.command:command",
        "check": "labkit.service.command:command",
        "grade": "labkit.grading.command:command",
        "regrade": "labkit.grading.regrade_command:command",
        "release": "labkit.release:command",
        "build": "labkit.build.command:command",
        "goto": "labkit.goto:command",
        "progress": "labkit.service.progress_command:command",
        "test": "labkit.testing:command",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None if there is none."""
        place = self.places.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="model-registry-lab", prog_name="labkit")
def cli() -> None:
    """Start the course, check answers, grade submissions, build the notebooks."""


def main() -> None:
    """Run the command line; an error a person can mend is told, not traced."""
    try:
        cli.main(prog_name="labkit", standalone_mode=True)
    except CourseError as error:
        click.echo(f"\n{error}", err=True)
        sys.exit(1)
