"""Compares two models on the same held-out rows by the paired bootstrap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lifecycle.metrics import Metric, Values
from lifecycle.rules import KINDS, Rules

#: Numbers held at once while resampling, about 32 MB.
_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the bounds of its confidence interval, in the unit of the metric."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{number(self.value)} [{number(self.low)}, {number(self.high)}]"

    def __neg__(self) -> Estimate:
        return Estimate(-self.value, -self.high, -self.low)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison says of a candidate.

    Args:
        kind: one of ``lifecycle.rules.KINDS``.
        metric: its name.
        rows: how many held-out rows were compared.
        difference: candidate minus champion, positive where the candidate is better.
        candidate, champion: the metric of each with its own interval.
        reason: why there is nothing to compare.
    """

    kind: str
    metric: str
    rows: int = 0
    difference: Estimate | None = None
    candidate: Estimate | None = None
    champion: Estimate | None = None
    reason: str = ""

    def __str__(self) -> str:
        if self.difference is None:
            return f"{self.kind}: {self.reason}"
        if self.kind == "not distinguishable":
            return f"{self.kind}: {self.difference}"
        return f"{self.kind} by {-self.difference if self.kind == 'worse' else self.difference}"

    @property
    def doubt(self) -> str:
        """Why the two values alone, without their rows, would prove nothing; empty if they do."""
        one, other = self.candidate, self.champion
        if one is None or other is None or one == other:
            return ""
        if one.low <= other.value <= one.high or other.low <= one.value <= other.high:
            return f"the difference lies inside the interval of one {self.metric} alone"
        if one.low <= other.high and other.low <= one.high:
            return f"the intervals of the two values of {self.metric} overlap"
        return ""


def not_comparable(metric: str, reason: str) -> Verdict:
    """The verdict where there is nothing to compare."""
    return Verdict("not comparable", metric, reason=reason)


def judge(candidate: pd.DataFrame, champion: pd.DataFrame, metric: Metric, rules: Rules) -> Verdict:
    """Compare two models on their held-out predictions.

    Rows are drawn with replacement, the same rows for both models; the interval holds the middle
    ``rules.confidence`` of the differences (Efron & Tibshirani, An Introduction to the Bootstrap,
    1993, chapter 13). Equal rows are drawn together by their number, which gives the same
    distribution and makes the cost independent of the number of rows where labels are compared.

    Args:
        candidate: its predictions, as ``read_predictions`` returns them.
        champion: the other's.
        metric: what to compare by.
        rules: confidence, number of resamples and seed.
    """
    reason = _unlike(candidate, champion, metric)
    if reason:
        return not_comparable(metric.name, reason)
    cells = pd.DataFrame(
        {
            "truth": candidate["truth"],
            "candidate": candidate[metric.column],
            "champion": champion[metric.column],
        }
    ).value_counts(sort=False)
    table = cells.index.to_frame(index=False)
    values = [_evaluated(metric, table, one) for one in _weights(cells.to_numpy(), rules)]
    seen = np.concatenate(values, axis=1)
    (one,), (other,) = _evaluated(metric, table, cells.to_numpy()[None, :].astype(float))
    if not np.isfinite(seen).all():
        return not_comparable(metric.name, f"{metric.name} is not a number on some samples")
    sign = 1 if metric.higher_is_better else -1
    difference = _estimate(sign * (one - other), sign * (seen[0] - seen[1]), rules)
    return Verdict(
        _kind(difference),
        metric.name,
        len(candidate),
        difference,
        _estimate(one, seen[0], rules),
        _estimate(other, seen[1], rules),
    )


def number(value: float) -> str:
    """A number as verdicts write it: four decimals, no zero before the point."""
    text = f"{value:.4f}"
    return text.replace("0.", ".", 1) if abs(value) < 0.99995 else text


def _kind(difference: Estimate) -> str:
    better, same, worse, _ = KINDS
    if difference.low > 0:
        return better
    return worse if difference.high < 0 else same


def _unlike(candidate: pd.DataFrame, champion: pd.DataFrame, metric: Metric) -> str:
    for who, frame in (("candidate", candidate), ("champion", champion)):
        if metric.column not in frame:
            return f"the {who} logged no {metric.column}, which {metric.name} needs"
    common = len(set(candidate["row"]) & set(champion["row"]))
    if common != len(candidate) or common != len(champion):
        return (
            f"other rows ({len(candidate):,} and {len(champion):,}, of which {common:,} in common)"
        )
    differing = int((candidate["truth"].to_numpy() != champion["truth"].to_numpy()).sum())
    return f"other truth ({differing:,} rows have another true value)" if differing else ""


def _weights(counts: Values, rules: Rules) -> Iterator[Values]:
    """How often each cell is drawn, for a batch of resamples at a time."""
    generator = np.random.default_rng(rules.seed)
    total, cells = int(counts.sum()), len(counts)
    cell_of = np.repeat(np.arange(cells), counts)
    batch = max(1, _CELLS // max(total, cells))
    for done in range(0, rules.resamples, batch):
        size = min(batch, rules.resamples - done)
        if cells < total / 4:
            drawn = generator.multinomial(total, counts / total, size=size)
        else:
            # The same, faster where nearly every row is a cell of its own.
            rows = cell_of[generator.integers(0, total, (size, total))]
            places = (rows + cells * np.arange(size)[:, None]).ravel()
            drawn = np.bincount(places, minlength=size * cells).reshape(size, cells)
        yield drawn.astype(float)


def _evaluated(metric: Metric, table: pd.DataFrame, weights: Values) -> Values:
    truth = table["truth"].to_numpy()
    both = (table["candidate"].to_numpy(), table["champion"].to_numpy())
    with np.errstate(invalid="ignore"):
        # What is no number is found in the result.
        return np.stack([metric.function(truth, one, weights) for one in both])


def _estimate(value: float, seen: Values, rules: Rules) -> Estimate:
    outside = (1 - rules.confidence) / 2
    low, high = np.quantile(seen, [outside, 1 - outside])
    return Estimate(float(value), float(low), float(high))
