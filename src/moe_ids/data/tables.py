"""Read CSV and parquet files, and say file, row and column where something is wrong."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from moe_ids.errors import CaseStudyError

SUFFIXES = (".csv", ".parquet")
_LISTED = 6


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was read; ``lines`` is the line of its first row, 0 for parquet.

    The index of the frame counts rows of the file, also after rows were left out.
    """

    path: Path
    frame: pd.DataFrame
    lines: int

    def refuse(self, bad: pd.Series, column: str, why: str) -> None:
        """Refuse the file if any row is bad.

        Args:
            bad: of each row of the frame, whether it is.
            column: where, as the file names it.
            why: what is wrong; the sentence begins with the value.

        Raises:
            CaseStudyError: names the file, the first bad row, the column and the value.
        """
        rows = np.flatnonzero(bad.to_numpy(dtype=bool))
        if not len(rows):
            return
        number = int(self.frame.index.to_numpy()[rows[0]])
        place = f"line {number + self.lines}" if self.lines else f"row {number + 1}"
        value = self.frame[column].iloc[rows[0]]
        shown = "the value" if pd.isna(value) else repr(str(value))
        more = f", and {len(rows) - 1:,} more rows like it" if len(rows) > 1 else ""
        raise CaseStudyError(
            f"{self.path.name}, {place}, column {column}: {shown} {why}{more}.",
            why="Files are read as they were published or made, and this one differs.",
            next_step="Look at that cell; get the file again if it was edited or cut off.",
        )

    def having(self, frame: pd.DataFrame) -> Table:
        """The same file with another frame."""
        return replace(self, frame=frame)


def data_files(path: Path, *, leave_out: Iterable[str] = ()) -> list[Path]:
    """The data files at a path: itself, or every CSV and parquet file of a folder, by name.

    Args:
        path: a file or a folder.
        leave_out: lower-case file names that are no data, passed over in a folder.

    Raises:
        CaseStudyError: there are none.
    """
    if path.is_dir():
        found = [one for one in path.iterdir() if one.suffix.lower() in SUFFIXES and one.is_file()]
        unwanted = set(leave_out)
        found = sorted(one for one in found if one.name.lower() not in unwanted)
    else:
        found = [path] if path.is_file() else []
    if not found:
        raise CaseStudyError(
            f"There are no data at {path}.",
            why="It is neither a CSV or parquet file nor a folder that holds one.",
            next_step="Check the path; `python -m moe_ids.data --help` says how to get data.",
        )
    return found


def read_table(path: Path, names: Sequence[str] | None = None) -> Table:
    """Read one file.

    Blanks around column names are removed, and rows without any value are left out. Bytes that
    are not UTF-8 become U+FFFD: in these files they occur only in labels.

    Args:
        path: a CSV or parquet file.
        names: the columns of a CSV file that has no header.

    Raises:
        CaseStudyError: the file is empty or cannot be read.
    """
    if path.suffix.lower() == ".parquet":
        table = Table(path, _read_parquet(path), 0)
    else:
        table = Table(path, _read_csv(path, names), 1 if names else 2)
    frame = table.frame.reset_index(drop=True).rename(columns=lambda name: str(name).strip())
    frame = frame[~frame.isna().all(axis=1)]
    if frame.empty:
        raise _empty(path)
    return table.having(frame)


def require_columns(table: Table, wanted: Sequence[str], *, hint: str = "") -> None:
    """Refuse a file that lacks columns.

    Raises:
        CaseStudyError: names the file and what is missing.
    """
    missing = [name for name in wanted if name not in table.frame]
    if missing:
        raise CaseStudyError(
            f"{table.path.name} has no column {_some(missing)}.",
            why=hint or f"It has {table.frame.shape[1]} columns: {_some(table.frame.columns)}.",
            next_step="Check that --dataset names the kind of this file, and that it has a header.",
        )


def numbers(
    table: Table, columns: Sequence[str], *, infinite: Iterable[str] = ()
) -> dict[str, pd.Series]:
    """Columns as float64; missing values stay NaN.

    Args:
        table: the file.
        columns: which.
        infinite: those that may hold infinities.

    Raises:
        CaseStudyError: a cell is no number, or infinite where it cannot be.
    """
    allowed = set(infinite)
    found = {}
    for name in columns:
        given = table.frame[name]
        values = pd.to_numeric(given, errors="coerce").astype(np.float64)
        table.refuse(values.isna() & given.notna(), name, "is not a number")
        if name not in allowed:
            table.refuse(values.abs() == np.inf, name, "is infinite")
        found[name] = values
    return found


def texts(table: Table, columns: Sequence[str]) -> dict[str, pd.Series]:
    """Columns as text without blanks around it; missing values stay missing.

    Raises:
        CaseStudyError: a column holds numbers.
    """
    found = {}
    for name in columns:
        given = table.frame[name]
        if pd.api.types.is_numeric_dtype(given.dtype):
            table.refuse(given.notna(), name, "is a number, not a text")
        found[name] = given.astype("str").str.strip()
    return found


def one_of(table: Table, name: str, known: Iterable[str]) -> pd.Series:
    """A column of text, each value one of those known.

    Raises:
        CaseStudyError: a cell is missing or holds another value.
    """
    values = texts(table, [name])[name]
    choices = list(known)
    table.refuse(values.isna(), name, "is missing")
    table.refuse(~values.isin(choices), name, f"is none of {', '.join(choices)}")
    return values


def _read_csv(path: Path, names: Sequence[str] | None) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            # Where rows are longer than the header, pandas would drop what is too much.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                path,
                names=list(names) if names else None,
                header=None if names else 0,
                index_col=False,
                skipinitialspace=True,
                skip_blank_lines=False,
                low_memory=False,
                encoding="utf-8-sig",
                encoding_errors="replace",
            )
    except pd.errors.EmptyDataError:
        raise _empty(path) from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        line = re.search(r"line (\d+)", str(error))
        place = f", line {line[1]}" if line else ""
        raise CaseStudyError(
            f"{path.name}{place} cannot be read as CSV.",
            why=str(error).strip(),
            next_step="Fetch the file again, or mend that line.",
        ) from None


def _read_parquet(path: Path) -> pd.DataFrame:
    # What a broken file raises depends on where it is broken: OSError or one of Arrow's errors,
    # which are ValueErrors.
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise CaseStudyError(
            f"{path.name} cannot be read as parquet.",
            why=str(error).splitlines()[0],
            next_step="Fetch the file again.",
        ) from None


def _empty(path: Path) -> CaseStudyError:
    return CaseStudyError(
        f"{path.name} holds no rows.",
        why="The file is empty, or has nothing below its header.",
        next_step="Fetch or make the file again.",
    )


def _some(names: Iterable[object]) -> str:
    listed = [str(name) for name in names]
    rest = len(listed) - _LISTED
    return ", ".join(listed[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")
