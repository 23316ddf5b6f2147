"""Submissions that end, hang or flood: what was earned before stays.

More of lines 12 to 14 and 16, on every engine, is in ``test_limits``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from support_corpus import ALL, LIMITS, Case, also, cases, check, check_honest

from labkit.grading.bench import Bench
from labkit.grading.outcome import State

pytest_plugins = ["support_corpus_benches"]

DIED = (3, 0, 0)
ENDED = "Cell 4 (exercise 1.2) ended the Python process."
OWN_END = "ends its own process"
SHORT = replace(LIMITS, cell_seconds=1, patience=4)
SWALLOWS = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
SLOW_TEXT = """
class Slow(Exception):
    def __str__(self):
        while True: pass
raise Slow
"""
LATER = """
import json, os, threading, time
from pathlib import Path
place = Path(os.environ["LABKIT_ROOT"], ".course", "declared", "1.1.json")
def spoil():
    while True:
        place.write_text(json.dumps({"value": 42}))
        time.sleep(.001)
threading.Thread(target=spoil, daemon=True).start()
"""
AT_THE_END = """
import atexit, os
@atexit.register
def spoil():
    os.remove(os.path.join(os.environ["LABKIT_ROOT"], ".course", "mlflow.db"))
"""
FORKED = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(.001)
            labkit.declare("1.1", value=42)
    os._exit(0)
"""
BAD_OUTPUTS = """
from IPython.display import display
display({"text/plain": object(), "text/html": b"x", 3: float("nan")}, raw=True)
display({"application/json": {"a": float("inf")}}, raw=True)
class Odd:
    def _repr_html_(self): return 7
    def _repr_mimebundle_(self, **_): return "no bundle"
    def __repr__(self): raise ValueError("no")
display(Odd())
print("\\ud800")
"""
NOWHERE = """
import os, time
kept = [os.memfd_create("x") for _ in range(10)]
for one in kept:
    for _ in range(50):
        os.write(one, bytes(1 << 20))
time.sleep(60)
"""
UNNAMED = """
import os, time
kept = []
for _ in range(6):
    kept.append(open("x", "wb"))
    kept[-1].write(bytes(50 << 20))
    kept[-1].flush()
    os.unlink("x")
time.sleep(60)
"""
JUNK = """
import os
for descriptor in range(3, 64):
    try:
        os.write(descriptor, b"junk" * 1000)
    except OSError:
        pass
"""


