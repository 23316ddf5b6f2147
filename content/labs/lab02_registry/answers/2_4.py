# %% [markdown]
# Answers to exercise 2.4, with the points and hints each must get. Each begins with the state that
# exercise 2.3 leaves, whatever was answered there.

# %% name="archive_by_argument" kind="right" points=5
start("lab02-churn", "Production", "Staging")
model = mlflow.pyfunc.load_model("models:/lab02-churn/Staging")
client.set_model_version_tag(
    "lab02-churn", 2, "validation_f1", f1_score(y_test, model.predict(X_test))
)
client.transition_model_version_stage(
    "lab02-churn", 2, "Production", archive_existing_versions=True
)

# %% name="archive_by_hand" kind="right" points=5
start("lab02-churn", "Production", "Staging")
forest = mlflow.sklearn.load_model("models:/lab02-churn/2")
validation = round(f1_score(y_test, forest.predict(X_test)), 4)
client.transition_model_version_stage("lab02-churn", "1", "Archived")
client.transition_model_version_stage("lab02-churn", "2", "Production")
client.set_model_version_tag("lab02-churn", "2", "validation_f1", str(validation))

# %% name="run_twice_with_a_gate" kind="right" points=5
start("lab02-churn", "Production", "Staging")
for _ in range(2):
    scores = {
        number: f1_score(
            y_test, mlflow.pyfunc.load_model(f"models:/lab02-churn/{number}").predict(X_test)
        )
        for number in (1, 2)
    }
    for number, score in scores.items():
        client.set_model_version_tag("lab02-churn", number, "validation_f1", f"{score:.3f}")
    if scores[2] > 0.8:
        client.transition_model_version_stage(
            "lab02-churn", 2, "Production", archive_existing_versions=True
        )

# %% name="two_in_production" kind="wrong" points=4 hints=["two_in_production"]
start("lab02-churn", "Production", "Staging")
model = mlflow.pyfunc.load_model("models:/lab02-churn/2")
reached = f1_score(y_test, model.predict(X_test))
client.set_model_version_tag("lab02-churn", 2, "validation_f1", reached)
client.transition_model_version_stage("lab02-churn", 2, "Production")

# %% name="not_validated" kind="wrong" points=3 hints=["no_validation"]
start("lab02-churn", "Production", "Staging")
client.transition_model_version_stage(
    "lab02-churn", 2, "Production", archive_existing_versions=True
)

# %% name="f1_on_training_rows" kind="wrong" points=4 hints=["not_measured"]
start("lab02-churn", "Production", "Staging")
model = mlflow.pyfunc.load_model("models:/lab02-churn/2")
reached = f1_score(y_train, model.predict(X_train))
client.set_model_version_tag("lab02-churn", 2, "validation_f1", reached)
client.transition_model_version_stage(
    "lab02-churn", 2, "Production", archive_existing_versions=True
)

# %% name="validated_but_not_promoted" kind="wrong" points=2 hints=["still_staging"]
start("lab02-churn", "Production", "Staging")
model = mlflow.pyfunc.load_model("models:/lab02-churn/2")
reached = f1_score(y_test, model.predict(X_test))
client.set_model_version_tag("lab02-churn", 2, "validation_f1", reached)

# %% name="old_one_deleted" kind="wrong" points=2 hints=["deleted", "not_an_f1"]
start("lab02-churn", "Production", "Staging")
client.set_model_version_tag("lab02-churn", 2, "validation_f1", "82 %")
client.transition_model_version_stage("lab02-churn", 1, "Archived")
client.delete_model_version("lab02-churn", 1)
client.transition_model_version_stage("lab02-churn", 2, "Production")

# %% name="archived_the_new_one" kind="wrong" points=2 hints=["archived_the_new"]
start("lab02-churn", "Production", "Staging")
model = mlflow.pyfunc.load_model("models:/lab02-churn/2")
reached = f1_score(y_test, model.predict(X_test))
client.set_model_version_tag("lab02-churn", 2, "validation_f1", reached)
client.transition_model_version_stage("lab02-churn", 2, "Archived")

# %% name="back_to_no_stage_and_tag_on_the_name" kind="wrong" points=2 hints=["not_archived", "validation_elsewhere"]
start("lab02-churn", "Production", "Staging")
client.set_registered_model_tag("lab02-churn", "validation_f1", 0.824)
client.transition_model_version_stage("lab02-churn", 1, "None")
client.transition_model_version_stage("lab02-churn", 2, "Production")

# %% name="promoted_and_no_more" kind="wrong" points=2 hints=["two_in_production", "no_validation"]
start("lab02-churn", "Production", "Staging")
client.transition_model_version_stage("lab02-churn", 2, "Production")

# %% name="aliases_for_stages" kind="wrong" points=2 hints=["not_promoted", "not_archived"]
start("lab02-churn", "Production", "Staging")
model = mlflow.pyfunc.load_model("models:/lab02-churn/2")
reached = f1_score(y_test, model.predict(X_test))
client.set_model_version_tag("lab02-churn", 2, "validation_f1", reached)
for number, alias in ((1, "archived"), (2, "production")):
    client.transition_model_version_stage("lab02-churn", number, "None")
    client.set_registered_model_alias("lab02-churn", alias, number)

# %% name="deleted_and_registered_anew_and_tag_on_the_name" kind="wrong" points=0 hints=["no_model", "validation_elsewhere"]
start("lab02-churn", "Production", "Staging")
client.set_registered_model_tag("lab02-churn", "validation_f1", 0.824)
client.delete_model_version("lab02-churn", 2)
again = mlflow.register_model(forests[1].model_uri, "lab02-churn")
client.transition_model_version_stage(
    "lab02-churn", again.version, "Production", archive_existing_versions=True
)
