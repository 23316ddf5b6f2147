# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 7.14 The whole architecture, live
#
# **Time:** about 9 minutes: 8 to read, 1 to run.
#
# **Questions.** Which parts does a team need around a registry? How does a model travel through
# them, and how does it come back?
#
# **Objectives.** Send models from a training job through tracking, registry and staging into a
# service; watch what the service sees; ask what is in production; roll back, in the older way and
# in today's.
#
# **Before we start:** chapters 7.5, 7.11 and 7.13, and `python course.py start` in a terminal.

# %%
import logging
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
import labkit
import lifecycle
import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd
from fastapi import FastAPI
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score

# %% [markdown]
# ## The picture
#
# Six boxes, and the ways that models and facts take between them. Each box will be a few lines of
# code that run. Which way leads back?

# %% tags=["snippet:7.14.1", "snippet:guide.workflow.1"] alt="Boxes and arrows: training to tracking to registry, on to staging and back, to production; monitoring watches both and leads back to training"
places = {"training": (0, 1), "tracking": (1.2, 1), "registry": (2.4, 1), "staging": (3.6, 1.8)}
places |= {"production": (3.6, 0.2), "monitoring": (4.8, 1)}
ways = ["training tracking", "tracking registry", "registry staging", "registry production"]
ways += ["staging registry", "staging monitoring", "production monitoring", "monitoring training"]
figure, axes = plt.subplots(figsize=(8, 2.4))
for way in ways:
    start, end = way.split()
    bend = "arc3,rad=-0.45" if start == "monitoring" else "arc3,rad=0.12"
    style = {"arrowstyle": "->", "shrinkA": 28, "shrinkB": 30, "connectionstyle": bend}
    axes.annotate("", places[end], places[start], arrowprops=style)
for name, place in places.items():
    axes.text(*place, name, ha="center", va="center", bbox={"boxstyle": "round", "fc": "white"})
axes.set(xlim=(-0.5, 5.3), ylim=(-0.7, 2.2))
axes.set_axis_off()
plt.show()

# %% [markdown]
# *The figure in words:* training leads to tracking, tracking to the registry, the registry to
# staging and back, and to production; both are watched by monitoring, which leads back to training.
#
# We connect, clear what an earlier reading left, and read the customers of 2024: three quarters to
# train on, the fourth is held out.

# %%
labkit.connect()
logging.getLogger("mlflow").setLevel(logging.ERROR)
experiment = mlflow.set_experiment("chapter-07-14")
NAME, client = "forest-leavers-telco", mlflow.MlflowClient()
if client.search_registered_models(f"name = '{NAME}'"):
    client.delete_registered_model(NAME)
if ledger := client.get_experiment_by_name(f"lifecycle/{NAME}"):
    client.rename_experiment(ledger.experiment_id, f"forgotten/{ledger.experiment_id}")
    client.delete_experiment(ledger.experiment_id)
SIX = ["age", "income", "tenure_months", "support_calls", "monthly_fee", "late_payments"]
read = {"dtype": {**dict.fromkeys(SIX, float), "churned": bool}}
churn = pd.read_csv("../data/churn.csv", **read)
old, held = churn[churn["quarter"] < "2024Q4"], churn[churn["quarter"] == "2024Q4"]

# %% [markdown]
# The job works in a folder of its own: code under Git, data under DVC, and a DVC remote beside it,
# so that others could fetch the data too.

# %%
repo = Path(tempfile.mkdtemp(), "code")
repo.mkdir()
(repo / "customers.csv").write_bytes(Path("../data/churn.csv").read_bytes())
lines = (
    "git init;dvc init;dvc remote add -d store ../store;dvc add customers.csv;dvc push;git add ."
)
me = "-c commit.gpgsign=false -c user.name=Reader -c user.email=reader@example.org"
commit = f"git {me} commit -m First"
for line in [*lines.split(";"), commit]:
    words = line.split() if line.startswith("git") else [sys.executable, "-m", *line.split()]
    subprocess.run(words, cwd=repo, check=True, capture_output=True)

# %% [markdown]
# ## Training job and tracking
#
# The job trains a forest of some depth, judges it on the rows held out, and registers it. All of
# it is **tracked**. Nothing is printed yet.


