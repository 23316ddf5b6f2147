"""From flows to what models take: numbers, codes of categories, windows of earlier flows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from moe_ids.data.dataset import HOST, PORT, START, TIME, Dataset
from moe_ids.features import (
    EXTRA_CHANNELS,
    PiecewiseLinear,
    Preprocessor,
    history,
    narrow_window,
)
from moe_ids.features.preprocess import Floats, Ints
from moe_ids.models.experts import Form

#: What a window needs of each flow.
PAST = (HOST, TIME, START)
Batch: TypeAlias = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class Preparation:
    """What was learned from training rows about the columns, and what the classes are.

    Args:
        dataset: the kind of data, a key of ``moe_ids.data.LOADERS``.
        classes: of the labels, the benign one first.
        preprocessor: for numbers and categories.
        bins: of the numbers.
        window: how many earlier flows of the host are looked at; 0 where there is no past.
    """

    dataset: str
    classes: tuple[str, ...]
    preprocessor: Preprocessor
    bins: PiecewiseLinear
    window: int

    @classmethod
    def fit(cls, data: Dataset, rows: Ints, *, bins: int, window: int) -> Preparation:
        """Learn from training rows.

        Args:
            data: all rows.
            rows: positions of the training rows.
            bins: at most so many per number.
            window: earlier flows to look at, where the data say which host sent a flow and when.

        Raises:
            CaseStudyError: there are no rows, or a value is no number.
        """
        training = data.frame.iloc[rows]
        preprocessor = Preprocessor.fit(training, data.numeric, data.categorical)
        edges = PiecewiseLinear.fit(preprocessor.transform(training), bins)
        past = window if data.has(*PAST) else 0
        return cls(data.name, data.classes, preprocessor, edges, past)

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that are read, numbers first."""
        return (*self.preprocessor.numbers, *self.preprocessor.categories)

    @property
    def needs(self) -> tuple[str, ...]:
        """All columns of a flow that a model must be given."""
        return (*self.features, *(PAST if self.window else ()))

    @property
    def form(self) -> Form:
        """What goes into an expert."""
        return Form(
            bins=self.bins.edges,
            cardinalities=self.preprocessor.cardinalities,
            channels=len(self.bins.edges) + len(EXTRA_CHANNELS) if self.window else 0,
            classes=len(self.classes),
        )

    def apply(self, data: Dataset) -> Inputs:
        """Prepare rows; their past is looked for among them.

        Raises:
            CaseStudyError: a column is missing, or a value is no number.
        """
        earlier = history(data, self.window) if self.window else None
        numbers, codes = (
            self.preprocessor.transform(data.frame),
            self.preprocessor.codes(data.frame),
        )
        return Inputs(data, numbers, codes, earlier)

    def to_json(self) -> str:
        """All of it as text; ``from_json`` gives back the same."""
        found = {
            "dataset": self.dataset,
            "classes": self.classes,
            "window": self.window,
            "bins": self.bins.edges,
            "preprocessor": json.loads(self.preprocessor.to_json()),
        }
        return json.dumps(found, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Preparation:
        """What ``to_json`` wrote."""
        found = json.loads(text)
        return cls(
            dataset=found["dataset"],
            classes=tuple(found["classes"]),
            preprocessor=Preprocessor.from_json(json.dumps(found["preprocessor"])),
            bins=PiecewiseLinear(tuple(tuple(edges) for edges in found["bins"])),
            window=found["window"],
        )


@dataclass(frozen=True, slots=True)
class Inputs:
    """Rows that are ready for models; windows are made batch by batch, as they are large.

    Args:
        data: the rows as they were loaded.
        numbers: (rows, numeric columns).
        codes: (rows, categorical columns).
        earlier: (rows, length) positions of earlier flows; None where there is no past.
    """

    data: Dataset
    numbers: Floats
    codes: Ints
    earlier: Ints | None

    def __len__(self) -> int:
        return len(self.numbers)

    def batch(self, rows: Ints) -> Batch:
        """Numbers, codes and window of these rows, for torch."""
        return (
            torch.from_numpy(self.numbers[rows]),
            torch.from_numpy(self.codes[rows]),
            torch.from_numpy(self.window(rows)),
        )

    def window(self, rows: Ints) -> Floats:
        """(rows, length, channels) of these rows; of length 0 where there is no past."""
        if self.earlier is None:
            return np.zeros((len(rows), 0, 0), dtype=np.float32)
        return narrow_window(self.numbers, self.data, self.earlier, rows)

    def flat(self) -> Floats:
        """(rows, columns): numbers and codes side by side, for trees."""
        return np.concatenate([self.numbers, self.codes.astype(np.float32)], axis=1)


#: Columns of a flow that say something about its past, with the port where it is known.
ABOUT_PAST = (*PAST, PORT)
