"""A search: how its space is read, and that stopping it changes nothing. Nothing is trained."""

import csv
import dataclasses
import io
from contextlib import suppress
from types import SimpleNamespace

import pytest
from recipes_at_hand import AUTOENCODER, TINY, write

from specnet import recipe as recipes
from specnet.errors import InterruptedRun, RecipeError, RunError
from specnet.runs import Run
from specnet.studies.engine import workers
from specnet.studies.tune import Options, figures, is_dimension, plan, sampling, study, tune
from specnet.studies.tune import space as spaces
from specnet.studies.tune.figures import write_report
from specnet.studies.tune.results import short_names
from specnet.studies.tune.training import Pruned, Watcher
from specnet.studies.tune.trial import RECORDS, Trial

RATE = "training.optimizer.learning_rate"
FILTERS = "model[1].gaussian.filters"
SPACE = (f"{RATE}=log(1e-4,1e-1)", f"{FILTERS}=int(4,16)", "model[3].dropout.rate=choice(0.1,0.2)")
MACHINE = {
    "device": "CPU", "cpus": 2, "processor": "x", "backend": "tensorflow", "system": "Linux",
    "python": "3.12", "versions": {"keras": "3"}, "command": ["specnet", "tune"],
}  # fmt: skip


@pytest.fixture
def asked(tmp_path):
    return plan(str(write(tmp_path, TINY)), SPACE)


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("a.b=log(1e-4, 1e-2)", "log", (1e-4, 1e-2)),
        ("a=uniform(-1,0.5)", "uniform", (-1.0, 0.5)),
        ("a=int(4,16)", "int", (4, 16)),
        ("a=int(4,16,4)", "int", (4, 16, 4)),
        ("a=choice(adam, 'a b', 3, null)", "choice", ("adam", "a b", 3, None)),
        ("a[1].b=choice([1,2],[3,4])", "choice", ([1, 2], [3, 4])),
    ],
)
def test_a_dimension_reads_back_from_its_text(text, kind, values):
    problems = []
    (found,) = spaces.read([text], problems)
    assert (problems, found.kind, found.values) == ([], kind, values)
    assert spaces.read([str(found)], []) == [found]


def test_only_words_with_brackets_are_searched():
    assert not any(map(is_dimension, ["a=3", "a=[1,2]", "~a", "a={b: 1}", "a=/home/x(1)"]))


def test_every_problem_is_told_at_once(tmp_path):
    wrong = [
        *(f"{RATE}=lgo(1,2)", "a=log(0,1)", "b=int(1,2.5)", "c=uniform(2,1)", "d=choice(1,1)"),
        *("e=int(1,2,0)", "model[1].gaussian.filtrs=int(1,2)", "training.epochs=int(0,2)"),
        *("training.epochs=3", "training.epochs=int(1,2)", "f=choice([)"),
    ]
    with pytest.raises(RecipeError) as error:
        plan(str(write(tmp_path, TINY)), wrong, metric="auc")
    told = str(error.value)
    for words in (
        *("did you mean 'log'", "found log(0,1)", "found int(1,2.5)", "first end must be below"),
        *("found choice(1,1)", "found int(1,2,0)", "did you mean 'filters'", "f=choice([)"),
        *("training.epochs: must be greater than 0", "epochs is searched too", "searched twice"),
    ):
        assert words in told
    with pytest.raises(RecipeError, match="expected what to search"):
        plan(str(write(tmp_path, TINY)), ["training.epochs=3"])


def test_the_metric_is_of_the_task(tmp_path):
    pictures = write(tmp_path, AUTOENCODER, "pictures")
    texts = [f"{RATE}=log(1e-4,1e-1)"]
    assert plan(str(pictures), texts).metric == "loss"
    with pytest.raises(RecipeError, match="loss or mse, found 'accuracy'"):
        plan(str(pictures), texts, "accuracy")


def test_every_end_and_every_choice_is_in_a_corner(asked):
    assert [len(corner) for corner in asked.corners] == [3, 3]
    texts = " ".join(text for corner in asked.corners for text in corner)
    for value in ("=0.0001", "=0.1", "=4", "=16", "=0.1", "=0.2"):
        assert value in texts


