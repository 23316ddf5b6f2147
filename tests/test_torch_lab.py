"""A lab that trains with torch runs in forked processes as in new ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support_grading import LAB, NAME, make_course, write_notebook

from labkit.grading.bench import Bench, Engine, Order, open_bench
from labkit.grading.grade import grade_one
from labkit.grading.load import read_submission
from labkit.grading.outcome import Graded
from labkit.paths import Course
from labkit.warm.pool import can_fork

TRAIN = """import torch
torch.manual_seed(0)
rows = torch.randn(512, 8)
model = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(20):
    optimizer.zero_grad()
    loss = (model(rows).squeeze(1) - rows.sum(1)).square().mean()
    loss.backward()
    optimizer.step()
labkit.declare("1.1", value=42, loss=round(loss.item(), 4))"""
UNSEEDED = """import random, numpy, torch
labkit.declare("1.1", value=42, loss=[
    random.random(), float(numpy.random.rand()), torch.rand(1).item()])"""


@pytest.fixture(scope="module")
def torch_course(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Course:
    made = make_course(tmp_path_factory.mktemp("torch"))
    text = LAB.replace("import labkit\n", "import labkit\nimport torch\n")
    (made.content / "labs" / NAME / "lab.py").write_text(text, encoding="utf-8")
    (made.state / "template").mkdir(parents=True)
    shutil.copy(template, made.state / "template")
    return made


def grade(bench: Bench, folder: Path, source: str) -> Graded:
    path = write_notebook(folder / "submission.ipynb", bench.lab.with_answers({"1.1": source}))
    graded = grade_one(read_submission("submission", path, bench.lab.name), bench)
    assert graded.exercises[0].points == 3, graded.reason
    return graded


def declared(graded: Graded) -> object:
    return graded.evidence["1.1"].declared["loss"]


@pytest.mark.skipif(not can_fork(), reason="forking is safe on Linux only")
def test_training_gives_the_same_in_forked_processes_as_in_a_new_kernel(
    torch_course: Course, tmp_path: Path
) -> None:
    losses: list[object] = []
    drawn: list[str] = []
    with open_bench(Order(torch_course.root, NAME, Engine.SHELL)) as bench:
        for _ in range(2):
            losses.append(declared(grade(bench, tmp_path, TRAIN)))
            drawn.append(str(declared(grade(bench, tmp_path, UNSEEDED))))
    with open_bench(Order(torch_course.root, NAME, Engine.COLD)) as bench:
        losses.append(declared(grade(bench, tmp_path, TRAIN)))
    assert len(set(map(str, losses))) == 1
    assert drawn[0] == drawn[1]
