# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown] tags=["snippet:7.15.list"]
# # 7.15 Common mistakes
#
# **Time:** about 8 minutes: 7 to read, 1 to run.
#
# **Questions.** Which mistakes around models are made most often? How does each hurt, and what
# mends it?
#
# **Objectives.** Make six mistakes and feel them: models on one machine only, data without
# versions, parameters nobody wrote down, files named by hand, deployment past the registry, no
# record of what is in production. Mend each. Then skip staging, and see who stops you.
#
# **Before we start:** chapters 7.5, 7.11 and 7.14, and `python course.py start` in a terminal.

# %%
import logging
import pickle
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
import labkit
import lifecycle
import mlflow
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import ParameterSampler

# %% [markdown]
# We connect, clear what an earlier reading left, and read the customers: those of 2024Q4 are held
# out, the others are trained on.

# %%
labkit.connect()
logging.getLogger("mlflow").setLevel(logging.ERROR)
warnings.simplefilter("ignore", FutureWarning)
experiment = mlflow.set_experiment("chapter-07-15")
NAME, PLAIN, client = "forest-quarterly-telco", "chapter-07-15", mlflow.MlflowClient()
for name in (NAME, PLAIN):
    if client.search_registered_models(f"name = '{name}'"):
        client.delete_registered_model(name)
if ledger := client.get_experiment_by_name(f"lifecycle/{NAME}"):
    client.rename_experiment(ledger.experiment_id, f"forgotten/{ledger.experiment_id}")
    client.delete_experiment(ledger.experiment_id)
for run in mlflow.search_runs(output_format="list"):
    mlflow.delete_run(run.info.run_id)

# %% [markdown]
# Two functions do for the whole chapter: one reads a file and gives old and held-out rows, one
# trains a forest.

# %%
SIX = ["age", "income", "tenure_months", "support_calls", "monthly_fee", "late_payments"]


def read(path):
    rows = pd.read_csv(path, dtype={**dict.fromkeys(SIX, float), "churned": bool})
    return rows[rows["quarter"] < "2024Q4"], rows[rows["quarter"] == "2024Q4"]


def fit(rows, seed=0, **settings):
    forest = RandomForestClassifier(20, random_state=seed, **settings)
    return forest.fit(rows[SIX], rows["churned"])


# %% [markdown]
# ## 1. Models on one machine only
#
# Ana's model lies on her laptop, and is logged to the server too. The laptop is replaced. Who still
# has the model?

# %%
old, held = read("../data/churn.csv")
laptop, forest = Path(tempfile.mkdtemp()), fit(old, max_depth=8)
(laptop / "model.pkl").write_bytes(pickle.dumps(forest))
saving = {"skops_trusted_types": ["sklearn.tree._tree.Tree"], "input_example": held[SIX].head(3)}
saving["pip_requirements"] = ["scikit-learn", "skops"]
with mlflow.start_run():
    info = mlflow.sklearn.log_model(forest, name="model", **saving)
shutil.rmtree(laptop)
print("On the laptop:", (laptop / "model.pkl").exists())
again = mlflow.sklearn.load_model(info.model_uri)
print("On the server:", (again.predict(held[SIX]) == forest.predict(held[SIX])).all())

# %% [markdown]
# A folder is not a store: nobody else can reach it, and it ends with the machine. *Mended by:*
# logging the model to a server, in the same run that trains it.
#
# ## 2. Data without versions
#
# `customers.csv` is exported anew over the old file: one quarter is gone. The code is the same, the
# seed is the same. Is the model?

# %%
table = Path(tempfile.mkdtemp(), "customers.csv")
shutil.copyfile("../data/churn.csv", table)
before = fit(read(table)[0], max_depth=8).predict(held[SIX])
pd.read_csv(table).query("quarter != '2024Q1'").to_csv(table, index=False)
after = fit(read(table)[0], max_depth=8).predict(held[SIX])
print(f"{(before != after).mean():.1%} of the customers get another answer")

