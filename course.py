"""Runs the course: makes the environment in .venv if need be, then hands over to ``labkit``.

    python course.py start      the course: MLflow, JupyterLab, data
    python course.py test       the project's own checks

Standard library only. It must be read by any Python 3, to say which one is needed.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        "This course does not run on Python {}.{}.\n"
        "  Why:  its packages are made for Python 3.11, 3.12 and 3.13.\n"
        "  Next: install one of these from https://www.python.org/downloads/ and name it:\n"
        "        python3.13 course.py start   (on Windows: py -3.13 course.py start)".format(
            *sys.version_info[:2]
        )
    )

import tomllib  # not in the Pythons refused above

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "course.json"
PINS = ("requirements.txt", "constraints.txt")
LOGS = ROOT / ".course" / "logs"

USAGE = """Model Registry Lab

  python course.py start     start MLflow and JupyterLab and open the course
  python course.py doctor    say what is wrong on this machine, and what to do
  python course.py grade     grade a folder of submissions
  python course.py build     build the notebooks from content/
  python course.py test      run the project's own checks

The first call installs everything it needs into .venv, which takes a few minutes.
Add --help to a command to see its options."""


class SetupError(Exception):
    """A reason to stop that a person can mend: what happened, why, and what to do next."""

    def __init__(self, what: str, why: str, next_step: str) -> None:
        super().__init__(f"{what}\n  Why:  {why}\n  Next: {next_step}")


def main(arguments: list[str]) -> int:
    """Hand ``arguments`` to labkit in the course's environment; its exit code."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(USAGE)
        return 0
    try:
        make_environment()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as fault:
        print(
            f"{ROOT} could not be read or written.\n  Why:  {fault}\n"
            "  Next: clone the course again, into a folder of yours.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. The next call starts the installation anew.", file=sys.stderr)
        return 130
    return hand_over(arguments)


def hand_over(arguments: list[str]) -> int:
    """Become ``labkit``; where that is not possible (Windows), run it and wait."""
    command = [str(PYTHON), "-P", "-m", "labkit", *arguments]
    os.environ["LABKIT_ROOT"] = str(ROOT)
    if os.name != "nt":
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606 - no shell is what we want
    child = subprocess.Popen(command)
    while True:
        # Ctrl-C reaches the child as well, which ends in its own time.
        with contextlib.suppress(KeyboardInterrupt):
            return child.wait()


def make_environment() -> None:
    """Bring .venv to what the requirements say; nothing to do is the usual case.

    Raises:
        SetupError: Python could not make it, or pip could not fill it.
    """
    if finished_for() == here():
        return
    with alone() as lock:
        stamp, now = finished_for(), here()
        if stamp == now:  # another call finished it while this one waited
            return
        began = time.monotonic()
        if now["python"] and {**stamp, "sources": now["sources"]} == now:
            print("The requirements have changed: installing what is new into .venv.", flush=True)
        else:
            create()
        STAMP.unlink(missing_ok=True)
        install(lock)
        STAMP.write_text(json.dumps(here()), encoding="utf-8")
        print(f"Installed in {time.monotonic() - began:.0f} s.", flush=True)


def finished_for() -> dict[str, str]:
    """What .venv was last finished for; empty if it never was."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def here() -> dict[str, str]:
    """What .venv should be finished for. A moved folder counts: its scripts name the old one."""
    # Of pyproject.toml only what pip reads: settings of other tools change nothing in .venv.
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = {**tomllib.load(file), "tool": None}
    pins = [(ROOT / name).read_text(encoding="utf-8") for name in PINS]
    digest = hashlib.sha256(json.dumps([project, *pins], sort_keys=True).encode()).hexdigest()
    return {"sources": digest, "root": str(ROOT), "python": python_in_venv()}


def python_in_venv() -> str:
    """The version of the Python in .venv; empty if it does not run, or lacks pip."""
    ask = "import sys, importlib.util as u; u.find_spec('pip') and print(*sys.version_info[:2])"
    try:
        answer = subprocess.run([str(PYTHON), "-I", "-c", ask], capture_output=True, text=True)
    except OSError:
        return ""
    return ".".join(answer.stdout.split())


def create() -> None:
    """Make an empty .venv, in place of whatever is there."""
    if VENV.exists():
        print(".venv is half-made, moved or made by another Python: making it anew.", flush=True)
    else:
        print(f"Making an environment for Python {sys.version.split()[0]} in .venv.", flush=True)
    # Whoever calls this with the Python of .venv itself must not saw off that branch.
    base = getattr(sys, "_base_executable", None) or sys.executable
    made = subprocess.run(
        [base, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True
    )
    if made.returncode or not python_in_venv():
        raise SetupError(
            "Python could not make the environment in .venv.",
            " ".join((made.stdout + made.stderr).split()) or "it gave no reason",
            "stop what uses .venv; on Debian and Ubuntu install python3-venv; run this again.",
        )


def install(lock: int) -> None:
    """Have pip fill .venv, as it is configured on this machine (index, wheel folder, proxy)."""
    packages = count("==", ROOT / "constraints.txt")
    print("Installing the course's packages, which takes a few minutes.", flush=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "install.log"
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    what = ["-r", "requirements.txt", "-c", "constraints.txt", "--editable", "."]
    with log.open("wb") as output:
        child = subprocess.Popen(
            [*pip, *what],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A pip that outlives this process keeps the lock, so nobody clears .venv under it.
            pass_fds=() if os.name == "nt" else (lock,),
        )
        try:
            follow(child, log, packages)
        finally:
            child.terminate()
            child.wait()
    if child.returncode:
        raise SetupError(
            "pip could not install the course's packages.",
            reason(log),
            f"mend that (network, disk, pip's settings), run this again. All pip said: {log}",
        )


def follow(child: "subprocess.Popen[bytes]", log: Path, packages: int) -> None:
    """Show how far pip is, on one line in a terminal, else now and then."""
    live = sys.stdout.isatty()
    began = shown = time.monotonic()
    while child.poll() is None:
        time.sleep(0.2)
        now = time.monotonic()
        if now - shown < (1 if live else 15):
            continue
        shown = now
        step = f"found {count('Collecting ', log)} of {packages} packages"
        if count("Installing collected packages", log):
            step = "unpacking the packages"
        print(f"\r  {now - began:4.0f} s  {step:<36}", end="" if live else "\n", flush=True)
    if live and shown != began:
        print()


def count(text: str, file: Path) -> int:
    """How many lines of ``file`` hold ``text``."""
    return sum(text in line for line in lines_of(file))


def reason(log: Path) -> str:
    """pip's own words for what went wrong."""
    errors = [line.split("ERROR:", 1)[1].strip() for line in lines_of(log) if "ERROR:" in line]
    return " ".join(errors or lines_of(log)[-3:]) or "it gave no reason"


def lines_of(file: Path) -> list[str]:
    """The lines of a text file, whatever is in it."""
    return file.read_text(encoding="utf-8", errors="replace").splitlines()


@contextlib.contextmanager
def alone() -> Iterator[int]:
    """Keep two calls from installing at once; yields the descriptor of the locked file."""
    lock = ROOT / ".course" / "install.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as file:
        if not taken(file.fileno()):
            print("Another call is installing: waiting for it.", flush=True)
            while not taken(file.fileno()):
                time.sleep(0.5)
        yield file.fileno()


def taken(lock: int) -> bool:
    """Try to take a lock that the operating system frees when its holder ends."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
