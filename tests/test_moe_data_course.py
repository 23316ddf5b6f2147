"""Loading the course's flows: both views, and what a file may have wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support_moe import ROWS, flows_file, some_flows

from moe_ids.data import ABOUT_ROWS, LOADERS, load
from moe_ids.errors import CaseStudyError
from moe_ids.flows import LABELS
from moe_ids.flows.views import CICIDS_COLUMNS, UNSW_NUMBERS, UNSW_TEXTS

Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.mark.parametrize("name", ["flows", "flows-unsw"])
def test_a_view_has_features_labels_hosts_and_times(name: str, tmp_path: Path) -> None:
    data = load(name, flows_file(tmp_path))
    assert len(data) == ROWS
    assert data.classes == LABELS
    expected = (CICIDS_COLUMNS, ()) if name == "flows" else (UNSW_NUMBERS, UNSW_TEXTS)
    assert (data.numeric, data.categorical) == expected
    assert set(data.frame) - set(data.features) <= set(ABOUT_ROWS)
    assert (data.frame["attack"] == (data.frame["label"] != "BENIGN")).all()
    assert data.frame["attack"].mean() == pytest.approx(0.3)
    assert (data.frame["start"] <= data.frame["time"]).all()
    assert all(data.frame[column].dtype == np.float32 for column in data.numeric)


def test_both_views_show_the_same_flows(tmp_path: Path) -> None:
    path = flows_file(tmp_path)
    cicids, unsw = load("flows", path).frame, load("flows-unsw", path).frame
    np.testing.assert_allclose(cicids["Flow Duration"] / 1e6, unsw["dur"], rtol=1e-6)
    assert (cicids["Total Fwd Packets"] == unsw["spkts"]).all()
    assert (cicids["label"] == unsw["label"]).all()


def test_class_codes_follow_the_classes_not_the_file(tmp_path: Path) -> None:
    bots = some_flows().query("label == 'Bot'")
    data = load("flows", flows_file(tmp_path, bots))
    assert set(data.class_codes()) == {LABELS.index("Bot")}


@pytest.mark.parametrize(
    ("name", "port"), [("flows", "Destination Port"), ("flows-unsw", "dsport")]
)
def test_the_port_is_a_feature_only_for_who_asks(name: str, port: str, tmp_path: Path) -> None:
    path = flows_file(tmp_path)
    assert port not in load(name, path).features
    assert port in load(name, path, with_port=True).numeric


def test_a_parquet_file_holds_the_same_as_a_csv_file(tmp_path: Path) -> None:
    some_flows().to_parquet(tmp_path / "flows.parquet")
    from_parquet = load("flows", tmp_path / "flows.parquet")
    pd.testing.assert_frame_equal(
        from_parquet.frame, load("flows", flows_file(tmp_path / "csv")).frame
    )


def test_rows_in_another_order_are_sorted_and_that_is_said(tmp_path: Path) -> None:
    shuffled = some_flows().sample(frac=1, random_state=0)
    data = load("flows", flows_file(tmp_path, shuffled))
    assert data.frame["time"].is_monotonic_increasing
    assert any("sorted" in note for note in data.notes)


def test_flows_without_labels_load_for_who_only_predicts(tmp_path: Path) -> None:
    path = flows_file(tmp_path, some_flows().drop(columns=["label", "stealth", "session"]))
    data = load("flows", path, labelled=False)
    assert not data.has("label")
    assert not data.has("attack")
    with pytest.raises(CaseStudyError, match="no column label"):
        load("flows", path)


def test_one_class_alone_loads(tmp_path: Path) -> None:
    data = load("flows", flows_file(tmp_path, some_flows().query("label == 'BENIGN'")))
    assert data.frame["attack"].sum() == 0


def put(row: int, column: str, value: object) -> Change:
    def change(flows: pd.DataFrame) -> pd.DataFrame:
        column_as_objects = flows[column].astype(object)
        column_as_objects.iloc[row] = value
        return flows.assign(**{column: column_as_objects})

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda flows: flows.drop(columns="port"), "no column port"),
        (put(4, "fwd_bytes", "many"), "line 6, column fwd_bytes: 'many' is not a number"),
        (put(4, "fwd_bytes", 1.5), "line 6, column fwd_bytes: '1.5' is not a whole number"),
        (put(4, "fwd_bytes", np.inf), "line 6, column fwd_bytes: 'inf' is infinite"),
        (put(4, "fwd_bytes", np.nan), "line 6, column fwd_bytes: the value is missing"),
        (put(0, "duration_us", -1), "line 2, column duration_us: '-1' is below 0"),
        (put(0, "fwd_packets", 0), "line 2, column fwd_packets: '0' is below 1"),
        (put(0, "port", 70_000), "line 2, column port: '70000' is no port"),
        (put(9, "protocol", "icmp"), "line 11, column protocol: 'icmp' is none of tcp, udp"),
        (put(9, "host", "192.0.2.1"), "line 11, column host: '192.0.2.1' is not h and a number"),
        (put(9, "label", "Ransomware"), "line 11, column label: 'Ransomware' is none of BENIGN"),
        (put(9, "label", np.nan), "line 11, column label: the value is missing"),
        (lambda flows: flows.iloc[:0], "holds no rows"),
        (lambda flows: flows.assign(host=7), "column host: '7' is a number, not a text"),
    ],
)
def test_a_bad_cell_is_named_by_file_row_and_column(
    change: Change, message: str, tmp_path: Path
) -> None:
    path = flows_file(tmp_path, change(some_flows()))
    with pytest.raises(CaseStudyError) as told:
        load("flows", path)
    assert "flows.csv" in str(told.value)
    assert message in str(told.value)


def test_a_bad_cell_of_a_parquet_file_is_named_by_row(tmp_path: Path) -> None:
    put(4, "protocol", "icmp")(some_flows()).to_parquet(tmp_path / "flows.parquet")
    with pytest.raises(CaseStudyError, match=r"flows.parquet, row 5, column protocol"):
        load("flows", tmp_path / "flows.parquet")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no rows"),
        ("end_us,duration_us\n", "holds no rows"),
        ("a,b\n1,2\n1,2,3\n", "line 3 cannot be read as CSV"),
        ("a,b\n1,2,3\n4,5,6\n", "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_table_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "flows.csv").write_text(text)
    with pytest.raises(CaseStudyError, match=message):
        load("flows", tmp_path)


def test_a_broken_parquet_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flows.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(CaseStudyError, match="cannot be read as parquet"):
        load("flows", tmp_path)


def test_a_path_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseStudyError, match="There are no data at"):
        load("flows", tmp_path)
    with pytest.raises(CaseStudyError, match="There are no data at"):
        load("flows", tmp_path / "nowhere.csv")


def test_an_unknown_kind_of_data_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(CaseStudyError, match="no kind of data called 'kdd99'") as told:
        load("kdd99", tmp_path)
    assert all(name in told.value.why for name in LOADERS)
