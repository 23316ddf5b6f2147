"""The commands that change something; those that only look are in ``commands_look``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import lifecycle
from lifecycle.options import (
    Result,
    a_name,
    a_reason,
    a_version,
    reporting,
    rules_option,
    who,
)

if TYPE_CHECKING:
    from lifecycle.ledger import Record


@click.command()
@click.argument("model_uri")
@a_name
@click.option("--owner", help="Who answers for the model; who registers it unless given.")
@click.option("--description", default="", help="What the model is, for people.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Can be given repeatedly.")
@who
@reporting
@rules_option
def register(model_uri: str, name: str, tags: tuple[str, ...], **options: Any) -> Result:
    """Register a model as a version of NAME.

    MODEL_URI is models:/m-... or runs:/RUN_ID/NAME_OF_THE_MODEL_THERE. NAME must say what the
    model is, what it is for and which data it learned from, as in moe-cybersecurity-cicids. A
    digest of every file is kept, so that `verify` can tell later whether one was replaced. What
    the model lacks of the nine things it needs is listed.
    """
    pairs = dict(_pair(tag) for tag in tags)
    found = lifecycle.register(model_uri, name, tags=pairs, **options)
    missing = "".join(f"\n  missing {thing}" for thing in found.missing)
    said = f"{name} version {found.version} is registered.{missing}"
    return found.as_dict(), said, True


@click.command()
@a_name
@a_version
@click.option("--to", type=click.Choice(["staging", "production"]), required=True)
@click.option("--approver", default="", help="Who answers for it; needed for production.")
@reporting
@rules_option
def check(name: str, version: str, **options: Any) -> Result:
    """Say whether a promotion would pass.

    Lists what stands for and against it, and promotes nothing. Exit status 1 if a rule is broken.
    """
    from lifecycle.render import findings_text

    findings = lifecycle.check(name, version, **options)
    text = findings_text(findings)
    return [one.as_dict() for one in findings], text, all(one.ok for one in findings)


@click.command()
@a_name
@a_version
@click.option("--to", type=click.Choice(["staging", "production"]), required=True)
@a_reason
@click.option("--approver", default="", help="Who answers for it; needed for production.")
@who
@reporting
@rules_option
def promote(name: str, version: str, **options: Any) -> Result:
    """Move a version to staging or production.

    From none to staging, and from staging to production, if the rules allow it. The aliases
    champion, previous and staging follow, and MLflow's stages while it has them; a replaced
    champion is archived. For production the version is compared with the champion on the
    held-out rows both predicted. If somebody else was faster, nothing is changed and you are
    told who it was.
    """
    return _moved(lifecycle.promote(name, version, **options))


@click.command()
@a_name
@a_version
@a_reason
@who
@reporting
def reject(name: str, version: str, **options: Any) -> Result:
    """Turn a version down for good."""
    return _moved(lifecycle.reject(name, version, **options))


@click.command()
@a_name
@a_version
@a_reason
@who
@reporting
def archive(name: str, version: str, **options: Any) -> Result:
    """Put a version aside.

    It can come back through staging.
    """
    return _moved(lifecycle.archive(name, version, **options))


@click.command()
@a_name
@a_reason
@who
@reporting
def rollback(name: str, **options: Any) -> Result:
    """Return to the previous champion.

    In one step: the present champion is archived. Again: one further back.
    """
    return _moved(lifecycle.rollback(name, **options))


@click.command()
@a_name
@click.option("--keep", type=click.Choice(["registry", "ledger"]), required=True)
@a_reason
@who
@reporting
def repair(name: str, **options: Any) -> Result:
    """Settle what was changed by other means.

    For when somebody moved an alias or a stage of NAME without these commands.
    `--keep registry` records what is there now; `--keep ledger` puts back what was recorded.
    """
    record = lifecycle.repair(name, **options)
    return _moved(record) if record else (None, "There is nothing to repair.", True)


def _moved(record: Record) -> Result:
    from lifecycle.committing import said

    replaced = f"; version {record.replaced} was archived" if record.replaced else ""
    told = said(record)
    text = f"{told[0].upper()}{told[1:]}{replaced}. (record {record.seq})"
    return record.as_dict(), f"{text}\n{record.verdict}".rstrip(), True


def _pair(tag: str) -> tuple[str, str]:
    key, equals, value = tag.partition("=")
    if not equals or not key:
        raise click.BadParameter(f"'{tag}' is not KEY=VALUE", param_hint="--tag")
    return key, value