# %%
def job(depth):
    forest = RandomForestClassifier(20, max_depth=depth, random_state=0)
    said = forest.fit(old[SIX], old["churned"]).predict(held[SIX])
    with lifecycle.run(data=repo / "customers.csv.dvc", repository=repo):
        mlflow.log_param("depth", depth)
        mlflow.log_metric("f1_score", f1_score(held["churned"], said))
        lifecycle.log_predictions(held["churned"], said, rows=held["customer_id"])
        saving = {"pip_requirements": ["scikit-learn", "skops"], "input_example": held[SIX].head(3)}
        trusted = ["sklearn.tree._tree.Tree"]
        info = mlflow.sklearn.log_model(forest, name="model", skops_trusted_types=trusted, **saving)
    tags = {"dataset": "churn", "architecture": "random forest"}
    about = {"description": f"Forest of depth {depth}: who leaves?", "owner": "ana", "tags": tags}
    return lifecycle.register(info, NAME, **about).version


# %% [markdown]
# ## The registry and its lineage
#
# The first job gives version 1. A chain leads back from it: run, code version, data version. We ask
# for each link whether it holds.

# %% tags=["snippet:guide.lineage.1"]
print("Version", job(depth=2))
for link in lifecycle.lineage(NAME, 1, repository=repo).links:
    print(f"{link.source} -> {link.target}: {link.state}")

# %% [markdown]
# ## Staging
#
# In staging a version is asked as a service would ask it. This **smoke test** loads it by its
# alias, with its files verified, and wants both kinds of answer from 100 customers.


# %%
def to_staging(version):
    lifecycle.promote(NAME, version, to="staging", why="the smoke test comes next")
    said = lifecycle.load(NAME, "staging").predict(held[SIX].head(100))
    print("Version", version, "passed:", len(said) == 100 and 0.05 < said.mean() < 0.95)


to_staging(1)
record = lifecycle.promote(NAME, 1, to="production", why="our first", approver="Data Science Team")
print("Version", record.version, "is in", record.to)

# %% [markdown]
# ## Production: the service
#
# The promotion gave version 1 the alias `champion`, and MLflow's stage Production for older
# readers. Such a reader is this service, written as guides have it. It should find the model, and
# fail to answer.

# %% tags=["snippet:guide.serving.1"]
with warnings.catch_warnings(action="ignore"):
    from fastapi.testclient import TestClient
app, one = FastAPI(), held[SIX].iloc[0].to_dict()
model = mlflow.pyfunc.load_model(model_uri=f"models:/{NAME}/Production")


@app.post("/predict")
def predict(features: dict):
    return model.predict(features)


try:
    TestClient(app).post("/predict", json=one)
except Exception as error:
    print(type(error).__name__)

# %% [markdown]
# The model answers with a NumPy array, and that is no JSON. Besides, this service keeps for ever
# the model of its start. Today's can load again, verifies the files, and says **which version**
# answers. It also writes down what it was asked. (In a list, for this page: a real service writes
# to a log with an end, minds who may read it, and lets not everybody call `/reload`.)

# %%
app, live, seen = FastAPI(), {}, []


@app.post("/reload")
def reload():
    live["version"] = lifecycle.current(NAME).champion
    live["model"] = lifecycle.load(NAME, live["version"])
    return {"version": live["version"]}


@app.post("/predict")
def predict(features: dict[str, float]):
    seen.append(features)
    leaves = bool(live["model"].predict(pd.DataFrame([features]))[0])
    return {"leaves": leaves, "version": live["version"]}


# %% [markdown]
# We start it, and ask about one customer. The answer should name version 1, so that whoever keeps
# the answer knows who gave it.

# %%
api = TestClient(app)
print("Started with:", api.post("/reload").json())
print("Answer:", api.post("/predict", json=one).json())

# %% [markdown]
# ## A second and a third version
#
# Two more jobs, with deeper trees. Both go to staging; version 3 asks for production, and is
# compared with the champion on the customers held out.

# %%
for depth in (4, 8):
    to_staging(job(depth))
record = lifecycle.promote(NAME, 3, to="production", why="deeper", approver="Data Science Team")
print("Version 3 against version 1:", record.verdict)
print("The service still says:", api.post("/predict", json=one).json()["version"])
print("After a reload:", api.post("/reload").json()["version"])

# %% [markdown]
# A promotion is done when the last reader has loaded again, not when the alias has moved.
#
# ## What is in production?
#
# The older way asks by stage. It works, with a warning that stages will go; we silence it.

# %% tags=["snippet:guide.current.1"]
warnings.simplefilter("ignore", FutureWarning)
prod_versions = client.get_latest_versions(name=NAME, stages=["Production"])
for version in prod_versions:
    print(f"Version: {version.version}, status: {version.status}")
    print("The same by alias:", int(version.version) == lifecycle.current(NAME).champion)

