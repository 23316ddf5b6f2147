# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 7.6 A tour of MLflow's pages
#
# **Time:** about 10 minutes: 9 to read, 1 to run.
#
# **Questions.** Where in the browser are my runs, my models and their versions? Where did the
# stages of older guides go?
#
# **Objectives.** Find your way through MLflow's pages; read on each what a line of code would
# tell; edit, compare, download and promote by mouse; bring the old stage view back.
#
# **Before we start:** chapters 7.4 and 7.5, and `python course.py start` in a terminal.

# %% [markdown]
# ## Two windows
#
# Read this chapter beside MLflow in a browser. Every picture shows what the cells here make. Your
# lists are longer if you read other chapters before. The imports print nothing.

# %%
import http.client
import logging
import warnings
from urllib.parse import urlsplit
import labkit
import matplotlib
import mlflow
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, f1_score, recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# %% [markdown]
# A second reading would double runs and models, so we delete what an earlier one left.

# %%
labkit.connect()
matplotlib.use("agg")  # figures go to MLflow, not below the cells
logging.getLogger("mlflow").setLevel(logging.ERROR)
warnings.simplefilter("ignore", FutureWarning)
client = mlflow.MlflowClient()
FOREST, LOGISTIC = "forest-churn-tour", "logistic-churn-tour"
for model in client.search_registered_models("name LIKE '%-churn-tour'"):
    client.delete_registered_model(model.name)
mlflow.set_experiment("chapter-07-06")
for run in mlflow.search_runs(output_format="list"):
    client.delete_run(run.info.run_id)

# %% [markdown] tags=["snippet:guide.ui.1"]
# ## The address
#
# `mlflow ui --port 5000` starts the pages at `http://localhost:5000`; `mlflow server` is its name
# today. `course.py start` has done it, and printed the address: another port if 5000 is taken, on
# macOS often by AirPlay, which answers *403*. So does MLflow, to a name it was not told.

# %%
address = urlsplit(mlflow.get_tracking_uri())
for name in (address.netloc, "mlflow.school.example"):
    visit = http.client.HTTPConnection(address.netloc)
    visit.request("GET", "/", headers={"Host": name})
    answer = visit.getresponse()
    page = answer.read().decode()
    print(answer.status, page if answer.status == 403 else "the pages")

# %% [markdown]
# Under another name it refuses, and says why; `--allowed-hosts` adds names.
#
# ![MLflow's start page: a side bar without models, a switch between GenAI and Model training above
# it, and the open Assistant on the right](images/ui-home.png)
#
# A first visit lands here, in *GenAI* mode: there is **no entry for models**. *Model training*, top
# left, brings them; notice and Assistant close by their crosses. Addresses skip all this:
# `/#/experiments`, `/#/models`.
#
# ## Something to look at
#
# We read the data and expect 3,500 rows to train on.

# %%
churn = pd.read_csv("../data/churn.csv")
FEATURES = ["age", "income", "tenure_months", "support_calls", "monthly_fee", "late_payments"]
X, y = churn[FEATURES].astype(float), churn["churned"] == 1
X_train, X_valid, y_train, y_valid = X[:3500], X[3500:], y[:3500], y[3500:]
SAVING = {
    "skops_trusted_types": ["sklearn.tree._tree.Tree"],
    "input_example": X_valid.head(3),
    "pip_requirements": ["scikit-learn", "skops"],
}
print(len(X_train), "rows to train on")

# %% [markdown]
# One function trains, scores, draws a confusion matrix and logs all of it. It prints nothing.


# %%
def train(name, model, **params):
    with mlflow.start_run(run_name=name):
        answers = model.fit(X_train, y_train).predict(X_valid)
        mlflow.log_params(params)
        mlflow.log_metric("f1_valid", f1_score(y_valid, answers))
        mlflow.log_metric("recall_valid", recall_score(y_valid, answers))
        drawn = ConfusionMatrixDisplay.from_predictions(y_valid, answers)
        mlflow.log_figure(drawn.figure_, "confusion.png")
        return mlflow.sklearn.log_model(model, name="model", **SAVING)


