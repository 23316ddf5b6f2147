"""``python -m moe_ids.train``: train the experts and the mixture, and write a model folder."""

from __future__ import annotations

import os
import signal
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from moe_ids.telling import telling

if TYPE_CHECKING:
    from moe_ids.evaluation import Figures


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--dataset", help="flows, flows-unsw, cicids2017 or unsw_nb15.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="A file or folder to learn from, all of it unless --test says otherwise. Without it: the "
    "real data where they are here, else the course's flows.",
)
@click.option(
    "--prepared",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder of `python -m moe_ids.prepare`: its data, divided as they are there.",
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Of everything that is drawn.")
@click.option("--budget-cpu-s", type=click.FloatRange(1), help="End after so many CPU seconds.")
@click.option("--test", type=click.FloatRange(0, 0.9), help="Share of the rows to judge by.")
@click.option("--split", "method", help="time, groups or official; what fits the data by itself.")
@click.option("--experts", help="Names with commas between them, or auto.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--params", type=click.Path(path_type=Path), default=Path("params.yaml"))
@click.option("--restart", is_flag=True, help="Begin anew where a training was interrupted.")
@click.option(
    "--track/--no-track",
    default=None,
    help="Log to MLflow, or not; unless given, if MLFLOW_TRACKING_URI is set.",
)
@telling
def command(**given: Any) -> None:
    """Train on flows; options that are not given are those of params.yaml."""
    signal.signal(signal.SIGTERM, _interrupt)
    # A budget of CPU seconds goes furthest on one thread, and sums come out the same everywhere.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # A server that is away is asked again for seconds, not for minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    from moe_ids.data.tables import data_files

    if given["data"]:
        # A wrong path is told before seconds go into loading torch.
        data_files(given["data"])
    from moe_ids.job import run_job
    from moe_ids.request import request

    asked = request(given)
    data = asked.load()
    for note in data.notes:
        click.echo(note, err=True)
    parts = asked.divide(data)

    def report(stage: str, told: dict[str, float]) -> None:
        click.echo(
            f"{stage:>8} {told['epoch']:>3.0f}  loss {told['loss']:.4f}  "
            f"validation {told['valid_loss']:.4f}  {told['cpu_s']:.0f} CPU-s",
            err=True,
        )

    with asked.tracking(data, parts) as tracker:
        outcome = run_job(
            data, parts, asked.settings, asked.seed, asked.out,
            about=asked.about, restart=asked.restart, report=tracker.also(report),
        )  # fmt: skip
        tracker.finish(outcome, asked.out)
    _tell(outcome.figures)
    ended = {one.ended for one in outcome.trained.progress.values()}
    if "budget" in ended:
        click.echo("The budget ended a stage: the same seed may give another model elsewhere.")
    click.echo(f"{asked.out}: {outcome.trained.cpu_s:.0f} CPU-s")


def _tell(found: dict[str, Figures]) -> None:
    for name, one in found.items():
        f1, macro = one.values["f1"], one.values["macro_f1"]
        click.echo(f"{name:>15}  F1 {f1}  macro-F1 {macro}")


def _interrupt(number: int, frame: types.FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    command(prog_name="python -m moe_ids.train")
