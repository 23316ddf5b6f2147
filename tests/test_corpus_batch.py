"""Good submissions between hostile ones: their rows are as if the hostile ones were not there."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from support_corpus import also
from support_grading import NAME, hand_in, make_course, tiny_lab

from labkit.grading.batch import grade_batch
from labkit.grading.bench import Confine, Engine, Order
from labkit.paths import Course
from labkit.warm.confine import can_confine

#: Names that are hard on files, tables and terminals, and what each answers to exercise 1.2.
GOOD = {
    "anna": "54",
    "anna (copy)": "54",
    "=1+cmd('calc')": "54",
    "@ben": "53",
    'c "quoted", d': "54",
    "Zoë 👩‍🔬": "54",
    "يوسف": "0",
    "m" * 200: "54",
    "zz last": "54",
}
SPOILS = """
import os, shutil
shutil.rmtree(os.environ["LABKIT_ROOT"], ignore_errors=True)
"""
GREEDY = "kept = bytearray(100 << 30)"
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(.01)
    os._exit(0)
"""
DEEP = "import os\nfor _ in range(1500): os.mkdir('d'); os.chdir('d')"
MANY = """
import subprocess, time
try:
    kept = [subprocess.Popen(["sleep", "99"]) for _ in range(300)]
except OSError:
    pass
time.sleep(99)
"""
#: What hostile ones do in exercise 1.2, and the state and points they end with.
HOSTILE = {
    "a ends": ("import os; os._exit(1)", "kernel died at cell 4", "3"),
    "b crashes": ("import ctypes; ctypes.string_at(0)", "kernel died at cell 4", "3"),
    "c kills": (also("import os\ntry: os.kill(-1, 9)\nexcept OSError: pass"), "graded", "5"),
    "d kills up": (
        also("import os\ntry: os.kill(os.getppid(), 9)\nexcept OSError: pass"),
        "graded",
        "5",
    ),
    "e never ends": ("while True: pass", "timed out at cell 4", "3"),
    "f stops": ("import os; os.kill(os.getpid(), 19)", "timed out at cell 4", "3"),
    "g takes memory": (GREEDY, "graded", "4"),
    "h floods": (also("print('x' * 100_000_000)"), "graded", "5"),
    "i spoils": (SPOILS, "graded", "3"),
    "j leaves a daemon": (also(DAEMON), "graded", "5"),
    "k nests": (also(DEEP), "graded", "5"),
    "l empties cells": (
        "get_ipython().input_transformers_post.append(lambda _: [])",
        "graded",
        "3",
    ),
    "m starts many": (MANY, "kernel died at cell 4", "3"),
    "n closes": ("import os; os.closerange(0, 99)", "kernel died at cell 4", "3"),
    "p moves": ("import os; os.chdir('/'); os.environ.clear()", "graded", "3"),
}
FILES = {"o empty.ipynb": b"", "q bomb.ipynb": b"[" * 1_000_000, "r other.pdf": b"%PDF"}
PIPE = "s pipe.ipynb"


@dataclass(frozen=True)
class Graded:
    """What a batch wrote."""

    rows: Mapping[str, Mapping[str, str]]
    details: list[dict[str, object]]

    def without_hostile(self) -> tuple[object, object]:
        rows = {name: row for name, row in self.rows.items() if name.lstrip("'") in GOOD}
        return rows, [one for one in self.details if one["submission"] in GOOD]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Course:
    made = make_course(tmp_path_factory.mktemp("mixed"))
    (made.state / "template").mkdir(parents=True)
    shutil.copy(template, made.state / "template")
    return made


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, tiny: Course) -> Graded:
    folder = tmp_path_factory.mktemp("good")
    hand_in_good(folder, tiny)
    return graded(folder, tiny)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory, tiny: Course) -> Graded:
    folder = tmp_path_factory.mktemp("mixed")
    hand_in_good(folder, tiny)
    for name, (second, _, _) in HOSTILE.items():
        hand_in(folder / f"{name}.ipynb", tiny_lab(tiny), {"1.2": second})
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    os.mkfifo(folder / PIPE)
    return graded(folder, tiny)


def hand_in_good(folder: Path, tiny: Course) -> None:
    for name, value in GOOD.items():
        answer = {"1.2": f'labkit.declare("1.2", value={value})'}
        hand_in(folder / f"{name}.ipynb", tiny_lab(tiny), answer)


def graded(folder: Path, tiny: Course) -> Graded:
    out = folder.with_name(f"{folder.name} grades")
    order = Order(tiny.root, NAME, Engine.AUTO, Confine.AUTO, cell_seconds=3)
    grade_batch(folder, out, order)
    with (out / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    lines = (out / "details.jsonl").read_text(encoding="utf-8").splitlines()
    return Graded(rows, [json.loads(line) for line in lines])


pytestmark = pytest.mark.skipif(
    not can_confine(), reason="what kills everybody is run confined only (Linux 6.12)"
)


def test_the_good_ones_get_the_same_rows_with_and_without_hostile_ones(
    good: Graded, mixed: Graded
) -> None:
    assert len(good.rows) == len(GOOD)
    assert mixed.without_hostile() == good.without_hostile()


def test_every_good_one_is_graded_by_what_it_answered(good: Graded) -> None:
    points = {name.lstrip("'"): row["points"] for name, row in good.rows.items()}
    assert points == {name: "5" if value == "54" else "4" for name, value in GOOD.items()}


@pytest.mark.parametrize("name", HOSTILE)
def test_every_hostile_one_ends_in_its_state(name: str, mixed: Graded) -> None:
    _, state, points = HOSTILE[name]
    row = mixed.rows[name]
    assert (row["state"], row["points"], row["1.1"]) == (state, points, "3"), row["reason"]


def test_nothing_is_missing_and_nothing_is_left_ungraded(mixed: Graded) -> None:
    assert len(mixed.rows) == len(GOOD) + len(HOSTILE) + len(FILES) + 1
    assert "not graded" not in {row["state"] for row in mixed.rows.values()}
    for name in (*FILES, PIPE):
        assert mixed.rows[Path(name).stem if name != PIPE else PIPE]["state"] == "unreadable"