@pytest.fixture
def begin(asked, monkeypatch):
    """Runs a search whose trials are formulas in place of trainings; told to, it is killed."""
    monkeypatch.setattr(study, "ask", lambda *args, **more: dict(MACHINE))

    def search(out, trials, plan=asked, killed_in=None, diverged=()):
        def run_all(jobs, done, count, reporter):
            for job in jobs:
                optuna = sampling.opened(out, plan.metric, plan.seed, int(job.label[6:]))
                trial, settings = sampling.ask(optuna, plan.space, job.label)
                if job.label == killed_in:
                    raise KeyboardInterrupt  # Optuna is never told
                value = 1 / (1 + settings[FILTERS] + settings[RATE])
                state = "diverged" if job.label in diverged else "complete"
                value = None if state == "diverged" else value
                known = {"settings": settings, "state": state, "value": value, "values": [0.1]}
                made = Trial(job.label, job.seed, **known)
                RECORDS.write(out, made)
                sampling.tell(optuna, trial, made, out)
                yield made

        monkeypatch.setattr(workers, "run_all", run_all)
        (out / "trials").mkdir(parents=True, exist_ok=True)
        return tune(plan, out, trials, Options())

    return search


def settings_of(found):
    return [trial.settings for trial in found.trials]


@pytest.fixture
def folder(tmp_path, asked):
    """A folder as `tune` leaves it that was begun."""

    def make(name):
        out = tmp_path / name
        out.mkdir()
        (out / "study.json").touch()
        study.store.remember(out, asked=study._asked(asked), machine=MACHINE)
        (out / "recipe.yaml").write_text(recipes.dump(asked.recipe))
        return out

    return make


def test_a_search_that_is_killed_chooses_as_one_that_is_not(begin, folder, monkeypatch):
    monkeypatch.setattr(sampling, "RANDOM_FIRST", 2)
    monkeypatch.setattr(
        figures, "write_report", lambda plan, made, *_: SimpleNamespace(trials=made)
    )
    whole = begin(folder("whole"), 4, diverged=("trial-2",))
    assert len({str(each) for each in settings_of(whole)}) == 4
    out = folder("killed")
    with pytest.raises(InterruptedRun, match="the same command goes on"):
        begin(out, 4, killed_in="trial-4", diverged=("trial-2",))
    kept = {file.name: file.read_bytes() for file in (out / "trials").iterdir()}
    assert len(kept) == 3
    (out / "optuna.db").rename(out / "lost.db")
    assert settings_of(begin(out, 4)) == settings_of(whole)  # of a file made anew from the records
    (out / "trials" / "trial-4-seed0.json").unlink()
    (out / "lost.db").replace(out / "optuna.db")
    assert settings_of(begin(out, 4)) == settings_of(whole)
    for name, content in kept.items():
        assert (out / "trials" / name).read_bytes() == content
    assert len(begin(out, 2).trials) == 4  # fewer than there are lose none


def test_another_search_is_refused_and_a_damaged_storage_says_what_to_do(begin, folder, asked):
    out = folder("out")
    begin(out, 1)
    for changed, words in (
        (dataclasses.replace(asked, seed=1), "seed: 0 -> 1"),
        (dataclasses.replace(asked, space=asked.space[:1]), r"no longer searched: model\[1\]"),
    ):
        with pytest.raises(RunError, match=words):
            begin(out, 2, plan=changed)
    (out / "optuna.db").write_bytes(b"no database" * 100)
    with pytest.raises(RunError, match="delete it, and the same command makes it anew"):
        begin(out, 2)


def sixth(asked, folder, epochs, prune=True):
    """The storage of a search, and its sixth trial, after five that reached 0.9."""
    done = [
        Trial(f"trial-{n}", 0, settings={RATE: 0.01 * n}, value=0.9, values=[0.9] * epochs)
        for n in range(1, 6)
    ]
    optuna = sampling.opened(folder, "accuracy", 0, 6, epochs, prune)
    sampling.reconcile(optuna, asked.space[:1], done, folder)
    return optuna, sampling.ask(optuna, asked.space[:1], "trial-6")[0]


@pytest.mark.parametrize(("prune", "ended_after"), [(True, 2), (False, 3)])
def test_a_trial_behind_the_median_of_five_ends_but_not_in_its_first_epoch(
    asked, tmp_path, prune, ended_after
):
    _, trial = sixth(asked, tmp_path, 3, prune)
    watcher = Watcher(trial, "accuracy", tmp_path / "told", 3)
    with suppress(Pruned):
        for _ in range(3):
            watcher.epoch({"val_accuracy": 0.1})
    assert len(watcher.values) == ended_after


