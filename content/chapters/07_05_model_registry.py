# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 7.5 and 7.6 The model registry, and loading from it
#
# **Time:** about 9 minutes: 8 to read, 1 to run.
#
# **Questions.** Which model is in production? How does a service find it, and how do we go back?
#
# **Objectives.** Register a model in two ways; move versions by stages, as older guides do, and by
# aliases, as MLflow does today; migrate from one to the other; load by version, stage and alias.
#
# **Before we start:** chapter 7.4, and `python course.py start` in a terminal.

# %% [markdown]
# ## Files with telling names
#
# `model_v2_final_FINAL.pkl` says neither what it holds nor who uses it. A **registry** gives a
# model one name, numbers its **versions**, and keeps what people need to know beside each. We
# connect, silence most of MLflow's chatter, and remove what an earlier reading left.

# %%
import logging
import warnings
import labkit
import mlflow
import pandas as pd
from mlflow import MlflowClient
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

labkit.connect()
logging.getLogger("mlflow").setLevel(logging.ERROR)
client = MlflowClient()
for model in client.search_registered_models("name LIKE 'churn%'"):
    client.delete_registered_model(model.name)

# %% [markdown]
# We need something to register: a shallow forest and a deep one, each logged by a run as in 7.4.
# The cell should print two validation scores, the second one higher.

# %%
FEATURES = ["age", "income", "tenure_months", "support_calls", "monthly_fee", "late_payments"]
churn = pd.read_csv("../data/churn.csv", dtype=dict.fromkeys(FEATURES, float))
X_train, X_valid, y_train, y_valid = train_test_split(
    churn[FEATURES], churn["churned"] == 1, test_size=0.3, random_state=42
)
mlflow.set_experiment("chapter-07-05")
SAVING = {
    "skops_trusted_types": ["sklearn.tree._tree.Tree"],
    "input_example": X_valid.head(3),
    "pip_requirements": ["scikit-learn", "skops"],
}

# %% [markdown]
# The settings are ready; the function below does the rest. What it passes on in `more` will
# matter in a moment.


# %%
def train(depth, **more):
    forest = RandomForestClassifier(20, max_depth=depth, random_state=42).fit(X_train, y_train)
    with mlflow.start_run(run_name=f"depth {depth}"):
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1_valid", f1_score(y_valid, forest.predict(X_valid)))
        return mlflow.sklearn.log_model(forest, name="model", **SAVING, **more)


shallow = train(3)
print("F1:", round(mlflow.get_run(shallow.run_id).data.metrics["f1_valid"], 3))

# %% [markdown]
# ## Registering, the wrong way first
#
# Guides show the address `runs:/<run_id>/model`, and it gets pasted with its brackets. We expect
# an error, and look at what it leaves behind.

# %% tags=["snippet:7.5.1"]
try:
    mlflow.register_model("runs:/<run_id>/model", "churn_model")
except mlflow.MlflowException as error:
    print(error)
found = client.get_registered_model("churn_model")
print("Yet there is a model:", found.name, "with versions:", found.latest_versions)

# %% [markdown]
# The name is created before the address is looked up, so a failed registration leaves an empty
# model. Nobody need paste an id: `log_model` returned the address. This is registering **after**
# training; we expect version 1.

# %%
first = mlflow.register_model(shallow.model_uri, "churn_model")
print("Version", first.version, "comes from the shallow forest:", first.run_id == shallow.run_id)

# %% [markdown]
# The other way is **during** training: `log_model` takes `registered_model_name`. The deep forest
# should become version 2.

# %%
deep = train(8, registered_model_name="churn_model")
print("Version", deep.registered_model_version)
print("F1:", round(mlflow.get_run(deep.run_id).data.metrics["f1_valid"], 3))

# %% [markdown]
# ## What a version is
#
# A number is given once. We register the shallow forest again, delete that version, and register
# anew: will it be 3 again?

