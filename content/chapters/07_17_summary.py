# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 7.17 Summary
#
# **Time:** about 10 minutes: 9 to read, 1 to run.
#
# **Questions.** What were the five things to remember, and are they true?
#
# **Objectives.** See each statement hold in one short run; find every word of the course again;
# test yourself; know where to read on.
#
# **Before we start:** chapters 7.1 to 7.15, and `python course.py start`.

# %% [markdown] tags=["snippet:7.17.list"]
# ## Five statements
#
# 1. Without versions of everything, a result cannot be repeated.
# 2. MLflow tracks experiments and keeps the registry.
# 3. DVC keeps versions of data and pipelines.
# 4. A registry leads from a version to its metrics, files and description.
# 5. With a strategy for versions, every model can be traced.
#
# We show them in a project small enough for a page, in a folder of its own.

# %%
import logging
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
import labkit
import matplotlib.pyplot as plt
import mlflow
import pandas as pd
import yaml
from dvc.api import open as open_version
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score

# %% [markdown]
# A helper runs a command in the project and gives back what it printed. The project gets the
# customers of the course as its data. Connecting is all that shows.


# %%
def run(*command):
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


labkit.connect()
logging.getLogger("mlflow").setLevel(logging.ERROR)
dvc = (sys.executable, "-m", "dvc")
project = Path(tempfile.mkdtemp())
ANA = ["-c", "commit.gpgsign=false", "-c", "user.name=Ana", "-c", "user.email=ana@example.org"]
churn = pd.read_csv("../data/churn.csv")
churn[:3000].to_csv(project / "train.csv", index=False)

# %% [markdown]
# ## DVC keeps versions of data
#
# We begin with the third statement, as the others build on it. The data become known to DVC, the
# pointer to Git, with a tag; then a second version with 500 rows more. We expect both to be there,
# one under each tag.


# %%
def commit(text, tag):
    run("git", "add", "--all")
    run("git", *ANA, "commit", "-qm", text)
    run("git", "-c", "tag.gpgsign=false", "tag", tag)


run("git", "init", "-q")
run(*dvc, "init", "-q")
run(*dvc, "add", "-q", "train.csv")
commit("The first 3,000 customers", "data-1")
churn[:3500].to_csv(project / "train.csv", index=False)
run(*dvc, "add", "-q", "train.csv")
commit("The first 3,500 customers", "data-2")

# %% [markdown]
# Both were added. To read a version, we name its tag; nothing is checked out.


# %%
def data_of(revision):
    with open_version("train.csv", repo=str(project), rev=revision) as file:
        return pd.read_csv(file)


print("data-1:", len(data_of("data-1")), "rows; data-2:", len(data_of("data-2")), "rows")

# %% [markdown]
# Git holds two short pointers, DVC's cache the rows.
#
# **And pipelines:** a stage counts the rows. It runs once; asked again, DVC should see that nothing
# changed.

# %%
(project / "count.py").write_text(
    "rows = len(open('train.csv').readlines()) - 1\nopen('rows.txt', 'w').write(str(rows))\n"
)
stage = ["-n", "count", "-d", "count.py", "-d", "train.csv", "-o", "rows.txt"]
run(*dvc, "stage", "add", "-q", *stage, f'"{sys.executable}" count.py')
for attempt in ("first", "second"):
    told = run(*dvc, "repro")
    print(attempt, "time: ran" if "Running stage" in told else "time: skipped")
print((project / "rows.txt").read_text(), "rows")

# %% [markdown]
# Skipped: nothing it depends on had changed.
#
# ## MLflow tracks, and keeps the registry
#
# An earlier reading may have left runs and a model; we remove them. Then come the inputs, and the
# rows that no model sees in training.

# %%
client, NAME = mlflow.MlflowClient(), "forest-summary-churn"
mlflow.set_experiment("chapter-07-17")
for old in mlflow.search_runs(output_format="list"):
    client.delete_run(old.info.run_id)
for old in client.search_registered_models(f"name = '{NAME}'"):
    client.delete_registered_model(old.name)
FEATURES = ["age", "income", "tenure_months", "support_calls", "monthly_fee", "late_payments"]
valid = churn[3500:]
X_valid = valid[FEATURES].astype(float)
SAVING = {"skops_trusted_types": ["sklearn.tree._tree.Tree"], "pip_requirements": ["scikit-learn"]}

# %% [markdown]
# Every run shall name its commit and the md5 of its data. The pointer in Git knows that md5, and it
# should differ between the tags.


# %%
def md5_of(revision):
    return yaml.safe_load(run("git", "show", f"{revision}:train.csv.dvc"))["outs"][0]["md5"]


print("Two versions of the data:", md5_of("data-1") != md5_of("data-2"))