# %% [markdown]
# The old file is gone, and with it the old model. *Mended by* DVC: we play it once more, with a
# version before the export.


# %%
def shell(line):
    words = line.split() if line.startswith("git") else [sys.executable, "-m", *line.split()]
    return subprocess.run(
        words, cwd=table.parent, check=True, capture_output=True, text=True
    ).stdout


shutil.copyfile("../data/churn.csv", table)
me = "git -c commit.gpgsign=false -c user.name=Reader -c user.email=reader@example.org"
for line in ("git init", "dvc init", "dvc add customers.csv", "git add .", f"{me} commit -m First"):
    shell(line)
pd.read_csv(table).query("quarter != '2024Q1'").to_csv(table, index=False)
print(shell("dvc status").split()[-2:])
shell("dvc checkout --force customers.csv")
print("As before:", (fit(read(table)[0], max_depth=8).predict(held[SIX]) == before).all())

# %% [markdown]
# DVC said what had changed, and brought the old bytes back.
#
# ## 3. Parameters nobody wrote down
#
# A search tries twelve settings and keeps the best model. A week later somebody asks for its
# settings, and whether deeper is better.

# %%
space = {"max_depth": [2, 4, 6, 8, 12], "min_samples_leaf": [1, 5, 20], "max_features": [2, 4, 6]}
trials = list(ParameterSampler(space, 12, random_state=0))
best = max(f1_score(held["churned"], fit(old, **one).predict(held[SIX])) for one in trials)
print("Best:", round(best, 3), "- but which of", len(trials), "was it?")

# %% [markdown]
# *Mended by* a run per trial. The same search, and both questions have an answer.

# %%
for settings in trials:
    with mlflow.start_run(tags={"part": "search"}):
        mlflow.log_params(settings)
        mlflow.log_metric("f1", f1_score(held["churned"], fit(old, **settings).predict(held[SIX])))
found = mlflow.search_runs(filter_string="tags.part = 'search'", order_by=["metrics.f1 DESC"])
depth = found["params.max_depth"].astype(int)
print("Best:", {key: found[f"params.{key}"][0] for key in space})
print(found.groupby(depth)["metrics.f1"].max().round(3).to_dict())

# %% [markdown]
# Depth helps until 6; the differences after that are noise. As we chose on the rows we score on,
# the best flatters (7.4). And none of the twelve has to be run again.
#
# ## 4. Files named by hand
#
# The newest model is "the last one by name". Or by date? We write versions 2 and 10; then somebody
# runs the script of version 2 once more.

# %%
folder = Path(tempfile.mkdtemp())
for number in (2, 10):
    (folder / f"model_v{number}.pkl").write_bytes(pickle.dumps(fit(old, max_depth=number)))
print("Last by name:", max(path.name for path in folder.iterdir()))
(folder / "model_final.pkl").write_bytes(pickle.dumps(fit(old, max_depth=2)))
print("Newest by date:", max(folder.iterdir(), key=lambda path: path.stat().st_mtime).name)

# %% [markdown]
# By name 2 comes after 10; by date the old settings are newest. *Mended by* a registry, which
# counts. The function registers a forest, in a run that notes where it came from.


# %%
def register(forest):
    said = forest.predict(held[SIX])
    with lifecycle.run(data=table.with_suffix(".csv.dvc"), repository=table.parent):
        mlflow.log_param("depth", forest.max_depth)
        mlflow.log_metric("f1", f1_score(held["churned"], said))
        lifecycle.log_predictions(held["churned"], said, rows=held["customer_id"])
        info = mlflow.sklearn.log_model(forest, name="model", **saving)
    about = {"description": "Who leaves?", "owner": "ana"}
    tags = {"dataset": "churn", "architecture": "random forest"}
    return lifecycle.register(info, NAME, tags=tags, **about).version


# %% [markdown]
# We register the forests of depth 2 and 10, in this order. The numbers follow the order, whatever
# anybody calls the files.

