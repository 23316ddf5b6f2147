# %% [markdown]
# Answers to exercise 3.6, with the points and hints each must get.

# %% name="each_in_its_team" kind="right" points=7
labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")
run("dvc push", broken / "a" / "team")
run("dvc remote modify store url ../store", broken / "b" / "team")
run('git commit -a -m "Right address"', broken / "b" / "team")
run("git pull", broken / "b" / "colleague")
for kept in (broken / "c" / "store").rglob("*"):
    if kept.is_file():
        kept.unlink()
run("dvc push", broken / "c" / "team")
for letter in "abc":
    run("dvc pull", broken / letter / "colleague")

# %% name="pulled_first_and_cloned_anew" kind="right" points=7
import shutil

for letter in "abc":
    run("dvc pull", broken / letter / "colleague")
labkit.declare("3.6", c="Damaged", a="not pushed ", b="wrong address")
shutil.rmtree(broken / "c" / "store")
for letter in "abc":
    team = broken / letter / "team"
    run("dvc remote modify store url ../store", team)
    run("git commit -a -m Mended", team)
    run("dvc push", team)
    shutil.rmtree(broken / letter / "colleague")
    run("git clone team colleague", broken / letter)
    run("dvc pull", broken / letter / "colleague")

# %% name="mended_by_the_colleague" kind="right" points=7
from dvc.repo import Repo

labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")
run("dvc push", broken / "a" / "team")
settings = broken / "b" / "colleague" / ".dvc" / "config"
settings.write_text(settings.read_text().replace("stores", "store"))
run("git commit -a -m Mended", broken / "b" / "colleague")
damaged = next(path for path in (broken / "c" / "store").rglob("*") if path.is_file())
damaged.chmod(0o644)
damaged.write_bytes(first)
for letter in "abc":
    with Repo(str(broken / letter / "colleague")) as repository:
        repository.pull()

# %% name="told_but_not_mended" kind="wrong" points=3 hints=["not_mended_a"]
labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")

# %% name="pulled_and_believed" kind="wrong" points=4 hints=["wrong_c", "damaged_c", "store_not_right"]
labkit.declare("3.6", a="not pushed", b="wrong address", c="no pointer")
run("dvc push", broken / "a" / "team")
run("dvc pull", broken / "a" / "colleague")
run("dvc remote modify store url ../store", broken / "b" / "colleague")
run("git commit -a -m Mended", broken / "b" / "colleague")
run("dvc pull", broken / "b" / "colleague")
run("dvc pull", broken / "c" / "colleague")

# %% name="pushed_to_the_wrong_address" kind="wrong" points=4 hints=["wrong_a", "not_mended_c", "address_not_shared"]
labkit.declare("3.6", a="wrong address", b="wrong address", c="damaged")
for letter in "ab":
    run("dvc push", broken / letter / "team")
    run("dvc pull", broken / letter / "colleague")

# %% name="only_in_one_folder" kind="wrong" points=6 hints=["address_not_shared"]
labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")
run("dvc push", broken / "a" / "team")
run("dvc remote modify --local store url ../store", broken / "b" / "colleague")
next(path for path in (broken / "c" / "store").rglob("*") if path.is_file()).unlink()
run("dvc push", broken / "c" / "team")
for letter in "abc":
    run("dvc pull", broken / letter / "colleague")

# %% name="copied_by_hand" kind="wrong" points=2 hints=["wrong_b", "by_hand_a"]
import shutil

labkit.declare("3.6", a="not pushed", b="not pushed", c="damaged")
for letter in "abc":
    shutil.copy(broken / letter / "team" / "data.csv", broken / letter / "colleague")

# %% name="other_words" kind="wrong" points=3 hints=["unknown", "not_mended_b", "address_not_shared"]
labkit.declare("3.6", a="somebody forgot dvc push", b="typo", c="damaged")
run("dvc push", broken / "a" / "team")
next(path for path in (broken / "c" / "store").rglob("*") if path.is_file()).unlink()
run("dvc push", broken / "c" / "team")
for letter in "abc":
    run("dvc pull", broken / letter / "colleague")

