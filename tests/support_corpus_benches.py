"""The two benches of the corpus, set up once for all its modules (named in ``pytest_plugins``)."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import BenchFor
from support_corpus import LIMITS
from support_grading import NAME, make_course

from labkit.grading.bench import Bench, Confine, Engine, Order
from labkit.paths import Course


@pytest.fixture(scope="session")
def corpus_rooms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the workspaces of the corpus are made."""
    return tmp_path_factory.mktemp("rooms")


@pytest.fixture(scope="session")
def tiny_bench(
    tmp_path_factory: pytest.TempPathFactory,
    template: Path,
    corpus_rooms: Path,
    bench_for: BenchFor,
) -> Bench:
    """A bench for the tiny lab, confined where that can be."""
    tiny = make_course(tmp_path_factory.mktemp("corpus"))
    (tiny.state / "template").mkdir(parents=True)
    shutil.copy(template, tiny.state / "template")
    return replace(bench_for(_order(tiny.root, NAME, corpus_rooms)), limits=LIMITS)


@pytest.fixture(scope="session")
def tracking_bench(course: Course, corpus_rooms: Path, bench_for: BenchFor) -> Bench:
    """A bench for the first real lab, with models and a store."""
    made = bench_for(_order(course.root, "lab01_tracking", corpus_rooms))
    return replace(made, limits=replace(LIMITS, cell_seconds=30))


def _order(root: Path, lab: str, rooms: Path) -> Order:
    return Order(root, lab, Engine.AUTO, Confine.AUTO, rooms=rooms)
