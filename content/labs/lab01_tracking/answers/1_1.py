# %% [markdown]
# Answers to exercise 1.1, with the points and hints each must get.

# %% name="fluent_with_block" kind="right" points=5
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run(run_name="depth twelve"):
    model = train(max_depth=12, n_estimators=10)
    mlflow.log_param("n_estimators", 10)
    mlflow.log_param("max_depth", 12)
    mlflow.log_metric("accuracy", accuracy_score(y_test, model.predict(X_test)))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="start_and_end_without_with" kind="right" points=5
mlflow.set_experiment("lab01-first-run")
mlflow.start_run()
model = train(12)
mlflow.log_params({"n_estimators": 10, "max_depth": 12, "seed": 7})
mlflow.log_metrics({"accuracy": model.score(X_test, y_test), "f1": 0.5})
mlflow.sklearn.log_model(
    model, name="model", pip_requirements=REQUIREMENTS, serialization_format="cloudpickle"
)
mlflow.end_run()

# %% name="client" kind="right" points=5
from mlflow import MlflowClient

client = MlflowClient()
experiment_id = client.create_experiment("lab01-first-run")
run = client.create_run(experiment_id, run_name="by client")
model = train(12)
client.log_param(run.info.run_id, "n_estimators", 10)
client.log_param(run.info.run_id, "max_depth", 12)
client.log_metric(run.info.run_id, "accuracy", model.score(X_test, y_test))
with mlflow.start_run(run_id=run.info.run_id):
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="autolog" kind="right" points=5
mlflow.set_experiment("lab01-first-run")
mlflow.sklearn.autolog(log_models=False, log_datasets=False)
with mlflow.start_run():
    model = train(12)
    mlflow.log_metric("accuracy", model.score(X_test, y_test))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )
mlflow.sklearn.autolog(disable=True)

# %% name="second_try_after_a_failed_one" kind="right" points=5
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    mlflow.log_param("n_estimators", 10)
try:
    with mlflow.start_run():
        model = train(12)
        mlflow.log_params({"n_estimators": 10, "max_depth": 12})
        mlflow.sklearn.log_model(model, name="model", pip_requirements=REQUIREMENTS)
except Exception as error:
    print(type(error).__name__)
with mlflow.start_run():
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
    mlflow.log_metric("accuracy", round(model.score(X_test, y_test), 2))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="accuracy_as_param" kind="wrong" points=3 hints=["metric_as_param"]
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
    mlflow.log_param("accuracy", model.score(X_test, y_test))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="params_as_metrics" kind="wrong" points=4 hints=["param_as_metric"]
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    mlflow.log_metric("n_estimators", 10)
    mlflow.log_metric("max_depth", 12)
    mlflow.log_metric("accuracy", model.score(X_test, y_test))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="model_as_a_joblib_file" kind="wrong" points=2 hints=["model_as_file"]
import joblib

mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
    mlflow.log_metric("accuracy", model.score(X_test, y_test))
    joblib.dump(model, "model.joblib")
    mlflow.log_artifact("model.joblib")

# %% name="default_experiment" kind="wrong" points=0 hints=["other_experiment"]
with mlflow.start_run():
    model = train(12)
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
    mlflow.log_metric("accuracy", model.score(X_test, y_test))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="training_accuracy" kind="wrong" points=4 hints=["training_accuracy"]
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
    mlflow.log_metric("accuracy", model.score(X_train, y_train))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="refused_by_skops" kind="wrong" points=2 hints=["model_refused"]
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
    mlflow.log_metric("accuracy", model.score(X_test, y_test))
    mlflow.sklearn.log_model(model, name="model", pip_requirements=REQUIREMENTS)

# %% name="a_run_for_each_thing" kind="wrong" points=1 hints=["metric_in_other_run", "model_in_other_run"]
mlflow.set_experiment("lab01-first-run")
model = train(12)
with mlflow.start_run():
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )
with mlflow.start_run():
    mlflow.log_metric("accuracy", model.score(X_test, y_test))
with mlflow.start_run():
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})

# %% name="in_per_cent" kind="wrong" points=3 hints=["not_a_share", "training_accuracy"]
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
    mlflow.log_metric("accuracy", 100 * model.score(X_test, y_test))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="accuracy_is_nan" kind="wrong" points=3 hints=["not_a_share", "training_accuracy"]
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
    mlflow.log_metric("accuracy", float("nan"))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="metric_called_acc" kind="wrong" points=3 hints=["metric_named_otherwise"]
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
    mlflow.log_metric("acc", model.score(X_test, y_test))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="a_run_of_params_alone" kind="wrong" points=1 hints=["metric_as_param", "model_missing"]
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    reached = model.score(X_test, y_test)
    mlflow.log_params({"n_estimators": 10, "max_depth": 12, "accuracy": reached})

# %% name="each_thing_as_another_kind" kind="wrong" points=0 hints=["param_as_metric", "metric_as_tag", "model_as_file"]
import joblib

mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    mlflow.log_metrics({"n_estimators": 10, "max_depth": 12})
    mlflow.set_tag("accuracy", model.score(X_test, y_test))
    joblib.dump(model, "model.joblib")
    mlflow.log_artifact("model.joblib")

# %% name="refused_by_skops_before_the_metric" kind="wrong" points=1 hints=["model_refused", "metric_missing"]
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
    mlflow.sklearn.log_model(model, name="model", pip_requirements=REQUIREMENTS)
    mlflow.log_metric("accuracy", model.score(X_test, y_test))

# %% name="more_trees_and_in_per_cent" kind="wrong" points=2.5 hints=["param_value", "not_a_share", "training_accuracy"]
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12, n_estimators=20)
    mlflow.log_params({"n_estimators": 20, "max_depth": 12})
    mlflow.log_metric("accuracy", 100 * model.score(X_test, y_test))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="accuracy_is_nan_and_the_model_reads_a_file" kind="wrong" points=3 hints=["not_a_share", "model_silent"]
import joblib

joblib.dump(train(12), "forest.joblib")


class FromFile(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return joblib.load("forest.joblib").predict(model_input)


mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    mlflow.log_params({"n_estimators": 10, "max_depth": 12})
    mlflow.log_metric("accuracy", float("nan"))
    mlflow.pyfunc.log_model(name="model", python_model=FromFile(), pip_requirements=REQUIREMENTS)

# %% name="names_of_ones_own" kind="wrong" points=2 hints=["param_missing", "metric_named_otherwise"]
mlflow.set_experiment("lab01-first-run")
with mlflow.start_run():
    model = train(12)
    mlflow.log_params({"trees": 10, "depth": 12})
    mlflow.log_metric("acc", model.score(X_test, y_test))
    mlflow.sklearn.log_model(
        model, name="model", pip_requirements=REQUIREMENTS, skops_trusted_types=TRUSTED
    )

# %% name="trained_and_printed" kind="wrong" points=0 hints=["no_run"]
mlflow.set_experiment("lab01-first-run")
model = train(max_depth=12, n_estimators=10)
print(f"accuracy {model.score(X_test, y_test):.3f}")
