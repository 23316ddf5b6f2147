"""``labkit test``: everything that must hold before a change is taken in."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import click

from labkit.paths import ROOT_VARIABLE, find_course

_STEPS = {
    "ruff check": ["ruff", "check"],
    "ruff format": ["ruff", "format", "--check"],
    "mypy": ["mypy"],
    # Three at a time even on two cores, as many tests wait for servers and kernels; a file's tests
    # stay together, for the sake of what they share.
    "pytest": ["pytest", "--numprocesses=3", "--dist=loadfile"],
}


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Check format, lint and types, then run the tests; ARGUMENTS go to pytest."""
    root = find_course().root
    outcomes = []
    for name, step in _STEPS.items():
        click.secho(f"== {name}", bold=True)
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", *step, *(arguments if name == "pytest" else ())],
            cwd=root,
            env=_clean_environment(),
            check=False,
        )
        outcomes.append((name, done.returncode, time.monotonic() - began))
    # One line, so that pytest's own last line stays in sight.
    click.echo(", ".join(f"{name} {_word(code)} {took:.0f} s" for name, code, took in outcomes))
    sys.exit(1 if any(code for _, code, _ in outcomes) else 0)


def _word(code: int) -> str:
    return "FAILED" if code else "ok"


def _clean_environment() -> dict[str, str]:
    """What a person set for a running course must not reach the tests."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != ROOT_VARIABLE and not name.startswith("MLFLOW_")
    }
