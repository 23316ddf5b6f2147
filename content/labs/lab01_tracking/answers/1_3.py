# %% [markdown]
# Answers to exercise 1.3, with the points and hints each must get.

# %% name="search_runs" kind="right" points=5
mlflow.set_experiment("lab01-sweep")
for depth in [2, 4, 6, 8, 12]:
    with mlflow.start_run():
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1", f1_score(y_test, train(depth).predict(X_test)))
best = mlflow.search_runs(
    experiment_names=["lab01-sweep"], order_by=["metrics.f1 DESC"], max_results=1
)
labkit.declare("1.3", best_run_id=best["run_id"].iloc[0])

# %% name="client_and_python_max" kind="right" points=5
from mlflow import MlflowClient

client = MlflowClient()
experiment_id = client.create_experiment("lab01-sweep")
for depth in (12, 8, 6, 4, 2):
    run_id = client.create_run(experiment_id).info.run_id
    client.log_param(run_id, "max_depth", depth)
    client.log_metric(run_id, "f1", f1_score(y_test, train(depth).predict(X_test)))
    client.set_terminated(run_id)
best = max(client.search_runs([experiment_id]), key=lambda run: run.data.metrics["f1"])
labkit.declare("1.3", best_run_id=best.info.run_id)

# %% name="nested_runs" kind="right" points=5
mlflow.set_experiment("lab01-sweep")
with mlflow.start_run(run_name="sweep"):
    for depth in (2, 4, 6, 8, 12):
        with mlflow.start_run(nested=True):
            predicted = train(depth).predict(X_test)
            mlflow.log_params({"max_depth": depth, "n_estimators": 10})
            mlflow.log_metrics(
                {"f1": f1_score(y_test, predicted), "accuracy": accuracy_score(y_test, predicted)}
            )
runs = mlflow.search_runs(experiment_names=["lab01-sweep"], filter_string="metrics.f1 > 0")
labkit.declare("1.3", best_run_id=runs.sort_values("metrics.f1").iloc[-1]["run_id"])

# %% name="more_depths_than_asked_and_run_twice" kind="right" points=5
mlflow.set_experiment("lab01-sweep")
for depth in (2, 4, 6, 8, 12, 1, 2, 4, 6, 8, 12):
    with mlflow.start_run(run_name=f"depth {depth}"):
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1", f1_score(y_test, train(depth).predict(X_test)))
best = mlflow.search_runs(
    experiment_names=["lab01-sweep"], order_by=["metrics.f1 DESC"], output_format="list"
)[0]
labkit.declare("1.3", best_run_id=best.info.run_id)

# %% name="sorted_upwards" kind="wrong" points=4 hints=["worst_declared"]
mlflow.set_experiment("lab01-sweep")
for depth in (2, 4, 6, 8, 12):
    with mlflow.start_run():
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1", f1_score(y_test, train(depth).predict(X_test)))
runs = mlflow.search_runs(experiment_names=["lab01-sweep"], order_by=["metrics.f1"])
labkit.declare("1.3", best_run_id=runs.loc[0, "run_id"])

# %% name="name_for_id" kind="wrong" points=4 hints=["name_declared"]
mlflow.set_experiment("lab01-sweep")
for depth in (2, 4, 6, 8, 12):
    with mlflow.start_run(run_name=f"depth-{depth}"):
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1", f1_score(y_test, train(depth).predict(X_test)))
runs = mlflow.search_runs(experiment_names=["lab01-sweep"], order_by=["metrics.f1 DESC"])
labkit.declare("1.3", best_run_id=runs.loc[0, "tags.mlflow.runName"])

# %% name="all_in_one_run" kind="wrong" points=1.4 hints=["one_run_for_all", "not_declared"]
mlflow.set_experiment("lab01-sweep")
with mlflow.start_run():
    for depth in (2, 4, 6, 8, 12):
        mlflow.log_metric("f1", f1_score(y_test, train(depth).predict(X_test)))
        mlflow.log_param("max_depth", depth)

