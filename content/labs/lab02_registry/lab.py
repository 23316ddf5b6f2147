# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 2: From a run to the model that serves
#
# Three forests that predict who is about to leave a telephone company lie in the tracking store.
# Nobody can say which of them serves. You register them, describe them, promote one step by step,
# do the same with aliases, load them, and roll back. You need lab 1 and the chapter on the
# registry (7.5).
#
# | exercise | what you do | points |
# |---|---|---|
# | 2.1 | register a model, both ways | 5 |
# | 2.2 | write on a version what it is | 5 |
# | 2.3 | put a version into staging | 5 |
# | 2.4 | validate it, promote it, archive the old one | 5 |
# | 2.5 | promote with aliases | 5 |
# | 2.6 | load by version, by stage, by alias | 5 |
# | 2.7 | compare versions and roll back | 5 |

# %% [markdown]
# ## How this lab works
#
# Each exercise is judged by the state the registry is in **when its check cell runs**, so check
# before you go on: a version that has moved on to production is no longer in staging. Points once
# earned stay yours. One point of each exercise is decided by a check you do not see; the text
# says everything it asks for.
#
# Gone astray, or a version too many? The cell with `start(...)` begins its exercise anew. A cell
# that hangs cannot reach the server: look whether the course still runs in its terminal.

# %% [markdown]
# ## Set-up
#
# The first cell finds the course's MLflow server. MLflow warns at every use of stages that they
# will go one day, in favour of aliases. Most registries still have them, so you learn both, and
# the filter keeps the warning to this one sentence.

# %%
import logging
import warnings
import mlflow
import pandas as pd
from mlflow import MlflowClient
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

import labkit

warnings.filterwarnings("ignore", message=".*stages.*", category=FutureWarning)
logging.getLogger("mlflow").setLevel(logging.WARNING)  # no line for each version it makes
labkit.connect()
client = MlflowClient()

# %% [markdown]
# The data and the split are those of lab 1: 3,500 rows to train on, 1,500 to test on.

# %%
FEATURES = [
    "age",
    "income",
    "tenure_months",
    "monthly_fee",
    "support_calls",
    "late_payments",
]
churn = pd.read_csv("../data/churn.csv")
X, y = churn[FEATURES].astype(float), churn["churned"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=7, stratify=y)
REQUIREMENTS = ["scikit-learn==1.9.1", "skops==0.16.0"]

# %% [markdown]
# One function trains a forest and logs it in a run of its own, with its depth and the F1 it
# reaches on the test rows. What it returns knows the model's address (`model_uri`), its id
# (`model_id`) and its run (`run_id`). If `registered` is given, the model is registered at once.


# %%
def log_forest(max_depth, registered=None):
    forest = RandomForestClassifier(n_estimators=10, max_depth=max_depth, random_state=7)
    forest.fit(X_train, y_train)
    with mlflow.start_run(run_name=f"depth-{max_depth}"):
        mlflow.log_param("max_depth", max_depth)
        mlflow.log_metric("f1", f1_score(y_test, forest.predict(X_test)))
        return mlflow.sklearn.log_model(
            forest,
            name="model",
            registered_model_name=registered,
            pip_requirements=REQUIREMENTS,
            skops_trusted_types=["sklearn.tree._tree.Tree"],
        )


# %% [markdown]
# Three forests it is, in an experiment of their own. They are on shelves, not in the registry yet.

# %%
mlflow.set_experiment("lab02-forests")
forests = [log_forest(max_depth) for max_depth in (5, 12, 3)]
your_work = mlflow.set_experiment("lab02-work")  # for whatever you log yourself

# %% [markdown]
# The second function gives an exercise its starting state: a registered model with one version
# for each of the first forests, in the stages named. It makes the model **anew**, so the cell
# that calls it starts its exercise over. It touches nothing but the model of that name.


# %%
def start(name, *stages):
    if client.search_registered_models(f"name = '{name}'"):
        client.delete_registered_model(name)
    client.create_registered_model(name)
    for model, stage in zip(forests, stages, strict=False):
        made = client.create_model_version(
            name, model.model_uri, run_id=model.run_id, model_id=model.model_id
        )
        if stage != "None":
            client.transition_model_version_stage(name, made.version, stage)