@pytest.mark.parametrize(
    "case",
    cases(
        Case(10, "sys.exit", "import sys; sys.exit(3)", says="SystemExit"),
        Case(10, "raises KeyboardInterrupt", "raise KeyboardInterrupt", says="KeyboardInterrupt"),
        Case(10, "exit()", "exit()", DIED, State.DIED, ENDED),
        Case(
            10,
            "os._exit",
            also("import os; os._exit(0)"),
            DIED,
            State.DIED,
            ENDED,
            flags=(OWN_END,),
        ),
        Case(
            10,
            "os._exit after its answer",
            'labkit.declare("1.2", value=54)\nimport os; os._exit(0)',
            (3, 1, 0),
            State.DIED,
            ENDED,
            flags=(OWN_END,),
        ),
        Case(10, "os.abort", "import os; os.abort()", DIED, State.DIED, ENDED, flags=(OWN_END,)),
        Case(
            10,
            "segfault",
            "import ctypes; ctypes.string_at(0)",
            DIED,
            State.DIED,
            ENDED,
            flags=("calls the system past Python",),
        ),
        Case(
            10,
            "SIGKILL to itself",
            "import os; os.kill(os.getpid(), 9)",
            DIED,
            State.DIED,
            ENDED,
            flags=(OWN_END,),
        ),
        Case(
            10,
            "SIGTERM to itself",
            "import os; os.kill(os.getpid(), 15)",
            DIED,
            State.DIED,
            ENDED,
            flags=(OWN_END,),
        ),
        Case(
            10,
            "closes every descriptor",
            "import os; os.closerange(0, 4096)",
            DIED,
            State.DIED,
            ENDED,
        ),
        Case(10, "recursion without end", "def f(): f()\nf()", says="RecursionError"),
        Case(10, "answers with junk", JUNK, DIED, State.DIED),
        Case(
            11,
            "stops itself",
            "import os; os.kill(os.getpid(), 19)",
            DIED,
            State.TIMED_OUT,
            "ran longer than 4 s",
            flags=(OWN_END,),
            limits=SHORT,
        ),
        Case(
            11,
            "kills everybody",
            also("import os\ntry: os.kill(-1, 9)\nexcept OSError: pass"),
            ALL,
            shut_in=True,
            flags=("stops processes it did not start",),
        ),
        Case(
            11,
            "stops its parent",
            also("import os\ntry: os.kill(os.getppid(), 19)\nexcept OSError: pass"),
            ALL,
            shut_in=True,
            flags=("looks for processes it did not start", "stops processes it did not start"),
        ),
        Case(
            12,
            "swallows every exception",
            SWALLOWS,
            DIED,
            State.TIMED_OUT,
            "CPU time",
            limits=SHORT,
        ),
        Case(
            12,
            "an error that never says what it is",
            SLOW_TEXT,
            DIED,
            State.TIMED_OUT,
            "CPU time",
            limits=SHORT,
        ),
        Case(
            14, "100 GB of memory", "kept = bytearray(100 << 30)", says="MemoryError", shut_in=True
        ),
        Case(
            14,
            "memory in files that are nowhere",
            NOWHERE,
            DIED,
            State.DIED,
            "wrote more than 100 MB",
            shut_in=True,
        ),
        Case(
            16,
            "files without a name",
            UNNAMED,
            DIED,
            State.DIED,
            "wrote more than 100 MB",
            shut_in=True,
        ),
        Case(
            15,
            "prints without end",
            "while True: print('x' * 1000)",
            DIED,
            State.TIMED_OUT,
            "CPU time",
            limits=SHORT,
        ),
        Case(
            15,
            "twenty thousand displays",
            also("for n in range(20_000): display(n)"),
            ALL,
            limits=replace(LIMITS, cell_seconds=20),
        ),
        Case(15, "one output of 300 MB", also("print('x' * 300_000_000)"), ALL),
        Case(
            15,
            "a result of 300 MB",
            also("from IPython.display import HTML\ndisplay(HTML('x' * 300_000_000))"),
            ALL,
        ),
        Case(15, "an error of 100 MB", "raise ValueError('x' * 100_000_000)", says="xxx…"),
        Case(
            15,
            "a program that prints without end",
            also("import subprocess; subprocess.run('yes')"),
            ALL,
        ),
        Case(15, "outputs that are none", also(BAD_OUTPUTS), ALL),
        Case(
            17,
            "a thread that answers later",
            also(LATER),
            (0, 1, 1),
            answers={"1.1": "pass"},
            flags=("reaches into `.course`",),
        ),
        Case(
            17,
            "a daemon that answers later",
            also(FORKED),
            (0, 1, 1),
            answers={"1.1": "pass"},
            flags=("starts processes that detach themselves", OWN_END),
            shut_in=True,
        ),
        Case(
            17,
            "deletes the store when it ends",
            also(AT_THE_END),
            ALL,
            flags=("runs code after the last cell", "reaches into `.course`"),
        ),
    ),
)
def test_it_ends_as_it_must_and_costs_what_it_must(
    case: Case, tiny_bench: Bench, tmp_path: Path
) -> None:
    graded = check(case, tiny_bench, tmp_path)
    assert len(nbformat.writes(graded.notebook)) < 10_000_000


def test_after_all_that_an_honest_submission_is_graded_in_full(
    tiny_bench: Bench, tmp_path: Path
) -> None:
    check_honest(tiny_bench, tmp_path)
