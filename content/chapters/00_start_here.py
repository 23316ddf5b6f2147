# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 0 Start here
#
# **Time:** about 9 minutes: 8 to read, 1 to run.
#
# **Questions.** What is in this course, and what do I read first? Is my set-up complete? What do I
# do when something is wrong?
#
# **Objectives.** Pick your way through chapters and labs; check versions, server, data, Git and
# DVC; see how a lab answers; read an error of the course.
#
# **Before we start:** Python and some scikit-learn. In a terminal, in the course folder:
# `python course.py start`.

# %% [markdown]
# ## What the course is about
#
# A model is trained once and used for years. Somebody will ask which version runs, what it was
# made from, and how to go back. **MLflow** remembers runs and model versions, **DVC** remembers
# data, Git remembers code. You learn to use them together.
#
# A *chapter* is a notebook of explanation that has already run. A *lab* has exercises, and answers
# you in seconds. We begin by looking at the tools; the first cell prints nothing.

# %%
import hashlib
import json
import subprocess
import sys
from importlib.metadata import version
import jupytext
import pandas as pd
import yaml
from IPython.display import Markdown
import labkit
from labkit.paths import find_course

# %% [markdown]
# ## Is everything here?
#
# **Versions.** The course was written for Python 3.11 to 3.13, MLflow 3 and DVC 3; on older ones
# half of it fails. `requirements.txt` pins them exactly. Each line should end in `True`.

# %%
print("Python 3.11 to 3.13:", (3, 11) <= sys.version_info[:2] <= (3, 13))
for package, wanted in {"mlflow": "3", "dvc": "3", "scikit-learn": "1", "pandas": "3"}.items():
    print(package, wanted, version(package).split(".")[0] == wanted)

# %% [markdown]
# A `False` usually means that this notebook runs in another Python than the course's: choose the
# kernel *Python 3* of the JupyterLab that `start` opened.
#
# **The server.** MLflow must answer, or nothing can be logged. One line finds it, on whatever port
# it is.

# %%
labkit.connect()

# %% [markdown]
# Should it say that the server is not running, it also says what to type. Can we write to it, too?
# Asking for the experiments is enough to see that the store behind it works: *Default* is always
# there.

# %%
import mlflow

print("Default" in [one.name for one in mlflow.search_experiments()])

# %% [markdown]
# **The data.** `data.dvc` is a small file in Git that names the data by a digest: the md5 of a list
# of files, each with its own md5. If even one byte of one file were another, so would be the
# digest. First the list, without digests:

# %%
course = find_course()
files = sorted(path for path in course.data.rglob("*") if path.is_file())
print(*[path.relative_to(course.data).as_posix() for path in files], sep="\n")

# %% [markdown]
# Now we do what DVC does, and compare with the pointer. We expect `True`; `False` means that a file
# was changed, or not pulled.

# %%
listing = [
    {"md5": hashlib.md5(path.read_bytes()).hexdigest(), "relpath": name}
    for path in files
    for name in [path.relative_to(course.data).as_posix()]
]
digest = hashlib.md5(json.dumps(listing).encode()).hexdigest() + ".dir"
pointer = yaml.safe_load((course.root / "data.dvc").read_text())
print("The data are what data.dvc says:", digest == pointer["outs"][0]["md5"])

# %% [markdown]
# **Git and DVC.** Both are programs that chapters start. Git must be installed on your machine, DVC
# came with the course. Each is asked for its version, and Git whether this folder has a commit,
# as runs are tied to one.


# %%
def succeeds(*command):
    done = subprocess.run(command, cwd=course.root, capture_output=True, check=False)
    return done.returncode == 0


print("Git runs:", succeeds("git", "--version"))
print("DVC runs:", succeeds(sys.executable, "-m", "dvc", "--version"))
print("There is a commit:", succeeds("git", "rev-parse", "HEAD"))

# %% [markdown]
# Without a commit (a folder that came as a zip), type `git init`, `git add --all` and
# `git commit -m Start`.
#
# ## The chapters
#
# Each says at its top how long it takes: the words at 200 a minute, and its cells as measured. We
# collect that from the chapters themselves.


# %%
def lines_of(path):
    return jupytext.read(path).cells[0].source.splitlines()


def row(path):
    lines = lines_of(path)
    time = next((line for line in lines if line.startswith("**Time:**")), "")
    minutes = [int(word) for word in time.split() if word.isdigit()]
    return path.stem, lines[0].removeprefix("# "), *minutes[:1]


# %% [markdown]
# The table is in reading order, which is also the order of the file names. A chapter needs those
# its beginning names for what it explains, but runs alone. 7.2, 7.6 and 7.8 share a chapter with
# their neighbours (7.6 also has a tour of its own), 7.3 opens 7.4, and the exercises of 7.16 are
# the labs.

# %%
sources = sorted(course.chapter_sources.glob("*.py")) or sorted(course.notebooks.glob("*.ipynb"))
chapters = pd.DataFrame(map(row, sources), columns=["file", "chapter", "minutes"])
links = [f"[{one.chapter}]({one.file}.ipynb) | {one.minutes:.0f}" for one in chapters.itertuples()]
Markdown("\n".join(["chapter | minutes", "--- | ---:", *links]))