# %% [markdown]
# Now a sweep: three depths of a forest, and a logistic regression to compare with. The table
# should have four rows, the best score first.

# %%
made = {}
for depth in (3, 6, 9):
    forest = RandomForestClassifier(20, max_depth=depth, random_state=0)
    made[depth] = train(f"forest depth {depth}", forest, kind="forest", max_depth=depth)
scaled = make_pipeline(StandardScaler(), LogisticRegression())
made["line"] = train("logistic", scaled, kind="logistic")
runs = mlflow.search_runs(order_by=["metrics.f1_valid DESC"])
SHOWN = ["tags.mlflow.runName", "params.max_depth", "metrics.f1_valid", "metrics.recall_valid"]
runs[SHOWN].round(3)

# %% [markdown]
# ## Runs
#
# ![The runs of experiment chapter-07-06: four rows with name, time of creation, duration, metrics
# and max_depth](images/ui-runs.png)
#
# *Experiments*, then `chapter-07-06`, shows the same four. At first it hides metrics and
# parameters: tick them under *Columns*. *Sort* orders, and the field above takes the very text that
# `search_runs` takes. We expect it to leave two runs.

# %%
good = mlflow.search_runs(filter_string="metrics.f1_valid > 0.8 and params.kind = 'forest'")
sorted(good["tags.mlflow.runName"])

# %% [markdown]
# ## Comparing runs
#
# ![Three runs compared: a line for each leads from its max_depth on the left to its f1_valid on
# the right](images/ui-compare.png)
#
# Tick runs, press *Compare*. Each line is a run: the one from depth 9 ends a little below the one
# from depth 6, less than another seed might move it (7.1): beyond 6, depth buys nothing here.
# Tables further down put parameters and metrics side by side. In code it is the table of runs,
# turned over.

# %%
chosen = runs[runs["params.kind"] == "forest"].set_index("tags.mlflow.runName")
chosen[SHOWN[1:]].astype(float).round(3).T

# %% [markdown]
# Recall and F1 agree on the order.
#
# ## A run and its files
#
# ![The Artifacts tab of a run: a tree of files on the left, the confusion matrix on the
# right](images/ui-artifacts.png)
#
# A click on a run, then *Artifacts*, shows its files, draws pictures, and downloads the chosen one
# by the arrow at the top right. Code lists and downloads them as well; we expect one picture.

# %%
best = made[9].run_id
print([file.path for file in client.list_artifacts(best)])
drawn = mlflow.artifacts.load_image(f"runs:/{best}/confusion.png")
print("A picture of", drawn.size, "pixels")

# %% [markdown]
# One picture, as on the page (the model is a thing of its own, behind *Logged models*). Next, the
# registry: three versions of the forest and one of the regression, with all that the next pages
# show. MLflow tells what it registers.

# %%
for depth in (3, 6, 9):
    mlflow.register_model(made[depth].model_uri, FOREST)
mlflow.register_model(made["line"].model_uri, LOGISTIC)
client.update_registered_model(FOREST, description="Who leaves next month?")
client.set_registered_model_tag(FOREST, "task", "churn")
client.update_model_version(FOREST, 3, description="Twenty trees of depth 9.")
for number in (1, 2, 3):
    client.set_model_version_tag(FOREST, number, "dataset", "churn")
client.set_registered_model_alias(FOREST, "champion", 2)
client.set_registered_model_alias(FOREST, "challenger", 3)
for number, stage in {1: "Archived", 2: "Production", 3: "Staging"}.items():
    client.transition_model_version_stage(FOREST, number, stage)

# %% [markdown]
# ## All models
#
# ![The list of registered models: forest-churn-tour with one of its two aliases, and
# logistic-churn-tour](images/ui-models.png)
#
# Older guides call this the *Models tab*; today it is *Model registry*, at `/#/models`. A window on
# the new pages opens once: *Try it now*. A row has the latest version and one alias,
# however many there are. *Created by* stays empty without a login. Our table has both aliases.

