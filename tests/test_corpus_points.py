"""Submissions that want points they have not earned: none gets one, each loses only its own."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from support_corpus import Case, also, cases, check, grade_answers, grade_file
from support_grading import write_notebook

from labkit.grading.bench import Bench
from labkit.grading.outcome import State

pytest_plugins = ["support_corpus_benches"]

OTHER_CELLS = "changes the code of other cells"
MEMORY = "searches the memory of its process"
EMPTIES = "get_ipython().input_transformers_post.append(lambda lines: [])"
STRIPS = """
import ast
class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Strip())
assert False
"""
EQUAL = """
class Anything(int):
    def __eq__(self, other):
        return True
    __hash__ = int.__hash__
labkit.declare("1.2", value=Anything(7))
"""
NO_VALUE = """
class Anything:
    def __eq__(self, other):
        return True
labkit.declare("1.2", value=Anything())
"""
BUILTINS = """
import builtins
for name in ("all", "any", "abs"):
    setattr(builtins, name, lambda *_: True)
"""
NOT_A_NUMBER = """
import math
math.isfinite = lambda _: True
labkit.declare("1.1", value=float("nan"))
"""
HUNTS = """
import gc, sys
secret = "is_the_" + "answer"
found = [1 for one in gc.get_objects() if isinstance(one, dict) and secret in list(one)]
frame = sys._getframe()
while frame:
    found += [2 for name in frame.f_locals if secret in str(name)]
    frame = frame.f_back
found += [3 for one in [*In, *map(str, Out.values())] if "checks" + ".py" in one]
found += [4 for name in sys.modules if name.startswith("labkit_lab_")]
labkit.declare("1.2", value=found)
"""
PICKLE = """
class Bomb:
    def __reduce__(self):
        import os
        return os._exit, (3,)
bomb = Bomb()
labkit.declare("1.2", value=bomb)
"""
PROGRESS = """
import json
from pathlib import Path
for place in ("..", "../.course", ".", "../.."):
    for name in ("gradebook.csv", "progress.json", "journal.jsonl", "results.json"):
        Path(place, name).write_text(json.dumps({"1.2": 1}))
"""
FAKE_CARD = """
from IPython.display import HTML, display
print("Exercise 1.2: 1 of 1 point")
display(HTML("<div>Exercise 1.2: 1 of 1 point</div>"))
"""
UPDATES = """
from IPython.display import display
display("nothing", display_id="check-1-1").update("all points")
"""
SHADOWS = """
import sys, types
fake = types.ModuleType("labkit")
fake.declare = fake.check = lambda *_, **__: print("all right")
sys.modules["labkit"] = labkit = fake
"""
EARLY = """
import json, os
from pathlib import Path
place = Path(os.environ["LABKIT_ROOT"], ".course", "declared")
for name in ("1.2", "1.3"):
    (place / f"{name}.json").write_text(json.dumps({"value": True, "points": 99}))
