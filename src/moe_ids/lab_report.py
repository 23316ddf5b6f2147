"""``python -m moe_ids.lab_report``: all registered models of the case study, in one table."""

from __future__ import annotations

from typing import Any

import click

from moe_ids.telling import telling

_PREFIXES = ("moe-cybersecurity-", "xgboost-baseline-", "ft-transformer-")
_METRICS = ("f1", "macro_f1", "roc_auc", "recall")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@telling
def command() -> None:
    """Show what the server that MLFLOW_TRACKING_URI names has, with 95 % intervals."""
    import mlflow
    from mlflow.exceptions import MlflowException

    from moe_ids.errors import CaseStudyError

    try:
        lines = rows()
    except MlflowException as error:
        raise CaseStudyError(
            f"MLflow at {mlflow.get_tracking_uri()} cannot be read.",
            why=str(error).splitlines()[0],
            next_step="Start the server, or set MLFLOW_TRACKING_URI.",
        ) from None
    if not lines:
        click.echo("No models yet: `python -m moe_ids.train`, then `python -m moe_ids.register`.")
        return
    header = ["model", "version", "alias", "learned from", *_METRICS]
    widths = [max(len(line[place]) for line in [header, *lines]) for place in range(len(header))]
    for line in [header, ["-" * width for width in widths], *lines]:
        padded = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        click.echo(f"| {' | '.join(padded)} |")


def rows() -> list[list[str]]:
    """A line per version, as Markdown has cells.

    Raises:
        MlflowException: the server is away.
    """
    from mlflow import MlflowClient

    client = MlflowClient()
    lines = []
    for model in client.search_registered_models():
        if not model.name.startswith(_PREFIXES):
            continue
        versions = client.search_model_versions(f"name = '{model.name}'")
        aliases = {str(number): name for name, number in model.aliases.items()}
        for one in sorted(versions, key=lambda version: int(version.version)):
            found = client.get_run(one.run_id).data.metrics if one.run_id else {}
            told = [_with_interval(found, name) for name in _METRICS]
            alias, learned = aliases.get(str(one.version), ""), one.tags.get("dataset", "")
            lines.append([model.name, str(one.version), alias, learned, *told])
    return lines


def _with_interval(found: dict[str, Any], name: str) -> str:
    if name not in found:
        return "-"
    bounds = [found.get(f"{name}_{end}") for end in ("low", "high")]
    interval = "" if None in bounds else f" [{bounds[0]:.4f}, {bounds[1]:.4f}]"
    return f"{found[name]:.4f}{interval}"


if __name__ == "__main__":
    command(prog_name="python -m moe_ids.lab_report")
