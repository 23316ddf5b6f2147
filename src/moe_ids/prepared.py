"""A data set as the pipeline hands it on: loaded, checked and divided, in one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from moe_ids.data.dataset import Dataset
from moe_ids.errors import CaseStudyError
from moe_ids.splits import Split

_FLOWS, _ABOUT = "flows.parquet", "prepared.json"
_LISTS = ("numeric", "categorical", "classes", "notes")
_PARTS = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What ``python -m moe_ids.prepare`` wrote.

    Args:
        data: as they were loaded.
        parts: which rows are for what.
        about: where the data came from, plain JSON values.
    """

    data: Dataset
    parts: Split
    about: Mapping[str, Any]


def write_prepared(folder: Path, prepared: Prepared) -> None:
    """Write data and split. The same rows and options give the same bytes.

    Args:
        folder: made where it is missing.
        prepared: what to write.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data, parts = prepared.data, prepared.parts
    data.frame.to_parquet(folder / _FLOWS, index=False)
    found = {
        "about": dict(prepared.about),
        "data": {name: getattr(data, name) for name in ("name", *_LISTS)},
        "split": {"id": parts.id, "method": parts.method, "parameters": parts.parameters},
        "rows": {name: getattr(parts, name).tolist() for name in _PARTS},
    }
    (folder / _ABOUT).write_text(json.dumps(found), encoding="utf-8")


def read_prepared(folder: Path) -> Prepared:
    """Read what :func:`write_prepared` wrote.

    Raises:
        CaseStudyError: there is nothing of the kind, or it is broken.
    """
    try:
        found = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        lists = {name: tuple(found["data"][name]) for name in _LISTS}
        data = Dataset(found["data"]["name"], pd.read_parquet(folder / _FLOWS), **lists)
        train, valid, test = (np.array(found["rows"][name], dtype=np.int64) for name in _PARTS)
        parts = Split(**found["split"], train=train, valid=valid, test=test)
        return Prepared(data, parts, found["about"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CaseStudyError(
            f"{folder} holds no prepared data.",
            why=str(error).splitlines()[0],
            next_step="Make it: `python -m moe_ids.prepare --dataset NAME --out FOLDER`.",
        ) from None
