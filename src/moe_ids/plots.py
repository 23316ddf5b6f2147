"""Pictures of a training: training curves, confusion, precision against recall, the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from moe_ids.model import MIXTURE


def write_plots(
    folder: Path, record: Mapping[str, Any], predictions: pd.DataFrame, classes: Sequence[str]
) -> list[Path]:
    """Write PNG files.

    Args:
        folder: that gets them; made where it is missing.
        record: what ``training.json`` holds.
        predictions: what ``predictions.parquet`` holds.
        classes: in the order of their codes.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "training-curves.png": _curves(record["stages"]),
        "confusion.png": _confusion(record["figures"][MIXTURE]["confusion"], classes),
        "precision-recall.png": _precision_recall(predictions),
        "gate-by-class.png": _gate(predictions, classes),
    }
    for name, figure in figures.items():
        figure.savefig(folder / name, dpi=110)
    return [folder / name for name in figures]


def _curves(stages: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(4 * max(len(stages), 1), 3), layout="constrained")
    axes = figure.subplots(1, max(len(stages), 1), squeeze=False)[0]
    for axis, (name, stage) in zip(axes, stages.items(), strict=False):
        epochs = [told["epoch"] for told in stage["history"]]
        for key, label in (("loss", "training"), ("valid_loss", "validation")):
            axis.plot(epochs, [told[key] for told in stage["history"]], label=label)
        axis.axvline(stage["best_epoch"], color="grey", linestyle=":")
        axis.set(title=name, xlabel="epoch", ylabel="loss", yscale="log")
    axes[0].legend()
    return figure


def _confusion(matrix: Sequence[Sequence[int]], classes: Sequence[str]) -> Figure:
    counts = np.array(matrix, dtype=float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(6, 5), layout="constrained")
    axis = figure.subplots()
    _heat(axis, shares, [[f"{int(one)}" for one in row] for row in counts])
    axis.set(xlabel="called", ylabel="is", title="The mixture on the test rows")
    axis.set_xticks(range(len(classes)), classes, rotation=60, ha="right")
    axis.set_yticks(range(len(classes)), classes)
    return figure


def _precision_recall(predictions: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(5, 4), layout="constrained")
    axis = figure.subplots()
    truth = predictions["truth"] > 0
    for column in predictions.filter(like=" score"):
        precision, recall, _ = precision_recall_curve(truth, predictions[column])
        axis.plot(recall, precision, label=str(column).removesuffix(" score"), linewidth=1)
    axis.set(xlabel="recall", ylabel="precision", title="Attack or benign", ylim=(0.5, 1.01))
    axis.legend(fontsize="small")
    return figure


def _gate(predictions: pd.DataFrame, classes: Sequence[str]) -> Figure:
    weights = predictions.filter(like=" gate").groupby(predictions["truth"]).mean()
    figure = Figure(figsize=(5, 4), layout="constrained")
    axis = figure.subplots()
    _heat(axis, weights.to_numpy(), [[f"{one:.2f}" for one in row] for row in weights.to_numpy()])
    experts = [str(name).removesuffix(" gate") for name in weights.columns]
    axis.set_xticks(range(len(experts)), experts)
    axis.set_yticks(range(len(weights)), [classes[int(code)] for code in weights.index])
    axis.set(title="Mean weight of each expert, by class")
    return figure


def _heat(axis: Any, shares: Any, texts: Sequence[Sequence[str]]) -> None:
    axis.imshow(shares, vmin=0, vmax=1, cmap="Blues", aspect="auto")
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            dark = shares[row][column] > 0.5
            color = "white" if dark else "black"
            axis.text(column, row, text, ha="center", va="center", color=color, fontsize=8)
