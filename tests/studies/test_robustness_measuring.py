"""How robustness is measured: what is recorded, gone on with, refused, and how long it takes."""

import os
import re
import signal

import numpy as np
import pytest
from recipes_at_hand import AUTOENCODER, TINY
from runs_at_hand import classifier

from specnet import data
from specnet.data import Split
from specnet.errors import InterruptedRun, RunError, UsageError
from specnet.progress import Reporter
from specnet.robustness.auto_attack_study import AutoAttack
from specnet.robustness.study import Measured, Outcome
from specnet.runs import Run
from specnet.studies.robustness import STUDIES, Options, chosen, parse_cutoffs, parse_save
from specnet.studies.robustness.measuring import (
    Outlook,
    Record,
    measure_all,
    passes,
    read_records,
    write_record,
)
from specnet.studies.robustness.trial import CHUNK, Sample, labels, sample, subjects
from specnet.workflow.recorded_recipe import load_recipe


class Told(Reporter):
    """Remembers what it was told."""

    def __init__(self):
        self.progressed, self.notes = [], []

    def progress(self, done, count, running, seconds_left):
        self.progressed.append((done, count, running, seconds_left))

    def note(self, message):
        self.notes.append(message)


class Steps:
    """A study of three settings that counts how often it is asked."""

    name = "steps"

    def __init__(self, fail_at=None):
        self.asked, self.fail_at = [], fail_at

    def settings(self, size):
        return [{"step": step, "size": f"{size}"} for step in range(3)]

    def measure(self, classifier, images, labels, setting, seed):
        if setting["step"] == self.fail_at:
            raise KeyboardInterrupt
        self.asked.append((setting["step"], len(images), seed))
        return Outcome(labels >= setting["step"], {"total": images.sum((0, 3))})


class Known:
    classifier = None


@pytest.fixture
def images(rng):
    count = CHUNK + 7
    split = Split(rng.integers(0, 256, (count, 4, 5, 1), "uint8"), np.arange(count) % 4)
    return Sample(split, np.arange(count))


def measured(study, images, out, reporter=None, subject=Known):
    key = ("steps", "a-run")
    found = measure_all({key: study}, {"a-run": subject}, images, 0, out, reporter or Told())
    return found[key]


def test_a_set_is_read_in_chunks_of_pixels_from_0_to_1(images):
    seen = []
    chunks = [*images.chunks(seen.append)]
    assert [len(pixels) for pixels, _ in chunks] == [CHUNK, 7]
    assert seen == [0, CHUNK]
    whole = np.concatenate([pixels for pixels, _ in chunks])
    np.testing.assert_allclose(whole, images.split.images / 255, rtol=1e-6)
    assert whole.dtype == "float32"


def test_what_is_recorded_is_not_measured_again(images, tmp_path):
    with pytest.raises(InterruptedRun):
        measured(Steps(fail_at=2), images, tmp_path)
    again, told = Steps(), Told()
    found = measured(again, images, tmp_path, told)
    assert {step for step, _, _ in again.asked} == {2}
    assert "2 of 3 measurements are there already" in told.notes[0]
    fresh = measured(Steps(), images, tmp_path / "other")
    for one, other in zip(found, fresh, strict=True):
        np.testing.assert_array_equal(one.measured.right, other.measured.right)
        np.testing.assert_array_equal(one.measured.means["total"], other.measured.means["total"])


def test_a_signal_ends_it_before_the_next_batch(tmp_path):
    class Attacking(Steps):
        def measure(self, classifier, pixels, labels, *others):
            outcome = super().measure(classifier, pixels, labels, *others)
            if len(self.asked) == 2:
                os.kill(os.getpid(), signal.SIGTERM)
            classifier.for_few.loss_gradient(pixels, labels)
            told.append(len(self.asked))
            return outcome

    told = []
    (subject,) = subjects([classifier(tmp_path, "a", TINY)])
    images = sample([subject], 5, 0)
    with pytest.raises(InterruptedRun, match="the same command goes on") as stopped:
        measured(Attacking(), images, tmp_path, subject=subject)
    assert stopped.value.exit_code == 143
    assert told == [1]
    assert len(read_records(tmp_path / "measured" / "a-run" / "steps")) == 1


def test_records_come_back_as_they_were(tmp_path, rng):
    means = {"spectrum": rng.random((3, 4)).astype("float32")}
    setting = {"attack": "pgd", "epsilon": 1 / 255, "steps": 10, "source": "a/b"}
    right = rng.random(19) < 0.5
    written = Record(Measured(setting, right, means), 1.25)
    write_record(tmp_path / "x" / "y", written)
    ((_, found),) = read_records(tmp_path / "x" / "y").items()
    assert (found.measured.setting, found.seconds) == (setting, 1.25)
    np.testing.assert_array_equal(found.measured.right, right)
    np.testing.assert_array_equal(found.measured.means["spectrum"], means["spectrum"])


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "epsilon=1.json").write_text("{")
    with pytest.raises(RunError, match=r"epsilon=1.json: is damaged .* delete it, run again"):
        read_records(tmp_path)


def test_time_left_follows_from_what_settings_cost():
    told, now = Told(), [0.0]
    settings = {("a", "r"): [{"radius": 1}], ("b", "r"): [{"attack": "square", "queries": 8}]}
    outlook = Outlook(settings, 10, told, lambda: now[0])
    assert told.progressed == []
    outlook.begin("a", "r", {"radius": 1})
    now[0] = 6.0
    outlook.end()
    outlook.begin("b", "r", {"attack": "square", "queries": 8})
    done, count, words, left = told.progressed[-1]
    assert (done, count, words) == (pytest.approx(2 * 1 / 10), 2, "b, r")
    assert left == pytest.approx(9 * 6.0)
    outlook.chunk(5)
    assert told.progressed[-1][0] == pytest.approx(2 * 5.5 / 10)


