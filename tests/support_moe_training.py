"""What tests of training share: few rows, few epochs, and a model trained once."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import pandas as pd
from support_moe import flows_file

from moe_ids.boosting import BoostSettings
from moe_ids.data import Dataset, load
from moe_ids.flows import RECIPES, make_flows
from moe_ids.job import Outcome, divide, run_job
from moe_ids.splits import Split
from moe_ids.training import Settings

FEW = 400
SEED = 3
QUICK = Settings(
    experts=("mlp", "temporal", "xgboost"),
    bins=6,
    window=4,
    epochs=4,
    batch=16,
    gate_epochs=4,
    rate=3e-3,
    boost=BoostSettings(trees=12, depth=4),
)
PARAMS = """\
seed: 3
train:
  bins: 6
  window: 4
  epochs: 4
  batch: 16
  gate_epochs: 4
  rate: 0.003
  boost: {trees: 12, depth: 4}
"""


@functools.cache
def few_flows() -> pd.DataFrame:
    """Flows of all classes, of which training takes a second or two."""
    return make_flows(RECIPES["v1"].with_rows(FEW))


@functools.cache
def few_data(name: str = "flows") -> Dataset:
    """The same as a data set."""
    with tempfile.TemporaryDirectory() as room:
        return load(name, flows_file(Path(room), few_flows()))


@functools.cache
def few_parts(name: str = "flows") -> Split:
    """Their parts."""
    return divide(few_data(name), test=0.3, valid=0.2, seed=SEED, method=None)


@functools.cache
def trained() -> Outcome:
    """A model of them; nothing of it was written."""
    return run_job(few_data(), few_parts(), QUICK, SEED)
