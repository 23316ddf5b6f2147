"""Where data are: the course's flows in ``data/``, real data where their owner put them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from moe_ids.data.loading import LOADERS
from moe_ids.data.tables import SUFFIXES
from moe_ids.errors import CaseStudyError

#: Names a folder with real data; `fetch` writes there, and nothing there is ever shipped.
VARIABLE = "MOE_IDS_DATA"
_REAL = Path(".course") / "real"
_FLOWS = Path("data") / "flows.csv"
#: The view of the course's flows that takes the place of real data.
STAND_INS = {"cicids2017": "flows", "unsw_nb15": "flows-unsw"}


@dataclass(frozen=True, slots=True)
class Place:
    """Data that were found.

    Args:
        name: what to load them as, a key of ``LOADERS``.
        path: a file or a folder.
        stands_in: these are the course's flows, taken because the real data are not here.
    """

    name: str
    path: Path
    stands_in: bool


def real_data(root: Path) -> Path:
    """The folder with real data: what MOE_IDS_DATA names, else ``.course/real``."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else root / _REAL


def find(name: str, root: Path) -> Place:
    """Where the data of one kind are.

    Real data are a folder of that name in :func:`real_data`, or a file there whose name begins
    with it.

    Args:
        name: a key of ``LOADERS``.
        root: of the project.

    Returns:
        The real data where they are here, else the view of the course's flows that looks like
        them.

    Raises:
        CaseStudyError: there is no such kind, or the course's flows are not here either.
    """
    if name not in LOADERS:
        raise CaseStudyError(
            f"There is no kind of data called {name!r}.",
            why=f"The kinds are {', '.join(LOADERS)}.",
            next_step="Choose one of them.",
        )
    if name in STAND_INS:
        folder = real_data(root)
        if VARIABLE in os.environ and not folder.is_dir():
            raise CaseStudyError(
                f"{VARIABLE} names {folder}, which is no folder.",
                why="Real data are looked for there, and nowhere else.",
                next_step="Mend the variable, or unset it to use the course's flows.",
            )
        files = sorted(one for one in folder.glob(f"{name}*") if one.suffix in SUFFIXES)
        for path in (folder / name, *files):
            if path.exists():
                return Place(name, path, stands_in=False)
    if not (root / _FLOWS).exists():
        raise CaseStudyError(
            f"The course's flows are not in {root / _FLOWS}.",
            why="`dvc pull` brings them; it was not run, or not here.",
            next_step="Run `dvc pull`, or `python -m moe_ids.data make --version v1 --out "
            f"{_FLOWS.parent.as_posix()}`.",
        )
    return Place(STAND_INS.get(name, name), root / _FLOWS, stands_in=name in STAND_INS)
