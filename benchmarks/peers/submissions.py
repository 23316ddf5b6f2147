"""The submissions to grade: copies from the answer bank, or some of a folder."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import nbformat

from labkit.bank import bank_notebooks
from labkit.grading.load import find_entries
from labkit.labs import Lab


def count_entries(folder: Path) -> int:
    """How many submissions a folder holds.

    Raises:
        CourseError: none.
    """
    return len(find_entries(folder))


def write_submissions(lab: Lab, folder: Path, count: int, source: Path | None) -> None:
    """Write a folder of submissions.

    Args:
        lab: the lab.
        folder: the folder to make.
        count: how many.
        source: take the first of this folder; if None, the answer bank's notebooks are taken,
            again from the first when it is used up. No two are the same to the letter, so none
            is spared by a grader that knows copies.
    """
    folder.mkdir()
    if source is not None:
        for path in itertools.islice(find_entries(source).values(), count):
            if path.is_dir() and not path.is_symlink():
                shutil.copytree(path, folder / path.name, symlinks=True)
            else:
                shutil.copyfile(path, folder / path.name, follow_symlinks=False)
        return
    bank = bank_notebooks(lab)
    for number in range(count):
        name, notebook, answers = bank[number % len(bank)]
        for cell in notebook.cells:
            role = cell.metadata.get("labkit", {})
            if role.get("role") == "answer" and role["exercise"] in answers:
                cell.source = f"{cell.source.rstrip()}\n# written by number {number}"
        nbformat.write(notebook, folder / f"{number:03} {name}.ipynb")
