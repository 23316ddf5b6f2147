"""What all commands share: options, how a result is printed, how an error is told."""

from __future__ import annotations

import functools
import json
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lifecycle.errors import LifecycleError

#: The result of a command: plain JSON values, the same as text, and whether all is well.
Result = tuple[Any, str, bool]
a_name = click.argument("name")
a_version = click.argument("version")
champion_or_version = click.argument("version", default="champion")
a_reason = click.option("--why", required=True, help="The reason, for who reads the history.")
who = click.option("--by", "who", help="Who does it; this machine's user unless given.")
a_repository = click.option(
    "--repository",
    default=".",
    show_default="the current folder",
    help="A folder in the Git and DVC repository the model was trained in.",
)
a_metric = click.option("--metric", help="Compare by this one; that of the rules unless given.")
an_html_file = click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Also write a page with a picture to this file.",
)
_NO_SERVER = LifecycleError(
    "It is not known which MLflow server to ask.",
    why="Neither --tracking-uri nor the variable MLFLOW_TRACKING_URI names one.",
    next_step="Add --tracking-uri http://127.0.0.1:5000, or whatever the address is.",
)


def printing(function: Callable[..., Result]) -> Callable[..., None]:
    """Make a command of a function: prints what it returns, and tells an error."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON value and nothing else.")
    @functools.wraps(function)
    def command(*, as_json: bool, **arguments: Any) -> None:
        try:
            value, text, ok = function(**arguments)
        except LifecycleError as error:
            if as_json:
                click.echo(json.dumps({"error": error.as_dict()}, indent=1))
            else:
                click.echo(str(error), err=True)
            sys.exit(1)
        click.echo(json.dumps(_finite(value), indent=1) if as_json else text)
        sys.exit(0 if ok else 1)

    return command


def _finite(value: Any) -> Any:
    """The same without NaN and infinity, which JSON has not: null stands for them."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def reporting(function: Callable[..., Result]) -> Callable[..., None]:
    """As ``printing``, for a function that asks an MLflow server."""

    @click.option(
        "--tracking-uri",
        envvar="MLFLOW_TRACKING_URI",
        help="Address of the MLflow server; MLFLOW_TRACKING_URI unless given.",
    )
    @functools.wraps(function)
    def asking(*, tracking_uri: str | None, **arguments: Any) -> Result:
        return _asked(tracking_uri, function, arguments)

    return printing(asking)


def rules_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option that names a file with rules; the function gets the rules."""

    @click.option(
        "--rules",
        "rules_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="TOML file with your team's rules; the nearest lifecycle.toml unless given.",
    )
    @functools.wraps(function)
    def with_rules(*, rules_file: Path | None, **arguments: Any) -> Any:
        from lifecycle.rules import load_rules

        return function(rules=load_rules(rules_file), **arguments)

    return with_rules


def _asked(
    tracking_uri: str | None, function: Callable[..., Result], arguments: dict[str, Any]
) -> Result:
    if not tracking_uri:
        raise _NO_SERVER
    # A progress bar for seven small files is noise, and two minutes of retries are a hang.
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    import mlflow
    from mlflow.exceptions import MlflowException

    mlflow.set_tracking_uri(tracking_uri)
    try:
        return function(**arguments)
    except MlflowException as error:
        raise LifecycleError(
            "MLflow did not do what was asked.",
            why=str(error).splitlines()[0],
            next_step=f"Look whether {tracking_uri} answers, and whether you may do this there.",
        ) from error