# %% [markdown]
# The training has a fixed seed: who wants to repeat it must not depend on luck. Nothing is printed.


# %%
def train(rows, depth):
    forest = RandomForestClassifier(20, max_depth=depth, random_state=0)
    return forest.fit(rows[FEATURES].astype(float), rows["churned"])


# %% [markdown]
# The recording follows, then three trainings: one per version of the data, and a deeper forest. The
# table should have a row each.


# %%
def record(revision, depth):
    forest = train(data_of(revision), depth)
    head = run("git", "rev-parse", f"{revision}^{{commit}}").strip()
    with mlflow.start_run(tags={"mlflow.source.git.commit": head, "dvc.md5": md5_of(revision)}):
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1_valid", f1_score(valid["churned"], forest.predict(X_valid)))
        mlflow.sklearn.log_model(forest, name="model", registered_model_name=NAME, **SAVING)


for revision, depth in (("data-1", 4), ("data-2", 4), ("data-2", 8)):
    record(revision, depth)
mlflow.search_runs(order_by=["start_time"])[["params.max_depth", "metrics.f1_valid"]].round(3)

# %% [markdown]
# The three runs are tracked, and in the registry are three versions. (.822 beside .818 proves
# nothing, see *Test yourself*; we need some champion to show the rest.) Version 3 becomes it, and
# whoever needs it loads it by that name.

# %%
client.set_registered_model_alias(NAME, "champion", 3)
client.update_model_version(NAME, 3, description="Twenty trees of depth 8, first 3,500 customers.")
champion = mlflow.sklearn.load_model(f"models:/{NAME}@champion")
print("The champion has depth", champion.max_depth)

# %% [markdown]
# ## A registry leads to metrics, files and description
#
# The fourth statement needs one correction: the registry keeps metadata and points to the rest.
# The metrics are with the run, the files in the artifact store. From the alias alone we expect to
# reach all three.

# %%
version = client.get_model_version_by_alias(NAME, "champion")
source = client.get_run(version.run_id).data
files = mlflow.artifacts.list_artifacts(f"models:/{NAME}@champion")
print("Metadata:", version.description)
print("Metrics: ", list(source.metrics), source.params)
print("Files:   ", [file.path for file in files if "." not in file.path or "skops" in file.path])

# %% [markdown]
# ## Every model can be traced
#
# The chain is data, code, run, version; we walk it backwards. (The commit holds only pointers here;
# our code is this notebook.) Each link is checked and not believed: does the commit that the run
# names hold the pointer to the data that the run names?

# %%
commit_of, noted = source.tags["mlflow.source.git.commit"], source.tags["dvc.md5"]
tag = run("git", "tag", "--points-at", commit_of).strip()
print("Version", version.version, "came from a run at the commit tagged", tag)
print("The commit points to the data the run names:", md5_of(commit_of) == noted)
print("They are not those of data-1:", md5_of("data-1") != noted)

# %% [markdown]
# Drawn, this is the **lineage** of the champion. The next cell puts the four links beside each
# other, oldest first.

# %% alt="Four boxes in a row: data at tag data-2, code at that tag's commit, the run with depth 8, version 3 of the model, which is the champion"
chain = {"data (DVC)": tag, "code (Git)": "its commit", "run (MLflow)": "depth 8"}
chain["version (registry)"] = f"{version.version}, champion"
figure, axes = plt.subplots(figsize=(9, 1.2))
box = {"boxstyle": "round,pad=0.6", "facecolor": "white"}
for place, (link, value) in enumerate(chain.items()):
    axes.text(place, 0.5, f"{link}\n{value}", ha="center", va="center", bbox=box)
    if place:
        axes.annotate("", (place - 0.42, 0.5), (place - 0.68, 0.5), arrowprops={"arrowstyle": "->"})
axes.set(xlim=(-0.5, 3.5), ylim=(0, 1))
axes.axis("off")
plt.show()

# %% [markdown]
# Four boxes in a row: data with tag `data-2`, code at the commit of that tag, the run with depth 8,
# version 3 of the model, which is the champion.
#
# ## A result can be repeated, with versions of everything
#
# Last the first statement. Trained again from what was recorded, the forest should give the
# champion's answer to each customer; trained on the other data it should not.

# %%
depth = int(source.params["max_depth"])
wanted = champion.predict(X_valid)
for name, revision in {"from the record": commit_of, "data forgotten": "data-1"}.items():
    again = train(data_of(revision), depth).predict(X_valid)
    print(f"{name}: {(again != wanted).sum()} of {len(wanted)} answers differ")
shutil.rmtree(project, ignore_errors=True)

