"""Piecewise-linear encoding as part of a torch model, so that an exported model carries it."""

from __future__ import annotations

import torch

from moe_ids.features.ple import PiecewiseLinear


class PiecewiseLinearLayer(torch.nn.Module):
    """The same as :meth:`PiecewiseLinear.transform`, one token per column.

    Args:
        bins: what was learned from training rows.

    Shape: (rows, columns) to (rows, columns, widest column's bins). Columns with fewer bins are
    filled up with zeros behind.
    """

    left: torch.Tensor
    step: torch.Tensor
    lowest: torch.Tensor
    highest: torch.Tensor

    def __init__(self, bins: PiecewiseLinear) -> None:
        super().__init__()
        shape = (len(bins.widths), max(bins.widths))
        left, step = torch.zeros(shape), torch.ones(shape)
        # Where there is no bin, both limits are 0 and so is the value.
        lowest, highest = torch.zeros(shape), torch.zeros(shape)
        for column, (edges, width) in enumerate(zip(bins.edges, bins.widths, strict=True)):
            points = torch.tensor(edges)
            left[column, :width] = points[:-1]
            step[column, :width] = points.diff()
            highest[column, :width] = 1.0
            lowest[column, 0] = -torch.inf
            highest[column, width - 1] = torch.inf
        self.register_buffer("left", left)
        self.register_buffer("step", step)
        self.register_buffer("lowest", lowest)
        self.register_buffer("highest", highest)

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        """Encode (rows, columns)."""
        way = (numbers[:, :, None] - self.left) / self.step
        return torch.maximum(torch.minimum(way, self.highest), self.lowest)
