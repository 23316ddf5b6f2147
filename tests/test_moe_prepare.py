"""`python -m moe_ids.prepare`: data loaded, checked and divided once, for all who train on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from support_moe import flows_file

from moe_ids import prepare, train
from moe_ids.model import about_model
from moe_ids.prepared import read_prepared

PARAMS = "quick: true\nseed: 3\nsplit: {test: 0.3, valid: 0.2}\ntrain: {experts: [mlp]}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the course's flows and parameters, to work in."""
    (tmp_path / "data").mkdir()
    flows_file(tmp_path / "data")
    (tmp_path / "params.yaml").write_text(PARAMS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MOE_IDS_DATA", raising=False)
    return tmp_path


def run(module: object, *arguments: str) -> Result:
    return CliRunner().invoke(module.command, list(arguments))  # type: ignore[attr-defined]


def prepared(*, dataset: str = "cicids2017", out: str = "prepared") -> Path:
    done = run(prepare, "--dataset", dataset, "--out", out)
    assert done.exit_code == 0, done.output
    return Path(out)


@pytest.mark.parametrize("dataset", ["cicids2017", "unsw_nb15"])
def test_what_is_read_again_is_what_was_loaded_and_divided(project: Path, dataset: str) -> None:
    found = read_prepared(prepared(dataset=dataset))
    assert len(found.data) == 1_000
    rows = np.concatenate([found.parts.train, found.parts.valid, found.parts.test])
    assert len(np.unique(rows)) == len(rows)
    assert set(found.data.features) <= set(found.data.frame)
    assert found.about["learned_from"].startswith(f"the course's flows, in the form of {dataset}")


def test_the_same_data_give_the_same_bytes_so_nothing_depends_on_when(project: Path) -> None:
    first, second = prepared(out="a"), prepared(out="b")
    files = sorted(one.name for one in first.iterdir())
    assert files == ["flows.parquet", "prepared.json"]
    assert all((first / one).read_bytes() == (second / one).read_bytes() for one in files)


def test_training_on_prepared_data_gives_the_model_of_the_data_themselves(project: Path) -> None:
    folder = prepared()
    one = run(train, "--prepared", str(folder), "--out", "one", "--no-track")
    other = run(train, "--dataset", "cicids2017", "--out", "other", "--no-track")
    assert one.exit_code == other.exit_code == 0, one.output + other.output
    assert about_model(Path("one")) == about_model(Path("other"))
    pd.testing.assert_frame_equal(
        pd.read_parquet("one/predictions.parquet"), pd.read_parquet("other/predictions.parquet")
    )


@pytest.mark.parametrize("option", ["--dataset=flows", "--data=data", "--test=0.5", "--split=time"])
def test_what_was_decided_cannot_be_asked_for_again(project: Path, option: str) -> None:
    done = run(train, "--prepared", str(prepared()), option, "--out", "model")
    assert done.exit_code == 1
    assert f"{option.split('=')[0]} cannot be given with --prepared." in done.output
    assert not Path("model").exists()


def test_a_folder_without_prepared_data_is_refused_with_the_way_to_make_it(project: Path) -> None:
    folder = prepared()
    (folder / "prepared.json").write_text("{")
    for wrong in (folder, Path("nowhere")):
        done = run(train, "--prepared", str(wrong), "--out", "model")
        assert done.exit_code == 1
        assert "python -m moe_ids.prepare --dataset NAME --out FOLDER" in done.output
