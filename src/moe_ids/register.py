"""``python -m moe_ids.register``: log a model folder to MLflow, register it, move it up."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from moe_ids.telling import telling


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--model", type=click.Path(path_type=Path), required=True, help="A model folder.")
@click.option("--approver", default="", help="Who answers for production; nobody, no production.")
@click.option("--out", type=click.Path(path_type=Path), help="A JSON file for what was registered.")
@telling
def command(model: Path, approver: str, out: Path | None) -> None:
    """Register a mixture and its experts at the server that MLFLOW_TRACKING_URI names."""
    from moe_ids.errors import CaseStudyError
    from moe_ids.model import about_model

    about = about_model(model)
    if not about.get("rows_test"):
        raise CaseStudyError(
            f"{model} cannot be registered.",
            why="It holds no model, or one that was judged on no test rows.",
            next_step="Train with a test share: `python -m moe_ids.train --test 0.3 --out FOLDER`.",
        )
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow
    from mlflow.exceptions import MlflowException

    from moe_ids.data import load
    from moe_ids.registration import Source, register_all

    path = Path(about["path"])
    source = Source(model, load(about["data"], path), path)
    try:
        done = register_all(source, approver, click.echo)
    except MlflowException as error:
        raise CaseStudyError(
            f"MLflow at {mlflow.get_tracking_uri()} did not take the models.",
            why=str(error).splitlines()[0],
            next_step="Start the server, then run this again; nothing was lost.",
        ) from None
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps([asdict(one) for one in done], indent=1), encoding="utf-8")


if __name__ == "__main__":
    command(prog_name="python -m moe_ids.register")