# %%
for depth in (2, 10):
    print("Depth", depth, "is version", register(fit(old, max_depth=depth)))

# %% [markdown]
# ## 5. Deploying past the registry
#
# The report says F1 of version 2. Somebody copies "the final model" to the server by hand. Is it
# the model of the report?

# %%
served = pickle.loads((folder / "model_final.pkl").read_bytes())
reported = client.get_run(client.get_model_version(NAME, "2").run_id).data.metrics["f1"]
print("Reported:", round(reported, 3))
for way, model in {"copied": served, "registry": lifecycle.load(NAME, 2)}.items():
    print(f"{way}:", round(f1_score(held["churned"], model.predict(held[SIX])), 3))

# %% [markdown]
# What was judged was not what was deployed, and no error said so. *Mended by* loading an address:
# `lifecycle.load` also compares the files with those that were registered.
#
# ## 6. No record of what is in production
#
# The website and the hotline each have a model of their own. How many customers hear two different
# answers?

# %%
website, hotline = fit(old, max_depth=10), served
differ = website.predict(held[SIX]) != hotline.predict(held[SIX])
print(f"{differ.mean():.1%} of the customers hear two answers")

# %% [markdown]
# Which one is right, nobody can say, as nobody wrote down which should be running. *Mended by* one
# alias that all readers use, and a ledger.

# %%
for stage in ("staging", "production"):
    lifecycle.promote(NAME, 2, to=stage, why="far better than depth 2", approver="Bea", who="ana")
slot = lifecycle.current(NAME).slots["champion"]
print(f"Version {slot.version}, put there by {slot.since.who}, approved by {slot.since.approver}:")
print(slot.since.why)

# %% [markdown]
# ## Skipping staging
#
# The way of a version is *None, staging, production*, and *archived* when it is replaced. Plain
# MLflow knows the stages, but not the way. We turn the labels round by mistake, so that the model
# learns who **stays**, and send it straight to production.

# %% tags=["snippet:guide.transitions.1"]
wrong = fit(old.assign(churned=~old["churned"]), max_depth=10)
with mlflow.start_run():
    info = mlflow.sklearn.log_model(wrong, name="model", registered_model_name=PLAIN, **saving)
client.transition_model_version_stage(PLAIN, "1", stage="Production")
model = mlflow.pyfunc.load_model(f"models:/{PLAIN}/Production")
print("In production, F1:", round(f1_score(held["churned"], model.predict(held[SIX])), 3))

# %% [markdown]
# It serves, and is wrong about most customers. Nothing had looked at it. Now the same model by
# the rules: first straight to production, then the regular way.

# %%
number = register(wrong)
for stage in ("production", "staging", "production"):
    try:
        lifecycle.promote(NAME, number, to=stage, why="new labels", approver="Bea")
        print("In", stage)
    except lifecycle.RefusedError as error:
        print(error.why)

# %% [markdown]
# It is stopped twice: by the order of stages, and, as it insisted, by the comparison with the
# champion. The way itself is data, which a team can change in a file `lifecycle.toml`.

# %%
for stage, following in lifecycle.Rules().transitions.items():
    print(f"{stage} -> {', '.join(following) or 'nowhere by itself'}")

# %% [markdown]
# *Rejected* is for a version that was looked at and refused: final, with a reason in the ledger
# (`python -m lifecycle reject`). One in production goes nowhere by itself: it is archived when
# another replaces it, so that production is never empty.
#
# ## The mistakes, and what mends them
#
# | mistake | mended by |
# |---|---|
# | models on one machine | a server, in the training run |
# | data without versions | DVC |
# | parameters not written down | a run per trial |
# | files named by hand | the registry's numbers |
# | deployment past the registry | loading by address |
# | no record of production | one alias and a ledger |
# | staging skipped | rules that say no |
#
# ## What we left open
#
# - Your turn: the labs let you do all of this yourself, and check it.
#
# **Key points.** None of these mistakes raises an error; each is found later, by somebody else.
# Write down by machine what people forget.
