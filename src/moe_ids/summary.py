"""``python -m moe_ids.summary``: what DVC shows of a training."""

from __future__ import annotations

import json
from pathlib import Path

import click

from moe_ids.telling import telling

_SHOWN = ("f1", "precision", "recall", "roc_auc", "macro_f1", "fpr")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--model", type=click.Path(path_type=Path), required=True, help="A model folder.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@telling
def command(model: Path, out: Path) -> None:
    """Write metrics.json, the losses of each epoch as epochs.csv, and pictures."""
    import pandas as pd

    from moe_ids.errors import CaseStudyError
    from moe_ids.job import PREDICTIONS, TRAINING
    from moe_ids.plots import write_plots
    from moe_ids.preparation import Preparation

    if not (model / PREDICTIONS).exists():
        raise CaseStudyError(
            f"There is nothing to show of {model}.",
            why=f"It has no {PREDICTIONS}: no training ended there, or none with test rows.",
            next_step="Run `python -m moe_ids.train --test 0.3 --out` with this folder.",
        )
    record = json.loads((model / TRAINING).read_text(encoding="utf-8"))
    known = Preparation.from_json((model / "preparation.json").read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    shown = {
        name.replace(" ", "_"): {key: one[key] for key in _SHOWN}
        for name, one in record["figures"].items()
    }
    (out / "metrics.json").write_text(json.dumps(shown, indent=1) + "\n", encoding="utf-8")
    epochs = [
        {"stage": stage, **told}
        for stage, one in record["stages"].items()
        for told in one["history"]
    ]
    pd.DataFrame(epochs).drop(columns="cpu_s").to_csv(out / "epochs.csv", index=False)
    write_plots(out / "pictures", record, pd.read_parquet(model / PREDICTIONS), known.classes)


if __name__ == "__main__":
    command(prog_name="python -m moe_ids.summary")
