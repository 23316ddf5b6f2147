"""Figures of a model on rows it has not learned from, with intervals."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix

from lifecycle.bootstrap import Estimate, Verdict, judge
from lifecycle.metrics import metric_named
from lifecycle.rules import Rules
from moe_ids.features.preprocess import Ints
from moe_ids.model import Judgement

#: What is reported, and what `lifecycle` calls it.
METRICS = {
    "f1": "f1",
    "precision": "precision",
    "recall": "recall",
    "roc_auc": "roc_auc",
    "macro_f1": "f1_macro",
}
#: One resample of scores costs as much as thousands of labels do.
_RESAMPLES = {"roc_auc": 200}
_USUAL = 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """How good a judgement is.

    Args:
        values: each of ``METRICS`` with its 95 % bootstrap interval; None where it is not defined,
            as a ROC curve is not for one class.
        false_alarms: share of the benign rows that were called attacks; None without any.
        by_class: F1 of each class that is among the rows.
        confusion: rows of a class (down) called a class (across).
        n: rows.
    """

    values: dict[str, Estimate | None]
    false_alarms: float | None
    by_class: dict[str, float]
    confusion: list[list[int]]
    n: int

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values: the metrics by name, then ``intervals`` and the rest."""
        values = {name: one and one.value for name, one in self.values.items()}
        intervals = {name: one and [one.low, one.high] for name, one in self.values.items()}
        return {
            **values,
            "fpr": self.false_alarms,
            "n": self.n,
            "intervals": intervals,
            "by_class": self.by_class,
        }


def figures(truth: Ints, said: Judgement, classes: tuple[str, ...]) -> Figures:
    """Judge a judgement.

    Args:
        truth: codes of the classes.
        said: of the same rows.
        classes: their names.
    """
    frame = as_frame(truth, said)
    both = len(set((truth > 0).tolist())) == 2
    values: dict[str, Estimate | None] = {}
    for name in METRICS:
        usable = both or name == "macro_f1"
        values[name] = _compared(frame, frame, name).candidate if usable else None
    matrix = confusion_matrix(truth, said.label, labels=range(len(classes)))
    benign = int(matrix[0].sum())
    hits, rows, called = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    by_class = {
        name: float(2 * hits[code] / (rows[code] + called[code]))
        for code, name in enumerate(classes)
        if rows[code]
    }
    return Figures(
        values=values,
        false_alarms=float(matrix[0, 1:].sum() / benign) if benign else None,
        by_class=by_class,
        confusion=matrix.tolist(),
        n=len(truth),
    )


def compared(truth: Ints, candidate: Judgement, other: Judgement, metric: str = "f1") -> Verdict:
    """Compare two judgements of the same rows by the paired bootstrap.

    Args:
        truth: codes of the classes.
        candidate: one.
        other: what it is compared with.
        metric: one of ``METRICS``.
    """
    return _compared(as_frame(truth, candidate), as_frame(truth, other), metric)


def as_frame(truth: Ints, said: Judgement) -> pd.DataFrame:
    """Truth and judgement in the columns that `lifecycle` compares."""
    return pd.DataFrame(
        {
            "row": np.arange(len(truth)),
            "truth": (truth > 0).astype(int),
            "prediction": (said.label > 0).astype(int),
            "score": said.attack.astype(float),
            "label_truth": truth,
            "label": said.label,
        }
    )


def _compared(candidate: pd.DataFrame, other: pd.DataFrame, name: str) -> Verdict:
    if name == "macro_f1":
        names = {"label_truth": "truth", "label": "prediction"}
        candidate, other = (
            one[["row", "label_truth", "label"]].rename(columns=names) for one in (candidate, other)
        )
    truth = candidate["truth"].to_numpy()
    rules = Rules(resamples=_RESAMPLES.get(name, _USUAL))
    with warnings.catch_warnings():
        # A resample without attacks has no ROC curve.
        warnings.simplefilter("ignore", RuntimeWarning)
        return judge(candidate, other, metric_named(METRICS[name], truth), rules)
