# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 7.9 Pipelines with DVC
#
# **Time:** about 8 minutes: 7 to read, 1 to run.
#
# **Questions.** How was this model made, in which order, from what? Which of the steps must run
# again after a change, and which need not?
#
# **Objectives.** Describe steps in `dvc.yaml`; let `dvc repro` run what changed, and say why it
# skips the rest; compare parameters, metrics and plots with the last commit; read `dvc.lock`.
#
# **Before we start:** chapter 7.7, and F1.

# %% [markdown]
# ## A project
#
# As in 7.7 we work in a temporary folder, without personal settings of Git or DVC. One is new: the
# word `python` shall mean the Python of this notebook, for DVC is going to call it.

# %%
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

room = Path(tempfile.mkdtemp()).resolve()
settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PYTHONUTF8": "1"}
settings |= {f"DVC_{where}_CONFIG_DIR": str(room / "none") for where in ("GLOBAL", "SYSTEM")}
settings["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
for who in ("AUTHOR", "COMMITTER"):
    settings |= {f"GIT_{who}_NAME": "reader", f"GIT_{who}_EMAIL": "reader@example.org"}

# %% [markdown]
# `run` carries out commands in the project, one after the other, and gives back what the last one
# said: its error where we expect one. It prints nothing yet.

# %%
project = room / "project"
project.mkdir()


def run(*commands, fails=False):
    for command in commands:
        words = shlex.split(command)
        words = [sys.executable, "-m", *words] if words[0] == "dvc" else words
        kept = {"cwd": project, "env": os.environ | settings, "capture_output": True}
        done = subprocess.run(words, **kept, text=True, encoding="utf-8")
        if (done.returncode != 0) != fails:
            raise RuntimeError(done.stderr)
    return done.stderr if fails else done.stdout


# %% [markdown]
# The project has a table under DVC and one script, which reads the depth of a tree from
# `params.yaml`, trains, and saves `model.pkl` (a pickle, for short: 7.12 says why not). We write
# the script; the table follows.


# %%
def write(name, text):
    (project / name).write_text(text.lstrip(), encoding="utf-8", newline="\n")


write("params.yaml", "train: {depth: 3}\n")
TEXT = """
import pickle, yaml, numpy as np
from sklearn.tree import DecisionTreeClassifier
depth = yaml.safe_load(open("params.yaml"))["train"]["depth"]
rows = np.loadtxt("data/train.csv", delimiter=",", skiprows=1, usecols=(2, 4, 7, 8, 9))
tree = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(rows[:, :-1], rows[:, -1])
pickle.dump(tree, open("model.pkl", "wb"))
"""
write("train.py", TEXT)

# %% [markdown]
# The table goes under DVC as in 7.7. Then we give the command that tutorials show to make a
# **stage**, a step of a pipeline: its name, what it depends on (`-d`), what it makes (`-o`), and
# the command. Does DVC know `run`?

# %% tags=["snippet:7.9.1"]
run("git init -b main", "dvc init")
(project / "data").mkdir()
(project / "data/train.csv").write_bytes(Path("../data/churn.csv").read_bytes())
run("dvc add data/train.csv", "git add .", "git commit -m 'table and script'")
stage = "-n train -d data/train.csv -d train.py -o model.pkl python train.py"
print(run(f"dvc run {stage}", fails=True).split(" (choose")[0])

# %% [markdown]
# `dvc run` described a stage *and* ran it. DVC 3 has two commands instead: `dvc stage add` takes
# the same words and only describes, `dvc repro` runs. We expect a short YAML file.

# %% tags=["snippet:7.9.1"]
run(f"dvc stage add {stage}")
print((project / "dvc.yaml").read_text())

# %% [markdown]
# That is the description, to be committed like code. Now `dvc repro`, twice; of what it says we
# print the lines about stages, and errors. The second time should find nothing to do.


# %% tags=["snippet:7.9.2"]
def repro(fails=False):
    said = run("dvc repro", fails=fails).splitlines()
    telling = ("Stage", "Running stage", "Data and pipelines", "ERROR:", "ValueError:")
    print(*(line for line in said if line.startswith(telling)), sep="\n")


repro()
repro()

# %% [markdown]
# How did it know? The first time it wrote `dvc.lock`: the hashes of everything the stage read and
# made. We look at it, without the hash of the model.

# %%
import yaml

lock = yaml.safe_load((project / "dvc.lock").read_text())["stages"]["train"]
for found in lock["deps"]:
    print("read:", found["path"], found["md5"][:6] + "...", found["size"], "bytes")
print("made:", [found["path"] for found in lock["outs"]], "by:", lock["cmd"])

# %% [markdown]
# `repro` compares these hashes with today's files. What is not in the list, it does not see.
#
# ## Skipped, and wrongly so
#
# Here is the trap. `train.py` also reads `params.yaml`, and we never said so. We set the depth to
# 6; the model should change.

# %%
write("params.yaml", "train: {depth: 6}\n")
repro()

# %% [markdown]
# "Didn't change, skipping", while the model still has the old depth. DVC does not read your code:
# a stage is only as good as its list of dependencies.
#
# ## A pipeline
#
# We do it properly: `prepare.py` picks columns, `train.py` trains on the first 3,500 rows and
# writes two results beside the model, a score and a curve.

# %%
write("params.yaml", "train: {depth: 3}\n")
TEXT = """
import csv

keep = ["age", "tenure_months", "support_calls", "late_payments", "churned"]
with open("data/train.csv", newline="") as source, open("ready.csv", "w", newline="") as target:
    writer = csv.DictWriter(target, keep, extrasaction="ignore", lineterminator="\\n")
    writer.writeheader()
    writer.writerows(csv.DictReader(source))
"""
write("prepare.py", TEXT)

# %% [markdown]
# The training script tries each depth up to the one asked for, so that the curve shows F1 on the
# training and on the validation rows.

# %%
TEXT = """
import json, pickle, yaml, numpy as np
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier
depths = range(1, 1 + yaml.safe_load(open("params.yaml"))["train"]["depth"])
rows = np.loadtxt("ready.csv", delimiter=",", skiprows=1)
parts = [(part[:, :-1], part[:, -1]) for part in (rows[:3500], rows[3500:])]
trees = [DecisionTreeClassifier(max_depth=d, random_state=0).fit(*parts[0]) for d in depths]
curve = [[round(f1_score(y, tree.predict(X)), 4) for X, y in parts] for tree in trees]
header = "depth,f1_train,f1_valid"
np.savetxt("curve.csv", np.c_[depths, curve], "%g", ",", header=header, comments="")
pickle.dump(trees[-1], open("model.pkl", "wb"))
json.dump({"f1_valid": curve[-1][1]}, open("metrics.json", "w"))
"""
write("train.py", TEXT)

# %% [markdown]
# `dvc.yaml` can be written by hand. New are `params` (values that matter, by name), `metrics` and
# `plots`, which are outputs small enough for Git (`cache: false`). The order follows from who reads
# what whom makes. The cell only writes the file.

# %%
TEXT = """
stages:
  prepare:
    cmd: python prepare.py
    deps: [data/train.csv, prepare.py]
    outs: [ready.csv]
  train:
    cmd: python train.py
    deps: [ready.csv, train.py]
    params: [train.depth]
    outs: [model.pkl]
    metrics: [metrics.json: {cache: false}]
    plots: [curve.csv: {cache: false, x: depth, y: f1_valid}]
"""
write("dvc.yaml", TEXT)

# %% [markdown]
# `dvc dag` draws what depends on what. It should show a line of three: the table is no stage, but a
# node all the same. Then `repro` should run both stages.

# %%
print(run("dvc dag"))
repro()

# %% [markdown]
# Nobody wrote the order down; it was found. We commit this state, to compare with it.
#
# ## What runs again, and why
#
# Two changes at once: the depth becomes 6, this time declared, and somebody adds a comment to
# `prepare.py`. A comment changes no result, but DVC cannot know. Which stages run?

# %%
run("git add .", "git commit -m 'pipeline of two stages'")
write("params.yaml", "train: {depth: 6}\n")
with (project / "prepare.py").open("a", newline="\n") as script:
    script.write("# columns agreed with Ana\n")
repro()

# %% [markdown]
# Both. Was `train` started by the new depth, or because `prepare` ran? We add another comment and
# leave the depth alone.

# %%
with (project / "prepare.py").open("a", newline="\n") as script:
    script.write("# and with Ben\n")
repro()

# %% [markdown]
# `prepare` ran, made the same bytes as before, and so `train` is skipped: what counts is the
# *content* of what a stage reads, not when it was written.
#
# ## Was it worth it?
#
# `dvc params diff` and `dvc metrics diff` compare with the last commit.

# %%
print(run("dvc params diff"))
print(run("dvc metrics diff"))

# %% [markdown]
# Twice the depth and a lower score. The curve may tell why. `dvc plots diff HEAD` writes a page
# with a chart; with `--json` it gives the points, of the commit and of the folder, to draw oneself.

# %% alt="Training and validation F1 over depth: both climb until depth 3, then training F1 creeps upward while validation F1 falls"
import json
import pandas as pd

plots = json.loads(run("dvc plots diff HEAD --json"))
points = pd.DataFrame(plots["data"]["curve.csv"][0]["content"]["data"]["values"])
print(points.groupby("rev").size().to_dict())
curve = points[points["rev"] == "workspace"].drop(columns="rev").astype(float)
axes = curve.plot("depth", ["f1_train", "f1_valid"], marker="o", ylabel="F1", figsize=(5, 3))

# %% [markdown]
# *The figure in words:* both lines climb steeply until depth 3. From there training F1 creeps on
# upward while validation F1 falls: deeper trees learn noise by heart.
#
# So back to depth 3. We have trained that tree before; must it be trained again?

# %%
write("params.yaml", "train: {depth: 3}\n")
repro()
print((project / "metrics.json").read_text())

# %% [markdown]
# No: DVC remembers every run and takes the outputs from its cache. (It can tempt, too: a stage
# that reads a clock or a web page has inputs that no list holds.)
#
# ## A stage that fails
#
# `prepare.py` now stops with an error. What is left of the pipeline, and of the last good model?

# %%
good = (project / "prepare.py").read_text()
write("prepare.py", "raise ValueError('no such column: age')\n" + good)
repro(fails=True)
print({name: (project / name).exists() for name in ("ready.csv", "model.pkl")})
write("prepare.py", good)
repro()

# %% [markdown]
# The failed stage loses its output, `train` is not reached, and the model of before stays: a model
# that *exists* is no proof that the pipeline is whole. After the repair `dvc repro` takes the lost
# output from its cache, and finds all as it should be.
#
# ## What we left open
#
# - The score is in `metrics.json`, one file. To compare forty runs, use MLflow or DVC's
#   experiments (7.10).
# - This repository's own `dvc.yaml` trains the case study in the same way.
#
# **Key points.** A stage is a command with its inputs and outputs. `repro` runs what read something
# new, by content. `dvc.lock` is the record: commit it. What a stage does not declare, DVC does not
# see.