# %%
rows = []
for model in client.search_registered_models("name LIKE '%-churn-tour'"):
    latest = max(int(one.version) for one in client.search_model_versions(f"name = '{model.name}'"))
    rows.append((model.name, latest, model.aliases, model.tags))
pd.DataFrame(rows, columns=["name", "latest version", "aliases", "tags"])

# %% [markdown]
# ## One model
#
# ![The page of forest-churn-tour: description, tag, and three versions with tags, aliases and a
# description](images/ui-model.png)
#
# A click on a name opens its versions. *Edit* changes the description, a pencil tags and aliases:
# no code needed. *Compare* puts ticked versions side by side. What the page does **not** show is
# how good a version is; we list that. (Ask for versions one by one: those from a search come
# without aliases.)

# %%
rows = []
for number in (1, 2, 3):
    one = client.get_model_version(FOREST, number)
    score = client.get_run(one.run_id).data.metrics["f1_valid"]
    rows.append((number, one.aliases, dict(one.tags), round(score, 3)))
pd.DataFrame(rows, columns=["version", "aliases", "tags", "F1 of its run"])

# %% [markdown]
# ## One version
#
# ![Version 3: stage, source run, source model, alias, description, tags, and the schema with six
# inputs](images/ui-version.png)
#
# *Source Run* leads to parameters, metrics and the picture, *Source Model* to the files. *Schema*
# is the signature: what must be sent, and what comes back. The stage is there to read, marked
# *deprecated*. By code we expect six inputs.

# %%
version = client.get_model_version(FOREST, 3)
info = mlflow.models.get_model_info(f"models:/{FOREST}/3")
print("From:", client.get_run(version.run_id).info.run_name)
print(len(info.signature.inputs), "inputs, output:", info.signature.outputs.input_types())
print("Stage:", version.current_stage, "- description:", version.description)

# %% [markdown]
# There is no download on this page, though older guides name one: the files are behind *Source
# Model*, tab *Artifacts*. We list what a download of the champion would bring.

# %%
files = mlflow.artifacts.list_artifacts(f"models:/{FOREST}@champion")
print(*sorted(file.path for file in files), sep="\n")

# %% [markdown]
# `download_artifacts` with the same address fetches them.
#
# The button **Promote model** moves no stage: it *copies* a version to another model, say from a
# team's to the company's. We do the same, look, and take the copy away.

# %%
copy = client.copy_model_version(f"models:/{FOREST}@champion", "live-churn-tour")
print(copy.name, "version", copy.version, "- made from", copy.source)
client.delete_registered_model("live-churn-tour")

# %% [markdown]
# The copy counts from 1 and knows its origin.
#
# ## The stage view
#
# ![The older page of forest-churn-tour: version 3 in Staging, 2 in Production, 1
# Archived](images/ui-stages.png)
#
# Turn the switch **New model registry UI** off and confirm with *Disable*: stages come back, in the
# list of models too, and aliases disappear. The browser remembers it. By code:

# %%
for number in (1, 2, 3):
    print(number, client.get_model_version(FOREST, number).current_stage)

# %% [markdown]
# ![The older page of version 3: from Staging, a menu offers None, Production and
# Archived](images/ui-transition.png)
#
# On a version's page, *Stage* opens the menu that guides mean by *transition buttons*. Turn the
# switch on again before you go on.
#
# | in older guides | today |
# |---|---|
# | Models tab | *Model training*, then *Model registry* |
# | current stage of each version | its aliases; stages with the switch off |
# | metrics and parameters of a version | its *Source Run* |
# | download | *Artifacts* of the run or of the *Source Model* |
# | transition buttons | aliases; the menu with the switch off |

# %% [markdown]
# ## What we left open
#
# - Whoever reaches these pages may change everything: rules are for 7.11.
# - Which data did a version see? No page says. That begins with 7.7.
#
# **Key points.** Pages show what the API tells. Go to `/#/models` directly. Runs have scores,
# versions have not. Aliases by default, stages by a switch. *Promote* copies.
