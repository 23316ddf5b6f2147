"""Features: learned from training rows only, and never from what comes later."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support_moe import ROWS, flows_file, some_flows, unsw_table, write_unsw

from moe_ids.data import Dataset, load
from moe_ids.errors import CaseStudyError
from moe_ids.features import (
    EXTRA_CHANNELS,
    NO_FLOW,
    UNSEEN,
    PiecewiseLinear,
    Preprocessor,
    history,
    narrow_window,
    previous_flows,
    signed_log1p,
)


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load("flows", flows_file(tmp_path_factory.mktemp("flows")))


@pytest.fixture(scope="module")
def numbers(flows: Dataset) -> np.ndarray:
    return Preprocessor.fit(flows.frame, flows.numeric).transform(flows.frame)


def frame(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_the_logarithm_keeps_order_sign_and_zero() -> None:
    values = np.array([-np.inf, -100.0, -1.0, 0.0, 1.0, 100.0, np.inf])
    found = signed_log1p(values)
    assert (np.diff(found) > 0).all()
    assert found[3] == 0
    np.testing.assert_array_equal(found, -found[::-1])


def test_numbers_have_mean_0_and_deviation_1_in_training(numbers: np.ndarray) -> None:
    assert np.isfinite(numbers).all()
    np.testing.assert_allclose(numbers.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(numbers.std(axis=0), 1, atol=1e-4)


def test_infinity_becomes_the_greatest_of_training_and_nothing_its_median() -> None:
    fitted = Preprocessor.fit(frame(rate=[1.0, 2.0, 3.0, 7.0, np.nan, np.inf]), ["rate"])
    seen = fitted.transform(frame(rate=[np.inf, -np.inf, np.nan, 7.0, 1.0]))[:, 0]
    assert seen[0] == seen[3]
    assert seen[1] == seen[4]
    median = np.median(signed_log1p([1.0, 2.0, 3.0, 7.0]))
    assert seen[2] == pytest.approx(
        (median - fitted.numbers["rate"].mean) / fitted.numbers["rate"].scale
    )


def test_columns_that_say_nothing_in_training_are_left_out_and_named() -> None:
    table = frame(a=[1.0, 2.0], constant=[3.0, 3.0], empty=[np.nan, np.nan], endless=[np.inf] * 2)
    fitted = Preprocessor.fit(table, ["a", "constant", "empty", "endless"])
    assert list(fitted.numbers) == ["a"]
    assert fitted.left_out == ("constant", "empty", "endless")


def test_a_category_not_seen_in_training_has_a_code_of_its_own() -> None:
    fitted = Preprocessor.fit(frame(proto=["udp", "tcp", "tcp"], n=[1, 2, 3]), ["n"], ["proto"])
    codes = fitted.codes(frame(proto=["tcp", "udp", "quic", None]))[:, 0]
    assert codes.tolist() == [1, 2, UNSEEN, UNSEEN]
    assert fitted.cardinalities == (3,)


def test_rows_outside_training_change_nothing(flows: Dataset) -> None:
    train, other = flows.frame.iloc[:1000], flows.frame.iloc[1000:]
    fitted = Preprocessor.fit(train, flows.numeric)
    alone = fitted.transform(train)
    together = fitted.transform(pd.concat([train, other]))[:1000]
    np.testing.assert_array_equal(alone, together)


def test_a_model_can_carry_what_was_learned_as_json(tmp_path: Path) -> None:
    data = load("unsw_nb15", write_unsw(tmp_path / "part.csv", unsw_table(some_flows())))
    fitted = Preprocessor.fit(data.frame, data.numeric, data.categorical)
    again = Preprocessor.from_json(fitted.to_json())
    assert again == fitted
    np.testing.assert_array_equal(again.transform(data.frame), fitted.transform(data.frame))
    np.testing.assert_array_equal(again.codes(data.frame), fitted.codes(data.frame))
    bins = PiecewiseLinear.fit(fitted.transform(data.frame))
    assert PiecewiseLinear.from_json(bins.to_json()) == bins
    assert json.loads(bins.to_json())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (frame(a=[1.0]), "no column b"),
        (frame(a=[1.0], b=["much"]), "Row 1, column b: 'much' is not a number"),
    ],
)
def test_bad_rows_are_refused_by_name(rows: pd.DataFrame, message: str) -> None:
    fitted = Preprocessor.fit(frame(a=[1.0, 2.0], b=[1.0, 2.0]), ["a", "b"])
    with pytest.raises(CaseStudyError, match=message):
        fitted.transform(rows)


def test_nothing_is_learned_from_no_rows() -> None:
    with pytest.raises(CaseStudyError, match="no rows to learn from"):
        Preprocessor.fit(frame(a=[]), ["a"])


def test_bins_hold_equally_many_training_rows_and_fewer_where_values_repeat() -> None:
    spread = np.arange(1000, dtype=np.float32)
    mostly_zero = np.where(spread < 900, 0, spread).astype(np.float32)
    constant = np.full(1000, 5, dtype=np.float32)
    bins = PiecewiseLinear.fit(np.stack([spread, mostly_zero, constant], axis=1), bins=10)
    widths = [len(edges) - 1 for edges in bins.edges]
    assert widths[0] == 10
    assert widths[1] < 3
    assert widths[2] == 1
    counts = np.histogram(spread, bins.edges[0])[0]
    assert counts.tolist() == [100] * 10


def test_a_window_holds_the_flows_of_the_same_host_in_order() -> None:
    host = ["a", "b", "a", "a", "b", "a"]
    assert previous_flows(host, [0, 1, 2, 3, 4, 5], 2).tolist() == [
        [NO_FLOW, NO_FLOW], [NO_FLOW, NO_FLOW], [NO_FLOW, 0], [0, 2], [NO_FLOW, 1], [2, 3]
    ]  # fmt: skip


def test_windows_do_not_depend_on_the_order_of_rows_in_the_file(flows: Dataset) -> None:
    order = np.random.default_rng(1).permutation(ROWS)
    shuffled = previous_flows(flows.frame["host"].iloc[order], flows.frame["time"].iloc[order], 5)
    back = np.where(shuffled == NO_FLOW, NO_FLOW, order[shuffled])
    expected = previous_flows(flows.frame["host"], flows.frame["time"], 5)
    np.testing.assert_array_equal(back, expected[order])


@pytest.mark.parametrize("cut", [1, 700, 1999])
def test_a_later_row_never_changes_an_earlier_rows_window(
    cut: int, flows: Dataset, numbers: np.ndarray
) -> None:
    """Every later row is replaced by nonsense, then taken away."""
    nonsense = flows.frame.copy()
    nonsense.loc[cut:, "host"] = nonsense["host"].iloc[0]
    nonsense.loc[cut:, ["port", "start"]] = 0
    other = Dataset("flows", nonsense, flows.numeric, (), flows.classes)
    garbled = np.where(np.arange(ROWS)[:, None] < cut, numbers, 1e6).astype(np.float32)
    expected = narrow_window(numbers, flows, history(flows, 6))[:cut]
    np.testing.assert_array_equal(narrow_window(garbled, other, history(other, 6))[:cut], expected)
    early = flows.take(np.arange(cut))
    np.testing.assert_array_equal(narrow_window(numbers[:cut], early, history(early, 6)), expected)


def test_a_flow_that_still_runs_is_in_no_window() -> None:
    """The first flow lasts from 0 to 100; when the second ends, its features are not known."""
    table = frame(host=["a", "a"], time=[100.0, 5.0], start=[0.0, 4.0])
    found = history(Dataset("flows", table, (), (), ()), 1)
    assert found.tolist() == [[1], [NO_FLOW]]


def test_a_window_shows_differences_gap_port_and_whether_a_flow_is_there() -> None:
    table = frame(host=["a", "a"], time=[1.0, 9.0], start=[1.0, 8.0], port=[80, 80])
    data = Dataset("flows", table, (), (), ())
    inputs = np.array([[2.0], [5.0]], dtype=np.float32)
    window = narrow_window(inputs, data, history(data, 2))
    assert window.shape == (2, 2, 1 + len(EXTRA_CHANNELS))
    assert (window[0] == 0).all()
    assert window[1].tolist() == [[0, 0, 0, 0], [-3, pytest.approx(np.log(8)), 1, 1]]


def test_windows_of_some_rows_are_those_of_all_rows(flows: Dataset, numbers: np.ndarray) -> None:
    earlier = history(flows, 4)
    some = np.array([1900, 3, 77])
    np.testing.assert_array_equal(
        narrow_window(numbers, flows, earlier, some), narrow_window(numbers, flows, earlier)[some]
    )


def test_data_without_hosts_and_times_have_no_history(tmp_path: Path) -> None:
    data = load("unsw_nb15", write_unsw(tmp_path / "part.csv", unsw_table(some_flows())))
    with pytest.raises(CaseStudyError, match="have no history"):
        history(data, 8)
