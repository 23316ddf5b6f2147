"""Splits: no row, neighbour or duplicate of a test row helps to learn it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support_moe import (
    ROWS,
    cicids_table,
    flows_file,
    some_flows,
    unsw_table,
    write_cicids,
    write_unsw,
)

from moe_ids.data import Dataset, load
from moe_ids.errors import CaseStudyError
from moe_ids.splits import Split, split


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return load("flows", flows_file(tmp_path_factory.mktemp("flows")))


@pytest.fixture(scope="module")
def unsw(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """As UNSW-NB15 is: sorted by label, and a third of the rows there twice."""
    table = unsw_table(some_flows())
    table = pd.concat([table, table.iloc[::2]]).sort_values("label", kind="stable")
    path = tmp_path_factory.mktemp("unsw") / "part.csv"
    return load("unsw_nb15", write_unsw(path, table.assign(id=range(len(table)))))


def parts(found: Split) -> dict[str, Any]:
    return {"train": found.train, "valid": found.valid, "test": found.test}


def test_the_parts_of_a_split_by_time_follow_each_other(flows: Dataset) -> None:
    found = split(flows)
    time = flows.frame["time"].to_numpy()
    assert found.method == "time"
    assert time[found.train].max() < time[found.valid].min()
    assert time[found.valid].max() < time[found.test].min()
    assert len(found.test) == pytest.approx(0.3 * ROWS, abs=2)


def test_no_session_lies_on_both_sides_of_a_cut(flows: Dataset) -> None:
    sessions = {
        name: set(flows.frame["session"].iloc[rows]) for name, rows in parts(split(flows)).items()
    }
    assert not sessions["train"] & sessions["valid"]
    assert not (sessions["train"] | sessions["valid"]) & sessions["test"]


def test_rows_at_the_same_time_stay_together(flows: Dataset) -> None:
    minutes = flows.frame.assign(time=flows.frame["time"] // 60)
    found = split(Dataset("flows", minutes, flows.numeric, (), flows.classes))
    sides = [set(minutes["time"].iloc[rows]) for rows in parts(found).values()]
    assert not sides[0] & sides[1]
    assert not sides[1] & sides[2]


def test_rows_with_the_same_features_are_on_one_side(unsw: Dataset) -> None:
    found = split(unsw, "groups", seed=3)
    same = unsw.frame.groupby(list(unsw.features), sort=False).ngroup()
    sides = [set(same.iloc[rows]) for rows in parts(found).values()]
    assert same.nunique() < len(unsw)
    assert not sides[0] & sides[1]
    assert not (sides[0] | sides[1]) & sides[2]
    assert sum(len(rows) for rows in parts(found).values()) == len(unsw)


def test_a_zero_is_the_same_feature_with_either_sign(flows: Dataset) -> None:
    frame = pd.concat([flows.frame, flows.frame], ignore_index=True)
    second = np.arange(len(frame)) >= ROWS
    for name in flows.numeric:
        frame[name] = frame[name].mask(second & (frame[name] == 0), -0.0)
    doubled = Dataset("flows", frame, flows.numeric, (), flows.classes)
    found = split(doubled, "groups", valid=0)
    assert set(found.test % ROWS).isdisjoint(found.train % ROWS)


def test_each_class_has_its_share_in_a_split_by_groups(unsw: Dataset) -> None:
    found = split(unsw, "groups", seed=1)
    labels = unsw.frame["label"]
    share = labels.iloc[found.test].value_counts() / labels.value_counts()
    common = labels.value_counts() > 100
    assert share[common].between(0.25, 0.35).all()


def test_a_column_can_make_the_groups(flows: Dataset) -> None:
    found = split(flows, "groups", by="session")
    sessions = [set(flows.frame["session"].iloc[rows]) for rows in parts(found).values()]
    assert not sessions[0] & sessions[2]
    with pytest.raises(CaseStudyError, match="no column 'country'"):
        split(flows, "groups", by="country")


def test_the_same_rows_in_another_order_are_divided_in_the_same_way(unsw: Dataset) -> None:
    order = np.random.default_rng(0).permutation(len(unsw))
    first, second = split(unsw, "groups"), split(unsw.take(order), "groups")
    assert second.id == first.id
    assert set(order[second.test]) == set(first.test)


def test_the_id_changes_with_method_parameters_and_values(flows: Dataset) -> None:
    changed = flows.frame.copy()
    changed["Flow IAT Mean"] += np.arange(ROWS) == 5
    ids = {
        split(flows).id,
        split(flows, "groups").id,
        split(flows, "groups", seed=1).id,
        split(flows, test=0.25).id,
        split(flows, valid=0.1).id,
        split(flows.take(np.arange(ROWS - 1))).id,
        split(Dataset("flows", changed, flows.numeric, (), flows.classes)).id,
    }
    assert len(ids) == 7
    assert split(flows).id == split(flows).id
    assert all(len(one) == 16 for one in ids)


def test_a_split_can_be_logged(flows: Dataset) -> None:
    found = split(flows, "groups")
    logged = found.as_dict()
    assert logged["split_id"] == found.id
    assert logged["split_seed"] == 0
    assert logged["rows_train"] + logged["rows_valid"] + logged["rows_test"] == ROWS


def test_unsw_is_never_split_by_the_order_of_its_rows(unsw: Dataset) -> None:
    with pytest.raises(CaseStudyError, match="not split by the order of rows") as told:
        split(unsw, "order")
    assert "100.0% of the rows" in told.value.why


def test_order_is_as_good_as_time_where_it_is_time(flows: Dataset) -> None:
    assert set(split(flows, "order").test) == set(split(flows, "time").test)


def test_data_without_times_are_not_split_by_time(unsw: Dataset, tmp_path: Path) -> None:
    with pytest.raises(CaseStudyError, match="cannot be split by time"):
        split(unsw, "time")
    cicids = load("cicids2017", write_cicids(tmp_path / "a.csv", cicids_table(some_flows())))
    assert split(cicids).method == "groups"


def test_the_published_partitions_are_a_split(unsw: Dataset) -> None:
    with pytest.raises(CaseStudyError, match="no published split"):
        split(unsw, "official")
    part = np.where(np.arange(len(unsw)) % 3 == 0, "test", "train")
    both = Dataset(
        "unsw_nb15", unsw.frame.assign(part=part), unsw.numeric, unsw.categorical, unsw.classes
    )
    found = split(both, "official")
    assert set(both.frame["part"].iloc[found.test]) == {"test"}
    assert set(both.frame["part"].iloc[np.r_[found.train, found.valid]]) == {"train"}
    assert len(found.test) == (part == "test").sum()


def test_a_part_with_one_class_is_refused(flows: Dataset) -> None:
    benign = flows.take(np.flatnonzero(flows.frame["attack"] == 0))
    with pytest.raises(CaseStudyError, match="would have only benign rows"):
        split(benign)
    late = flows.frame.assign(attack=(np.arange(ROWS) > 0.9 * ROWS).astype(int))
    with pytest.raises(CaseStudyError, match="training part would have only benign rows"):
        split(Dataset("flows", late, flows.numeric, (), flows.classes))


def test_rows_without_labels_are_not_divided(tmp_path: Path) -> None:
    path = flows_file(tmp_path, some_flows().drop(columns="label"))
    with pytest.raises(CaseStudyError, match="Rows without labels"):
        split(load("flows", path, labelled=False))


@pytest.mark.parametrize(("test", "valid"), [(0.0, 0.1), (1.0, 0.1), (0.3, 1.0), (0.3, -0.1)])
def test_shares_that_cannot_be_are_refused(test: float, valid: float, flows: Dataset) -> None:
    with pytest.raises(CaseStudyError, match="cannot be"):
        split(flows, test=test, valid=valid)


def test_an_unknown_method_is_refused_with_the_known_ones(flows: Dataset) -> None:
    with pytest.raises(CaseStudyError, match="no split called 'random'") as told:
        split(flows, "random")
    assert "groups" in told.value.why