# %% [markdown]
# ## Exercise 2.1: Register a model, both ways
#
# Give the registered model `lab02-first` two versions:
#
# - train a forest of depth 6 and register it **while it is logged**: `log_forest` takes the name
#   and hands it to `log_model`;
# - register the forest of depth 5, which is logged already as `forests[0]`, **afterwards**:
#   `mlflow.register_model` takes its `model_uri`. Do not train or log it again.
#
# *5 points: registered at once 2, registered afterwards 2. The hidden point: the versions hold
# two complete models, and each belongs to the run that made it.*

# %% role="answer" exercise="2.1"
### BEGIN SOLUTION
log_forest(6, registered="lab02-first")
afterwards = mlflow.register_model(forests[0].model_uri, "lab02-first")
print(f"{afterwards.name} has {afterwards.version} versions")
### END SOLUTION

# %% [markdown]
# The check looks at the runs your versions come from. If you run the cell twice, there are four
# versions: any two that fit will do.

# %% role="check" exercise="2.1"
labkit.check("2.1")

# %% [markdown]
# ## Exercise 2.2: Write on a version what it is
#
# `lab02-described` has two versions of which nobody knows anything. Write on **version 2**
#
# - a description that names the table it was trained on, `churn`, and the F1 that its run logged,
#   with two decimals or more;
# - the tags `dataset` (`churn`) and `algorithm` (`random-forest`).
#
# The version knows its run: `client.get_model_version(...)` has a `run_id`, and
# `client.get_run(run_id).data.metrics` has the F1.
#
# *5 points: description 2, tags 2. The hidden point: the F1 is that of version 2.*

# %%
start("lab02-described", "None", "None")

# %% role="answer" exercise="2.2"
### BEGIN SOLUTION
version = client.get_model_version("lab02-described", 2)
f1 = client.get_run(version.run_id).data.metrics["f1"]
client.update_model_version(
    "lab02-described", 2, description=f"Random forest trained on churn, F1 {f1:.3f}"
)
client.set_model_version_tag("lab02-described", 2, "dataset", "churn")
client.set_model_version_tag("lab02-described", 2, "algorithm", "random-forest")
### END SOLUTION

# %% [markdown]
# A registered model and each of its versions have descriptions and tags of their own. Only those
# of version 2 count.

# %% role="check" exercise="2.2"
labkit.check("2.2")

# %% [markdown]
# ## Exercise 2.3: Put a version into staging
#
# In `lab02-churn`, version 1 is in production and serves. Version 2 is new. Put version 2 into the
# stage `Staging`, where it waits to be validated. Version 1 must go on serving.
#
# *5 points: version 2 is in staging 3, version 1 still serves 1. The hidden point: there are still
# the two versions and no other.*

# %%
start("lab02-churn", "Production", "None")

# %% role="answer" exercise="2.3"
### BEGIN SOLUTION
staged = client.transition_model_version_stage("lab02-churn", 2, "Staging")
print(f"Version {staged.version} is in {staged.current_stage}")
### END SOLUTION

# %% [markdown]
# MLflow keeps no history of stages. Whoever takes a version straight to production leaves no sign
# of it later, which is why you are asked now.

# %% role="check" exercise="2.3"
labkit.check("2.3")

# %% [markdown]
# ## Exercise 2.4: Validate it, promote it, archive the old one
#
# Go on with `lab02-churn`:
#
# - load version 2 with `mlflow.pyfunc.load_model`, compute its F1 on the test rows, and write it
#   into its tag `validation_f1`, a number from 0 to 1;
# - put version 2 into `Production`;
# - put version 1 into `Archived`: two versions must not serve at once.
#
# *5 points: promoted 2, archived 1, tag 1. The hidden point: the tag holds the F1 that version 2
# really reaches.*

# %% role="answer" exercise="2.4"
### BEGIN SOLUTION
candidate = mlflow.pyfunc.load_model("models:/lab02-churn/2")
reached = f1_score(y_test, candidate.predict(X_test))
client.set_model_version_tag("lab02-churn", 2, "validation_f1", reached)
serving = client.transition_model_version_stage(
    "lab02-churn", 2, "Production", archive_existing_versions=True
)
print(f"Version {serving.version} is in {serving.current_stage} with F1 {reached:.3f}")
### END SOLUTION

# %% [markdown]
# `archive_existing_versions=True` archives whatever was in that stage before. Without it MLflow
# lets any number of versions be in production.

# %% role="check" exercise="2.4"
labkit.check("2.4")

