"""Bins for the piecewise-linear encoding of numbers.

Gorishniy, Rubachev, Babenko: On Embeddings for Numerical Features in Tabular Deep Learning
(NeurIPS 2022), section 3.2. A number becomes one value per bin between two quantiles: 1 for each
bin below it, 0 for each above, and the way it has gone through its own. The encoding itself is that
of ``rtdl_num_embeddings``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from moe_ids.features.preprocess import Floats


@dataclass(frozen=True, slots=True)
class PiecewiseLinear:
    """Bins learned from training rows.

    Args:
        edges: for each column the edges of its bins, ascending, two or more. A column has fewer
            bins than asked for where many rows have the same value.
    """

    edges: tuple[tuple[float, ...], ...]

    @classmethod
    def fit(cls, numbers: Floats, bins: int = 24) -> PiecewiseLinear:
        """Put the edges at quantiles.

        Args:
            numbers: (rows, columns) as ``Preprocessor.transform`` gives them, of training rows.
            bins: at most so many per column.
        """
        steps = np.linspace(0.0, 1.0, bins + 1)
        columns = (np.unique(column) for column in np.quantile(numbers, steps, axis=0).T)
        # A column with one value has one bin, or it would vanish.
        return cls(
            tuple(
                tuple(map(float, edges if len(edges) > 1 else (edges[0], edges[0] + 1)))
                for edges in columns
            )
        )

    def to_json(self) -> str:
        """All of it as text; ``from_json`` gives back the same."""
        return json.dumps(self.edges)

    @classmethod
    def from_json(cls, text: str) -> PiecewiseLinear:
        """What ``to_json`` wrote."""
        return cls(tuple(tuple(edges) for edges in json.loads(text)))
