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
# # Lab 1: Track it so that others can trust it
#
# A telephone company wants to know which customers are about to leave. Four exercises take one
# small forest from *trained once on somebody's laptop* to *a record anyone can question*. You
# need the chapter on experiment tracking (7.3 and 7.4) and nothing else.
#
# | exercise | what you do | points |
# |---|---|---|
# | 1.1 | track a run: two parameters, a metric, a model | 5 |
# | 1.2 | log a model that knows what it may be asked | 5 |
# | 1.3 | compare a sweep and name its best run | 5 |
# | 1.4 | make a run say where it comes from | 5 |

# %% [markdown]
# ## How this lab works
#
# Write in the cells marked *Your answer here*, then run the check cell below them. A check looks
# at what your code **left behind** on the MLflow server, so how you write it is up to you. Check
# as often as you like and run cells twice without fear: the newest fitting run counts, and points
# once earned stay yours. One point of each exercise is decided by a check you do not see, when
# the lab is graded; the text says everything it asks for.

# %% [markdown]
# ## Set-up
#
# The first cell finds the course's MLflow server and reports that it did. If it says the server
# is not running, type `python course.py start` in a terminal first.

# %%
import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split

import labkit

labkit.connect()

# %% [markdown]
# Now the data: 5,000 customers, of whom we use six numbers each. We expect 3,500 rows to train on
# and 1,500 to test on. The numbers are made floats at once, because a column of whole numbers
# could not say *missing* later, and MLflow warns of that.

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
print(f"{len(X_train):,} rows to train on, {len(X_test):,} to test on")

# %% [markdown]
# The split is fixed by its seed, so everybody has the same test rows and a score can be compared.
# One function trains every forest of this lab. The two constants below it go into each
# `log_model`: naming the requirements spares MLflow five seconds of searching for them, and
# naming the one type that a forest needs lets MLflow save it without pickle.


# %%
def train(max_depth, n_estimators=10, seed=7):
    forest = RandomForestClassifier(
        n_estimators=n_estimators, max_depth=max_depth, random_state=seed
    )
    return forest.fit(X_train, y_train)


REQUIREMENTS = ["scikit-learn==1.9.1", "skops==0.16.0"]
TRUSTED = ["sklearn.tree._tree.Tree"]

# %% [markdown]
# We try it once without any tracking. The two numbers should differ clearly, because six
# customers in ten stay, and accuracy counts them too.

# %%
forest = train(max_depth=12)
predicted = forest.predict(X_test)
print(f"accuracy {accuracy_score(y_test, predicted):.3f}")
print(f"f1       {f1_score(y_test, predicted):.3f}")

# %% [markdown]
# Two scores on a screen, and nothing else: close this notebook and nobody can say which depth,
# which rows or which file gave them. The exercises change that one question at a time.

# %% [markdown]
# ## Exercise 1.1: Track a run
#
# In the experiment `lab01-first-run`, make **one** run that holds all of this:
#
# - the parameters `n_estimators` (10) and `max_depth` (12);
# - the metric `accuracy`, a number from 0 to 1, reached on the **test** rows;
# - the trained model, logged with the scikit-learn flavour under the name `model`
#   (`pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED`).
#
# *5 points: parameters 1, metric 1, model 2. The hidden point: the logged model, asked again,
# reaches the accuracy you logged.*

# %% role="answer" exercise="1.1"
### BEGIN SOLUTION
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    settings = {"n_estimators": 10, "max_depth": 12}
    forest = train(**settings)
    mlflow.log_params(settings)
    mlflow.log_metric("accuracy", forest.score(X_test, y_test))
    mlflow.sklearn.log_model(
        forest, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )
### END SOLUTION

# %% [markdown]
# The check reads the runs of the experiment and judges the newest one that fits best.

# %% role="check" exercise="1.1"
labkit.check("1.1")

# %% [markdown]
# ## Exercise 1.2: A model that knows what it may be asked
#
# The model above takes six numbers, but nothing in it says which six. In the experiment
# `lab01-signature`, log the forest of depth 12 again, this time with
#
# - a **signature**: the six columns in `FEATURES` by name as inputs, and an output;
# - an **input example**: a few rows of `X_train`.
#
# `infer_signature` is imported above; `log_model` has an argument for each of the two.
#
# *5 points: inputs 2, output 1, example 1. The hidden point: the model, loaded as a plain Python
# function, labels test rows that it has never seen.*