# %% [markdown]
# ## Exercise 2.5: Promote with aliases
#
# In `lab02-aliases` nothing has a stage. Version 1 has the alias `champion`: whoever loads
# `models:/lab02-aliases@champion` gets it. Version 2 has the alias `challenger`, and has won.
# Make it so that
#
# - `champion` names version 2;
# - `previous` names version 1, so that we can go back;
# - nothing has the alias `challenger` any more.
#
# *5 points: champion 2, previous 1, challenger 1. The hidden point: it is done with aliases alone,
# no stage is used.*

# %%
start("lab02-aliases", "None", "None")
client.set_registered_model_alias("lab02-aliases", "champion", 1)
client.set_registered_model_alias("lab02-aliases", "challenger", 2)

# %% role="answer" exercise="2.5"
### BEGIN SOLUTION
client.set_registered_model_alias("lab02-aliases", "previous", 1)
client.set_registered_model_alias("lab02-aliases", "champion", 2)
client.delete_registered_model_alias("lab02-aliases", "challenger")
### END SOLUTION

# %% [markdown]
# An alias names one version only, so giving it to another takes it from the first.

# %% role="check" exercise="2.5"
labkit.check("2.5")

# %% [markdown]
# ## Exercise 2.6: Load by version, by stage, by alias
#
# `lab02-load` has three versions. Load version 3 by its number, another by the stage `Production`
# and another by the alias `champion`, and declare
#
# `labkit.declare("2.6", by_version=..., by_stage=..., by_alias=..., production_version=...,
# disagreements=...)`
#
# - the first three: the F1 on the test rows of each model you loaded, not rounded to less than
#   three decimals;
# - `production_version`: the number of the version in production. Let the registry tell you;
# - `disagreements`: for how many test rows version 3 and the champion answer differently.
#
# *5 points: the three F1 one each, the number 1. The hidden point: the disagreements.*

# %%
start("lab02-load", "None", "Production", "None")
client.set_registered_model_alias("lab02-load", "champion", 1)

# %% role="answer" exercise="2.6"
### BEGIN SOLUTION
addresses = {
    "by_version": "models:/lab02-load/3",
    "by_stage": "models:/lab02-load/Production",
    "by_alias": "models:/lab02-load@champion",
}
answers = {
    how: mlflow.pyfunc.load_model(address).predict(X_test) for how, address in addresses.items()
}
serving = client.get_latest_versions("lab02-load", stages=["Production"])[0]
labkit.declare(
    "2.6",
    **{how: f1_score(y_test, predicted) for how, predicted in answers.items()},
    production_version=serving.version,
    disagreements=(answers["by_version"] != answers["by_alias"]).sum(),
)
### END SOLUTION

# %% [markdown]
# The newest version, the one in production and the champion are three different models here. They
# often are.

# %% role="check" exercise="2.6"
labkit.check("2.6")

# %% [markdown]
# ## Exercise 2.7: Compare versions and roll back
#
# Since this morning version 3 of `lab02-rollback` is in production, and complaints come in. The
# two versions before it are archived. Find out which of **those two** has the higher `f1` in its
# run, and
#
# - put that one into `Production`, and version 3 into `Archived`;
# - declare its number: `labkit.declare("2.7", restored_version=...)`.
#
# *5 points: restored 2, archived 1, declared 1. The hidden point: rolling back moves stages only,
# so the three versions are all there and no new one is.*

# %%
start("lab02-rollback", "Archived", "Archived", "Production")

# %% role="answer" exercise="2.7"
### BEGIN SOLUTION
versions = client.search_model_versions("name = 'lab02-rollback'")
scores = {
    int(one.version): client.get_run(one.run_id).data.metrics["f1"]
    for one in versions
    if one.current_stage == "Archived"
}
best = max(scores, key=scores.get)
client.transition_model_version_stage(
    "lab02-rollback", best, "Production", archive_existing_versions=True
)
labkit.declare("2.7", restored_version=best)
### END SOLUTION

# %% role="check" exercise="2.7"
labkit.check("2.7")

# %% [markdown]
# ## What we left open
#
# Nothing stopped you from skipping staging, or from promoting a version without a description:
# MLflow enforces no order and no record. The versions were compared on the same test rows for the
# third time, which flatters the best. And nobody can say which *data* a version was trained on:
# the table's name is in its description, but the table may change. That is the next lab.