def test_more_steps_cost_more():
    cheap, dear = ({"attack": "pgd", "steps": steps, "starts": 2} for steps in (5, 10))
    assert passes({"radius": 0.1}) == 1
    assert passes(cheap) < passes(dear) < passes(dear | {"starts": 3})
    auto = {"attack": "autoattack", "steps": 100, "queries": 5000}
    assert passes(auto | {"steps": 10}) < passes(auto) < passes(auto | {"queries": 9000})
    assert passes(auto) > 5000 + 3 * 100


def test_runs_of_other_images_are_refused_with_what_differs(tmp_path):
    runs = [classifier(tmp_path, "a", TINY), classifier(tmp_path, "b", TINY.replace("1.0", "2.0"))]
    with pytest.raises(UsageError, match=r"data.noise: 1.0 -> 2.0\nRuns beside each other"):
        subjects(runs)


def test_augmentation_and_normalization_do_not_make_other_images(tmp_path):
    other = TINY.replace("augment: {shift: 2, rotate: 5}", "normalize: centred")
    found = subjects([classifier(tmp_path, "a", TINY), classifier(tmp_path, "b", other)])
    assert [each.label for each in found] == ["a", "b"]


def test_autoencoders_are_refused(tmp_path):
    run = classifier(tmp_path, "ae", AUTOENCODER)
    with pytest.raises(UsageError, match=r"is an autoencoder.* expected runs of classifiers"):
        subjects([run])


def test_the_same_seed_chooses_the_same_images(tmp_path):
    run = classifier(tmp_path, "a", TINY)
    (subject,) = subjects([run])
    first, second, other = (sample([subject], 10, seed).rows for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
    assert len(set(first)) == 10
    assert len(sample([subject], 1000, 0)) == 32


@pytest.fixture
def beside(tmp_path):
    """Two runs of arrays whose test images are cut from them; what the second remembers of them."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (80, 16, 15, 1), "uint8")
    np.savez(tmp_path / "x.npz", x_train=images, y_train=np.arange(80) % 8)
    text = f"data: {{source: npz, path: {tmp_path / 'x.npz'}, image_size: [16, 15], channels: 1}}\n"
    text += TINY[TINY.index("model:") :]

    runs = [classifier(tmp_path, name, text) for name in ("a", "b")]
    now = data.record(data.load(load_recipe(runs[0]).data))

    def made(remembered):
        for run, known in zip(runs, (now, remembered(now)), strict=True):
            run.describe(data=known)
        return subjects(runs)

    return made


def test_runs_that_were_trained_on_other_images_are_told_or_refused(beside):
    told = Told()
    assert len(sample(beside(lambda now: now), 10, 0, told.note)) > 0
    assert told.notes == []
    others = {"train": {"images": 7, "digest": "x"}}
    sample(beside(lambda now: now | others), 10, 0, told.note)
    assert re.fullmatch(r".*/b: the images are not those .*train: 7 images then.*", *told.notes)
    with pytest.raises(UsageError, match=r"/b: its splits were cut by another version"):
        sample(beside(lambda now: None), 10, 0)


def test_runs_of_one_name_are_told_apart_by_their_folders(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "run").mkdir(parents=True)
    runs = [Run(tmp_path / name / "run") for name in ("a", "b")]
    assert labels(runs) == ["a-run", "b-run"]
    assert labels(runs[:1]) == ["run"]
    with pytest.raises(UsageError, match="given twice"):
        labels([runs[0], runs[0]])


def test_every_unknown_study_is_told_at_once():
    with pytest.raises(UsageError) as told:
        chosen(["band", "attacks", "x"])
    assert re.findall(r"no study '(\w+)'", str(told.value)) == ["band", "x"]
    assert "did you mean 'bands'?" in str(told.value)
    assert chosen(["shift", "bands", "shift"]) == ("bands", "shift")


def test_what_takes_long_is_only_made_where_it_is_named():
    assert chosen(None) == Options().what
    assert set(STUDIES) - set(chosen(None)) == {"autoattack"}
    assert chosen(["autoattack", "attacks"]) == ("attacks", "autoattack")
    assert Options().queries == AutoAttack().queries


@pytest.mark.parametrize("text", ["0", "0.8", "nee", "nan", "-1"])
def test_what_is_no_cutoff_is_refused(text):
    with pytest.raises(UsageError, match=r"--save: expected knee, or a cut-off"):
        parse_save(text)


def test_cutoffs_are_each_told_once_and_rising():
    assert parse_cutoffs("0.3, 0.1,0.3") == (0.1, 0.3)
    assert parse_cutoffs(None) == Options().cutoffs
    with pytest.raises(UsageError, match=r"--cutoffs: expected numbers above 0.*found 'x'"):
        parse_cutoffs("0.1,x")


def test_options_that_do_not_fit_together_are_refused():
    assert parse_save("0.25") == 0.25
    with pytest.raises(UsageError, match="add it to --what"):
        Options(what=("bands",), save="knee").check()
    with pytest.raises(UsageError, match="--finetune: trains pruned runs"):
        Options(finetune=1).check()
