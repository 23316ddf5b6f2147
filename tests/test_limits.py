"""A cell that uses too much is stopped, whatever it does against it; what was earned stays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from conftest import BenchFor
from support_grading import NAME, hand_in, make_course

from labkit.grading.bench import Bench, Confine, Engine, Order, open_bench
from labkit.grading.grade import grade_one
from labkit.grading.load import read_submission
from labkit.grading.outcome import Graded, State
from labkit.grading.shell import was_starved
from labkit.grading.watch import Cause, Limits, Watch
from labkit.grading.workers import Outcome, Task, with_second_tries
from labkit.paths import Course
from labkit.warm.confine import can_confine
from labkit.warm.pool import can_fork

LIMITS = Limits(1, patience=4, memory=700 << 20, disk=20 << 20, files=500, processes=40)
FORKING = [Engine.SHELL, Engine.WARM] if can_fork() else []
ENGINES = [*FORKING, Engine.COLD]
#: The watch is the same for every engine; how it stops a cell is not.
STOPPED_BY_ALL = ("loops", "ignores signals")
NEVER_MIND = "try:\n    {}\nexcept BaseException:\n    pass\n"
#: What the second exercise does, the state it must end in, and what is said of it.
GREEDY = {
    "loops": ("while True: pass", State.TIMED_OUT, "used more than 1 s of CPU time"),
    "loops and will not be interrupted": (
        "while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass",
        State.TIMED_OUT,
        "used more than 1 s of CPU time",
    ),
    "ignores signals": (
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
        State.TIMED_OUT,
        "used more than 1 s of CPU time",
    ),
    "waits for ever": ("import time\ntime.sleep(1e6)", State.TIMED_OUT, "ran longer than 4 s"),
    "lets others loop": (
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])",
        State.TIMED_OUT,
        "used more than 1 s of CPU time",
    ),
    "takes memory": (
        "import time\nkept = bytearray(900 << 20)\ntime.sleep(60)",
        State.DIED,
        "used more than 700 MB of memory",
    ),
    "fills the disk": (
        "import time\nfor n in range(30): open(f'{n}', 'wb').write(bytes(1 << 20))\ntime.sleep(60)",
        State.DIED,
        "wrote more than 20 MB, or more than 500 files",
    ),
    "makes many files": (
        "import time\nfor n in range(600): open(f'{n}', 'w').close()\ntime.sleep(60)",
        State.DIED,
        "wrote more than 20 MB, or more than 500 files",
    ),
    "starts many processes": (
        "import subprocess, time\nfor n in range(50): subprocess.Popen(['sleep', '60'])\n"
        "time.sleep(60)",
        State.DIED,
        "started more than 40 processes",
    ),
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Course:
    made = make_course(tmp_path_factory.mktemp("limits"))
    (made.state / "template").mkdir(parents=True)
    shutil.copy(template, made.state / "template")
    return made


CASES = [
    pytest.param(engine, name, id=f"{engine}-{name}")
    for engine in ENGINES
    for name in (GREEDY if engine is ENGINES[0] else STOPPED_BY_ALL)
]
every_engine = pytest.mark.parametrize("bench", ENGINES, indirect=True)
confined_engines = pytest.mark.parametrize("bench", FORKING if can_confine() else [], indirect=True)


@pytest.fixture(scope="module")
def bench(tiny: Course, bench_for: BenchFor, request: pytest.FixtureRequest) -> Bench:
    return replace(bench_for(Order(tiny.root, NAME, request.param)), limits=LIMITS)


def grade(bench: Bench, folder: Path, second: str) -> Graded:
    path = hand_in(folder / "submission.ipynb", bench.lab, {"1.2": second})
    return grade_one(read_submission("submission", path, bench.lab.name), bench)


def still_running() -> list[psutil.Process]:
    """Processes of submissions: their environment names a workspace of the grader's."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            root = Path(process.environ().get("LABKIT_ROOT", ""))
            running = process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            continue
        if running and root.parent.name.startswith("labkit-"):
            found.append(process)
    return found


@pytest.mark.parametrize(("bench", "name"), CASES, indirect=["bench"], scope="module")
def test_a_cell_that_uses_too_much_is_stopped_and_earlier_points_stay(
    bench: Bench, tmp_path: Path, name: str
) -> None:
    source, state, said = GREEDY[name]
    graded = grade(bench, tmp_path, source)
    assert (graded.state, graded.cell) == (state, 4), graded.reason
    assert said in graded.reason
    assert [one.points for one in graded.exercises] == [3, 0, 0]
    assert not still_running()


@every_engine
def test_what_a_stopped_cell_began_is_ended_by_its_own_code(bench: Bench, tmp_path: Path) -> None:
    source = (
        "import time\ntry:\n    while time.time(): pass\n"
        "finally:\n    labkit.declare('1.2', value=54)"
    )
    graded = grade(bench, tmp_path, source)
    assert graded.state is State.TIMED_OUT
    assert [one.points for one in graded.exercises] == [3, 1, 0]