# %% name="another_table_for_all" kind="wrong" points=0 hints=["not_declared", "wrong_rows_a"]
for letter in "abc":
    colleague = broken / letter / "colleague"
    (colleague / "data.csv").write_bytes(second)
    run("dvc add data.csv", colleague)
    run("git commit -a -m Mended", colleague)
    run("dvc push", colleague)

# %% name="pointers_changed" kind="wrong" points=6 hints=["pointer_changed"]
labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")
for letter in "abc":
    colleague = broken / letter / "colleague"
    (colleague / "data.csv").write_bytes(first + b"\n")
    run("dvc add data.csv", colleague)
    run("git commit -a -m Mended", colleague)
    (colleague / "data.csv").write_bytes(first)
    run("dvc add data.csv", colleague)

# %% name="only_in_one_folder_and_not_pushed_again" kind="wrong" points=5 hints=["emptied_c", "address_not_shared"]
labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")
run("dvc push", broken / "a" / "team")
run("dvc remote modify --local store url ../store", broken / "b" / "colleague")
next(path for path in (broken / "c" / "store").rglob("*") if path.is_file()).unlink()
for letter in "abc":
    run("dvc pull", broken / letter / "colleague")

# %% name="another_table_for_b" kind="wrong" points=5 hints=["wrong_rows_b", "pointer_changed"]
labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")
run("dvc push", broken / "a" / "team")
next(path for path in (broken / "c" / "store").rglob("*") if path.is_file()).unlink()
run("dvc push", broken / "c" / "team")
for letter in "ac":
    run("dvc pull", broken / letter / "colleague")
colleague = broken / "b" / "colleague"
(colleague / "data.csv").write_bytes(second)
run("dvc add data.csv", colleague)
run('git commit -a -m "A table that is there"', colleague)

# %% name="copied_where_pull_failed" kind="wrong" points=5 hints=["by_hand_b", "address_not_shared"]
import shutil

labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")
run("dvc push", broken / "a" / "team")
shutil.rmtree(broken / "c" / "store")
run("dvc push", broken / "c" / "team")
for letter in "abc":
    run("dvc pull", broken / letter / "colleague")
shutil.copy(broken / "b" / "team" / "data.csv", broken / "b" / "colleague")

# %% name="the_last_step_by_hand" kind="wrong" points=6 hints=["by_hand_c"]
import shutil

labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")
run("dvc push", broken / "a" / "team")
run("dvc remote modify store url ../store", broken / "b" / "team")
run("git commit -a -m Address", broken / "b" / "team")
run("git pull", broken / "b" / "colleague")
for letter in "ab":
    run("dvc pull", broken / letter / "colleague")
shutil.rmtree(broken / "c" / "store")
run("dvc push", broken / "c" / "team")
shutil.copy(broken / "c" / "team" / "data.csv", broken / "c" / "colleague")

# %% name="pulled_first_and_not_cloned_anew" kind="wrong" points=6 hints=["cached_c"]
import shutil

for letter in "abc":
    run("dvc pull", broken / letter / "colleague")
labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")
run("dvc push", broken / "a" / "team")
run("dvc remote modify store url ../store", broken / "b" / "team")
run("git commit -a -m Address", broken / "b" / "team")
run("git pull", broken / "b" / "colleague")
shutil.rmtree(broken / "c" / "store")
run("dvc push", broken / "c" / "team")
for letter in "abc":
    run("dvc pull", broken / letter / "colleague")

# %% name="fetched_and_not_checked_out" kind="wrong" points=6 hints=["wrong_rows_c"]
import shutil

labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")
run("dvc pull", broken / "c" / "colleague")
run("dvc push", broken / "a" / "team")
run("dvc remote modify store url ../store", broken / "b" / "team")
run("git commit -a -m Address", broken / "b" / "team")
run("git pull", broken / "b" / "colleague")
for letter in "ab":
    run("dvc pull", broken / letter / "colleague")
shutil.rmtree(broken / "c" / "store")
run("dvc push", broken / "c" / "team")
shutil.rmtree(broken / "c" / "colleague" / ".dvc" / "cache")
run("dvc fetch", broken / "c" / "colleague")

# %% name="begun_anew_without_teams" kind="wrong" points=3 hints=["no_repository"]
labkit.declare("3.6", a="not pushed", b="wrong address", c="damaged")
broken = begin("lab03/broken")
run("dvc push", broken / "a" / "team")