def test_the_report_ranks_what_was_trained_to_the_end(asked, tmp_path):
    one = {RATE: 0.01, FILTERS: 5, "model[3].dropout.rate": 0.1}
    trials = [
        Trial("trial-1", 0, settings=one, value=0.5, values=[0.5], epochs=3),
        Trial("trial-2", 0, settings=one | {FILTERS: 6}, value=0.9, values=[0.9], state="pruned"),
        Trial("trial-3", 0, settings=one | {FILTERS: 7}, value=0.75, values=[0.7, 0.75]),
        Trial("trial-4", 0, settings=one, state="diverged"),
        Trial("trial-5", 0, "no <memory>", settings=one),
    ]
    asked = dataclasses.replace(asked, fixed=("training.epochs=3",))
    found = write_report(asked, trials, {RATE: 0.8, FILTERS: 0.2}, MACHINE, tmp_path)
    assert found.best == trials[2]
    best = recipes.load(tmp_path / "best.yaml")
    (line,) = (each for each in recipes.differences(asked.recipe, best) if "filters" in each)
    assert line.endswith("4 -> 7")
    assert best.name == "tiny-best"
    assert [row[0] for row in found.tables[0].rows] == ["3", "1"]
    told = " ".join(found.sentences)
    for words in (
        "trial-3 is the best: validation accuracy 75.0% with learning_rate 0.01, filters 7",
        "5 trials: 2 complete, 1 pruned, 1 diverged, 1 failed",
        "learning_rate 80%, filters 20%",
        "trial-5: failed: no <memory>",
        f"specnet compare {asked.source} {tmp_path / 'best.yaml'} training.epochs=3",
    ):
        assert words in told
    lines = [*csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text()))]
    assert [each["state"] for each in lines][1:] == ["pruned", "complete", "diverged", "failed"]
    assert {"history.png", "importance.png"} <= {file.name for file in tmp_path.iterdir()}
    assert "no &lt;memory&gt;" in (tmp_path / "report.html").read_text()


def test_names_are_as_short_as_they_can_be(asked):
    paths = ("model[0].conv2d.filters", "model[1].gaussian.filters", "training.epochs")
    space = tuple(spaces.Dimension(path, "int", (1, 2)) for path in paths)
    searched = dataclasses.replace(asked, space=space)
    assert [*short_names(searched).values()] == ["conv2d.filters", "gaussian.filters", "epochs"]


def test_what_optuna_was_not_told_of_is_told_and_nothing_is_judged_twice(asked, tmp_path):
    optuna, trial = sixth(asked, tmp_path, 4)
    first = Watcher(trial, "accuracy", tmp_path / "run", 4)
    first.epoch({"val_accuracy": 0.1})  # killed after the checkpoint of the second epoch
    run = Run.create(tmp_path / "run")
    run.write_metrics([{"epoch": n, "val_accuracy": 0.1} for n in (1, 2)])

    def steps():
        return sorted(optuna.get_trials()[5].intermediate_values)

    again = Watcher(trial, "accuracy", tmp_path / "run", 4)
    again.begin((2, 0))
    with pytest.raises(Pruned):  # as where it was not stopped
        again.start(run.path, {"parameters": 1}, None, None)
    assert (steps(), again.values) == ([0, 1], [0.1, 0.1])
    anew = Watcher(trial, "accuracy", tmp_path / "run", 4)
    anew.start(run.path, {"parameters": 1}, None, None)
    anew.epoch({"val_accuracy": 0.1})
    with pytest.raises(Pruned):
        anew.epoch({"val_accuracy": 0.1})
    assert len(anew.values) == 2


def test_equal_settings_have_no_importance(asked, tmp_path):
    optuna = sampling.opened(tmp_path, "accuracy", 0)
    choice = asked.space[2]
    done = [
        Trial(f"trial-{n}", 0, settings={choice.path: 0.1}, value=n / 10, values=[n / 10])
        for n in range(1, 7)
    ]
    sampling.reconcile(optuna, [choice], done, tmp_path)
    assert sampling.importances(optuna, 0) == {}