# %% role="answer" exercise="1.2"
### BEGIN SOLUTION
mlflow.set_experiment("lab01-signature")
with mlflow.start_run():
    forest = train(max_depth=12)
    mlflow.sklearn.log_model(
        forest,
        name="model",
        signature=infer_signature(X_train, forest.predict(X_train)),
        input_example=X_train.head(3),
        pip_requirements=REQUIREMENTS,
        skops_trusted_types=TRUSTED,
    )
### END SOLUTION

# %% [markdown]
# The check reads the model's description (its `MLmodel` file); it does not load the model.

# %% role="check" exercise="1.2"
labkit.check("1.2")

# %% [markdown]
# ## Exercise 1.3: Compare a sweep and name its best run
#
# How deep should the trees be? In the experiment `lab01-sweep`, make one run for each depth
# 2, 4, 6, 8 and 12, each with the parameter `max_depth` and the metric `f1` on the test rows.
# Then let MLflow, not your eyes, find the best: `mlflow.search_runs` takes `experiment_names`
# and `order_by`. Declare the id of the run with the highest `f1`:
#
# `labkit.declare("1.3", best_run_id=...)`
#
# *5 points: the five depths 2, their `f1` 1, the best run 1. The hidden point: the five scores
# come from five different forests.*

# %% role="answer" exercise="1.3"
### BEGIN SOLUTION
mlflow.set_experiment("lab01-sweep")
for max_depth in (2, 4, 6, 8, 12):
    with mlflow.start_run(run_name=f"depth-{max_depth}"):
        predicted = train(max_depth).predict(X_test)
        mlflow.log_param("max_depth", max_depth)
        mlflow.log_metric("f1", f1_score(y_test, predicted))

sweep = mlflow.search_runs(experiment_names=["lab01-sweep"], order_by=["metrics.f1 DESC"])
labkit.declare("1.3", best_run_id=sweep.loc[0, "run_id"])
### END SOLUTION

# %% [markdown]
# If you run the sweep twice there are ten runs, and two of them share the highest score: either
# is right.

# %% role="check" exercise="1.3"
labkit.check("1.3")

# %% [markdown]
# ## Exercise 1.4: A run that says where it comes from
#
# Half a year from now somebody asks which data, which seed and which code made this model. In the
# experiment `lab01-lineage`, make a run that answers:
#
# - the training table as a **dataset** named `churn`, with the context `training`
#   (`mlflow.data.from_pandas`, then `mlflow.log_input`);
# - the parameter `seed` (7);
# - the full id of the commit you are on, in the tag `mlflow.source.git.commit`. A script gets it
#   by itself; a notebook does not. `git rev-parse HEAD` prints it, and so does `git.Repo` of the
#   installed GitPython.
#
# *5 points: dataset 2, seed 1, commit 1. The hidden point: the dataset is the whole training
# table, not a sample of it.*

# %% role="answer" exercise="1.4"
### BEGIN SOLUTION
import git

mlflow.set_experiment("lab01-lineage")
table = mlflow.data.from_pandas(
    X_train.assign(churned=y_train.astype(float)), name="churn", targets="churned"
)
commit = git.Repo(search_parent_directories=True).head.commit.hexsha
with mlflow.start_run():
    mlflow.log_input(table, context="training")
    mlflow.log_param("seed", 7)
    mlflow.set_tag("mlflow.source.git.commit", commit)
### END SOLUTION

# %% [markdown]
# The check compares the commit with those of the repository this notebook lies in.

# %% role="check" exercise="1.4"
labkit.check("1.4")

# %% [markdown]
# ## What we left open
#
# Look at your runs in the MLflow UI: the address is where `start` printed it, with `/#/experiments`
# behind it. Three questions stay. The best depth was chosen on the very rows that scored it, so its
# F1 flatters. The dataset's digest looks at the first 10,000 rows only, which is enough here and
# not in general: that is what DVC is for. And a best run is not yet a model anybody may deploy: the
# registry comes next.
