"""Takes each check of each lab away, in turn, and asks whether its answer bank would notice.

A check on which no answer of the bank depends could be broken without a test failing. Run it
after changing checks or a bank (minutes; every answer is executed once)::

    python tests/mutate_banks.py            # all labs
    python tests/mutate_banks.py lab04_mlflow_and_dvc
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import nbformat

from labkit.bank import BankAnswer, bank_mismatches, bank_notebooks
from labkit.checks import Check, Verdict, failed, passed, run_checks
from labkit.evidence import Evidence
from labkit.grading.bench import Order, make_bench
from labkit.grading.environment import grading_environment
from labkit.grading.grade import grade_one
from labkit.grading.load import read_submission
from labkit.labs import Lab, all_labs
from labkit.paths import find_course
from labkit.warm.pool import WarmProcess, can_fork

#: What the answers of one notebook left, and which answers they were.
Kept = tuple[Mapping[str, Evidence], Mapping[str, BankAnswer]]
Decide = Callable[[Evidence], Verdict]


def graded_bank(lab: Lab, warm: WarmProcess | None) -> list[Kept]:
    """Execute every answer of a lab's bank once.

    Args:
        lab: the lab.
        warm: what to fork from; None where nothing can be forked.
    """
    bench = make_bench(Order(find_course().root, lab.name), warm)
    kept: list[Kept] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, notebook, answers in bank_notebooks(lab):
            path = Path(folder) / f"{name}.ipynb"
            nbformat.write(notebook, path)
            kept.append((grade_one(read_submission(name, path, lab.name), bench).evidence, answers))
    return kept


def mutants(check: Check) -> Iterator[tuple[str, Check]]:
    """A check made useless in several ways, each with its name."""
    decide = check.decide
    yield "always passes", replace(check, decide=lambda _: passed("Changed."))
    yield "never passes", replace(check, decide=lambda _: failed("Changed."))
    for hint in check.hints:
        yield f"lets {hint} pass", replace(check, decide=_lenient(decide, hint))


def _lenient(decide: Decide, hint: str) -> Decide:
    def decided(evidence: Evidence) -> Verdict:
        verdict = decide(evidence)
        return passed("Changed.") if verdict.hint == hint else verdict

    return decided


def noticed(lab: Lab, kept: list[Kept], changed: Check) -> bool:
    """Whether some answer of the bank gets other points or hints with a changed check."""
    checks = [changed if one.id == changed.id else one for one in lab.checks]
    return any(
        bank_mismatches([run_checks(checks, evidence[name]) for name in answers], answers)
        for evidence, answers in kept
    )


def report(lab: Lab, warm: WarmProcess | None) -> int:
    """Print what a lab's bank would not notice.

    Returns:
        How many whole checks could be lost unnoticed.
    """
    kept, tried, lost, unused = graded_bank(lab, warm), 0, 0, []
    for check in lab.checks:
        for name, changed in mutants(check):
            tried += 1
            if noticed(lab, kept, changed):
                continue
            if name.startswith("lets"):
                unused.append(f"{check.exercise} {check.id} {name}")
            else:
                lost += 1
                print(f"{lab.name}: {check.exercise} {check.id}: {name}, and no answer changes")
    print(f"{lab.name}: {len(lab.checks)} checks, {tried} changes, {lost} checks could be lost")
    if unused:
        print(f"  no answer of the bank makes these mistakes ({len(unused)}):")
        print("".join(f"    {one}\n" for one in unused), end="")
    return lost


def main(names: list[str]) -> int:
    """Report on the labs named, or on all; 1 if a check could be lost unnoticed."""
    labs = [lab for lab in all_labs(find_course()) if not names or lab.name in names]
    imports = list(dict.fromkeys(name for lab in labs for name in lab.imports))
    warm = WarmProcess(grading_environment(), imports, apart=True) if can_fork() else None
    try:
        return int(sum(report(lab, warm) for lab in labs) > 0)
    finally:
        if warm:
            warm.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
