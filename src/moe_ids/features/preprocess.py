"""Turn flows into numbers for a model, by rules that were learned from training rows only.

What is learned is a few numbers per column. It is kept as JSON, so a model can carry it without a
pickle and anybody can read it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from moe_ids.errors import CaseStudyError

Floats: TypeAlias = npt.NDArray[np.float32]
Ints: TypeAlias = npt.NDArray[np.int64]
#: The code of a category that no training row had, and of a missing one.
UNSEEN = 0


@dataclass(frozen=True, slots=True)
class NumberRule:
    """How one column of numbers is read, in units of ``signed_log1p``.

    Args:
        low: takes the place of -infinity: the least finite value in training.
        high: takes the place of +infinity: the greatest finite value in training.
        missing: takes the place of NaN: the median in training.
        mean: is subtracted.
        scale: divides then.
    """

    low: float
    high: float
    missing: float
    mean: float
    scale: float


@dataclass(frozen=True, slots=True)
class Preprocessor:
    """What was learned from training rows, and how to apply it to any rows.

    Args:
        numbers: a rule for each numeric column, in the order of the output.
        categories: the known values of each categorical column, in the order of their codes.
        left_out: numeric columns that had one value, or none, in training.
    """

    numbers: dict[str, NumberRule]
    categories: dict[str, tuple[str, ...]]
    left_out: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls, frame: pd.DataFrame, numeric: Sequence[str], categorical: Sequence[str] = ()
    ) -> Preprocessor:
        """Learn from training rows.

        Args:
            frame: the training rows, nothing else.
            numeric: columns of numbers; infinities and NaN are taken as described in
                :class:`NumberRule`. No column tells that a value was missing: in composed data
                sets that names the source of a row, not a property of its flow.
            categorical: columns of text.

        Raises:
            CaseStudyError: there are no rows, a column is missing, or a number is none.
        """
        if frame.empty:
            raise CaseStudyError(
                "There are no rows to learn from.",
                why="The training part is empty.",
                next_step="Check the data and the split.",
            )
        _require(frame, [*numeric, *categorical])
        rules = {name: _rule(_logarithms(frame, name)) for name in numeric}
        known = {name: tuple(sorted(frame[name].dropna().unique())) for name in categorical}
        return cls(
            numbers={name: rule for name, rule in rules.items() if rule is not None},
            categories=known,
            left_out=tuple(name for name, rule in rules.items() if rule is None),
        )

    def transform(self, frame: pd.DataFrame) -> Floats:
        """The numeric columns: signed log1p, mean 0 and deviation 1 in training.

        Args:
            frame: rows with the columns of ``numbers``; others are ignored.

        Returns:
            (rows, columns), every value finite.

        Raises:
            CaseStudyError: a column is missing, or a number is none.
        """
        _require(frame, list(self.numbers))
        out = np.empty((len(frame), len(self.numbers)), dtype=np.float32)
        for column, (name, rule) in enumerate(self.numbers.items()):
            values = _logarithms(frame, name)
            values = np.nan_to_num(values, nan=rule.missing, posinf=rule.high, neginf=rule.low)
            out[:, column] = (values - rule.mean) / rule.scale
        return out

    def codes(self, frame: pd.DataFrame) -> Ints:
        """The categorical columns: 0 for a value not seen in training or missing, else 1 and up.

        Args:
            frame: rows with the columns of ``categories``.

        Returns:
            (rows, columns), each value below the column's entry in ``cardinalities``.

        Raises:
            CaseStudyError: a column is missing.
        """
        _require(frame, list(self.categories))
        out = np.empty((len(frame), len(self.categories)), dtype=np.int64)
        for column, (name, known) in enumerate(self.categories.items()):
            values = pd.Index(frame[name].astype(object))
            out[:, column] = pd.Index(known, dtype=object).get_indexer(values) + 1 + UNSEEN
        return out

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """How many codes each categorical column has."""
        return tuple(1 + len(known) for known in self.categories.values())

    def to_json(self) -> str:
        """All of it as text; ``from_json`` gives back the same."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Preprocessor:
        """What ``to_json`` wrote."""
        found = json.loads(text)
        return cls(
            numbers={name: NumberRule(**rule) for name, rule in found["numbers"].items()},
            categories={name: tuple(known) for name, known in found["categories"].items()},
            left_out=tuple(found["left_out"]),
        )


def signed_log1p(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """sign(x) * log(1 + |x|): keeps order, sign and 0, and makes rates and durations comparable."""
    values = np.asarray(values, dtype=np.float64)
    return np.sign(values) * np.log1p(np.abs(values))


def _rule(values: npt.NDArray[np.float64]) -> NumberRule | None:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return None
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        return None
    missing = float(np.median(finite))
    filled = np.nan_to_num(values, nan=missing, posinf=high, neginf=low)
    return NumberRule(low, high, missing, float(filled.mean()), float(filled.std()))


def _logarithms(frame: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    values = pd.to_numeric(frame[name], errors="coerce")
    bad = (values.isna() & frame[name].notna()).to_numpy()
    if bad.any():
        row = int(bad.argmax())
        raise CaseStudyError(
            f"Row {row + 1}, column {name}: {frame[name].iloc[row]!r} is not a number.",
            why="A model can compute with numbers only, and this column was one in training.",
            next_step="Send a number, or leave the value empty to have the training median taken.",
        )
    return signed_log1p(values.to_numpy(dtype=np.float64, na_value=np.nan))


def _require(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in frame]
    if missing:
        raise CaseStudyError(
            f"The rows have no column {', '.join(missing)}.",
            why="The model was trained with it.",
            next_step="Send rows with all columns of the model's signature.",
        )
