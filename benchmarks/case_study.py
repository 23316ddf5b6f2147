"""What the mixture and its experts reach, with intervals: the case study's table.

    python benchmarks/case_study.py [--seeds 0,1,2] [--budget-cpu-s 600] [--out RESULTS.json]

The course's flows are made anew and split by time. With MOE_IDS_DATA naming a folder with
cicids2017.parquet and unsw_nb15.parquet (or folders of CSV files), the real data are judged as
well, split 70/30 so that equal rows are on one side. Every figure is of test rows that neither
training nor any choice of options has seen. "not worse" is the verdict of a paired bootstrap over
2,000 resamples.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# As `python -m moe_ids.train` does, before anything counts the processors.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from moe_ids.boosting import Boosted, BoostSettings
from moe_ids.data import Dataset, load
from moe_ids.data.dataset import STEALTH
from moe_ids.evaluation import compared, figures
from moe_ids.features.preprocess import Floats, Ints
from moe_ids.flows import RECIPES, make_flows, write_flows
from moe_ids.job import divide, run_job
from moe_ids.model import MIXTURE, NEURAL, Judgement
from moe_ids.preparation import Inputs, Preparation
from moe_ids.splits import Split
from moe_ids.training import read_params, settings_from

WINDOW_MEAN = "xgboost + window mean"
BEST_WINDOW = 8


def main() -> None:
    """Measure and print."""
    asked = _asked()
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as room:
        for name, path in _data(Path(room), asked.only):
            data = load(name, path)
            for seed in asked.seeds:
                results.append(measure(data, seed, asked.budget_cpu_s))
                show(results[-1])
                if asked.out:
                    asked.out.write_text(json.dumps(results, indent=1))


def measure(data: Dataset, seed: int, budget: float) -> dict[str, Any]:
    """Train once, and judge the test rows."""
    params = read_params(Path(__file__).parents[1] / "params.yaml")
    given = {**(params.get("train") or {}), "budget_cpu_s": budget}
    parts = divide(data, test=0.3, valid=0.15, seed=seed, method=None)
    outcome = run_job(data, parts, settings_from(given), seed)
    assert outcome.judgements is not None
    truth = data.class_codes()[parts.test]
    model = outcome.trained.model
    inputs = model.preparation.apply(data)
    started = time.process_time()
    model.judge_inputs(inputs, parts.test)
    seconds = time.process_time() - started
    said = dict(outcome.judgements.of)
    if inputs.earlier is not None:
        said[WINDOW_MEAN] = window_mean(data, parts, seed)
    verdicts = {
        f"{one} against {other}": str(compared(truth, said[one], said[other]))
        for one in (MIXTURE, NEURAL)
        for other in said
        if one in said and other not in (one, MIXTURE)
    }
    return {
        "data": data.name,
        "seed": seed,
        "split": parts.as_dict(),
        "cpu_s": outcome.trained.cpu_s,
        "ended": {name: one.ended for name, one in outcome.trained.progress.items()},
        "rows_per_cpu_s": len(parts.test) / seconds,
        "figures": {
            name: figures(truth, one, data.classes).as_dict() for name, one in said.items()
        },
        "stealth_recall": _stealth(data, parts, said),
        "gate": dict(
            zip(model.experts, map(float, outcome.judgements.gate.mean(axis=0)), strict=True)
        ),
        "verdicts": verdicts,
    }


def window_mean(data: Dataset, parts: Split, seed: int) -> Judgement:
    """XGBoost on a flow and on the mean of the host's earlier flows."""
    rows = np.concatenate([parts.train, parts.valid])
    inputs = Preparation.fit(data, parts.train, bins=24, window=BEST_WINDOW).apply(data)
    wide, labels = _with_mean(inputs), data.class_codes()
    model = Boosted.fit(wide[rows], labels[rows], len(data.classes), BoostSettings(), seed)
    chances = np.exp(model.log_probabilities(wide[parts.test]))
    attack = chances[:, 1:].sum(axis=1)
    label = np.where(attack >= 0.5, chances[:, 1:].argmax(axis=1) + 1, 0).astype(np.int64)
    return Judgement(chances, attack, label)


def _with_mean(inputs: Inputs) -> Floats:
    window = inputs.window(np.arange(len(inputs)))
    count = window[..., -1].sum(axis=1, keepdims=True)
    return np.concatenate([inputs.flat(), window.sum(axis=1) / np.maximum(count, 1), count], axis=1)


def _stealth(data: Dataset, parts: Split, said: dict[str, Judgement]) -> dict[str, float]:
    """Share of the stealthy attacks that were found."""
    if not data.has(STEALTH):
        return {}
    hidden: Ints = np.flatnonzero(data.frame[STEALTH].to_numpy()[parts.test] == 1)
    return {name: float((one.label[hidden] > 0).mean()) for name, one in said.items()}


def show(found: dict[str, Any]) -> None:
    """Print one training."""
    split = found["split"]
    print(
        f"\n{found['data']}, split by {split['split_method']}, seed {found['seed']}: "
        f"{split['rows_train']:,} + {split['rows_valid']:,} rows to learn from, "
        f"{split['rows_test']:,} to judge by; {found['cpu_s']:.0f} CPU-s, "
        f"judges {found['rows_per_cpu_s']:,.0f} rows per CPU-s"
    )
    for name, one in found["figures"].items():
        low, high = one["intervals"]["f1"]
        stealth = found["stealth_recall"].get(name)
        tail = "" if stealth is None else f"  stealth recall {stealth:.2f}"
        print(
            f"{name:>22}  F1 {one['f1']:.4f} [{low:.4f}, {high:.4f}]  "
            f"AUC {one['roc_auc']:.4f}  macro-F1 {one['macro_f1']:.3f}{tail}"
        )
    for name, verdict in found["verdicts"].items():
        print(f"  {name}: {verdict}")
    print(
        f"  weights of the gate: { {name: round(one, 3) for name, one in found['gate'].items()} }"
    )
    print(f"  stages ended by: {found['ended']}", flush=True)


def _data(room: Path, only: list[str]) -> Iterator[tuple[str, Path]]:
    flows = room / "flows.csv"
    write_flows(make_flows(RECIPES["v1"]), flows)
    named = os.environ.get("MOE_IDS_DATA")
    real = sorted(Path(named).iterdir()) if named else []
    places = [("flows", flows)]
    for kind in ("cicids2017", "unsw_nb15"):
        places += [(kind, path) for path in real if path.name.startswith(kind)]
    return (one for one in places if not only or one[0] in only)


def _asked() -> Any:
    parser = argparse.ArgumentParser(description="The case study's table.")
    parser.add_argument("--seeds", type=lambda text: [int(one) for one in text.split(",")])
    parser.add_argument("--budget-cpu-s", type=float, default=600.0)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[])
    parser.add_argument("--out", type=Path)
    parser.set_defaults(seeds=[0, 1, 2])
    return parser.parse_args()


if __name__ == "__main__":
    main()
