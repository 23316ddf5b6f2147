"""A model folder into the active MLflow run: model, figures, pictures, predictions."""

from __future__ import annotations

import importlib.metadata
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models.model import ModelInfo

import lifecycle
from moe_ids import pyfunc_model
from moe_ids.data.dataset import PORT, Dataset
from moe_ids.job import PREDICTIONS, TRAINING
from moe_ids.model import MIXTURE, XGBOOST, Model, about_model
from moe_ids.onnx_form import model_inputs, run_onnx, write_onnx
from moe_ids.plots import write_plots
from moe_ids.serving import INSIDE

#: What a model needs to judge flows.
_PACKAGES = (
    *("mlflow", "numpy", "pandas", "pyarrow", "torch", "click", "pyyaml", "tqdm"),
    *("rtdl_num_embeddings", "rtdl_revisiting_models"),
)
_EXAMPLE_ROWS = 3
_TIMED_ROWS = 2_000


def requirements() -> list[str]:
    """What a model needs, pinned to what is installed."""
    xgboost = next((name for name in ("xgboost-cpu", "xgboost") if _installed(name)), "xgboost")
    return [f"{name}=={importlib.metadata.version(name)}" for name in (*_PACKAGES, xgboost)]


def log_model(model: Model, data: Dataset, about: dict[str, Any]) -> ModelInfo:
    """Log a model: as Python code with a model folder, and its torch part as ONNX beside it.

    Args:
        model: trained.
        data: rows of its kind, for the example, the check of ONNX and the speeds.
        about: what to keep with it.
    """
    few = data.take(np.arange(min(len(data), _TIMED_ROWS)))
    example = example_of(model, few)
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room) / INSIDE
        model.save(folder, about)
        mlflow.log_metrics(_speeds(model, few, folder / "mixture.onnx"))
        answer = pyfunc_model.judged(model, example)
        return mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(pyfunc_model.__file__)),
            artifacts={"model_folder": str(folder)},
            code_paths=[str(Path(__file__).parent)],
            signature=mlflow.models.infer_signature(example, answer),
            input_example=example,
            pip_requirements=requirements(),
        )


def example_of(model: Model, data: Dataset) -> pd.DataFrame:
    """A few flows with the columns that a model takes, as numbers any client can send."""
    known = model.preparation
    port = [PORT] if known.window and data.has(PORT) else []
    frame = data.frame[[*known.needs, *port]].head(_EXAMPLE_ROWS)
    numbers = frame.select_dtypes("number").columns
    # Infinity is no JSON; an empty value is read like the training median.
    return frame.astype(dict.fromkeys(numbers, np.float64)).replace([np.inf, -np.inf], np.nan)


def log_folder(folder: Path, name: str, data: Dataset) -> ModelInfo:
    """Log what a training left: of the mixture, or of one of its experts as a model of its own.

    Args:
        folder: what ``python -m moe_ids.train --out`` wrote, with test rows.
        name: ``MIXTURE`` or an expert.
        data: what it was trained on.
    """
    record = json.loads((folder / TRAINING).read_text(encoding="utf-8"))
    about = about_model(folder)
    model = Model.load(folder)
    if name in record["figures"]:
        mlflow.log_metrics(_numbers(record["figures"][name]))
        mlflow.log_dict(record["figures"], "figures.json")
        _log_predictions(pd.read_parquet(folder / PREDICTIONS), name, about["split_id"])
    if name == MIXTURE:
        mlflow.log_metric("cpu_s", record["cpu_s"])
        _log_plots(folder, record, model.preparation.classes)
    return log_model(model if name == MIXTURE else model.alone(name), data, about)


def log_history(record: dict[str, Any], run_id: str) -> None:
    """Log the losses of all epochs; those that are there already change nothing that is shown."""
    client, now = mlflow.MlflowClient(), int(time.time() * 1000)
    metrics = [
        mlflow.entities.Metric(f"{stage}_{key}", told[key], now, int(told["epoch"]))
        for stage, one in record["stages"].items()
        for told in one["history"]
        for key in ("loss", "valid_loss")
    ]
    for first in range(0, len(metrics), 1000):
        client.log_batch(run_id, metrics=metrics[first : first + 1000])


def _numbers(found: dict[str, Any]) -> dict[str, float]:
    plain = {name: found[name] for name in ("f1", "precision", "recall", "roc_auc", "macro_f1")}
    bounds = {
        f"{name}_{end}": value
        for name, interval in found["intervals"].items()
        for end, value in zip(("low", "high"), interval or (), strict=False)
    }
    each = {f"f1_{name}": value for name, value in found["by_class"].items()}
    every = {**plain, **bounds, **each, "fpr": found["fpr"]}
    return {name: value for name, value in every.items() if value is not None}


def _log_predictions(predictions: pd.DataFrame, name: str, split: str) -> None:
    lifecycle.log_predictions(
        (predictions["truth"] > 0).astype(int),
        (predictions[f"{name} label"] > 0).astype(int),
        rows=[f"{split}-{row}" for row in predictions["row"]],
        score=predictions[f"{name} score"],
    )


def _log_plots(folder: Path, record: dict[str, Any], classes: tuple[str, ...]) -> None:
    if not (folder / PREDICTIONS).exists():
        return
    with tempfile.TemporaryDirectory() as room:
        predictions = pd.read_parquet(folder / PREDICTIONS)
        for picture in write_plots(Path(room), record, predictions, classes):
            mlflow.log_artifact(str(picture), "plots")


def _speeds(model: Model, data: Dataset, onnx: Path) -> dict[str, float]:
    """Rows judged per second of wall time, everything included; and of ONNX, the torch part."""
    started = time.perf_counter()
    model.judge(data)
    found = {"rows_per_s": len(data) / (time.perf_counter() - started)}
    if model.experts == (XGBOOST,):
        return found
    inputs = model.preparation.apply(data)
    found["onnx_difference"] = write_onnx(model, inputs, onnx)
    given = model_inputs(model, inputs, np.arange(len(inputs)))
    started = time.perf_counter()
    run_onnx(onnx, given)
    return {**found, "onnx_rows_per_s": len(data) / (time.perf_counter() - started)}


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
