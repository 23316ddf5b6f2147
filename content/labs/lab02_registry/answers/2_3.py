# %% [markdown]
# Answers to exercise 2.3, with the points and hints each must get.

# %% name="transition" kind="right" points=5
client.transition_model_version_stage(name="lab02-churn", version=2, stage="Staging")

# %% name="newest_without_a_stage" kind="right" points=5
waiting = client.get_latest_versions("lab02-churn", stages=["None"])
for version in waiting:
    client.transition_model_version_stage(version.name, version.version, "staging")

# %% name="there_and_back_and_twice" kind="right" points=5
client.transition_model_version_stage("lab02-churn", "2", "Archived")
client.transition_model_version_stage("lab02-churn", "2", "Staging")
client.transition_model_version_stage("lab02-churn", "2", "Staging", archive_existing_versions=True)
client.set_model_version_tag("lab02-churn", "2", "status", "waits for validation")

# %% name="skipped_staging" kind="wrong" points=2 hints=["skipped_staging"]
client.transition_model_version_stage("lab02-churn", 2, "Production")

# %% name="replaced_at_once" kind="wrong" points=1 hints=["skipped_staging", "stopped_serving"]
client.transition_model_version_stage(
    "lab02-churn", 2, "Production", archive_existing_versions=True
)

# %% name="alias_called_staging" kind="wrong" points=0 hints=["alias_for_stage"]
client.set_registered_model_alias("lab02-churn", "staging", 2)

# %% name="tag_called_stage" kind="wrong" points=0 hints=["tag_for_stage"]
client.set_model_version_tag("lab02-churn", 2, "stage", "Staging")

# %% name="version_1_staged" kind="wrong" points=0 hints=["other_version", "stopped_serving"]
client.transition_model_version_stage("lab02-churn", 1, "Staging")

# %% name="old_one_archived_too_early" kind="wrong" points=4 hints=["stopped_serving"]
client.transition_model_version_stage("lab02-churn", 2, "Staging")
client.transition_model_version_stage("lab02-churn", 1, "Archived")

# %% name="registered_anew_to_stage_it" kind="wrong" points=0 hints=["other_version", "not_two_versions"]
again = mlflow.register_model(forests[1].model_uri, "lab02-churn")
client.transition_model_version_stage("lab02-churn", again.version, "Staging")

# %% name="said_so_in_the_description" kind="wrong" points=0 hints=["not_staged"]
client.update_model_version("lab02-churn", 2, description="In staging, waits for validation")

# %% name="deleted_and_registered_anew_to_stage_it" kind="wrong" points=0 hints=["no_model", "not_two_versions"]
client.delete_model_version("lab02-churn", 2)
again = mlflow.register_model(forests[1].model_uri, "lab02-churn")
client.transition_model_version_stage("lab02-churn", again.version, "Staging")
