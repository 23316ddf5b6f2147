"""Committed outputs are what a reader gets today, and the notebooks keep to their form."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import REPOSITORY
from notebook_band import band_of

from labkit.build.execute import FIXED
from labkit.paths import Course
from labkit.servers.environment import course_environment
from labkit.servers.state import read_servers

EXECUTED = sorted([*REPOSITORY.notebooks.glob("*.ipynb"), *REPOSITORY.solutions.glob("*.ipynb")])
CHAPTERS = sorted(REPOSITORY.notebooks.glob("*.ipynb"))
ALL = [*EXECUTED, *sorted(REPOSITORY.labs.glob("*.ipynb"))]
SANITIZERS = Path(__file__).with_name("nbval.cfg")
#: Executed by the usual test command; all others by ``-m notebooks``, as each takes a minute.
ALWAYS = ("07_04_experiment_tracking", "lab01_tracking")


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if path.stem in ALWAYS else pytest.mark.notebooks)
        for path in EXECUTED
    ],
    ids=name_of,
)
def test_the_committed_outputs_are_what_the_notebook_gives_today(
    path: Path, classroom: Course
) -> None:
    servers = read_servers(classroom)
    assert servers is not None
    place = classroom.root / path.parent.name / path.name
    shutil.copyfile(path, place)
    options = [
        "--nbval-current-env",
        "--nbval-sanitize-with",
        str(SANITIZERS),
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--nbval",
            *options,
            "--rootdir",
            str(place.parent),
            str(place),
        ],
        cwd=place.parent,
        env={**course_environment(classroom, servers.tracking_uri), **FIXED},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\nIs it what `labkit build --force` gives?"


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_no_cell_is_longer_than_fifteen_lines_or_leaves_python(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            lines = cell.source.splitlines()
            assert len(lines) <= 15, cell.source
            assert not any(line.lstrip().startswith(("!", "%")) for line in lines), cell.source
            assert not any(line.rstrip().endswith("\\") for line in lines), cell.source


@pytest.mark.parametrize("path", CHAPTERS, ids=name_of)
def test_a_chapter_keeps_to_the_band_of_good_notebooks(path: Path) -> None:
    band = band_of(path)
    assert band.kept, band


@pytest.mark.parametrize("path", CHAPTERS, ids=name_of)
def test_a_chapter_promises_the_minutes_that_its_words_take(path: Path) -> None:
    band = band_of(path)
    read = re.search(r"(\d+) to read", band.promised)
    assert read, "its first cell says **Time:** about N minutes: N to read, N to run"
    assert abs(int(read[1]) - band.minutes) <= 3, band


@pytest.mark.parametrize("path", CHAPTERS, ids=name_of)
def test_every_code_cell_of_a_chapter_stands_between_two_texts(path: Path) -> None:
    kinds = [cell.cell_type for cell in nbformat.read(path, as_version=4).cells]
    assert kinds[0] == kinds[-1] == "markdown"
    assert ("code", "code") not in set(itertools.pairwise(kinds))
