"""The course data: made by its generator, shipped in the DVC remote, and fit for teaching."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).resolve().parents[1]
REMOTE = ROOT / "remote" / "files" / "md5"
FEATURES = ["age", "income", "tenure_months", "support_calls", "monthly_fee", "late_payments"]
SHIPPED = (".gitignore", ".dvcignore", ".dvc/.gitignore", ".dvc/config", "data.dvc")
ENVIRONMENT = os.environ | {"DVC_NO_ANALYTICS": "1"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder the generators have just written."""
    folder = tmp_path_factory.mktemp("made")
    generator = ROOT / "content" / "data" / "churn.py"
    subprocess.run([sys.executable, str(generator), str(folder)], check=True)
    for version, place in (("v1", folder), ("v2", folder / "incoming")):
        make = ["-m", "moe_ids.data", "make", "--version", version, "--out", str(place)]
        subprocess.run([sys.executable, *make], check=True)
    return folder


@pytest.fixture(scope="module")
def first(made: Path) -> pd.DataFrame:
    return pd.read_csv(made / "churn.csv")


@pytest.fixture(scope="module")
def new_rows(made: Path, first: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(made / "incoming" / "churn.csv").iloc[len(first) :]


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def tracked() -> dict[str, str]:
    """The md5 of each file DVC tracks under data/, from data.dvc and the remote alone."""
    pointer = yaml.safe_load((ROOT / "data.dvc").read_text(encoding="utf-8"))
    listing = pointer["outs"][0]["md5"]
    entries = json.loads((REMOTE / listing[:2] / listing[2:]).read_text(encoding="utf-8"))
    return {entry["relpath"]: entry["md5"] for entry in entries}


def command(folder: Path, *words: str) -> str:
    done = subprocess.run(
        words, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_generator_makes_the_bytes_that_dvc_tracks(made: Path) -> None:
    assert {name: md5(made / name) for name in tracked()} == tracked()
    names = ["churn.csv", "flows.csv", "incoming/churn.csv", "incoming/flows.csv"]
    assert sorted(tracked()) == names


def test_the_remote_holds_every_tracked_file_and_is_small() -> None:
    for digest in tracked().values():
        assert md5(REMOTE / digest[:2] / digest[2:]) == digest
    size = sum(path.stat().st_size for path in REMOTE.rglob("*") if path.is_file())
    assert size < 4_000_000


def test_a_clone_pulls_the_same_bytes_even_where_git_translates_line_endings(
    tmp_path: Path,
) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    for name in SHIPPED:
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, origin / name)
    shutil.copytree(ROOT / "remote", origin / "remote")
    command(origin, "git", "init", "--quiet")
    command(origin, "git", "add", "--all")
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    command(origin, "git", *author, "commit", "--quiet", "--message", "data")
    command(tmp_path, "git", "clone", "--quiet", "-c", "core.autocrlf=true", "origin", "clone")

    command(clone, sys.executable, "-m", "dvc", "pull")

    assert {name: md5(clone / "data" / name) for name in tracked()} == tracked()
    assert command(clone, "git", "status", "--porcelain") == ""


def test_the_second_delivery_begins_with_the_first(made: Path, new_rows: pd.DataFrame) -> None:
    later = (made / "incoming" / "churn.csv").read_bytes()
    assert later.startswith((made / "churn.csv").read_bytes())
    assert len(new_rows) == 1_500


def test_the_model_inputs_are_numbers_and_complete(made: Path) -> None:
    table = pd.read_csv(made / "incoming" / "churn.csv")
    assert not table.isna().any().any()
    assert all(pd.api.types.is_numeric_dtype(table[name]) for name in FEATURES)
    assert table["customer_id"].is_unique
    assert 0.25 <= table["churned"].iloc[:5_000].mean() <= 0.40


@pytest.mark.parametrize("seed", [0, 7, 42])
def test_sensible_models_reach_a_good_f1_and_a_linear_one_does_not(
    first: pd.DataFrame, seed: int
) -> None:
    for model in (
        RandomForestClassifier(20, random_state=seed),
        HistGradientBoostingClassifier(random_state=seed),
    ):
        f1, accuracy = scores(model, first, seed)
        assert 0.75 <= f1 <= 0.9
        assert accuracy - f1 > 0.02
    linear, _ = scores(make_pipeline(StandardScaler(), LogisticRegression()), first, seed)
    assert linear < 0.72


def test_a_sweep_of_depth_has_one_best_in_the_middle(first: pd.DataFrame) -> None:
    by_depth = {
        depth: np.mean(
            [
                scores(RandomForestClassifier(10, max_depth=depth, random_state=seed), first, seed)
                for seed in (0, 7, 42)
            ],
            axis=0,
        )[0]
        for depth in (2, 4, 8, 16)
    }
    assert max(by_depth, key=lambda depth: by_depth[depth]) == 8
    assert by_depth[8] - max(by_depth[4], by_depth[16]) > 0.01


def test_a_model_of_the_first_delivery_is_worse_on_the_new_rows(
    first: pd.DataFrame, new_rows: pd.DataFrame
) -> None:
    model = RandomForestClassifier(20, max_depth=8, random_state=0)
    before, _ = scores(model, first, seed=0)
    after = f1_score(new_rows["churned"], model.predict(new_rows[FEATURES]))
    assert before - after > 0.05


def scores(
    model: RandomForestClassifier | HistGradientBoostingClassifier, table: pd.DataFrame, seed: int
) -> tuple[float, float]:
    """F1 and accuracy on 30 % of a table of a model fitted on the other 70 %."""
    target = table["churned"]
    train, test = train_test_split(table, test_size=0.3, random_state=seed, stratify=target)
    model.fit(train[FEATURES], train["churned"])
    guesses = model.predict(test[FEATURES])
    return (
        float(f1_score(test["churned"], guesses)),
        float(accuracy_score(test["churned"], guesses)),
    )
