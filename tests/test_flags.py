"""What an instructor is told to look at: attacks are, honest work never is."""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat
import pytest
from conftest import REPOSITORY
from nbformat.v4 import new_code_cell, new_notebook
from support_grading import make_course, tiny_lab

from labkit.bank import bank_notebooks
from labkit.grading.addresses import put_right
from labkit.grading.flags import flags_of
from labkit.labs import Lab, all_labs

HONEST = {
    f"{lab.name} {name}": notebook
    for lab in all_labs(REPOSITORY)
    for name, notebook, _ in [
        *bank_notebooks(lab),
        ("solution", lab.solution_notebook(), {}),
        ("untouched", lab.student_notebook(), {}),
    ]
}
CHAPTERS = sorted(REPOSITORY.chapter_sources.glob("*.py"))


def as_answers(*sources: str) -> nbformat.NotebookNode:
    """A notebook in which a student wrote all cells."""
    metadata = {"labkit": {"role": "extra"}}
    return new_notebook(cells=[new_code_cell(one, metadata=metadata) for one in sources])


@pytest.mark.parametrize("name", HONEST)
def test_nothing_in_the_answer_bank_is_flagged_or_put_right(name: str) -> None:
    assert flags_of(HONEST[name]) == ()
    for cell in HONEST[name].cells:
        assert put_right(cell.source) == (cell.source, ())


#: Chapters that show, on purpose, what honest work in a lab has no reason to do.
TAUGHT = {
    "00_start_here": ["imports what grades it"],  # how a verdict comes about
    "07_12_what_to_store": ["makes an object that acts when it is loaded"],  # what a pickle can do
}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_nothing_in_a_chapter_would_be_flagged_or_put_right(path: Path) -> None:
    cells = jupytext.read(path).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    assert sources
    found = [flag.split(" ", 2)[2] for flag in flags_of(as_answers(*sources))]
    assert found == TAUGHT.get(path.stem, [])
    assert [put_right(source) for source in sources] == [(source, ()) for source in sources]


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess\ndone = subprocess.run(['git', 'log'])\ndone.kill",
        "import signal, os\nprint(signal.SIGINT, os.getpid(), os.cpu_count())",
        "import sys\nIN_COLAB = 'google.colab' in sys.modules",
        "print('Update runs, insert into a table and delete from it')",
        "import pandas as pd\npd.options.display.max_rows = 5\npd.set_option('x', 1)",
        "class Model:\n    def __eq__(self, other):\n        return self.x == other.x",
        "%%time\n%matplotlib inline\n!git status\nfiles = !ls\nimport os?",
        "eval('1 + 1')\nexec('x = 1')",
        "def broken(:\n  os.fork()",
        "text = open('/proc/cpuinfo').read()",
        "x" * 60_000,
    ],
)
def test_unusual_but_honest_code_is_not_flagged(source: str) -> None:
    assert flags_of(as_answers(source)) == ()


@pytest.mark.parametrize(
    ("source", "flag"),
    [
        ("get_ipython().input_transformers_post.append(f)", "changes the code of other cells"),
        ("getattr(get_ipython(), 'ast_transformers').append(f)", "changes the code of other cells"),
        ("get_ipython().events.register('pre_run_cell', f)", "runs code around other cells"),
        ("import gc\ngc.get_objects()", "searches the memory of its process"),
        ("import sys as s\ns._getframe(1)", "searches the memory of its process"),
        ("object.__subclasses__()", "searches the memory of its process"),
        ("import os\nos.kill(os.getppid(), 9)", "stops processes it did not start"),
        ("from os import kill\nkill(-1, 9)", "stops processes it did not start"),
        ("import os\nos.kill(os.getpid(), 9)", "ends its own process"),
        ("from os import _exit\n_exit(0)", "ends its own process"),
        ("import os\nwhile True: os.fork()", "starts processes that detach themselves"),
        ("Popen(['x'], start_new_session=True)", "starts processes that detach themselves"),
        ("class A:\n  def __reduce__(self): ...", "makes an object that acts when it is loaded"),
        ("class A:\n  def __eq__(self, o): return True", "makes an object that equals everything"),
        ("open('../content/labs/x/y')", "names files of the grader"),
        ("p = Path('hidden.py')", "names files of the grader"),
        ("open(f'/proc/{pid}/environ')", "looks into processes (/proc)"),
        ("open('../.course/declared/1.1.json', 'w')", "reaches into `.course`"),
        (
            "db.execute('INSERT INTO latest_metrics VALUES (1)')",
            "writes into a database past MLflow",
        ),
        ("db.execute('update runs set name = 1')", "writes into a database past MLflow"),
        ("print('Exercise 1.1: 5 of 5 points')", "prints what looks like a verdict"),
        ("import labkit\nlabkit.check = lambda _: None", "replaces labkit.check"),
        ("import builtins\nsetattr(builtins, 'abs', f)", "replaces builtins.abs"),
        ("import numpy as np\ndef f(): ...\nnp.allclose = f", "replaces numpy.allclose"),
        ("import sys\nsys.modules['labkit'] = Fake()", "replaces modules"),
        ("from labkit.grading import load", "imports what grades it"),
        ("import ctypes", "calls the system past Python"),
        ("exec(base64.b64decode('eA=='))", "runs code that is hidden in text"),
        ("import atexit\natexit.register(f)", "runs code after the last cell"),
        ("import signal\nsignal.signal(2, f)", "changes how it may be stopped"),
        ("import sys\nsys.settrace(f)", "changes how other code runs"),
    ],
)
def test_an_attack_is_flagged(source: str, flag: str) -> None:
    assert f"Cell 1 {flag}" in flags_of(as_answers(source))


def test_a_flag_names_its_cell_and_exercise(tmp_path: Path) -> None:
    lab: Lab = tiny_lab(make_course(tmp_path))
    notebook = lab.with_answers({"1.2": "import gc\ngc.get_objects()\ngc.get_referrers()"})
    assert flags_of(notebook) == ("Cell 4 (exercise 1.2) searches the memory of its process",)


def test_what_a_given_cell_imports_is_known_in_an_answer() -> None:
    notebook = as_answers("import numpy as np", "np.allclose = lambda *_: True")
    del notebook.cells[0].metadata["labkit"]
    assert flags_of(notebook) == ("Cell 2 replaces numpy.allclose",)


@pytest.mark.parametrize(
    "bomb",
    ["(" * 49_000, "-" * 49_000 + "1", "1" + "+1" * 20_000, "not " * 12_000, "a=" * 20_000 + "1"],
)
def test_code_made_to_break_its_reader_is_passed_over(bomb: str) -> None:
    assert flags_of(as_answers(bomb)) == ()
    assert put_right(bomb) == (bomb, ())
