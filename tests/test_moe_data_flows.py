"""The course's own flows: the same everywhere, and made so that there is something to learn."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from support_moe import ROWS, flows_file, some_flows

from moe_ids.data import load
from moe_ids.features import Preprocessor, history, narrow_window
from moe_ids.flows import COLUMNS, LABELS, RECIPES, make_flows, write_flows
from moe_ids.flows.portable import Draws, exp, log, normal_quantile
from moe_ids.flows.views import RECENT, cicids_view, unsw_view
from moe_ids.splits import split

#: SHA-256 of what each version is written as, whole and with 2,000 rows. Whoever changes the
#: recipe changes the data of the course: everything trained on them has to be made anew.
WHOLE = {
    "v1": "a95bd725cf0b70a3d670dca2f8f90ba2883b0acd9f684136e351b1e4c55b0e3f",
    "v2": "ab55e91b4bd5c292e453df336fa50652d5754a4bf1cd7979006d65988c1289d7",
}
SMALL = {
    "v1": "822307353889bc5f0700956051d7c4c65c3ea1ab72864112b9c02f72c1565fa8",
    "v2": "7120dc87f3fe4446f701e863f95a16c7bcbdbeadd20a65fcff60a2b855f5954b",
}


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return make_flows(RECIPES["v1"])


@pytest.fixture(scope="module")
def later() -> pd.DataFrame:
    return make_flows(RECIPES["v2"])


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_every_machine_makes_the_same_bytes(
    version: str, whole: pd.DataFrame, later: pd.DataFrame, tmp_path: Path
) -> None:
    write_flows({"v1": whole, "v2": later}[version], tmp_path / "flows.csv")
    assert digest(tmp_path / "flows.csv") == WHOLE[version]
    assert digest(flows_file(tmp_path, some_flows(version))) == SMALL[version]


def test_the_command_makes_the_same_bytes_without_the_vector_units_of_this_machine(
    tmp_path: Path,
) -> None:
    umath = np._core._multiarray_umath  # type: ignore[attr-defined]
    optional = [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__[name]]
    subprocess.run(
        [sys.executable, "-m", "moe_ids.data", "make", "--rows", str(ROWS), "--out", str(tmp_path)],
        env=os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(optional)},
        check=True,
        capture_output=True,
    )
    assert digest(tmp_path / "flows.csv") == SMALL["v1"]


def test_no_function_decides_whose_last_bit_differs_between_machines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def differs(*_: object, **__: object) -> None:
        raise AssertionError("its last bit is not the same everywhere")

    for name in ("exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sin", "cos", "tanh"):
        monkeypatch.setattr(np, name, differs)
    for name in ("power", "float_power", "sum", "mean", "dot", "matmul"):
        monkeypatch.setattr(np, name, differs)
    monkeypatch.setattr(np.random, "default_rng", differs)
    assert len(make_flows(RECIPES["v1"].with_rows(300))) == 300


def test_the_functions_that_replace_them_are_right() -> None:
    x = np.linspace(-30, 30, 10_001)
    np.testing.assert_allclose(exp(x), np.exp(x), rtol=1e-14)
    np.testing.assert_allclose(log(np.exp(x)), x, atol=1e-14)
    chance = np.linspace(0.001, 0.999, 999)
    quantiles = [NormalDist().inv_cdf(one) for one in chance]
    np.testing.assert_allclose(normal_quantile(chance), quantiles, atol=4.5e-4)


def test_draws_have_the_distributions_they_are_named_after() -> None:
    draws = Draws(1, 2)
    assert draws.poisson(4.0, 50_000).mean() == pytest.approx(4, abs=0.05)
    assert draws.exponential(2.0, 50_000).std() == pytest.approx(2, abs=0.05)
    assert np.log(draws.lognormal(1.0, 0.5, 50_000)).std() == pytest.approx(0.5, abs=0.01)
    assert np.bincount(draws.choice([1, 3], 40_000)) / 40_000 == pytest.approx([0.25, 0.75], 0.03)


def test_there_are_as_many_flows_of_each_class_as_the_recipe_says(whole: pd.DataFrame) -> None:
    assert list(whole) == list(COLUMNS)
    counts = whole["label"].value_counts()
    assert [int(counts[label]) for label in LABELS] == [14_000, 2_400, 1_680, 960, 420, 480, 60]
    stealthy = whole["label"][whole["stealth"] == 1].value_counts()
    assert stealthy.to_dict() == {
        "BruteForce": 58, "Bot": 43, "PortScan": 30, "DoS": 29, "WebAttack": 15, "Infiltration": 11
    }  # fmt: skip


def test_rows_are_in_the_order_in_which_a_sensor_writes_them(whole: pd.DataFrame) -> None:
    assert whole["end_us"].is_monotonic_increasing
    assert whole["session"].drop_duplicates().tolist() == list(range(1, whole["session"].max() + 1))


def test_every_host_that_attacks_also_works(whole: pd.DataFrame) -> None:
    attack = whole["label"] != "BENIGN"
    assert whole["host"].nunique() == 40
    assert set(whole["host"][attack]) == set(whole["host"][~attack])


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_last_third_has_every_class(
    version: str, whole: pd.DataFrame, later: pd.DataFrame
) -> None:
    flows = {"v1": whole, "v2": later}[version]
    last = flows.iloc[int(0.7 * len(flows)) :]
    assert set(last["label"]) == set(LABELS)
    assert last["stealth"].sum() >= 30


def test_a_flow_of_one_packet_has_no_duration_and_an_infinite_rate(whole: pd.DataFrame) -> None:
    single = whole["fwd_packets"] + whole["bwd_packets"] == 1
    assert 0.01 < single.mean() < 0.05
    assert (whole["duration_us"][single] == 0).all()
    view = cicids_view(whole)
    assert np.isinf(view["Flow Packets/s"][single]).all()
    assert np.isfinite(view["Flow Packets/s"][~single]).all()
    assert (unsw_view(whole)["rate"][single] == 0).all()


def test_dns_has_no_tcp_window(whole: pd.DataFrame) -> None:
    view = cicids_view(whole)
    dns = whole["port"] == 53
    assert (view["Init_Win_bytes_forward"][dns] == -1).all()
    assert (view["Init_Win_bytes_forward"][whole["protocol"] == "tcp"] > 0).all()


def test_counts_look_back_a_hundred_flows(whole: pd.DataFrame) -> None:
    flows = whole.iloc[:1_500]
    hosts = flows["host"].to_numpy()
    expected = [
        int((hosts[max(0, row - RECENT + 1) : row + 1] == hosts[row]).sum())
        for row in range(len(flows))
    ]
    assert unsw_view(flows)["ct_src_ltm"].tolist() == expected


def test_history_shows_stealthy_attacks_that_a_single_flow_hides(
    whole: pd.DataFrame, tmp_path: Path
) -> None:
    data = load("flows", flows_file(tmp_path, whole))
    parts = split(data, "time", valid=0)
    own = Preprocessor.fit(data.frame.iloc[parts.train], data.numeric).transform(data.frame)
    window = narrow_window(own, data, history(data, 8))
    gaps, differences = window[..., -3:], np.abs(window[..., :-3]).mean(axis=2)
    both = np.hstack([own, gaps.reshape(len(own), -1), differences])
    truth = data.frame["attack"].to_numpy()
    stealthy = data.frame["stealth"].to_numpy()[parts.test] == 1
    found = {}
    for name, inputs in (("own", own), ("with history", both)):
        model = RandomForestClassifier(15, random_state=0)
        model.fit(inputs[parts.train], truth[parts.train])
        guesses = model.predict(inputs[parts.test])
        plain = (truth[parts.test] == 1) & ~stealthy
        found[name] = (guesses[plain].mean(), guesses[stealthy].mean())
    assert found["own"][0] > 0.9
    assert found["own"][1] < 0.15
    assert found["with history"][1] > 0.4


def test_the_fault_of_v2_takes_two_labels_from_half_of_the_hosts_and_changes_nothing_else(
    later: pd.DataFrame,
) -> None:
    truth = make_flows(replace(RECIPES["v2"], fault=None))
    changed = truth["label"] != later["label"]
    assert 300 < changed.sum() < 600
    assert set(truth["label"][changed]) == {"BruteForce", "Bot"}
    assert set(later["label"][changed]) == {"BENIGN"}
    assert later["host"][changed].str[1:].astype(int).between(21, 40).all()
    assert np.flatnonzero(changed)[0] >= len(later) // 2
    same = [name for name in COLUMNS if name not in ("label", "stealth")]
    pd.testing.assert_frame_equal(truth[same], later[same])
    assert later["stealth"][changed].sum() == 0


def test_v2_is_the_same_network_later(whole: pd.DataFrame, later: pd.DataFrame) -> None:
    def share(flows: pd.DataFrame, port: int) -> float:
        return float((flows["port"] == port).mean())

    assert share(later, 80) < share(whole, 80) - 0.03
    assert share(whole, 3478) < 0.001
    assert share(later, 3478) > 0.03
