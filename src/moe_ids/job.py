"""One training from data to a folder with a model and everything that is known about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from moe_ids.data.dataset import Dataset
from moe_ids.evaluation import Figures, as_frame, figures
from moe_ids.features.preprocess import Ints
from moe_ids.model import Judgements
from moe_ids.splits import Split, split
from moe_ids.training import Settings, Trained, train
from moe_ids.training.checkpoints import Checkpoints
from moe_ids.training.loop import Report

TRAINING, PREDICTIONS = "training.json", "predictions.parquet"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A training that is complete.

    Args:
        trained: the model, and how it came about.
        split: which rows were used for what.
        judgements: of the test rows; None where there are none.
        figures: of the test rows, by name of the model or expert; empty where there are none.
    """

    trained: Trained
    split: Split
    judgements: Judgements | None
    figures: dict[str, Figures]


def divide(data: Dataset, *, test: float, valid: float, seed: int, method: str | None) -> Split:
    """Divide rows; with a test share of 0 all are learned from.

    Raises:
        CaseStudyError: see :func:`moe_ids.splits.split`.
    """
    if test:
        return split(data, method, test=test, valid=valid, seed=seed)
    found = split(data, method, test=valid, valid=0.0, seed=seed)
    nothing = np.zeros(0, dtype=np.int64)
    return replace(found, valid=found.test, test=nothing)


def run_job(
    data: Dataset,
    parts: Split,
    settings: Settings,
    seed: int,
    folder: Path | None = None,
    *,
    about: Mapping[str, Any] | None = None,
    restart: bool = False,
    report: Report = lambda stage, told: None,
) -> Outcome:
    """Train, judge the test rows, and write a folder.

    Args:
        data: with labels.
        parts: what :func:`divide` gave.
        settings: options.
        seed: of the training.
        folder: of the model; an interrupted training there is gone on with. None writes nothing.
        about: what else to keep with the model, plain JSON values.
        restart: begin anew, whatever the folder holds.
        report: is told the losses after each epoch.

    Raises:
        CaseStudyError: see :func:`moe_ids.training.train`.
        OSError: the folder cannot be written.
    """
    purpose = {**settings.as_dict(), "seed": seed, "data": data.name, "split": parts.id}
    checkpoints = Checkpoints(folder, purpose)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        if restart:
            checkpoints.clear()
        checkpoints.open()
    trained = train(
        data, (parts.train, parts.valid), settings, seed, checkpoints=checkpoints, report=report
    )
    judgements, found = None, {}
    if len(parts.test):
        model = trained.model
        judgements = model.judge_inputs(model.preparation.apply(data), parts.test)
        truth = data.class_codes()[parts.test]
        found = {name: figures(truth, one, data.classes) for name, one in judgements.of.items()}
    outcome = Outcome(trained, parts, judgements, found)
    if folder:
        _write(folder, data, outcome, {**purpose, **(about or {})})
        checkpoints.clear()
    return outcome


def _write(folder: Path, data: Dataset, outcome: Outcome, purpose: dict[str, Any]) -> None:
    (folder / TRAINING).write_text(json.dumps(_record(outcome), indent=1), encoding="utf-8")
    if outcome.judgements:
        truth = data.class_codes()[outcome.split.test]
        _predictions(truth, outcome).to_parquet(folder / PREDICTIONS, index=False)
    about = {**purpose, "notes": list(data.notes), **outcome.split.as_dict()}
    outcome.trained.model.save(folder, about)


def _record(outcome: Outcome) -> dict[str, Any]:
    return {
        "cpu_s": outcome.trained.cpu_s,
        "stages": {
            name: {"ended": one.ended, "best_epoch": one.best_epoch, "history": one.history}
            for name, one in outcome.trained.progress.items()
        },
        "figures": {
            name: {**one.as_dict(), "confusion": one.confusion}
            for name, one in outcome.figures.items()
        },
    }


def _predictions(truth: Ints, outcome: Outcome) -> pd.DataFrame:
    """A row per test row: its position, the truth, and what each model says."""
    assert outcome.judgements is not None  # noqa: S101  # asked by the caller
    columns: dict[str, Any] = {"row": outcome.split.test, "truth": truth}
    for name, said in outcome.judgements.of.items():
        frame = as_frame(truth, said)
        columns |= {f"{name} label": frame["label"], f"{name} score": frame["score"]}
    for place, name in enumerate(outcome.trained.model.experts):
        columns[f"{name} gate"] = outcome.judgements.gate[:, place]
    return pd.DataFrame(columns)
