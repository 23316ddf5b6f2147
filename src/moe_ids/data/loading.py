"""One function for all data sets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from moe_ids.data.cicids2017 import load_cicids2017
from moe_ids.data.course import load_flows
from moe_ids.data.dataset import Dataset
from moe_ids.data.unsw_nb15 import load_unsw_nb15
from moe_ids.errors import CaseStudyError

#: The loader of each kind of data; "flows" has the columns of CICIDS2017.
LOADERS: dict[str, Callable[..., Dataset]] = {
    "flows": partial(load_flows, view="cicids"),
    "flows-unsw": partial(load_flows, view="unsw"),
    "cicids2017": load_cicids2017,
    "unsw_nb15": load_unsw_nb15,
}


def load(name: str, path: str | Path, *, labelled: bool = True, with_port: bool = False) -> Dataset:
    """Load one kind of data.

    Args:
        name: a key of ``LOADERS``.
        path: a CSV or parquet file, or a folder of them.
        labelled: whether the labels are wanted; without, the files need not have any, and the
            frame has neither ``attack`` nor ``label``.
        with_port: make the destination port a feature. It is none unless asked for: it nearly
            names the attack in these captures, and nowhere else.

    Raises:
        CaseStudyError: there is no such kind, or the files are not what they should be.
    """
    if name not in LOADERS:
        raise CaseStudyError(
            f"There is no kind of data called {name!r}.",
            why=f"The kinds are {', '.join(LOADERS)}.",
            next_step="Choose one of them.",
        )
    return LOADERS[name](Path(path), labelled=labelled, with_port=with_port)
