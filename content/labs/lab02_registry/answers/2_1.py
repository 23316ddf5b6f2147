# %% [markdown]
# Answers to exercise 2.1, with the points and hints each must get.

# %% name="both_ways" kind="right" points=5
log_forest(6, registered="lab02-first")
mlflow.register_model(forests[0].model_uri, "lab02-first")

# %% name="client_and_own_run" kind="right" points=5
client.create_registered_model("lab02-first", tags={"owner": "me"})
early = forests[0]
client.create_model_version(
    "lab02-first", early.model_uri, run_id=early.run_id, model_id=early.model_id
)
forest = RandomForestClassifier(n_estimators=10, max_depth=6, random_state=7).fit(X_train, y_train)
with mlflow.start_run():
    mlflow.log_params({"max_depth": 6, "n_estimators": 10})
    mlflow.sklearn.log_model(
        forest,
        name="forest",
        registered_model_name="lab02-first",
        pip_requirements=REQUIREMENTS,
        serialization_format="cloudpickle",
    )

# %% name="run_twice" kind="right" points=5
for _ in range(2):
    mlflow.register_model(name="lab02-first", model_uri=forests[0].model_uri)
    log_forest(max_depth=6, registered="lab02-first")

# %% name="address_by_run" kind="right" points=5
first = forests[0]
mlflow.register_model(f"runs:/{first.run_id}/model", "lab02-first", tags={"way": "afterwards"})
log_forest(6, "lab02-first")

# %% name="logged_not_registered" kind="wrong" points=2 hints=["not_at_once", "same_model"]
log_forest(6)
mlflow.register_model(forests[0].model_uri, "lab02-first")
mlflow.register_model(forests[0].model_uri, "lab02-first")

# %% name="trained_again" kind="wrong" points=4 hints=["logged_again"]
log_forest(6, registered="lab02-first")
log_forest(5, registered="lab02-first")

# %% name="counted_from_one" kind="wrong" points=3 hints=["wrong_model"]
log_forest(6, registered="lab02-first")
mlflow.register_model(forests[1].model_uri, "lab02-first")

# %% name="only_at_once" kind="wrong" points=2 hints=["not_afterwards"]
log_forest(6, registered="lab02-first")

# %% name="other_name" kind="wrong" points=0 hints=["other_name"]
log_forest(6, registered="lab02_first")
mlflow.register_model(forests[0].model_uri, "lab02_first")

# %% name="only_logged" kind="wrong" points=0 hints=["nothing_registered"]
log_forest(6)
