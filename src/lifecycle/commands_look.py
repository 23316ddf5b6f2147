"""The commands that look; they change no stage."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

import lifecycle
from lifecycle.options import (
    Result,
    a_metric,
    a_name,
    a_repository,
    an_html_file,
    champion_or_version,
    printing,
    reporting,
    rules_option,
)


@click.command()
@a_name
@reporting
def current(name: str) -> Result:
    """Show which version of NAME is champion.

    And which was before, and which is in staging, since when, by whom and why.

    Exit status 1 if the registry was changed by other means.
    """
    from lifecycle.render import current_text

    found = lifecycle.current(name)
    return found.as_dict(), current_text(found), not found.problems


@click.command()
@a_name
@an_html_file
@reporting
def history(name: str, html: Path | None) -> Result:
    """Show who did what to NAME, when and why."""
    from lifecycle.page import history_page
    from lifecycle.render import history_text

    records = lifecycle.history(name)
    _write(html, lambda: history_page(name, records))
    return [one.as_dict() for one in records], history_text(records), True


@click.command()
@a_name
@click.argument("versions", nargs=-1, required=True)
@click.option("--against", help="Compare all with this version; the champion unless given.")
@a_metric
@reporting
@rules_option
def compare(name: str, versions: tuple[str, ...], **options: Any) -> Result:
    """Compare versions on their held-out rows.

    The difference of each to the champion has an interval from the paired bootstrap, and the
    verdict is written on the version as a tag.
    """
    from lifecycle.render import comparison_text

    found = lifecycle.compare(name, versions, **options)
    return found.as_dict(), comparison_text(found), True


@click.command()
@a_name
@champion_or_version
@a_repository
@reporting
def verify(name: str, version: str, repository: str) -> Result:
    """Check that files are those registered.

    Of VERSION, the champion unless given, and to the last byte.
    In the repository of its data, the data are compared, too. Exit status 1 if anything differs.
    """
    from lifecycle.render import verification_text

    found = lifecycle.verify(name, version, repository=_if_repository(repository))
    return found.as_dict(), verification_text(found), found.ok


@click.command("lineage")
@a_name
@champion_or_version
@a_repository
@click.option("--deep", is_flag=True, help="Also read the data in the remote and check its md5.")
@click.option("--mermaid", is_flag=True, help="Print a mermaid graph instead of a table.")
@an_html_file
@reporting
def lineage(name: str, version: str, mermaid: bool, html: Path | None, **options: Any) -> Result:
    """Verify every link back to the data.

    From VERSION (the champion unless given) to its model, run, commit and data version, and to
    the DVC remote that holds them. Exit status 1 if a link is broken or could not be looked at.
    """
    from lifecycle.page import lineage_page
    from lifecycle.render import lineage_mermaid, lineage_text

    found = lifecycle.lineage(name, version, **options)
    _write(html, lambda: lineage_page(found))
    text = lineage_mermaid(found) if mermaid else lineage_text(found)
    return {**found.as_dict(), "mermaid": lineage_mermaid(found)}, text, found.ok


@click.command()
@a_name
@champion_or_version
@a_repository
@click.option("--origin", is_flag=True, help="Clone from the recorded address instead.")
@click.option("--tolerance", default=1e-6, show_default=True, help="Largest difference allowed.")
@click.option("--python", help="Interpreter for the recorded command; this one unless given.")
@click.option("--patience", type=float, help="Seconds the command may take.")
@reporting
def reproduce(name: str, version: str, repository: str, origin: bool, **options: Any) -> Result:
    """Train a version again and compare.

    VERSION is the champion unless given. In a fresh clone at the recorded commit, with data
    pulled by DVC, the recorded command is run with an empty MLflow store. THIS RUNS CODE from
    the repository and a command from the server. Exit status 1 unless every metric comes out
    the same within the tolerance.
    """
    from lifecycle.render import reproduction_text

    found = lifecycle.reproduce(
        name,
        version,
        repository=None if origin else repository,
        tell=lambda step: click.echo(f"... {step}", err=True),
        **options,
    )
    return found.as_dict(), reproduction_text(found), found.outcome == "reproduced"


@click.command()
@printing
@rules_option
def rules(rules: lifecycle.Rules) -> Result:
    """Print the rules in force as a lifecycle.toml.

    Put what you change into a file of that name, in the folder you work in or above it.
    """
    found = {one.name: getattr(rules, one.name) for one in dataclasses.fields(rules)}
    plain = {name: dict(one) if isinstance(one, Mapping) else one for name, one in found.items()}
    return plain, rules.as_toml(), True


def _write(path: Path | None, page: Callable[[], str]) -> None:
    if path is not None:
        path.write_text(page(), encoding="utf-8")


def _if_repository(folder: str) -> Path | None:
    """The folder, if there are data to look at; verifying a model must not need them."""
    from lifecycle.code import code_version

    try:
        return code_version(Path(folder)).root
    except lifecycle.LifecycleError:
        return None
