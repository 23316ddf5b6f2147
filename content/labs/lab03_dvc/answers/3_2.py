# %% [markdown]
# Answers to exercise 3.2, with the points and hints each must get.

# %% name="as_in_a_terminal" kind="right" points=5
run("dvc remote add --default store ../store", share)
run("git add .dvc/config", share)
run('git commit -m "A store for all"', share)
run("dvc push", share)

# %% name="settings_by_hand_and_python" kind="right" points=5
from dvc.repo import Repo

(share.parent / "store").mkdir(exist_ok=True)
settings = "[core]\n    remote = store\n['remote \"store\"']\n    url = ../../store\n"
(share / ".dvc" / "config").write_text(settings)
with Repo(str(share)) as repository:
    print(repository.push())
run("git commit -am Store", share)

# %% name="default_afterwards_and_run_twice" kind="right" points=5
for _ in range(2):
    run("dvc remote add -f store ../wrong", share)
    run("dvc remote modify store url ../store", share)
    run("dvc remote default store", share)
    run("dvc push --remote store", share)
    run('git commit -a -m "The store"', share)

# %% name="not_the_default" kind="wrong" points=2 hints=["not_default", "not_committed"]
run("dvc remote add store ../store", share)
run("dvc push -r store", share)
run('git commit -a -m "The store"', share)

# %% name="inside_the_repository" kind="wrong" points=0 hints=["other_folder", "not_committed", "pushed_elsewhere"]
run("dvc remote add -d store store", share)
run("dvc push", share)
run('git commit -a -m "The store"', share)

# %% name="only_for_me" kind="wrong" points=3 hints=["local_only"]
run("dvc remote add --local -d store ../store", share)
run("dvc push", share)
run('git commit -a -m "The store"', share)

# %% name="renamed_and_not_committed" kind="wrong" points=3 hints=["changed_since"]
run("dvc remote add myremote ../store", share)
run('git commit -a -m "A store"', share)
run("dvc remote rename myremote store", share)
run("dvc remote default store", share)
run("dvc push", share)

# %% name="staged_and_copied_by_hand" kind="wrong" points=1 hints=["staged_only", "nothing_pushed"]
import shutil

run("dvc remote add -d store ../store", share)
run("git add .dvc/config", share)
(share.parent / "store").mkdir()
shutil.copy(share / "data.csv", share.parent / "store")

# %% name="absolute_address" kind="wrong" points=4 hints=["absolute_address"]
run(f"dvc remote add -d store {(share.parent / 'store').resolve().as_posix()}", share)
run("dvc push", share)
run('git commit -a -m "The store"', share)

# %% name="other_name_and_damaged" kind="wrong" points=2 hints=["other_name", "damaged"]
run("dvc remote add -d origin ../store", share)
run('git commit -a -m "The store"', share)
run("dvc push", share)
kept = next(path for path in (share.parent / "store").rglob("*") if path.is_file())
kept.chmod(0o644)
kept.write_bytes(first + b"\n")

# %% name="git_remote_instead" kind="wrong" points=0 hints=["no_remote", "nothing_pushed"]
run("git init --bare ../store", share)
run("git remote add store ../store", share)
run("git push -u store main", share)

# %% name="begun_anew_without_a_team" kind="wrong" points=0 hints=["no_repository"]
share = begin("lab03/share")
run("dvc remote add -d store ../store", share)
run('git commit -a -m "The store"', share)
run("dvc push", share)