@confined_engines
def test_memory_beyond_all_limits_is_an_error_like_any_other(bench: Bench, tmp_path: Path) -> None:
    graded = grade(bench, tmp_path, "kept = bytearray(100 << 30)")
    assert graded.state is State.GRADED
    assert [one.name for one in graded.errors] == ["MemoryError"]


@confined_engines
@pytest.mark.parametrize("name", ["itself", "everybody", "its parent"])
def test_a_cell_that_kills_ends_itself_at_most(bench: Bench, tmp_path: Path, name: str) -> None:
    whom = {"itself": "os.getpid()", "everybody": "-1", "its parent": "os.getppid()"}[name]
    graded = grade(bench, tmp_path, NEVER_MIND.format(f"import os; os.kill({whom}, 9)"))
    assert graded.state is (State.DIED if name == "itself" else State.GRADED), graded.reason
    honest = grade(bench, tmp_path, 'labkit.declare("1.2", value=54)')
    assert honest.points == honest.max_points


DAEMON = (
    "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    "        import time\n        while True:\n            time.sleep(.01)\n"
    "            open('changed', 'w').write(str(time.time()))\n    os._exit(0)\n"
    'labkit.declare("1.2", value=54)'
)


@confined_engines
def test_a_daemon_ends_with_its_submission(bench: Bench, tmp_path: Path) -> None:
    graded = grade(bench, tmp_path, DAEMON)
    assert graded.points == graded.max_points
    assert not still_running()


@pytest.mark.skipif(not can_fork(), reason="forking is safe on Linux only")
def test_a_daemon_ends_with_its_submission_without_namespaces_too(
    tiny: Course, tmp_path: Path
) -> None:
    order = Order(tiny.root, NAME, Engine.SHELL, Confine.NONE)
    with open_bench(order) as bench:
        assert bench.confinement == "no"
        graded = grade(bench, tmp_path, DAEMON)
        assert graded.points == graded.max_points
        assert not still_running()


@pytest.mark.parametrize("bench", FORKING[:1] if can_confine() else [], indirect=True)
def test_a_fork_bomb_hits_a_wall_and_the_next_submission_is_graded(
    bench: Bench, tmp_path: Path
) -> None:
    never_mind = "try:\n        os.fork()\n    except OSError:\n        pass"
    source = f"import os\nwhile True:\n    {never_mind}"
    graded = grade(bench, tmp_path, source)
    assert graded.state in {State.TIMED_OUT, State.DIED}
    assert [one.points for one in graded.exercises] == [3, 0, 0]
    assert not still_running()
    honest = grade(bench, tmp_path, 'labkit.declare("1.2", value=54)')
    assert honest.points == honest.max_points


@confined_engines
def test_no_submission_runs_as_root(bench: Bench, tmp_path: Path) -> None:
    source = "import os\nlabkit.declare('1.2', value=[os.getuid(), os.geteuid(), os.getgid()])"
    evidence = grade(bench, tmp_path, source).evidence["1.2"]
    value = evidence.declared["value"]
    assert isinstance(value, list)
    assert 0 not in value


def test_a_cell_that_leaves_too_much_is_found_however_quick_it_was(tmp_path: Path) -> None:
    killed: list[bool] = []
    limits = Limits(60, disk=1 << 20)
    with Watch(os.getpid(), tmp_path, limits, lambda: None, lambda: killed.append(True)) as watch:
        watch.cell_begins()
        (tmp_path / "small").write_bytes(b"x" * 1000)
        watch.cell_ends()
        assert (watch.cause, killed) == (None, [])
        watch.cell_begins()
        (tmp_path / "large").write_bytes(b"x" * (2 << 20))
        watch.cell_ends()
    assert (watch.cause, killed) == (Cause.DISK, [True])


def test_a_submission_the_machine_kept_waiting_is_tried_once_more_after_the_others() -> None:
    tasks = [Task(name, Path(), Path(), name) for name in ("anna", "ben", "carla")]
    asked: list[str] = []

    def grade_all(these: Sequence[Task]) -> Iterator[Outcome]:
        for task in these:
            asked.append(task.name)
            starved = task.name == "ben"
            yield task.name, Graded(task.name, State.TIMED_OUT, (), starved=starved)

    kept = [digest for digest, _ in with_second_tries(tasks, grade_all)]
    assert asked == ["anna", "ben", "carla", "ben"]
    assert kept == ["anna", "carla", "ben"]


@pytest.mark.parametrize(
    ("cause", "cpu_seconds", "starved"),
    [
        (Cause.WALL, 0.4, True),
        (Cause.WALL, 0.0, False),
        (Cause.WALL, 3.0, False),
        (Cause.CPU, 1.1, False),
    ],
    ids=["worked a little", "only waited", "worked most of the time", "used its share"],
)
def test_only_a_cell_that_got_too_little_of_the_machine_was_kept_waiting(
    cause: Cause, cpu_seconds: float, *, starved: bool
) -> None:
    assert was_starved(cause, cpu_seconds, LIMITS) is starved
