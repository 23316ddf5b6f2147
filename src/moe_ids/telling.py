"""Commands that tell what went wrong instead of showing a traceback."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable

import click

from lifecycle.errors import LifecycleError
from moe_ids.errors import CaseStudyError

_INTERRUPTED = 130


def telling(function: Callable[..., None]) -> Callable[..., None]:
    """A command that tells its errors and ends with status 1; with 130 where it was interrupted."""

    @functools.wraps(function)
    def command(**arguments: object) -> None:
        try:
            function(**arguments)
        except LifecycleError as error:
            click.echo(str(error), err=True)
            sys.exit(1)
        except OSError as error:
            told = CaseStudyError(
                f"{error.filename or 'A file'} cannot be used.",
                why=f"{error.strerror or error}.",
                next_step="Check the path, the rights and the room on the disk.",
            )
            click.echo(str(told), err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("Interrupted. The same command goes on from here.", err=True)
            sys.exit(_INTERRUPTED)

    return command