# %% [markdown]
# How long is that in all? And how long are the case study (`moe`), and the chapters for readers in
# a hurry: 7.1, 7.4, 7.5, 7.7 and the summary?

# %%
parts = {"all": "", "case study": "moe", "in a hurry": "07_(01|04|05|07|17)"}
for part, names in parts.items():
    print(f"{part}: {chapters.minutes[chapters.file.str.match(names)].sum():.0f} minutes")

# %% [markdown]
# ## The labs
#
# A lab has exercises with points. Its minutes below are for *reading* only: how long you think is
# your own affair. We take points from the table each lab begins with.


# %%
def lab_row(path):
    cells = [cell.source for cell in jupytext.read(path).cells]
    table = [line.split("|") for line in cells[0].splitlines() if line.startswith("| ")][1:]
    points = sum(int(line[3].split(",")[0]) for line in table)
    words = sum(len(text.split()) for text in cells)
    title = f"[{cells[0].splitlines()[0][2:]}](../labs/{path.parent.name}.ipynb)"
    return f"{title} | {len(table)} | {points} | {words // 200}"


# %% [markdown]
# Lab 1 follows chapter 7.4, lab 2 chapter 7.5 and so on; each lab names what it needs. The files
# are in the folder `labs`, those with answers in `solutions`.

# %%
labs = [lab_row(path) for path in sorted(course.lab_sources.glob("*/lab.py"))]
head = ["lab | exercises | points | minutes to read", "--- | ---: | ---: | ---:"]
Markdown("\n".join(head + labs))

# %% [markdown]
# ## How a lab works
#
# You write in an answer cell and run the check cell below it. A **check** never reads your code; it
# looks at the **evidence** your code left: runs, models, files, declared values. Here is a toy
# check with one hint. It stays in this notebook and is noted nowhere.

# %%
from labkit.card import lines_of as card_lines, make_card
from labkit.checks import Hint, check, failed, passed, run_checks
from labkit.evidence import Evidence


@check("0.1", points=1, hints={"text": Hint("Is it a number?", "Write 7, not '7'.")})
def days_in_a_week(evidence):
    days = evidence.declared.get("days")
    if isinstance(days, str):
        return failed(f"days is the text '{days}'.", "text")
    return passed("days is 7.") if days == 7 else failed(f"days is {days}.")


# %% [markdown]
# A learner declares the text `'7'`. We expect no point, and a hint that nudges instead of telling.


# %%
def verdict(**declared):
    result = run_checks([days_in_a_week], Evidence("0.1", declared=declared))
    return make_card(result, card_lines(result))


verdict(days="7")

# %% [markdown]
# The card says what was found, not what was expected. The second time the hint would be plainer.
# Now the number:

# %%
verdict(days=7)

# %% [markdown]
# In a lab you write `labkit.declare("4.1", ...)` and `labkit.check("4.1")`; points once earned stay
# yours, and `python course.py progress` lists them. When a class is graded, the same checks run,
# and a few hidden ones, of things the text asks for.
#
# ## When something is wrong
#
# Errors of the course have three parts: what happened, why, and what to do next. We provoke one.

# %%
try:
    labkit.check("99.1")
except labkit.CourseError as error:
    print(error)

# %% [markdown]
# Any other traceback is about your own code: read its **last** line first.
#
# If the machine is the problem (a taken port, an old database, changed data),
# `python course.py doctor` examines it and says what to do. This is what it looks at; the cell
# takes some seconds.

# %%
command = [sys.executable, "-m", "labkit", "doctor"]
report = subprocess.run(command, cwd=course.root, capture_output=True, text=True, encoding="utf-8")
examined = [line[9:22].strip() for line in report.stdout.splitlines() if line[:3] in ("ok ", "PRO")]
print(*examined, sep=", ")

# %% [markdown]
# Run the command in a terminal to read what it found.
#
# | what you see | what to do |
# |---|---|
# | *server is not running* | `python course.py start`, and leave that terminal open |
# | a table with more rows than here | nothing: you ran other chapters |
# | outputs that make no sense | *Kernel*, *Restart and Run All* |
# | a chapter that will not begin | stop, `python course.py goto 07_05`, start |
# | everything is in a muddle | stop, *rename* `.course`, start: all begins anew, points too |

# %% [markdown]
# ## Who reads what
#
# - A **student** reads a chapter, does its lab, goes on. The order is the table's.
# - **Reading by yourself**, do the same, and compare with `solutions` after trying. For readers in
#   a hurry the short way is above.
# - An **instructor** reads this page, does lab 1 once with a mistake or two, then *Grading a class*
#   in the README: one command turns a folder of submissions into a gradebook.

# %% [markdown]
# ## What we left open
#
# - Everything: why versions at all? That is 7.1.
#
# **Key points.** Chapters explain, labs answer. Check the set-up here once. A check judges what
# your code left behind. An error of the course says what to do next; the doctor examines the rest.