# %% [markdown]
# Comparing, too, has an older way: all versions with the F1 of their runs. In which order will they
# come?

# %% tags=["snippet:guide.compare.1"]
versions = client.search_model_versions(filter_string=f"name='{NAME}'")
for v in versions:
    run = client.get_run(v.run_id)
    f1 = run.data.metrics.get("f1_score", 0)
    print(f"Version {v.version}: F1={f1:.4f}, Stage={v.current_stage}")

# %% [markdown]
# By last change, not by number, and without a word on how sure the digits are. Today's way adds the
# interval of each, and a verdict on the same rows.

# %% tags=["snippet:guide.architecture.1"]
rows = lifecycle.compare(NAME, [1, 2, 3], against=1).versions
table = [(one.version, one.stage, str(one.estimate), str(one.verdict or "")) for one in rows]
pd.DataFrame(table, columns=["version", "stage", "F1 [95 %]", "against version 1"])

# %% [markdown]
# One archived, one in staging, one in production: the state that pictures of registries show. Who
# approved it stands in the ledger, whose reasons we print at the end.
#
# ## Monitoring
#
# A new quarter begins, and the service is asked about 200 new customers. Nobody knows yet who will
# leave, but inputs can be compared with those held out. The **population stability index** does
# so; above .2 a column is said to have drifted. We expect one of six.

# %%
new = pd.read_csv("../data/incoming/churn.csv", **read)[5000:]
for customer in new[SIX].head(200).to_dict("records"):
    api.post("/predict", json=customer)


def stability(before, now):
    edges = np.unique(np.quantile(before, np.linspace(0, 1, 6)))[1:-1]
    places = [np.searchsorted(edges, values, side="right") for values in (before, now)]
    one, other = [np.bincount(p, minlength=len(edges) + 1) / len(p) + 1e-4 for p in places]
    return float(((other - one) * np.log(other / one)).sum())


asked = pd.DataFrame(seen[-200:])
print({name: round(stability(held[name], asked[name]), 2) for name in SIX})

# %% [markdown]
# It is the fees. A number says *that* something moved; a picture of old and new values shows what.

# %% alt="Two histograms of the monthly fee: in the new quarter each group of fees has moved to the right"
plt.figure(figsize=(6, 2.5))
fees = [held["monthly_fee"], asked["monthly_fee"]]
plt.hist(fees, 12, density=True, label=["2024Q4", "2025Q1"])
plt.xlabel("monthly fee")
plt.legend()
plt.show()

# %% [markdown]
# *The figure in words:* each group of fees has moved to the right; prices rose. Weeks later the
# truth arrives. How good is each version on the new quarter?

# %%
for number in (1, 2, 3):
    said = lifecycle.load(NAME, number).predict(new[SIX])
    print("Version", number, "F1:", round(f1_score(new["churned"], said), 3))

# %% [markdown]
# All fell, version 3 least. So an older version would be no remedy; monitoring leads back to
# *training*, on new data, as in 7.11.
#
# ## Rolling back
#
# Still, a rollback must be practised before it is needed. Guides move two stages by hand. What do
# readers by stage and readers by alias get afterwards?

# %% tags=["snippet:guide.rollback.1"]
client.transition_model_version_stage(name=NAME, version=2, stage="Production")
client.transition_model_version_stage(name=NAME, version=3, stage="Archived")
print("By stage:", client.get_latest_versions(NAME, stages=["Production"])[0].version)
print("By alias:", client.get_model_version_by_alias(NAME, "champion").version)
print(*lifecycle.current(NAME).problems, sep="\n")

# %% [markdown]
# Two truths, and version 2 had never been in production. `lifecycle` noticed, as its ledger says
# otherwise. We let the ledger win, then roll back in one call. It knows who was champion before.

# %%
lifecycle.repair(NAME, keep="ledger", why="only stages were moved")
record = lifecycle.rollback(NAME, why="fire drill")
print("Champion:", record.version, "- the service loads:", api.post("/reload").json()["version"])
for record in lifecycle.history(NAME):
    print(record.action, record.version, record.to, "-", record.why)

# %% [markdown]
# The history tells what happened, and why, from the first registration on. After the drill version
# 3 returns through staging.
#
# ## What we left open
#
# - What goes wrong where one of the boxes is missing? 7.15 tries it.
# - A service for many models, and alarms: the case study's API goes further.
#
# **Key points.** Models travel forward by promotion and back by rollback; readers must load again.
# Let one thing decide what is in production. Monitor inputs, since truth comes late. Old versions
# do not cure drift.
