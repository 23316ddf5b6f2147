"""A lab small enough to grade in a second: its answers are declared values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labkit.labs import Lab, load_lab
from labkit.paths import Course

NAME = "lab90_tiny"
LAB = """# %% [markdown]
# # A tiny lab

# %%
import labkit

LIMIT = 40

# %% [markdown]
# ## Exercise 1.1: The answer
# Declare it.

# %% role="answer" exercise="1.1"
### BEGIN SOLUTION
labkit.declare("1.1", value=LIMIT + 2)
### END SOLUTION

# %% role="check" exercise="1.1"
labkit.check("1.1")

# %% [markdown]
# ## Exercise 1.2: The question

# %% role="answer" exercise="1.2"
### BEGIN SOLUTION
labkit.declare("1.2", value=6 * 9)
### END SOLUTION

# %% role="check" exercise="1.2"
labkit.check("1.2")

# %% [markdown]
# ## Exercise 1.3: The towel

# %% role="answer" exercise="1.3"
### BEGIN SOLUTION
labkit.declare("1.3", value="here")
### END SOLUTION

# %% role="check" exercise="1.3"
labkit.check("1.3")
"""
CHECKS = '''"""Public checks."""
from labkit.checks import Hint, check, failed, passed

OFF = {"off_by_one": Hint("Nearly.", "Add one."), "nothing": Hint("Declare it.", "Do.")}

@check("1.1", points=2, hints=OFF)
def is_the_answer(evidence):
    value = evidence.declared.get("value")
    if value == 42:
        return passed("It is 42.", value=value)
    hint = "nothing" if value is None else "off_by_one" if value == 41 else None
    return failed(f"{value!r} is not the answer.", hint, value=value, ratio=float("nan"))

@check("1.2", points=1)
def is_the_question(evidence):
    value = evidence.declared.get("value")
    return passed("It is.", value=value) if value == 54 else failed(f"{value!r} is not.")

@check("1.3", points=1)
def has_towel(evidence):
    value = evidence.declared.get("value")
    return passed("It is.", value=value) if value == "here" else failed(f"{value!r}: no.")
'''
HIDDEN = '''"""Hidden checks."""
from labkit.checks import check, failed, passed

@check("1.1", points=1, hidden=True)
def is_a_number(evidence):
    whole = isinstance(evidence.declared.get("value"), int)
    return passed("A secret: it is whole.") if whole else failed("A secret: it is not whole.")
'''
RIGHT = {
    "1.1": 'labkit.declare("1.1", value=42)',
    "1.2": 'labkit.declare("1.2", value=54)',
    "1.3": 'labkit.declare("1.3", value="here")',
}


def make_course(root: Path) -> Course:
    """A course folder with the tiny lab and nothing else."""
    folder = root / "content" / "labs" / NAME
    folder.mkdir(parents=True)
    (root / "course.py").write_text("", encoding="utf-8")
    (folder / "lab.py").write_text(LAB, encoding="utf-8")
    (folder / "checks.py").write_text(CHECKS, encoding="utf-8")
    (folder / "hidden.py").write_text(HIDDEN, encoding="utf-8")
    return Course(root)


def tiny_lab(course: Course) -> Lab:
    """The tiny lab of that course."""
    return load_lab(course, NAME)


def hand_in(path: Path, lab: Lab, answers: Mapping[str, str]) -> Path:
    """Write a submission with right answers, except for those given."""
    return write_notebook(path, lab.with_answers({**RIGHT, **answers}))


def write_notebook(path: Path, notebook: Mapping[str, Any]) -> Path:
    """Write a notebook as it is, whether it is a valid one or not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path
