# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 7.11 Versioning strategies
#
# **Time:** about 10 minutes: 9 to read, 1 to run.
#
# **Questions.** What does a version number promise, and what not? Who decides that a change is
# major? What belongs into a model's name?
#
# **Objectives.** Number the same models in four ways and find what each way cannot tell; let a
# rule in code decide between major, minor and patch; check names; put the numbers under rules.
#
# **Before we start:** chapters 7.5 and 7.7, Git, and `python course.py start` in a terminal.

# %% [markdown]
# ## Four models to number
#
# One forest will be built four times: as it is, with less depth, with one more input, and on newer
# data. Then we ask each kind of version number what it knows. The imports print nothing.

# %%
import inspect
import logging
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
import labkit
import lifecycle
import mlflow
import pandas as pd
from dvc.api import open as open_version
from dvc.exceptions import PathMissingError
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score

# %% [markdown]
# `lifecycle` is a package of this course that puts the rules of a team around MLflow. It keeps a
# **ledger** of each model, as an experiment. It records who moved what, and why. An earlier reading
# may have left one, so we begin anew. (Never do this where others use the registry: numbers start
# again at 1, and the history is hidden.)

# %%
import os

labkit.connect()
logging.getLogger("mlflow").setLevel(logging.ERROR)
experiment = mlflow.set_experiment("chapter-07-11")
client, NAME = mlflow.MlflowClient(), "forest-churn-telco"
OWN = {"LC_ALL": "C", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
SIX = ["age", "income", "tenure_months", "support_calls", "monthly_fee", "late_payments"]
if client.search_registered_models(f"name = '{NAME}'"):
    client.delete_registered_model(NAME)
if ledger := client.get_experiment_by_name(f"lifecycle/{NAME}"):
    client.rename_experiment(ledger.experiment_id, f"forgotten/{ledger.experiment_id}")
    client.delete_experiment(ledger.experiment_id)

# %% [markdown]
# Code and data get a Git repository with DVC in it, in a folder of their own, and a DVC remote
# beside it. `deliver` puts a delivery of data under DVC, and a **Git tag** on the commit.

# %%
repo, remote = Path(tempfile.mkdtemp()), tempfile.mkdtemp()


def run(*command):
    kept = {"cwd": repo, "env": os.environ | OWN, "capture_output": True}
    return subprocess.run(command, **kept, check=True, text=True, encoding="utf-8").stdout.strip()


def deliver(delivery, label):
    (repo / "customers.csv").write_bytes(Path(delivery).read_bytes())
    for words in (["add", "customers.csv"], ["push"]):
        run(sys.executable, "-m", "dvc", *words)
    run("git", "add", ".")
    run("git", "commit", "-m", f"Data {label}")
    run("git", "tag", f"data@{label}")


# %% [markdown]
# The code to be versioned is one function, which we write into the repository as `train.py`. The
# first delivery has four quarters. We expect Git to list the script and DVC's pointer.


# %%
def fit(rows, inputs, depth):
    forest = RandomForestClassifier(20, max_depth=depth, random_state=0)
    return forest.fit(rows[inputs], rows["churned"])


CODE = "from sklearn.ensemble import RandomForestClassifier\n\n\n" + inspect.getsource(fit)
run("git", "init")
run("git", "config", "user.name", "Reader")
run("git", "config", "user.email", "reader@example.org")
(repo / "train.py").write_text(CODE, encoding="utf-8", newline="\n")
for words in (["init"], ["remote", "add", "-d", "store", remote]):
    run(sys.executable, "-m", "dvc", *words)
deliver("../data/churn.csv", "v4")
print(run("git", "ls-files", "customers.csv.dvc", "train.py"))

# %% [markdown]
# Every model is judged on the same 750 customers, the second half of 2025's first quarter, which
# none is trained on. `fee_share` is the extra input.


# %%
def read(file):
    rows = pd.read_csv(file, dtype={**dict.fromkeys(SIX, float), "churned": bool})
    return rows.assign(fee_share=rows["monthly_fee"] / rows["income"])


judged = read("../data/incoming/churn.csv")[5750:]

# %% [markdown]
# `lifecycle.run` is `mlflow.start_run` that also notes commit, data and environment;
# `lifecycle.register` registers, and looks at the name. `train` does a whole round, on the first
# 5,750 rows: all of the first delivery; of the second all but the 750 we judge on.


# %%
def train(inputs, depth):
    forest = fit(read(repo / "customers.csv")[:5750], inputs, depth)
    answers = forest.predict(judged[inputs])
    with lifecycle.run(data=repo / "customers.csv.dvc", repository=repo):
        mlflow.log_params({"depth": depth, "inputs": len(inputs)})
        mlflow.log_metric("f1", f1_score(judged["churned"], answers))
        lifecycle.log_predictions(judged["churned"], answers, rows=judged["customer_id"])
        saving = {
            "input_example": judged[inputs].head(3),
            "skops_trusted_types": ["sklearn.tree._tree.Tree"],
            "pip_requirements": ["scikit-learn", "skops"],
        }
        info = mlflow.sklearn.log_model(forest, name="model", **saving)
    tags = {"dataset": "churn", "architecture": "random forest"}
    return lifecycle.register(info, NAME, description="Who leaves?", owner="ana", tags=tags)


# %% [markdown]
# ## A running number
#
# We build all four, the last after a delivery with a fifth quarter, and look at the scores. The
# registry counts 1, 2, 3, 4. Does a higher number mean a better model?

# %%
numbers = [train(SIX, 8).version, train(SIX, 4).version, train([*SIX, "fee_share"], 8).version]
deliver("../data/incoming/churn.csv", "v5")
newest = train(SIX, 8)
found = {number: client.get_model_version(NAME, number) for number in [*numbers, newest.version]}
runs = {number: client.get_run(one.run_id).data for number, one in found.items()}
print("F1:", {number: round(data.metrics["f1"], 3) for number, data in runs.items()})

# %% [markdown]
# Number 2 is worse than 1. A number says what was registered first, and means one model as long as
# nobody deletes the whole registered model, as our clean-up did; it says neither *better* nor
# *compatible*. People write it like an image's tag, `churn_model:v1`. We expect MLflow to want a
# slash.

# %% tags=["snippet:7.11.1"]
for address in ("models:/churn_model:v1", "models:/churn_model:v2", f"models:/{NAME}/1"):
    try:
        print(type(mlflow.pyfunc.load_model(address)).__name__, "loaded from", address)
    except mlflow.MlflowException as error:
        print(error)

# %% [markdown]
# ## Semantic versions
#
# `2.0.0` is a promise to whoever *uses* a thing. **Major**: you must change something. **Minor**:
# you need not. **Patch**: you should hardly notice. Can a version of the registry be called so? We
# try it as an alias.

# %% tags=["snippet:7.11.2"]
for number in ("v1.0.0", "v1.1.0", "v2.0.0"):
    try:
        client.set_registered_model_alias(NAME, number, 1)
    except mlflow.MlflowException as error:
        print(error)

# %% [markdown]
# It must be a **tag**, then. And who decides? People decide by mood; a rule can decide by the
# signature. *Major*: the new model asks for something the old one did not, or answers in another
# type. *Minor*: other parameters. *Patch*: the rest.


# %%
def change(old, new):
    one, other = (mlflow.models.get_model_info(found[n].source).signature for n in (old, new))
    added = [column for column in other.inputs.inputs if column not in one.inputs.inputs]
    if added or one.outputs != other.outputs:
        return "major"
    return "minor" if runs[old].params != runs[new].params else "patch"


# %% [markdown]
# The number follows from the kind of change. Version 1 is `1.0.0`; the other three should be three
# different kinds.

# %%
FOLLOWING = {"major": "2.0.0", "minor": "1.1.0", "patch": "1.0.1"}
semver = {1: "1.0.0", **{number: FOLLOWING[change(1, number)] for number in (2, 3, 4)}}
for number, text in semver.items():
    client.set_model_version_tag(NAME, number, "semver", text)
print(semver)

# %% [markdown]
# Version 4 is `1.0.1`, a patch of version 1 that came after `2.0.0`; a running number cannot say
# that. Is the promise kept? A caller who knows only the six inputs asks them all.

# %%
models = {n: mlflow.pyfunc.load_model(f"models:/{NAME}/{n}") for n in found}
for number, model in models.items():
    try:
        others = model.predict(judged[SIX]) != models[1].predict(judged[SIX])
        print(semver[number], f"answers {others.mean():.1%} of the customers otherwise")
    except mlflow.MlflowException as error:
        print(semver[number], "refuses:", str(error).split("Error: ")[-1])

# %% [markdown]
# The rule was right about who must change. But the *patch* changes more answers than the minor
# version, and has the best score of all. Semantic versions speak of form, not of worth.
#
# ## The Git hash
#
# `model_4f8d11a.pkl` carries the commit that built it. We save two forests from one commit, edit
# the code without a commit, and look for `4f8d11a`.

# %% tags=["snippet:7.11.3"]
folder, commit = Path(tempfile.mkdtemp()), run("git", "rev-parse", "--short=7", "HEAD")
for depth in (8, 4):
    forest = fit(read(repo / "customers.csv"), SIX, depth)
    (folder / f"model_{commit}.pkl").write_bytes(pickle.dumps(forest))
print("Two models saved, files:", len(list(folder.iterdir())))
(repo / "train.py").write_text(CODE + "# one more idea\n")
print("Same hash after an edit:", commit == run("git", "rev-parse", "--short=7", "HEAD"))
print("Git can say so:", run("git", "describe", "--always", "--dirty").endswith("-dirty"))
run("git", "checkout", "train.py")
try:
    run("git", "show", "4f8d11a")
except subprocess.CalledProcessError as error:
    print(error.stderr.split(".")[0].splitlines()[0])

# %% [markdown]
# The second model overwrote the first: a commit knows no parameters, no data, no seed. With
# uncommitted edits it names code that did not run, and outside its repository nothing. But it
# alone answers: *which code?*
#
# ## Data versions
#
# We ask DVC for `data@v4` and `data@v5`: first as they stand, then as the Git tags they are.

# %% tags=["snippet:7.11.4"]
for path, commit in [("data@v4", None), ("customers.csv", "data@v4"), ("customers.csv", "data@v5")]:
    try:
        with open_version(path, repo=str(repo), rev=commit) as file:
            print(commit, pd.read_csv(file).groupby("quarter").size().to_dict())
    except PathMissingError as error:
        print(str(error).split(" in the ")[0])

# %% [markdown]
# DVC gives the bytes that a commit points to; the tag is our name for the commit. It answers *which
# rows*, not what was made of them. And a name can be moved, by accident or not. Does version 1
# still know its data then?

# %%
run("git", "tag", "--force", "data@v4", "data@v5")
md5 = runs[1].tags["lifecycle.data"].split("@")[-1]
for commit in ("data@v4", runs[1].tags["mlflow.source.git.commit"]):
    way = "by the tag" if commit == "data@v4" else "by its run"
    print(way, "- the same data:", md5 in run("git", "show", f"{commit}:customers.csv.dvc"))

# %% [markdown]
# The tag lies now. The run does not: it holds the commit, and an md5 computed from the bytes.
# Labels are for people, hashes for proof.
#
# ## Names
#
# A name says what the model is, what it is for, and which data it learned from. `lifecycle` has
# this convention as code; we expect three good names and three complaints.

# %% tags=["snippet:guide.naming.1"]
good = ["moe-cybersecurity-cicids", "ft-transformer-unsw", "xgboost-baseline-cicids"]
bad = ["model1", "my_model_final_v2", "test_model"]
for name in [*good, *bad]:
    print(f"{name}:", (lifecycle.Rules().name_problems(name) or ["good"])[-1])

# %% [markdown]
# No version number, as the registry counts, and no stage, as it changes.
#
# ## What else to write down
#
# Two lists go around: four numbers to keep track of, four pieces of metadata to add. They are
# printed as Python code. We ask Python.

# %% tags=["snippet:guide.version-control.1", "snippet:guide.practice-metadata.1"]
numbers = """# Keep track of:
- Git commit hash (code version)
- DVC data version (data version)
- MLflow run ID (experiment)
- Model version (registry)"""
metadata = """# Always add:
- Description (what is this model?)
- Tags (dataset, architecture, date)
- Performance metrics (F1, precision, recall)
- Training parameters (learning rate, epochs)"""
for demands in (numbers, metadata):
    try:
        compile(demands, "demands", "exec")
    except SyntaxError as error:
        print(type(error).__name__, "in line", error.lineno)

# %% [markdown]
# They are demands, not code (the date MLflow notes itself), but a program can check them:
# `lifecycle.check` says what stands for and against a version. Then we **promote** by its rules.
# Version 1 goes the regular way, version 4 skips staging, version 2 wants to replace a better one.


# %%
def promoted(number, stage):
    try:
        lifecycle.promote(NAME, number, to=stage, why="an example", approver="Bea")
        return f"Version {number} is in {stage}."
    except lifecycle.RefusedError as error:
        return f"{error.what} {error.why}"


for finding in lifecycle.check(NAME, 4, to="staging"):
    print(f"{finding.requirement}: {finding.what}")
regular, skips, worse = [(1, "staging"), (1, "production")], [(4, "production")], (2, "production")
for number, stage in [*regular, *skips, (2, "staging"), worse]:
    print(promoted(number, stage))

# %% [markdown]
# Each refusal names its rule. Version 2 was compared with the champion on the same customers, and
# the whole interval of the difference is on the wrong side. Now version 4 takes the regular way.
# `lineage` then looks at every link from the data to the version, and should find each verified.

# %%
for stage in ("staging", "production"):
    record = lifecycle.promote(NAME, 4, to=stage, why="knows the new prices", approver="Bea")
print(f"Approved by {record.approver}: {record.verdict}")
for link in lifecycle.lineage(NAME, "champion", repository=repo).links:
    print(f"{link.source} -> {link.target}: {link.state}")

# %% [markdown]
# ## Together
#
# | number | answers | does not answer |
# |---|---|---|
# | run, model version | which one? | better? compatible? |
# | semantic version | must callers change? | better? |
# | Git commit | which code? | which data? |
# | data version | which rows? | made into what? |
#
# Keep all four on the version; none replaces another.
#
# ## What we left open
#
# - Which files belong to a model, and what if one is missing? (7.12)
# - All of it in one training script: 7.13.
#
# **Key points.** Let machines number. A promise to callers is a rule over signatures. Labels are
# for people, hashes for proof. Rules, not numbers, keep bad versions out.
