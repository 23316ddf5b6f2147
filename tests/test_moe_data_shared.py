"""The loaders on the real files, where somebody has them: MOE_IDS_DATA names their folder."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from moe_ids.data import load
from moe_ids.data.places import VARIABLE, find
from moe_ids.errors import CaseStudyError
from moe_ids.features import PiecewiseLinear, Preprocessor
from moe_ids.splits import split

pytestmark = pytest.mark.skipif(
    VARIABLE not in os.environ,
    reason=f"{VARIABLE} names no folder with CICIDS2017 and UNSW-NB15, which are not ours to ship",
)


@pytest.mark.parametrize("name", ["cicids2017", "unsw_nb15"])
def test_real_rows_become_finite_features_by_a_split_that_keeps_duplicates_together(
    name: str,
) -> None:
    place = find(name, Path.cwd())
    assert not place.stands_in
    data = load(place.name, place.path)
    parts = split(data)
    train, test = data.frame.iloc[parts.train], data.frame.iloc[parts.test]
    prepared = Preprocessor.fit(train, data.numeric, data.categorical)
    numbers = prepared.transform(test)
    assert np.isfinite(numbers).all()
    assert (prepared.codes(test) < prepared.cardinalities).all()
    bins = PiecewiseLinear.fit(prepared.transform(train))
    assert all(np.isfinite(edges).all() and (np.diff(edges) > 0).all() for edges in bins.edges)
    if parts.method == "groups":
        same = data.frame.groupby(list(data.features), dropna=False, sort=False).ngroup()
        assert set(same.iloc[parts.train]).isdisjoint(same.iloc[parts.test])


def test_the_order_of_unsw_is_refused() -> None:
    place = find("unsw_nb15", Path.cwd())
    data = load(place.name, place.path)
    if data.has("time"):
        pytest.skip("these are raw files, whose order is time")
    with pytest.raises(CaseStudyError, match="not split by the order of rows"):
        split(data, "order")