# %%
again = mlflow.register_model(shallow.model_uri, "churn_model")
client.delete_model_version("churn_model", again.version)
last = mlflow.register_model(shallow.model_uri, "churn_model")
print("Deleted:", again.version, "Next:", last.version)
client.delete_model_version("churn_model", last.version)

# %% [markdown]
# Numbers are never used twice. Often a version is also called *immutable*. MLflow has no call that
# changes one, but it keeps no checksum either: whoever can write to the artifact store can replace
# the weights unnoticed. `python -m lifecycle verify` notices.
#
# What people should know goes beside the version: a **description** to read, **tags** to search.

# %% tags=["snippet:guide.metadata.1"]
client.update_model_version("churn_model", 2, description="Twenty trees of depth 8. Who leaves?")
client.set_model_version_tag("churn_model", 2, "dataset", "churn")
client.set_model_version_tag("churn_model", 2, "architecture", "random-forest")
version = client.get_model_version("churn_model", 2)
print(version.description, dict(version.tags))

# %% [markdown] tags=["snippet:guide.stages.table"]
# ## Stages, as older guides have them
#
# | a version in stage | is |
# |---|---|
# | *None* | registered, and nothing more |
# | *Staging* | being tested |
# | *Production* | answering real requests |
# | *Archived* | retired, kept for the record |
#
# We send version 1 straight to production. Does anybody object?

# %% tags=["snippet:7.5.2"]
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always", FutureWarning)
    client.transition_model_version_stage("churn_model", 1, stage="Production")
print("Stage:", client.get_model_version("churn_model", 1).current_stage)
print(str(told[-1].message).split(". ")[0])

# %% [markdown]
# Nobody objects; the only complaint is that stages are deprecated since MLflow 2.9. They still
# work, and many companies run on them. Now version 2 follows by the rules, staging first. How many
# versions are in production then, and after we archive the old one?

# %% tags=["snippet:guide.stages.1"]
warnings.simplefilter("ignore", FutureWarning)
for stage in ("Staging", "Production"):
    client.transition_model_version_stage("churn_model", 2, stage=stage)


def in_stage(stage):
    found = client.search_model_versions("name = 'churn_model'")
    return sorted(int(one.version) for one in found if one.current_stage == stage)


print("In production:", in_stage("Production"))
client.transition_model_version_stage("churn_model", 1, stage="Archived")
print("In production:", in_stage("Production"), "archived:", in_stage("Archived"))
print("Or:", client.get_latest_versions("churn_model", stages=["Production"])[0].version)

# %% [markdown]
# Two at once, and "which model is in production?" had no answer, until we archived one by hand.
# `archive_existing_versions=True` does it while promoting.
#
# ## Loading
#
# A consumer needs no file, only an address: by version or by stage. Both lines should load the
# deep forest.

# %% tags=["snippet:guide.load.1"]
by_version = mlflow.pyfunc.load_model("models:/churn_model/2")
by_stage = mlflow.pyfunc.load_model("models:/churn_model/Production")
print(by_version.predict(X_valid.head(3)), by_stage.predict(X_valid.head(3)))

# %% [markdown]
# The first address always means the same model; the second means whatever is in production when
# it is loaded. Guides then ask for a prediction with two of the six inputs, in a dictionary. We
# expect the signature to object, and to accept a full row.

# %% tags=["snippet:7.6.1"]
try:
    by_stage.predict({"age": 30, "income": 40000})
except mlflow.MlflowException as error:
    print("Refused:", str(error).rpartition("Error: ")[2])
print("One full row:", by_stage.predict(X_valid.head(1)))

# %% [markdown]
# ## Aliases, as MLflow has them today
#
# An **alias** is a name that points to one version, as a Git branch points to a commit. It can be
# anything (`champion`, `shadow`), and it *cannot* be on two versions. We set it twice.

# %%
client.set_registered_model_alias("churn_model", "champion", 1)
client.set_registered_model_alias("churn_model", "champion", 2)
print(client.get_registered_model("churn_model").aliases)
print(mlflow.pyfunc.load_model("models:/churn_model@champion").predict(X_valid.head(3)))

