"""Cells run in the forked shell as they run in a kernel, and show no more than fits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import BenchFor
from nbformat.v4 import new_code_cell
from support_grading import NAME, make_course, write_notebook

from labkit.grading.bench import Bench, Engine, Order, open_bench
from labkit.grading.grade import grade_one
from labkit.grading.load import read_submission
from labkit.grading.outcome import Graded, State
from labkit.paths import Course
from labkit.warm.outputs import MOST_OUTPUTS, MOST_TEXT, Outputs
from labkit.warm.pool import can_fork

pytestmark = pytest.mark.skipif(not can_fork(), reason="forking is safe on Linux only")

CELLS = {
    "printed": "print('one')\nprint('two')",
    "two streams": "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')",
    "a result": "6 * 7",
    "a silent result": "6 * 7;",
    "a table": "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "displayed": "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))\nprint('y')",
    "updated": "shown = display('old', display_id='x')\nshown.update('new')",
    "cleared": "import IPython.display as d\nprint('old')\nd.clear_output()\nprint('new')",
    "cleared later": "print('old')\nd.clear_output(wait=True)\nprint('new')",
    "last results": "_ * 2 if isinstance(_, int) else Out[3]",
    "awaited": "import asyncio\nawait asyncio.sleep(0)\n'done'",
    "a magic": "%env LANG_OF_COURSE=English",
    "bash": "%%bash\necho from bash",
    "a picture": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "a logged warning": "import logging\nlogging.getLogger('x').warning('careful')",
    "changed folder": "import os\nos.chdir('/')\nos.getcwd()",
}
ERRORS = {
    "an error": "1 / 0",
    "a syntax error": "def f(:",
    "an unknown magic": "%nothing",
    "input": "input('name?')",
    "sys.exit": "import sys\nsys.exit(3)",
    "an exception that cannot be shown": (
        "class Odd(Exception):\n    def __str__(self):\n        raise ValueError('no')\nraise Odd()"
    ),
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Course:
    made = make_course(tmp_path_factory.mktemp("shell"))
    (made.state / "template").mkdir(parents=True)
    shutil.copy(template, made.state / "template")
    return made


@pytest.fixture(scope="module")
def bench(tiny: Course, bench_for: BenchFor) -> Bench:
    return bench_for(Order(tiny.root, NAME, Engine.SHELL))


def grade(bench: Bench, folder: Path, *sources: str) -> Graded:
    """Grade the tiny lab with cells before its own."""
    notebook = bench.lab.solution_notebook()
    notebook.cells = [*(new_code_cell(source) for source in sources), *notebook.cells]
    path = write_notebook(folder / "submission.ipynb", notebook)
    return grade_one(read_submission("submission", path, bench.lab.name), bench)


def shown(graded: Graded, count: int) -> list[list[dict[str, Any]]]:
    assert graded.notebook is not None
    return [cell.outputs for cell in graded.notebook.cells[:count]]


def comparable(outputs: list[dict[str, Any]]) -> tuple[dict[str, str], list[Any]]:
    """What both engines show: the texts of each stream, and what is no text, pictures as such."""
    texts: dict[str, str] = {}
    others: list[Any] = []
    for one in json.loads(json.dumps(outputs)):
        if one["output_type"] == "stream":
            text = one["text"].replace("\r\n", "\n")
            texts[one["name"]] = texts.get(one["name"], "") + text
        else:
            picture = one["data"].pop("image/png", None) is not None
            others.append((one["output_type"], one["data"], picture))
    return texts, others


def test_cells_show_in_the_shell_what_they_show_in_a_kernel(
    bench: Bench, tiny: Course, tmp_path: Path
) -> None:
    in_shell = shown(grade(bench, tmp_path, *CELLS.values()), len(CELLS))
    with open_bench(Order(tiny.root, NAME, Engine.COLD)) as cold:
        in_kernel = shown(grade(cold, tmp_path, *CELLS.values()), len(CELLS))
    for name, ours, theirs in zip(CELLS, in_shell, in_kernel, strict=True):
        assert comparable(ours) == comparable(theirs), name


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_ends_its_cell_and_not_the_notebook(
    bench: Bench, tmp_path: Path, name: str
) -> None:
    graded = grade(bench, tmp_path, ERRORS[name])
    assert graded.state is State.GRADED
    assert graded.points == graded.max_points
    errors = [one for one in shown(graded, 1)[0] if one["output_type"] != "stream"]
    assert {one["output_type"] for one in errors} <= {"error"}
    assert graded.errors or name == "an unknown magic"


def test_exit_ends_the_process_at_its_cell(bench: Bench, tmp_path: Path) -> None:
    graded = grade(bench, tmp_path, "exit()")
    assert graded.state_text == "kernel died at cell 1"
    assert "Cell 1" in graded.reason
    assert "ended the Python process" in graded.reason


def test_a_shell_that_says_what_no_shell_says_is_taken_for_dead(
    bench: Bench, tmp_path: Path
) -> None:
    graded = grade(bench, tmp_path, "import os\nos.write(3, (1 << 60).to_bytes(8, 'big'))")
    assert graded.state_text == "kernel died at cell 1"


@pytest.mark.parametrize("cell", [0, 1, "x"])
def test_a_cell_that_answers_for_the_shell_ends_the_notebook(
    bench: Bench, tmp_path: Path, cell: int | str
) -> None:
    forged = json.dumps({"cell": cell, "count": "x", "outputs": [{"output_type": "stream"}, 3]})
    source = f"import os\nos.write(3, ({len(forged)}).to_bytes(8, 'big') + {forged!r}.encode())"
    graded = grade(bench, tmp_path, source)
    assert graded.state is State.DIED
    assert "answered with what is no output of a cell" in graded.reason
    assert shown(graded, 1)[0][:-1] == []


def test_of_a_long_text_the_head_and_the_tail_are_shown() -> None:
    outputs = Outputs()
    for number in range(200_000):
        outputs.text("stdout", f"{number}\n")
    (only,) = outputs.result()
    assert only["text"].startswith("0\n1\n")
    assert only["text"].endswith("199999\n")
    assert "characters left out" in only["text"]
    assert len(only["text"]) < 4 * MOST_TEXT


def test_of_many_outputs_the_first_and_the_last_are_shown() -> None:
    outputs = Outputs()
    for number in range(1_000):
        outputs.add({"output_type": "display_data", "data": {"text/plain": str(number)}})
    found = outputs.result()
    numbers = [one["data"]["text/plain"] for one in found if "data" in one]
    assert numbers[:2] == ["0", "1"]
    assert numbers[-1] == "999"
    assert len(numbers) < MOST_OUTPUTS + 10
    left_out = 1_000 - len(numbers)
    (note,) = [one["text"] for one in found if "text" in one]
    assert note == f"{left_out} outputs were left out.\n"


def test_an_output_that_is_too_large_is_replaced_by_a_note() -> None:
    outputs = Outputs()
    outputs.add({"output_type": "display_data", "data": {"text/html": "x" * 3_000_000}})
    (only,) = outputs.result()
    assert only["text"] == "An output of 3,000,012 characters was left out.\n"
