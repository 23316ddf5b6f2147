"""Metrics that can be computed for thousands of weighted resamples at once.

scikit-learn has all of them, but takes milliseconds for each call, and a comparison needs
thousands. Any scikit-learn metric, or another function with the arguments ``truth``,
``prediction`` and ``sample_weight``, can be compared by as well: it is then called once for each
resample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifecycle.errors import LifecycleError

Values = NDArray[Any]
#: Takes truth and prediction (rows) and weights (resamples x rows); gives a value per resample.
Function = Callable[[Values, Values, Values], Values]


@dataclass(frozen=True, slots=True)
class Metric:
    """What two models are compared by.

    Args:
        name: as a verdict names it.
        function: see ``Function``.
        column: of the predictions it needs, ``prediction`` or ``score``.
        higher_is_better: which way is up.
    """

    name: str
    function: Function
    column: str = "prediction"
    higher_is_better: bool = True


def metric_named(name: str, truth: Values, positive: str = "") -> Metric:
    """One of the built-in metrics.

    Args:
        name: one of ``NAMES``.
        truth: of the rows to compare on, from which the labels are taken.
        positive: the positive label, as text; 1 or True unless given.

    Raises:
        LifecycleError: there is no such metric, or no positive label.
    """
    if name in _LOSSES:
        column, loss = _LOSSES[name]
        return Metric(name, _mean(loss), column, higher_is_better=False)
    if name in ("accuracy", "f1_macro"):
        return Metric(name, _accuracy if name == "accuracy" else _f1_macro)
    if name not in NAMES:
        raise LifecycleError(
            f"There is no metric '{name}'.",
            why=f"These are built in: {', '.join(NAMES)}.",
            next_step="Choose one of them, or pass a function of truth, prediction and "
            "sample_weight from Python.",
        )
    label = _positive(truth, positive)
    if name in _BINARY:
        return Metric(name, _confusion(label, _BINARY[name]))
    function = _roc_auc(label) if name == "roc_auc" else _mean(_scored(label, _SCORED[name]))
    return Metric(name, function, "score", higher_is_better=name == "roc_auc")


def metric_from(function: Callable[..., float], *, higher_is_better: bool = True) -> Metric:
    """A metric from a function in scikit-learn's manner."""

    def each(truth: Values, prediction: Values, weights: Values) -> Values:
        return np.array([function(truth, prediction, sample_weight=one) for one in weights])

    name = getattr(function, "__name__", "metric")
    return Metric(name, each, higher_is_better=higher_is_better)


def _positive(truth: Values, positive: str) -> Any:
    labels = np.unique(truth)
    fitting = [one for one in labels if str(one) == positive or (not positive and one in (1, True))]
    if len(fitting) != 1:
        listed = ", ".join(str(label) for label in labels[:5])
        raise LifecycleError(
            f"It is not clear which label is positive{': no ' + positive if positive else ''}.",
            why=f"The held-out rows have the labels {listed}.",
            next_step="Say it: positive = '...' in lifecycle.toml, --positive, or use f1_macro.",
        )
    return fitting[0]


def _ratio(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.zeros_like(part, dtype=float), where=whole > 0)


def _confusion(label: Any, rate: Callable[[Values, Values, Values], Values]) -> Function:
    def function(truth: Values, prediction: Values, weights: Values) -> Values:
        true, said = truth == label, prediction == label
        return rate(weights @ (true & said), weights @ (said & ~true), weights @ (true & ~said))

    return function


def _f1(hits: Values, alarms: Values, misses: Values) -> Values:
    return _ratio(2.0 * hits, 2 * hits + alarms + misses)


def _f1_macro(truth: Values, prediction: Values, weights: Values) -> Values:
    labels = np.unique(np.concatenate([truth, prediction]))
    each = [_confusion(label, _f1)(truth, prediction, weights) for label in labels]
    return np.asarray(np.mean(each, axis=0))


def _accuracy(truth: Values, prediction: Values, weights: Values) -> Values:
    return _ratio(1.0 * (weights @ (truth == prediction)), weights.sum(axis=1))


def _mean(loss: Callable[[Values, Values], Values]) -> Function:
    def function(truth: Values, prediction: Values, weights: Values) -> Values:
        return np.asarray(weights @ loss(truth, prediction) / weights.sum(axis=1))

    return function


def _scored(
    label: Any, loss: Callable[[Values, Values], Values]
) -> Callable[[Values, Values], Values]:
    return lambda truth, score: loss((truth == label).astype(float), score)


def _log_loss(true: Values, score: Values) -> Values:
    # As scikit-learn clips: a probability of exactly 0 or 1 must not be infinitely wrong.
    inside = np.clip(score, np.finfo(float).eps, 1 - np.finfo(float).eps)
    return np.asarray(-(true * np.log(inside) + (1 - true) * np.log(1 - inside)))


def _roc_auc(label: Any) -> Function:
    """The chance that a positive row scores above a negative one, ties counting half."""

    def function(truth: Values, score: Values, weights: Values) -> Values:
        order = np.argsort(score, kind="stable")
        _, starts = np.unique(score[order], return_index=True)
        sorted_weights, true = weights[:, order], (truth == label)[order]
        positive = np.add.reduceat(sorted_weights * true, starts, axis=1)
        negative = np.add.reduceat(sorted_weights * ~true, starts, axis=1)
        below = np.cumsum(negative, axis=1) - negative / 2
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        return _ratio((positive * below).sum(axis=1), pairs)

    return function


_BINARY: dict[str, Callable[[Values, Values, Values], Values]] = {
    "f1": _f1,
    "precision": lambda hits, alarms, _misses: _ratio(1.0 * hits, hits + alarms),
    "recall": lambda hits, _alarms, misses: _ratio(1.0 * hits, hits + misses),
}
_SCORED = {"log_loss": _log_loss, "brier": lambda true, score: (true - score) ** 2}
_LOSSES: dict[str, tuple[str, Callable[[Values, Values], Values]]] = {
    "mae": ("prediction", lambda truth, prediction: np.abs(truth - prediction)),
    "mse": ("prediction", lambda truth, prediction: (truth - prediction) ** 2),
}
#: Every built-in metric.
NAMES = ("accuracy", *_BINARY, "f1_macro", "roc_auc", *_SCORED, *_LOSSES)
