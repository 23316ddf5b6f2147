# %% [markdown]
# Answers to exercise 2.6, with the points and hints each must get.

# %% name="pyfunc" kind="right" points=5
third = mlflow.pyfunc.load_model("models:/lab02-load/3").predict(X_test)
serving = mlflow.pyfunc.load_model("models:/lab02-load/Production").predict(X_test)
champion = mlflow.pyfunc.load_model("models:/lab02-load@champion").predict(X_test)
labkit.declare(
    "2.6",
    by_version=f1_score(y_test, third),
    by_stage=f1_score(y_test, serving),
    by_alias=f1_score(y_test, champion),
    production_version=client.get_latest_versions("lab02-load", ["Production"])[0].version,
    disagreements=(third != champion).sum(),
)

# %% name="sklearn_flavour_and_search" kind="right" points=5
found = {
    how: mlflow.sklearn.load_model(f"models:/lab02-load{address}").predict(X_test)
    for how, address in {
        "by_version": "/3",
        "by_stage": "/production",
        "by_alias": "@champion",
    }.items()
}
versions = client.search_model_versions("name = 'lab02-load'")
labkit.declare(
    "2.6",
    production_version=str(next(v.version for v in versions if v.current_stage == "Production")),
    disagreements=int((found["by_version"] != found["by_alias"]).sum()),
    **{how: round(float(f1_score(y_test, labels)), 3) for how, labels in found.items()},
)

# %% name="by_the_models_behind_them" kind="right" points=5
newest = mlflow.pyfunc.load_model(client.get_model_version("lab02-load", 3).source)
champion = mlflow.pyfunc.load_model(
    client.get_model_version_by_alias("lab02-load", "champion").source
)
serving = client.get_latest_versions("lab02-load", stages=["Production"])[0]
for _ in range(2):
    labkit.declare(
        "2.6",
        by_version=f1_score(y_test, newest.predict(X_test)),
        by_alias=f1_score(y_test, champion.predict(X_test)),
        by_stage=f1_score(y_test, mlflow.pyfunc.load_model(serving.source).predict(X_test)),
        production_version=serving.version,
        disagreements=(pd.Series(newest.predict(X_test)) != champion.predict(X_test)).sum(),
    )

# %% name="newest_taken_for_serving" kind="wrong" points=3 hints=["other_version", "newest_declared"]
third = mlflow.pyfunc.load_model("models:/lab02-load/3").predict(X_test)
champion = mlflow.pyfunc.load_model("models:/lab02-load@champion").predict(X_test)
labkit.declare(
    "2.6",
    by_version=f1_score(y_test, third),
    by_stage=f1_score(y_test, third),
    by_alias=f1_score(y_test, champion),
    production_version=3,
    disagreements=(third != champion).sum(),
)

# %% name="champion_taken_for_serving" kind="wrong" points=3 hints=["other_version", "not_serving"]
third = mlflow.pyfunc.load_model("models:/lab02-load/3").predict(X_test)
champion = mlflow.pyfunc.load_model("models:/lab02-load@champion").predict(X_test)
labkit.declare(
    "2.6",
    by_version=f1_score(y_test, third),
    by_stage=f1_score(y_test, champion),
    by_alias=f1_score(y_test, champion),
    production_version=1,
    disagreements=(third != champion).sum(),
)

# %% name="on_training_rows" kind="wrong" points=1 hints=["not_f1", "other_disagreements"]
third = mlflow.pyfunc.load_model("models:/lab02-load/3").predict(X_train)
serving = mlflow.pyfunc.load_model("models:/lab02-load/Production").predict(X_train)
champion = mlflow.pyfunc.load_model("models:/lab02-load@champion").predict(X_train)
labkit.declare(
    "2.6",
    by_version=f1_score(y_train, third),
    by_stage=f1_score(y_train, serving),
    by_alias=f1_score(y_train, champion),
    production_version=2,
    disagreements=(third != champion).sum(),
)

# %% name="declared_in_two_calls" kind="wrong" points=1 hints=["not_declared", "other_disagreements"]
third = mlflow.pyfunc.load_model("models:/lab02-load/3").predict(X_test)
labkit.declare("2.6", by_version=f1_score(y_test, third))
labkit.declare("2.6", production_version=2)

# %% name="alias_mixed_up_with_version" kind="wrong" points=1 hints=["other_version", "not_a_number", "other_disagreements"]
first = mlflow.pyfunc.load_model("models:/lab02-load/1").predict(X_test)
serving = mlflow.pyfunc.load_model("models:/lab02-load/Production").predict(X_test)
third = mlflow.pyfunc.load_model("models:/lab02-load/3").predict(X_test)
labkit.declare(
    "2.6",
    by_version=f1_score(y_test, first),
    by_stage=f1_score(y_test, serving),
    by_alias=f1_score(y_test, third),
    production_version="Production",
    disagreements=(first != serving).sum(),
)

# %% name="nothing_declared" kind="wrong" points=0 hints=["not_declared", "other_disagreements"]
mlflow.pyfunc.load_model("models:/lab02-load/3").predict(X_test)

# %% name="champion_moved_away" kind="wrong" points=2 hints=["no_model", "not_declared"]
client.delete_registered_model_alias("lab02-load", "champion")
third = mlflow.pyfunc.load_model("models:/lab02-load/3").predict(X_test)
serving = mlflow.pyfunc.load_model("models:/lab02-load/Production").predict(X_test)
labkit.declare("2.6", by_version=f1_score(y_test, third), by_stage=f1_score(y_test, serving))