"""


@pytest.mark.parametrize(
    "case",
    cases(
        Case(1, "empties later cells", also(EMPTIES), (3, 1, 0), flags=(OTHER_CELLS,)),
        Case(
            1,
            "empties later cells by an event",
            "def stop(info):\n    info.raw_cell = ''\n"
            "get_ipython().events.register('pre_run_cell', stop)",
            flags=("runs code around other cells",),
        ),
        Case(
            2,
            "strips asserts",
            STRIPS,
            says="AssertionError",
            flags=(OTHER_CELLS,),
        ),
        Case(
            3,
            "an equal to everything that is a number",
            EQUAL,
            flags=("makes an object that equals everything",),
        ),
        Case(
            3,
            "an equal to everything that is no value",
            NO_VALUE,
            says="cannot be declared",
            flags=("makes an object that equals everything",),
        ),
        Case(
            3,
            "patches check",
            "labkit.check = lambda _: print('1 of 1')",
            flags=("replaces labkit.check",),
        ),
        Case(
            3,
            "patches declare, to its own loss",
            "labkit.declare = lambda *_, **__: None",
            (3, 0, 0),
            flags=("replaces labkit.declare",),
        ),
        Case(3, "puts another module in place", SHADOWS, (3, 0, 0), flags=("replaces modules",)),
        Case(4, "overrides builtins", BUILTINS, flags=("replaces parts of builtins",)),
        Case(
            4,
            "declares a NaN past the guard",
            points=(0, 1, 1),
            answers={"1.1": NOT_A_NUMBER},
            flags=("replaces math.isfinite",),
        ),
        Case(6, "hunts in memory", HUNTS, declared=[], flags=(MEMORY,)),
        Case(
            7,
            "writes results",
            PROGRESS,
            flags=("reaches into `.course`", "names files of the grader"),
        ),
        Case(8, "prints a score", FAKE_CARD, flags=("prints what looks like a verdict",)),
        Case(8, "updates a display", UPDATES),
        Case(
            9,
            "a pickle bomb as a value",
            PICKLE,
            says="cannot be declared",
            flags=("makes an object that acts when it is loaded", "ends its own process"),
        ),
        Case(31, "declares past the kit, and wrongly", EARLY, flags=("reaches into `.course`",)),
    ),
)
def test_a_submission_gets_what_its_work_is_worth(
    case: Case, tiny_bench: Bench, tmp_path: Path
) -> None:
    check(case, tiny_bench, tmp_path)


READS = """
import os
from pathlib import Path
def attempt(action):
    try:
        action()
    except OSError as error:
        return type(error).__name__
    return "done"
room = Path(os.environ["LABKIT_ROOT"]).parent
labkit.declare("1.2", value=[attempt(lambda: one()) for one in (
    lambda: Path({lab!r}, "checks.py").read_text(),
    lambda: Path({lab!r}, "hidden.py").read_text(),
    lambda: os.listdir({lab!r}),
    lambda: os.listdir(room.parent),
    lambda: os.listdir("/tmp"),
    lambda: Path("/proc/1/environ").read_bytes(),
    lambda: Path(f"/proc/{{os.getppid()}}/cmdline").read_bytes(),
    lambda: Path({lab!r}, "checks.py").write_text(""),
    lambda: Path(room.parent, "other").mkdir(),
)])
"""


def test_what_the_grader_knows_and_other_submissions_are_out_of_reach(
    tiny_bench: Bench, tmp_path: Path
) -> None:
    """Lines 5, 7, 18: the paths are given, because in earnest they could be guessed."""
    if not tiny_bench.confined:
        pytest.skip("submissions are not confined here: it takes Linux 6.12 with Landlock")
    source = READS.format(lab=str(tiny_bench.lab.folder))
    graded = grade_answers(tiny_bench, tmp_path, {"1.2": source})
    assert set(graded.evidence["1.2"].declared["value"]) <= {"PermissionError", "FileNotFoundError"}
    assert graded.evidence["1.2"].declared["value"].count("PermissionError") >= 6


def test_outputs_that_were_handed_in_prove_nothing_and_are_gone(
    tiny_bench: Bench, tmp_path: Path
) -> None:
    """Line 8: a notebook with all verdicts in it, and edited check cells that print them."""
    notebook = json.loads(nbformat.writes(tiny_bench.lab.student_notebook()))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "3 of 3 points"}]
        if cell["id"].startswith("check"):
            cell["source"] = "print('3 of 3 points')"
    graded = grade_file(tiny_bench, write_notebook(tmp_path / "submission.ipynb", notebook))
    assert (graded.state, graded.points) == (State.EMPTY, 0)
    assert "3 of 3 points" not in nbformat.writes(graded.notebook)
    assert [one.message for one in graded.repairs] == [
        "The check cell was changed; it was restored."
    ] * 3


def test_markup_in_an_answer_is_shown_as_text(tiny_bench: Bench, tmp_path: Path) -> None:
    """Line 29."""
    script = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    graded = grade_answers(
        tiny_bench, tmp_path, {"1.1": f"labkit.declare('1.1', value={script!r})"}
    )
    assert graded.notebook is not None
    assert graded.points == 2
    card = next(one for one in graded.notebook.cells if one.id == "check-1-1").outputs[0]
    assert "&lt;script&gt;" in card.data["text/html"]
    assert "<script" not in card.data["text/html"]
    assert "<img" not in card.data["text/html"]
