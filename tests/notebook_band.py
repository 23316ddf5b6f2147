"""How the chapters are written, in numbers: the band that good notebooks keep to.

    .venv/bin/python tests/notebook_band.py

prints a line per chapter: cells, texts per code cell, words per text, lines per code cell (median
and most), minutes to read texts and code at 200 words a minute, and what its first cell promises.
"""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass
from pathlib import Path

import nbformat

#: Words a minute of a reader who also reads code.
READING = 200
_PROMISED = re.compile(r"\*\*Time:\*\*\s*([^\n]+?)\.?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Band:
    """The numbers of one notebook."""

    cells: int
    texts_per_code: float
    words: float
    lines: float
    most_lines: int
    minutes: float
    promised: str

    @property
    def kept(self) -> bool:
        """Whether they are those of a good notebook (see the README, How to write a chapter)."""
        return (
            25 <= self.cells <= 40
            and 1.0 <= self.texts_per_code <= 1.4
            and 40 <= self.words <= 55
            and self.lines <= 6
            and self.most_lines <= 15
        )


def band_of(path: Path) -> Band:
    """The numbers of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    words = [len(text.split()) for text in texts]
    lines = [len(cell.source.splitlines()) for cell in cells if cell.cell_type == "code"]
    promised = _PROMISED.search(texts[0])
    return Band(
        cells=len(cells),
        texts_per_code=len(texts) / len(lines),
        words=statistics.mean(words),
        lines=statistics.median(lines),
        most_lines=max(lines),
        minutes=sum(len(cell.source.split()) for cell in cells) / READING,
        promised=promised[1] if promised else "",
    )


def main() -> None:
    """Print the table."""
    print("chapter                       cells  texts/code  words  lines  most  min  promised")
    for path in sorted(Path(__file__).parents[1].glob("notebooks/*.ipynb")):
        one = band_of(path)
        print(
            f"{path.stem:<28} {one.cells:>6} {one.texts_per_code:>11.2f} {one.words:>6.0f} "
            f"{one.lines:>6.1f} {one.most_lines:>5} {one.minutes:>4.0f}  {one.promised}"
            f"{'' if one.kept else '  OUTSIDE THE BAND'}"
        )


if __name__ == "__main__":
    main()
