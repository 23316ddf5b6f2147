"""What cells may say that only notebooks understand, and values that are nearly right."""

from __future__ import annotations

from pathlib import Path

import pytest
from support_corpus import ALL, Case, also, cases, check, grade_answers

from labkit.grading.bench import Bench
from labkit.grading.outcome import State

pytest_plugins = ["support_corpus_benches"]

FIRST = "Cell 4 (exercise 1.2) stopped with"
PLOT = """
%matplotlib inline
import matplotlib.pyplot as plt
plt.plot([1, 2]); plt.show()
"""
WIDGET = """
import ipywidgets
from IPython.display import display
display(ipywidgets.IntSlider())
"""
AWAIT = """
import asyncio
await asyncio.sleep(0)
async def later():
    return 54
"""
FORGETS = """
%reset -f
import labkit
"""
MAGICS = """
%load_ext autoreload
%autoreload 2
%timeit -n1 -r1 1 + 1
%env SOMETHING=1
%who
%config InlineBackend.figure_format = 'retina'
"""
SERVER = """
import mlflow
mlflow.set_tracking_uri("http://localhost:5000")
mlflow.set_experiment("x")
"""
#: The address is put together, so nothing can put it right.
COMPUTED_SERVER = """
import mlflow
mlflow.set_tracking_uri("http://" + "localhost:5000")
mlflow.set_experiment("x")
"""


@pytest.mark.parametrize(
    "case",
    cases(
        Case(24, "%%bash", "%%bash\necho hello; exit 3", says="CalledProcessError"),
        Case(24, "!git", also("!git rev-parse HEAD\nfound = !git rev-parse HEAD"), ALL),
        Case(24, "!rm", also("!rm -rf ../data ~/*"), ALL),
        Case(24, "%pip", also("%pip install --no-input nothing-of-this-name"), ALL),
        Case(24, "%run of what is not there", "%run other.ipynb", says="not found"),
        Case(24, "magics", also(MAGICS), ALL),
        Case(24, "a magic that is none", also("%no_such_magic")),
        Case(24, "input()", "name = input('Who? ')", says="StdinNotImplementedError"),
        Case(24, "getpass", "import getpass; getpass.getpass()", says=FIRST),
        Case(24, "breakpoint()", "breakpoint()", says=FIRST),
        Case(24, "%debug", also("%debug"), ALL),
        Case(24, "a plot", also(PLOT), ALL),
        Case(24, "a widget", also(WIDGET), ALL),
        Case(24, "await at the top", also(AWAIT), ALL),
        Case(
            24, "javascript", also("from IPython.display import Javascript\nJavascript('x')"), ALL
        ),
        Case(24, "forgets everything", also(FORGETS), ALL),
        Case(24, "not Python at all", "SELECT * FROM runs", says="SyntaxError"),
        Case(24, "of Python 2", "print 'hello'", says="SyntaxError"),
        Case(24, "a null byte", "x = '\x00'", says="Error"),
        Case(
            28,
            "names its own server",
            also(SERVER),
            ALL,
            State.REPAIRED,
            "Exercise 1.2: In the answer cell: line 3 names a server on one computer",
        ),
        Case(28, "puts its own server together", COMPUTED_SERVER, says="MlflowException"),
        Case(
            28,
            "a path of its home",
            "open('/home/anna/churn.csv')",
            (3, 0, 1),
            State.REPAIRED,
            "line 1 names a place on one computer (/home/anna/churn.csv)",
        ),
        Case(
            28,
            "a path of Windows",
            "open(r'C:\\Users\\anna\\churn.csv')",
            (3, 0, 1),
            State.REPAIRED,
            "FileNotFoundError",
        ),
    ),
)
def test_a_cell_that_says(case: Case, tiny_bench: Bench, tmp_path: Path) -> None:
    check(case, tiny_bench, tmp_path)


@pytest.mark.parametrize(
    ("value", "points", "message"),
    [
        ("42", 3, "It is 42."),
        ("np.int64(42)", 3, "It is 42."),
        ("np.float64(42)", 2, "It is 42."),
        ("pd.Series([42]).iloc[0]", 3, "It is 42."),
        ("'42'", 0, "'42' is not the answer."),
        ("-42", 1, "-42 is not the answer."),
        ("True", 1, "True is not the answer."),
        ("None", 0, "None is not the answer."),
        ("[42]", 0, "[42] is not the answer."),
        ("float('nan')", 0, "None is not the answer."),
        ("float('-inf')", 0, "None is not the answer."),
        ("np.array([1, 2])", 0, "None is not the answer."),
        ("42 + 0j", 0, "None is not the answer."),
        ("10 ** 400", 0, "None is not the answer."),
        ("'=cmd()\\n\\u202e\\ud800'", 0, "'=cmd()\\n\\u202e?' is not the answer."),
    ],
)
def test_a_number_that_is_declared_is_worth(
    value: str, points: float, message: str, tiny_bench: Bench, tmp_path: Path
) -> None:
    """Line 25."""
    source = f"import numpy as np, pandas as pd\nlabkit.declare('1.1', value={value})"
    first = grade_answers(tiny_bench, tmp_path, {"1.1": source}).exercises[0]
    assert (first.points, first.results[0].message) == (points, message)


WHERE_AND_WHEN = """
import locale, os, random, sys, time
import numpy as np
labkit.declare("1.2", value=[
    time.tzname, time.localtime(0).tm_hour, locale.getlocale(), locale.getpreferredencoding(),
    locale.setlocale(locale.LC_ALL, ""), os.cpu_count() > 0, os.getcwd().rpartition("/")[2],
    hash("text"), sys.flags.utf8_mode, sys.argv[1:], sorted(set("unordered")),
])
"""


def test_it_does_not_matter_where_it_is_graded(
    tiny_bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Line 26: neither the instructor's language nor time zone, nor the second time."""
    found = []
    for zone, language in (("UTC", "C"), ("Asia/Kolkata", "de_DE.UTF-8")):
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("LANG", language)
        graded = grade_answers(tiny_bench, tmp_path, {"1.2": WHERE_AND_WHEN})
        assert graded.errors == ()
        found.append(graded.evidence["1.2"].declared["value"])
    assert found[0] == found[1]
    assert found[0][:2] == [["UTC", "UTC"], 0]


SEEDS = """
import random
import numpy as np
labkit.declare("1.2", value=[random.random(), np.random.rand()])
"""


def test_numbers_drawn_without_a_seed_are_the_same_when_graded_again(
    tiny_bench: Bench, tmp_path: Path
) -> None:
    """Line 26: a submission graded twice must not get two different grades."""
    values = [
        grade_answers(tiny_bench, tmp_path, {"1.2": SEEDS}).evidence["1.2"].declared["value"]
        for _ in range(2)
    ]
    assert values[0] == values[1]
