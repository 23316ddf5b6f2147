"""The batch grader's command, as an instructor runs it: warm-up and golden gate included."""

from __future__ import annotations

import csv
import sys

from labkit.grading.bench import Confine, Engine
from peers.case import Case, Result, Way
from peers.measure import must


def labkit_way(engine: Engine, jobs: int, confine: Confine) -> Way:
    """``labkit grade`` with these options."""

    def grade(case: Case) -> Result:
        out = case.folder / "grades"
        options = ["--engine", engine, "--jobs", str(jobs), "--confine", confine]
        usage = must(
            [
                *(sys.executable, "-m", "labkit", "grade", case.lab.name, str(case.submissions)),
                *("--out", str(out), *options),
            ],
            folder=case.course.root,
            log=case.folder / "log",
            tick=lambda: case.tell(len(list(out.glob("executed/*.ipynb")))),
        )
        with (out / "gradebook.csv").open(encoding="utf-8-sig", newline="") as table:
            points = {row["submission"]: float(row["points"]) for row in csv.DictReader(table)}
        return Result(usage, points)

    return grade