# %% [markdown]
# It moved, and there is one champion by construction (`delete_registered_model_alias` takes the
# name away). Some names are refused, and some addresses
# that look right are wrong. We try four.

# %%
for alias in ("v2", "latest", "champion-2.0"):
    try:
        client.set_registered_model_alias("churn_model", alias, 2)
    except mlflow.MlflowException as error:
        print(f"{alias}:", str(error).split(": ", 1)[-1].split(". ")[-1])
try:
    mlflow.pyfunc.load_model("models:/churn_model:v2")
except mlflow.MlflowException as error:
    print(error)

# %% [markdown]
# ## From stages to aliases, in a live registry
#
# Words that mean a version are taken, dots are not allowed, and the separators are `/` before a
# number and `@` before an alias.
#
# A migration must not break readers: first set the aliases *beside* the stages, then move readers
# to the new address, and clear the stages last. After it, both questions should have one answer.

# %%
for stage, alias in {"Production": "champion", "Archived": "previous"}.items():
    for number in in_stage(stage):
        client.set_registered_model_alias("churn_model", alias, number)
for number in (1, 2):
    client.transition_model_version_stage("churn_model", number, stage="None")
print("Stages:", in_stage("None"), "aliases:", client.get_registered_model("churn_model").aliases)

# %% [markdown]
# ## Three consumers
#
# A **service** loads the champion when it starts. Answers must be plain Python values: a NumPy
# array cannot be sent as JSON, which is where a copied example usually fails.

# %%
from fastapi import FastAPI

with warnings.catch_warnings(action="ignore"):
    from fastapi.testclient import TestClient

app = FastAPI()
serving = mlflow.pyfunc.load_model("models:/churn_model@champion")


@app.post("/predict")
def predict(features: dict[str, float]):
    return {"leaves": bool(serving.predict(pd.DataFrame([features]))[0])}


print(TestClient(app).post("/predict", json=X_valid.iloc[0].to_dict()).json())

# %% [markdown]
# A **batch job** loads it for each run and scores a table; a **Lambda-style handler** keeps it
# between calls in a module variable. Both use the same address, and none knows a file.


# %%
def nightly(rows):
    return mlflow.pyfunc.load_model("models:/churn_model@champion").predict(rows).mean()


def handler(event, context=None):
    return {"leaves": bool(serving.predict(pd.DataFrame([event]))[0])}


print(f"{nightly(X_valid):.1%} may leave;", handler(X_valid.iloc[0].to_dict()))

# %% [markdown]
# ## Going back
#
# The champion misbehaves. With files this is a frantic evening; here one alias moves. Note who
# follows: the batch job at its next run, the service not before it loads again.

# %%
client.set_registered_model_alias("churn_model", "champion", 1)
print(f"{nightly(X_valid):.1%} may leave, says version 1")
print("The service still has:", serving.metadata.run_id == deep.run_id)

# %% [markdown]
# The service holds the old champion until somebody restarts it: a rollback is done when the last
# reader has changed.
#
# Last, we put versions side by side. The registry holds no metrics; they are with the run.

# %%
table = []
for one in sorted(client.search_model_versions("name = 'churn_model'"), key=lambda v: v.version):
    run = client.get_run(one.run_id).data
    f1 = round(run.metrics["f1_valid"], 3)
    table.append((int(one.version), run.params["max_depth"], f1, one.tags.get("dataset", "")))
pd.DataFrame(table, columns=["version", "max_depth", "f1_valid", "dataset"])

# %% [markdown]
# Version 2 is far better here, but a table like this has no interval: .983 beside .985 would
# prove nothing. `python -m lifecycle compare` compares on the same rows.
#
# ## What we left open
#
# - Nothing made us go through staging, name an approver, or say why: 7.11 adds such rules.
# - From which *data* came version 2? That is for DVC (7.7).
#
# **Key points.** Register what `log_model` returned. Stages allow two champions, an alias does
# not. Load by address, never by file. After a rollback, make readers load again.