# %% name="forest_before_the_loop" kind="wrong" points=4 hints=["same_forest"]
mlflow.set_experiment("lab01-sweep")
predicted = train(6).predict(X_test)
for depth in (2, 4, 6, 8, 12):
    with mlflow.start_run():
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1", f1_score(y_test, predicted))
runs = mlflow.search_runs(experiment_names=["lab01-sweep"], order_by=["metrics.f1 DESC"])
labkit.declare("1.3", best_run_id=runs.loc[0, "run_id"])

# %% name="three_depths_not_declared" kind="wrong" points=2.2 hints=["depths_missing", "not_declared"]
mlflow.set_experiment("lab01-sweep")
for depth in (2, 4, 6):
    with mlflow.start_run():
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1", f1_score(y_test, train(depth).predict(X_test)))

# %% name="depth_in_the_name_only" kind="wrong" points=1 hints=["depth_not_a_param", "f1_missing"]
mlflow.set_experiment("lab01-sweep")
for depth in (2, 4, 6, 8, 12):
    with mlflow.start_run(run_name=f"max_depth={depth}"):
        mlflow.log_metric("f1", f1_score(y_test, train(depth).predict(X_test)))
runs = mlflow.search_runs(experiment_names=["lab01-sweep"], order_by=["metrics.f1 DESC"])
labkit.declare("1.3", best_run_id=runs.loc[0, "run_id"])

# %% name="f1_as_param" kind="wrong" points=2 hints=["f1_as_param", "other_best"]
mlflow.set_experiment("lab01-sweep")
for depth in (2, 4, 6, 8, 12):
    with mlflow.start_run() as run:
        mlflow.log_param("max_depth", depth)
        mlflow.log_param("f1", f1_score(y_test, train(depth).predict(X_test)))
labkit.declare("1.3", best_run_id=run.info.run_id)

# %% name="run_of_another_experiment" kind="wrong" points=4 hints=["not_of_sweep"]
mlflow.set_experiment("lab01-sweep")
for depth in (2, 4, 6, 8, 12):
    with mlflow.start_run():
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1", f1_score(y_test, train(depth).predict(X_test)))
mlflow.set_experiment("scratch")
with mlflow.start_run() as run:
    mlflow.log_metric("f1", 0.99)
labkit.declare("1.3", best_run_id=run.info.run_id)

# %% name="best_by_another_metric" kind="wrong" points=4 hints=["other_best"]
mlflow.set_experiment("lab01-sweep")
for depth in (2, 4, 6, 8, 12):
    with mlflow.start_run():
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1", f1_score(y_test, train(depth).predict(X_test)))
        mlflow.log_metric("closeness", -abs(depth - 4))
runs = mlflow.search_runs(experiment_names=["lab01-sweep"], order_by=["metrics.closeness DESC"])
labkit.declare("1.3", best_run_id=runs.loc[0, "run_id"])

# %% name="name_of_the_experiment_mistyped" kind="wrong" points=0 hints=["other_experiment"]
mlflow.set_experiment("lab01-sweeps")
for depth in (2, 4, 6, 8, 12):
    with mlflow.start_run():
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1", f1_score(y_test, train(depth).predict(X_test)))
runs = mlflow.search_runs(experiment_names=["lab01-sweeps"], order_by=["metrics.f1 DESC"])
labkit.declare("1.3", best_run_id=runs.loc[0, "run_id"])

# %% name="still_in_the_experiment_before" kind="wrong" points=0 hints=["no_run"]
mlflow.set_experiment("lab01-signature")  # what exercise 1.2 set, and this one did not change
for depth in (2, 4, 6, 8, 12):
    with mlflow.start_run():
        mlflow.log_param("max_depth", depth)
        mlflow.log_metric("f1", f1_score(y_test, train(depth).predict(X_test)))
runs = mlflow.search_runs(experiment_names=["lab01-signature"], order_by=["metrics.f1 DESC"])
labkit.declare("1.3", best_run_id=runs.loc[0, "run_id"])