# %% [markdown]
# None differs, although the champion's training is over: data and parameter were on record. Code
# and seed are this notebook's; in a project they lie in the commit (7.13). Leave one out, and the
# model is another.
#
# What was done on the way are the four operations of a registry: *register* (`log_model` with a
# name), *move* (an alias, in older guides a stage; back is a rollback), *describe*, *load*
# (`models:/NAME@champion`).

# %% [markdown]
# ## The course's words
#
# - **run**, **experiment** (7.4): one training and what it logged; a folder of such.
# - **artifact**, **signature** (7.4): a file of a run; what a model takes and gives.
# - **version**, **alias**, **stage**, **tag** (7.5): a number given once; a name that points to one
#   version; the older four states; a label to search by.
# - **model lifecycle** (7.2, 7.11): registered, staging, production, archived.
# - **pointer**, **cache**, **remote** (7.7): a `.dvc` file; where the bytes lie; where others get
#   them.
# - **pipeline** (7.9): stages that run again only if what they depend on changed.
# - **lineage** (7.14): from data over commit and run to a version.
# - **expert**, **gate**, **mixture** (case study): a model of a part; what weighs them; all of it.

# %% [markdown]
# - **chapter**, **lab**, **exercise**, **answer cell**, **check** (start here): what you read,
#   where you work, a task of it, where you write, what judges it.
# - **evidence** (start here): what work leaves behind, and all a check looks at.
# - **workspace**, **submission**, **gradebook**, **answer bank** (README): where one student's work
#   runs, what is handed in, the class's result, the answers on which checks are tested.
#
# ## Test yourself
#
# Decide before you unfold; a run shows it after each pair.
#
# <details><summary>Two versions are in stage Production. Which one serves?</summary>
# Nobody can tell: a stage may hold many, an alias points to one.</details>
#
# <details><summary>Somebody deletes the newest version and registers again. Which number?</summary>
# The next one: within a model numbers are never used twice. (Delete the whole model, and its
# successor of that name begins at 1.)</details>

# %%
warnings.simplefilter("ignore", FutureWarning)
for number in (1, 2):
    client.transition_model_version_stage(NAME, number, "Production")
print("Loaded by stage:", client.get_latest_versions(NAME, ["Production"])[0].version, "of 1 and 2")
for _ in range(2):
    new = client.copy_model_version(f"models:/{NAME}/1", NAME)
    client.delete_model_version(NAME, new.version)
    print("Made and deleted: version", new.version)

# %% [markdown]
# <details><summary><code>champion</code> was moved back, the service is as before.</summary>
# It loaded the model when it started. A rollback is done when the last reader has loaded
# again.</details>
#
# <details><summary><code>train.csv.dvc</code> is committed, yet a colleague has no rows.</summary>
# Git took the pointer only; the bytes wait for <code>dvc push</code>.</details>

# %%
client.set_registered_model_alias(NAME, "champion", 1)
reader = mlflow.sklearn.load_model(f"models:/{NAME}@champion")
print("The service has depth", champion.max_depth, "- a new reader gets", reader.max_depth)

# %% [markdown]
# <details><summary>F1 .985 beside .983: promote?</summary>
# Not yet: another seed may move it as far. Compare on the same rows, with an interval.</details>
#
# <details><summary>MLflow recorded a dataset's digest. Are the data safe?</summary>
# No: nothing is stored, and the digest sees 10,000 rows. DVC stores every byte.</details>
#
# <details><summary>Is a registered version immutable?</summary> No. Number and source stay, but
# tags and description may be edited, and nothing protects the files: only a checksum
# notices.</details>

# %%
rows = pd.DataFrame({"fee": [1.0] * 20_000})
before = mlflow.data.from_pandas(rows).digest
rows.loc[15_000, "fee"] = 999.0
print("Other data, same digest:", mlflow.data.from_pandas(rows).digest == before)

# %% [markdown]
# ## Where to read on
#
# - MLflow: <https://mlflow.org/docs/latest/ml/model-registry/>
# - DVC: <https://dvc.org/doc/start>; its tags for models: <https://dvc.org/doc/gto>
# - Sculley and others, *Hidden Technical Debt in Machine Learning Systems*, 2015:
#   <https://papers.nips.cc/paper/5656-hidden-technical-debt-in-machine-learning-systems>
# - Chip Huyen, *Designing Machine Learning Systems*, O'Reilly, 2022
# - Here: the rules that `lifecycle` adds, in the README

# %% [markdown]
# ## What we left open
#
# - All of this with a model worth the effort: the case study, whose files begin with `moe`.
# - Rules nobody can forget: `python -m lifecycle rules`.
#
# **Key points.** Versions of data, code, parameters and model make a result repeatable. Each tool
# keeps its part; what ties them is what you write on the run. Load by alias, trace by tags.
