# %% [markdown]
# Answers to exercise 4.3, with the points and hints each must get. These are points of form: what
# a person gives is in the rubric.

# %% name="in_one_string" kind="right" points=3
labkit.declare(
    "4.3",
    text="DVC looks after data. It writes the hash of a table into a small file, Git versions "
    "that file, and the bytes go to a remote from which everybody can pull them. A pipeline says "
    "which step needs which file, so only what changed is computed again. MLflow looks after "
    "experiments and models. Each run has its parameters, its metrics and the model that came "
    "out, and a registry says which version is the one to serve. Neither does the work of the "
    "other: MLflow cannot give you back an old table, and DVC cannot tell a service which model "
    "to load. With the hash logged in the run, we can repeat last year's training on last year's "
    "rows and compare.",
)

# %% name="in_paragraphs" kind="right" points=3
text = """
You can think of a kitchen. DVC is the larder with its labels: every state of our flour, I mean
our tables, is kept under its own number, and a note in Git says which one a recipe was made for.

MLflow is the book in which the cook writes what was tried! For each run it says how hot, how
long, and how it tasted, and on the first page stands which cake, or model, we sell at present.

Why both? The book alone says that the cake of March was better, but nobody can bake it again
when the flour has changed since. The larder alone has all the flour there ever was, but it does
not know which cake was good. So we write the number of the flour into the book.
"""
labkit.declare("4.3", text=text)

# %% name="as_a_list_of_sentences_joined" kind="right" points=3
sentences = [
    "MLflow answers what a training did: which settings it had, which scores it reached, and "
    "which model came of it.",
    "Its registry adds which of these models is approved, under an alias that can be moved.",
    "DVC answers on which files the training worked, and brings them back as they were.",
    "It does so by storing each version of a file under its hash, outside Git, while Git keeps a "
    "short pointer to it.",
    "Could MLflow alone do?",
    "It records a fingerprint of a dataset, but the rows are gone once somebody overwrites them.",
    "Could DVC alone do?",
    "It has experiments too, but no server where a team watches runs and a service asks for the "
    "champion.",
    "A run that logs the pointer's hash joins the two, and a wrong prediction can be traced back "
    "to its rows.",
]
labkit.declare("4.3", text=" ".join(sentences))

# %% name="one_sentence" kind="wrong" points=1 hints=["too_short", "no_sentences"]
labkit.declare("4.3", text="MLflow is for models and runs, DVC is for versions of data.")

# %% name="endless" kind="wrong" points=2 hints=["too_long"]
part = "MLflow tracks runs and models for us. DVC keeps versions of data beside Git. "
more = "We train on a {} table, look at a {} score, register a {} model and serve a {} answer. "
words = "old new small large fast slow wide deep first last red blue"
labkit.declare(
    "4.3",
    text=part + "".join(more.format(one, one[::-1], one * 2, one + "er") for one in words.split()),
)

# %% name="only_mlflow" kind="wrong" points=0 hints=["too_short", "one_tool", "no_sentences"]
labkit.declare("4.3", text="MLflow tracks runs. It has a registry for models, too.")

# %% name="one_sentence_repeated" kind="wrong" points=2 hints=["repeats_itself"]
labkit.declare("4.3", text="MLflow tracks runs and models, while DVC versions the data. " * 11)

# %% name="a_list_of_words" kind="wrong" points=2 hints=["no_sentences"]
mlflow_words = "runs parameters metrics artifacts models registry versions stages aliases tags"
dvc_words = "data hashes cache remote pointers pipelines stages Git push pull checkout"
other_words = "team server search compare promote archive load serve sort watch lineage audit"
labkit.declare(
    "4.3",
    text=f"MLflow: {mlflow_words} {other_words} DVC: {dvc_words} rows tables bytes folders images "
    "audio text video columns labels splits samples features targets users teams months years "
    "copies states steps inputs outputs files commits branches releases backups archives buckets "
    "disks links locks names dates sizes formats schemas owners rights costs places reasons "
    "questions answers numbers letters signs marks notes pages books shelves rooms houses streets "
    "towns lands seas rivers hills winds clouds stars moons suns",
)

# %% name="says_nothing_of_either" kind="wrong" points=0 hints=["too_short", "no_object", "no_sentences"]
labkit.declare("4.3", text="MLflow is better known and DVC is younger. I like both of them.")

# %% name="swapped" kind="wrong" points=0 hints=["too_short", "swapped", "no_sentences"]
labkit.declare("4.3", text="DVC is for models and MLflow is for data.")

# %% name="not_declared" kind="wrong" points=0 hints=["no_text"]
text = "MLflow tracks runs and DVC tracks data."

# %% name="a_number" kind="wrong" points=0 hints=["no_text"]
labkit.declare("4.3", text=42)

# %% name="dvc_is_only_a_larger_git" kind="wrong" points=0 hints=["too_short", "no_data", "no_sentences"]
labkit.declare(
    "4.3",
    text="MLflow shows our runs with their metrics, and the registry names the model that serves. "
    "DVC is Git for whatever is too large for Git.",
)

# %% name="mlflow_is_only_a_web_page" kind="wrong" points=0 hints=["too_short", "no_runs", "no_sentences"]
labkit.declare(
    "4.3",
    text="DVC keeps each version of a table by its hash, in a remote from which everybody pulls. "
    "MLflow is a page in the browser, with charts for the boss.",
)
