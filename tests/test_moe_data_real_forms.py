"""Loading CICIDS2017 and UNSW-NB15: made files with everything that is odd about the real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support_moe import (
    ROWS,
    cicids_table,
    raw_unsw,
    some_flows,
    traffic_labelling,
    unsw_table,
    write_cicids,
    write_raw_unsw,
    write_unsw,
)

from moe_ids.data import load
from moe_ids.data.cicids2017 import UNITS as CICIDS_UNITS
from moe_ids.data.unsw_nb15 import CLASSES, TEXTS, UNITS
from moe_ids.errors import CaseStudyError
from moe_ids.features import history


def test_a_machine_learning_file_loads_with_its_blanks_its_double_column_and_its_infinities(
    tmp_path: Path,
) -> None:
    path = write_cicids(tmp_path / "Friday.csv", cicids_table(some_flows()))
    header = path.read_bytes().splitlines()[0].decode()
    assert header.startswith(" Destination Port,Flow Duration, Total")
    assert header.count(" Fwd Header Length") == 2
    assert b",Infinity," in path.read_bytes()

    data = load("cicids2017", path)

    assert len(data) == ROWS
    assert data.numeric == tuple(CICIDS_UNITS)
    assert len(data.numeric) == 76
    assert "Destination Port" not in data.frame
    single = data.frame["Flow Duration"] == 0
    assert np.isinf(data.frame["Flow Packets/s"][single]).all()
    assert any("infinite rates" in note for note in data.notes)
    assert not data.has("time")


def test_the_port_of_a_machine_learning_file_is_a_feature_only_for_who_asks(tmp_path: Path) -> None:
    path = write_cicids(tmp_path / "Friday.csv", cicids_table(some_flows()))
    assert load("cicids2017", path, with_port=True).numeric[0] == "Destination Port"


@pytest.mark.parametrize(
    ("dash", "encoding"),
    [
        ("\N{EN DASH}", "cp1252"),
        ("\N{EN DASH}", "utf-8"),
        ("\N{EN DASH}".encode().decode("cp1252"), "utf-8"),
        ("\N{REPLACEMENT CHARACTER}", "utf-8"),
        ("-", "ascii"),
    ],
    ids=["byte 0x96", "U+2013", "mojibake", "U+FFFD", "hyphen"],
)
def test_a_web_attack_is_known_whatever_became_of_its_dash(
    dash: str, encoding: str, tmp_path: Path
) -> None:
    table = cicids_table(some_flows())
    table["Label"] = table["Label"].str.replace("\N{EN DASH}", dash)
    data = load("cicids2017", write_cicids(tmp_path / "web.csv", table, encoding=encoding))
    web = data.frame[data.frame["label"] == "WebAttack"]
    assert len(web) == (some_flows()["label"] == "WebAttack").sum()
    assert set(web["published_label"]) == {"Web Attack - XSS"}


def test_published_classes_are_grouped_into_seven(tmp_path: Path) -> None:
    table = cicids_table(some_flows()).head(6)
    table["Label"] = ["Heartbleed", "DDoS", "FTP-Patator", "DoS slowloris", "Normal Traffic", "Bot"]
    data = load("cicids2017", write_cicids(tmp_path / "few.csv", table))
    assert data.frame["label"].tolist() == ["DoS", "DoS", "BruteForce", "DoS", "BENIGN", "Bot"]


def test_a_traffic_labelling_file_also_gives_hosts_and_times(tmp_path: Path) -> None:
    flows = some_flows()
    blank = "," * 84 + "\n"
    path = write_cicids(tmp_path / "Thursday.csv", traffic_labelling(flows), end=3 * blank)
    data = load("cicids2017", path)
    assert len(data) == ROWS
    assert data.has("host", "time", "start", "port")
    assert data.frame["time"].is_monotonic_increasing
    # The clock went from 11:58 over 12:00 to 1:21, without a "pm".
    assert data.frame["start"].min() == 0
    assert data.frame["start"].max() == pytest.approx(24 * 60, abs=60)
    assert history(data, 4).shape == (ROWS, 4)
    assert data.numeric == tuple(CICIDS_UNITS)


def test_a_folder_of_days_is_one_data_set(tmp_path: Path) -> None:
    flows = some_flows()
    write_cicids(tmp_path / "Monday.csv", cicids_table(flows.iloc[:500]))
    cicids_table(flows.iloc[500:]).loc[:, lambda t: ~t.columns.duplicated()].to_parquet(
        tmp_path / "Tuesday.parquet"
    )
    assert len(load("cicids2017", tmp_path)) == ROWS


def test_missing_values_are_kept_and_said(tmp_path: Path) -> None:
    table = cicids_table(some_flows())
    table["Idle Std"] = np.where(np.arange(ROWS) < 7, np.nan, 0.0)
    data = load("cicids2017", write_cicids(tmp_path / "gaps.csv", table))
    assert data.frame["Idle Std"].isna().sum() == 7
    assert any("7 rows lack values, in 1 columns" in note for note in data.notes)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("Flow IAT Max", "n/a?", "line 5, column Flow IAT Max: 'n/a?' is not a number"),
        ("Flow IAT Max", "inf", "line 5, column Flow IAT Max: 'inf' is infinite"),
        ("Label", "Smurf", "line 5, column Label: 'Smurf' is no class of CICIDS2017"),
        ("Label", None, "line 5, column Label: the value is missing"),
        ("Timestamp", "yesterday", "line 5, column Timestamp: 'yesterday' is no time"),
    ],
)
def test_a_bad_cell_of_cicids_is_named_by_file_row_and_column(
    column: str, value: str | None, message: str, tmp_path: Path
) -> None:
    table = traffic_labelling(some_flows().head(50))
    cells = table[column].astype(object)
    cells.iloc[3] = value
    table[column] = cells
    with pytest.raises(CaseStudyError) as told:
        load("cicids2017", write_cicids(tmp_path / "bad.csv", table))
    assert f"bad.csv, {message}" in str(told.value)


def test_a_file_that_was_cut_off_is_refused_at_its_last_line(tmp_path: Path) -> None:
    path = write_cicids(tmp_path / "cut.csv", cicids_table(some_flows().head(50)))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CaseStudyError, match=r"cut.csv, line 51, column Label: the value is missi"):
        load("cicids2017", path)


def test_blank_lines_are_left_out_and_still_count(tmp_path: Path) -> None:
    path = write_unsw(tmp_path / "part.csv", unsw_table(some_flows().head(50)))
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:3], "", *lines[3:], "", ""]), encoding="utf-8")
    assert len(load("unsw_nb15", path)) == 50
    lines[5] = lines[5].rsplit(",", 2)[0] + ",Smurf,1"
    path.write_text("\n".join([*lines[:3], "", *lines[3:]]), encoding="utf-8")
    with pytest.raises(CaseStudyError, match=r"part.csv, line 7, column attack_cat: 'Smurf'"):
        load("unsw_nb15", path)


def test_a_file_of_another_data_set_is_refused_with_what_it_has(tmp_path: Path) -> None:
    path = write_unsw(tmp_path / "part.csv", unsw_table(some_flows()))
    with pytest.raises(CaseStudyError, match="no column Flow Duration") as told:
        load("cicids2017", path)
    assert "45 columns: id, dur, proto" in told.value.why


def test_a_file_without_labels_is_refused_unless_none_are_wanted(tmp_path: Path) -> None:
    path = write_cicids(tmp_path / "new.csv", cicids_table(some_flows(), labels=False))
    with pytest.raises(CaseStudyError, match="no column Label"):
        load("cicids2017", path)
    assert not load("cicids2017", path, labelled=False).has("label")


def test_a_partition_of_unsw_loads_without_its_id(tmp_path: Path) -> None:
    data = load("unsw_nb15", write_unsw(tmp_path / "part.csv", unsw_table(some_flows())))
    assert (len(data), data.numeric, data.categorical) == (ROWS, tuple(UNITS), TEXTS)
    assert "id" not in data.frame
    assert data.classes == CLASSES
    assert set(data.frame["label"]) <= set(CLASSES)
    assert not data.has("part")
    assert any("row before has the same label" in note for note in data.notes)


def test_a_partition_is_known_by_its_rows_because_the_names_are_swapped(tmp_path: Path) -> None:
    small = unsw_table(some_flows())
    whole = small.iloc[np.arange(82_332) % ROWS]
    whole.to_parquet(tmp_path / "UNSW_NB15_training-set.parquet")
    assert set(load("unsw_nb15", tmp_path).frame["part"]) == {"test"}


def test_raw_files_of_unsw_load_without_a_header(tmp_path: Path) -> None:
    flows = some_flows()
    table = raw_unsw(flows)
    write_raw_unsw(tmp_path / "UNSW-NB15_1.csv", table.iloc[:900])
    write_raw_unsw(tmp_path / "UNSW-NB15_2.csv", table.iloc[900:])
    (tmp_path / "NUSW-NB15_features.csv").write_text("No.,Name\n1,srcip\n")
    data = load("unsw_nb15", tmp_path)
    assert (len(data), data.numeric) == (ROWS, tuple(UNITS))
    assert data.has("host", "time", "start", "port")
    assert data.frame["time"].is_monotonic_increasing
    assert set(data.frame["label"]) == {
        "Normal", "DoS", "Reconnaissance", "Generic", "Exploits", "Backdoor", "Worms"
    }  # fmt: skip
    assert (data.frame["port"] == 22).sum() == (flows["port"] == 22).sum()
    assert (data.frame["port"] == -1).sum() == 1
    assert (data.frame["is_ftp_login"] == 0).all()
    whole = load("unsw_nb15", write_unsw(tmp_path / "part" / "p.csv", unsw_table(flows)))
    assert sorted(data.frame["rate"]) == pytest.approx(sorted(whole.frame["rate"]), rel=1e-4)


def test_raw_files_with_the_names_of_the_description_load_too(tmp_path: Path) -> None:
    raw_unsw(some_flows()).to_csv(tmp_path / "named.csv", index=False)
    assert load("unsw_nb15", tmp_path).has("time")


def test_raw_files_and_partitions_are_not_mixed(tmp_path: Path) -> None:
    write_unsw(tmp_path / "part.csv", unsw_table(some_flows()))
    write_raw_unsw(tmp_path / "UNSW-NB15_1.csv", raw_unsw(some_flows()))
    with pytest.raises(CaseStudyError, match="holds raw files and partitions"):
        load("unsw_nb15", tmp_path)


def test_only_raw_files_of_unsw_have_a_port_to_ask_for(tmp_path: Path) -> None:
    raw = write_raw_unsw(tmp_path / "UNSW-NB15_1.csv", raw_unsw(some_flows()))
    assert "dsport" in load("unsw_nb15", raw, with_port=True).numeric
    part = write_unsw(tmp_path / "part.csv", unsw_table(some_flows()))
    with pytest.raises(CaseStudyError, match="no destination port"):
        load("unsw_nb15", part, with_port=True)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("sttl", "high", "line 5, column sttl: 'high' is not a number"),
        ("sttl", np.inf, "line 5, column sttl: 'inf' is infinite"),
        ("attack_cat", "Smurf", "line 5, column attack_cat: 'Smurf' is no class of UNSW-NB15"),
        ("label", None, "line 5, column label: the value is missing"),
        ("label", 1, "line 5, column label: '1' contradicts attack_cat"),
    ],
)
def test_a_bad_cell_of_unsw_is_named_by_file_row_and_column(
    column: str, value: object, message: str, tmp_path: Path
) -> None:
    table = unsw_table(some_flows().query("label == 'BENIGN'").head(50))
    cells = table[column].astype(object)
    cells.iloc[3] = value
    table[column] = cells
    with pytest.raises(CaseStudyError) as told:
        load("unsw_nb15", write_unsw(tmp_path / "bad.csv", table))
    assert f"bad.csv, {message}" in str(told.value)


def test_text_columns_that_hold_numbers_are_refused(tmp_path: Path) -> None:
    table = unsw_table(some_flows()).assign(proto=6)
    with pytest.raises(CaseStudyError, match="column proto: '6' is a number, not a text"):
        load("unsw_nb15", write_unsw(tmp_path / "bad.csv", table))


def test_a_category_nobody_has_seen_before_is_no_error(tmp_path: Path) -> None:
    table = unsw_table(some_flows()).assign(service="quic")
    data = load("unsw_nb15", write_unsw(tmp_path / "new.csv", table))
    assert set(data.frame["service"]) == {"quic"}
    assert isinstance(data.frame["service"], pd.Series)
