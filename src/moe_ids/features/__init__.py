"""Inputs of models: numbers, codes of categories, piecewise-linear bins, windows of earlier flows.

Everything learned from data is learned from training rows and kept as JSON.
"""

from moe_ids.features.ple import PiecewiseLinear
from moe_ids.features.preprocess import UNSEEN, NumberRule, Preprocessor, signed_log1p
from moe_ids.features.window import (
    EXTRA_CHANNELS,
    NO_FLOW,
    history,
    narrow_window,
    previous_flows,
)

__all__ = [
    "EXTRA_CHANNELS",
    "NO_FLOW",
    "UNSEEN",
    "NumberRule",
    "PiecewiseLinear",
    "Preprocessor",
    "history",
    "narrow_window",
    "previous_flows",
    "signed_log1p",
]
