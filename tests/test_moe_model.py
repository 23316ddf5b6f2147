"""Models in folders, the commands that train and judge, and what they refuse."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sklearn.metrics import f1_score, roc_auc_score
from support_moe import flows_file
from support_moe_training import PARAMS, few_data, few_flows, few_parts, trained

from moe_ids import evaluate, train
from moe_ids.errors import CaseStudyError
from moe_ids.model import MIXTURE, NEURAL, Model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder."""
    path = tmp_path_factory.mktemp("model")
    trained().trained.model.save(path, {"seed": 3})
    return path


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """A file of few flows."""
    return flows_file(tmp_path, few_flows())


def test_a_model_read_back_says_the_same(folder: Path) -> None:
    before, after = trained().trained.model.judge(few_data()), Model.load(folder).judge(few_data())
    for name, one in before.of.items():
        np.testing.assert_allclose(one.probabilities, after.of[name].probabilities, atol=1e-6)


def test_nothing_in_a_model_folder_is_a_pickle(folder: Path) -> None:
    assert {path.suffix for path in folder.iterdir()} == {".json", ".pt"}
    json.loads((folder / "preparation.json").read_text())


def test_a_flow_is_judged_the_same_in_any_company(folder: Path) -> None:
    model, data = Model.load(folder), few_data()
    inputs = model.preparation.apply(data)
    rows = np.array([5, 60, 399])
    some = model.judge_inputs(inputs, rows).of[MIXTURE].attack
    np.testing.assert_allclose(some, model.judge(data).of[MIXTURE].attack[rows], atol=1e-6)


def test_unseen_categories_infinities_and_gaps_are_judged_all_the_same() -> None:
    model, data = trained().trained.model, few_data()
    strange = data.frame.copy()
    strange.loc[0, "Flow Bytes/s"] = np.inf
    strange.loc[1, "Flow Duration"] = np.nan
    said = model.judge(replace(data, frame=strange))
    assert np.isfinite(said.of[MIXTURE].probabilities).all()


@pytest.mark.parametrize("name", ["model.json", "weights.pt", "attack.json"])
def test_a_broken_model_is_told_from_a_missing_one(name: str, folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(CaseStudyError, match="cannot be read"):
        Model.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(CaseStudyError, match=r"no model in|cannot be read"):
        Model.load(tmp_path)


def test_figures_are_those_of_scikit_learn() -> None:
    found, said = trained().figures[MIXTURE], trained().judgements
    assert said is not None
    truth = few_data().class_codes()[few_parts().test]
    one = said.of[MIXTURE]
    values = {name: value and value.value for name, value in found.values.items()}
    assert values["f1"] == pytest.approx(f1_score(truth > 0, one.label > 0))
    assert values["roc_auc"] == pytest.approx(roc_auc_score(truth > 0, one.attack))
    assert values["macro_f1"] == pytest.approx(f1_score(truth, one.label, average="macro"))
    assert found.n == len(few_parts().test)


def test_the_commands_train_and_judge(flows: Path, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(PARAMS)
    out = tmp_path / "model"
    done = _train(flows, "--out", out, "--params", tmp_path / "params.yaml")
    assert done.exit_code == 0, done.output
    told = _evaluate("--model", out, "--data", flows, "--json")
    found = json.loads(told.stdout)
    assert {"f1", "precision", "recall", "roc_auc", "macro_f1", "n", "intervals"} <= set(found)
    assert found["n"] == len(few_flows())
    assert set(found["experts"]) == {NEURAL, "ft", "temporal", "mlp", "xgboost"}
    low, high = found["intervals"]["f1"]
    assert low <= found["f1"] <= high
    assert json.loads((out / "model.json").read_text())["about"]["seed"] == 3


def test_a_file_with_one_class_has_figures_as_far_as_they_go(folder: Path, tmp_path: Path) -> None:
    benign = few_flows().query("label == 'BENIGN'")
    path = flows_file(tmp_path, benign)
    found = json.loads(_evaluate("--model", folder, "--data", path, "--json").stdout)
    assert found["roc_auc"] is None
    assert 0 <= found["fpr"] <= 1


@pytest.mark.parametrize("what", ["empty", "no labels", "no column", "text", "infinity"])
def test_data_that_cannot_be_judged_are_refused_in_words(
    what: str, folder: Path, tmp_path: Path
) -> None:
    path = flows_file(tmp_path, _spoiled(what))
    found = _evaluate("--model", folder, "--data", path)
    assert found.exit_code == 1
    assert "flows.csv" in found.stderr
    assert "Why:" in found.stderr
    assert "Next:" in found.stderr
    assert "Traceback" not in found.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dataset", "kdd"], "no kind of data called 'kdd'"),
        (["--experts", "oracle"], "no expert called 'oracle'"),
        (["--split", "order-of-luck"], "no split called"),
        (["--params", "broken.yaml"], "cannot be read"),
    ],
)
def test_a_wrong_option_is_named(
    options: list[str], message: str, flows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.yaml").write_text("train: [unfinished")
    found = _train(flows, "--out", tmp_path / "model", *options)
    assert found.exit_code == 1
    assert message in found.stderr
    assert "Traceback" not in found.output


def test_a_folder_with_something_else_is_not_written_into(flows: Path, tmp_path: Path) -> None:
    found = _train(flows, "--out", tmp_path)
    assert found.exit_code == 1
    assert "holds something else" in found.stderr


def test_a_killed_training_goes_on(flows: Path, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(PARAMS.replace("epochs: 4", "epochs: 400", 1))
    out = tmp_path / "model"
    command = [
        *(sys.executable, "-m", "moe_ids.train", "--dataset", "flows", "--data", str(flows)),
        *("--out", str(out), "--params", str(tmp_path / "params.yaml")),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        # An epoch is told before it is kept: at the second, the first is.
        next(line for line in process.stderr if line.split()[:2] == ["ft", "2"])
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "goes on from here" in rest
    assert (out / "checkpoint.pt").exists()


def _spoiled(what: str) -> pd.DataFrame:
    flows = few_flows()
    if what == "empty":
        return flows.iloc[:0]
    if what == "no labels":
        return flows.drop(columns="label")
    if what == "no column":
        return flows.drop(columns="fwd_bytes")
    value: object = "many" if what == "text" else np.inf
    values = flows["fwd_bytes"].astype(object).to_list()
    values[3] = value
    return flows.assign(fwd_bytes=values)


def _train(data: Path, *options: object) -> Result:
    words = ["--dataset", "flows", "--data", str(data), *map(str, options)]
    return CliRunner().invoke(train.command, words)


def _evaluate(*options: object) -> Result:
    return CliRunner().invoke(evaluate.command, list(map(str, options)))
