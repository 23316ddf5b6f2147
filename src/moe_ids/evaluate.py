"""``python -m moe_ids.evaluate``: how good a model is on rows it has not seen."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import click

from moe_ids.telling import telling


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--model", "address", required=True, help="A model folder, or an MLflow address.")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="File or folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@telling
def command(address: str, data: Path, as_json: bool) -> None:
    """Judge flows with labels, and print figures with 95 % bootstrap intervals."""
    from moe_ids.data.tables import data_files
    from moe_ids.serving import model_folder, require_model

    # A wrong path is told before seconds go into loading torch.
    data_files(data)
    folder = model_folder(address)
    require_model(folder)
    from moe_ids.data import load
    from moe_ids.evaluation import figures
    from moe_ids.model import MIXTURE, Model

    model = Model.load(folder)
    found = load(model.preparation.dataset, data)
    judged = model.judge(found)
    truth = found.class_codes()
    every = {name: figures(truth, one, found.classes) for name, one in judged.of.items()}
    if as_json:
        experts = {name: one.as_dict() for name, one in every.items() if name != MIXTURE}
        click.echo(json.dumps(_plain({**every[MIXTURE].as_dict(), "experts": experts}), indent=1))
        return
    click.echo(f"{len(found):,} rows, {int((truth > 0).sum()):,} attacks")
    for name, one in every.items():
        told = "  ".join(f"{metric} {value or '-'}" for metric, value in one.values.items())
        click.echo(f"{name:>15}  {told}")


def _plain(value: Any) -> Any:
    """JSON has no NaN: what is not defined is null."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


if __name__ == "__main__":
    command(prog_name="python -m moe_ids.evaluate")
