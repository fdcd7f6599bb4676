"""The study of autoencoders: what is compared, done once, and summed up."""

import json
import re
import statistics
from contextlib import nullcontext
from dataclasses import asdict, replace

import pytest

from specnet import recipe as recipes
from specnet.errors import InterruptedRun, RunError, UsageError
from specnet.models import builder
from specnet.progress import Reporter
from specnet.recipe.signatures import families
from specnet.runs import Run
from specnet.studies.autoencode import SPATIAL, Design, baseline, results
from specnet.studies.autoencode import trials as trained
from specnet.studies.autoencode.results import sentences
from specnet.studies.autoencode.study import MARKER, autoencode
from specnet.studies.autoencode.trials import Trial
from specnet.studies.engine.tables import as_markdown, csv_text
from specnet.workflow import recorded_recipe

SMALL = ("data.image_size=16", "data.train=64", "data.validation=16", "data.test=16")
TINY = Design(dataset="gratings", epochs=1, overrides=(*SMALL, "training.batch_size=32"))


class Counter(Reporter):
    """Counts epochs; may stop the process at one, as Ctrl-C does."""

    def __init__(self, stop_at=None):
        self.epochs, self.stop_at = 0, stop_at

    def epoch(self, row):
        self.epochs += 1
        if self.epochs == self.stop_at:
            raise InterruptedRun("stopped; continue with --resume", 2)


def trial(folder, label, seed, val_loss, **changed):
    numbers = {"encoder_parameters": 100, "parameters": 300, "test_loss": 0.1, "mse": 0.01}
    facts = numbers | {"ssim": 0.9, "seconds_per_epoch": 2.0, "epochs": 20} | changed
    return Trial(label=label, path=folder / label, seed=seed, val_loss=val_loss, **facts)


def names(specs):
    found = []
    for spec in specs:
        found += names(spec.layers) * spec.arguments.get("times", 1) or [spec.name]
    return found


def test_all_encoders_are_the_spatial_one_and_every_family():
    assert Design().encoders(["all"]) == [SPATIAL, *families()]
    assert Design(decoder="spectral").encoders(["all"]) == [*families()]
    with pytest.raises(UsageError, match="did you mean 'gaussian'"):
        Design().encoders(["spatial", "gausian"])
    with pytest.raises(UsageError, match="goes with spectral encoders only"):
        Design(decoder="spectral").encoders([SPATIAL])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"overrides": ["training.seed=5"]}, "say --seeds"),
        ({"overrides": ["training.epochs=5"]}, "say --epochs"),
        ({"overrides": ["name=x"]}, "say --encoder"),
        ({"decoder": "spectral", "mixing": "full"}, "--mixing and --relu are for the other"),
    ],
)
def test_what_would_break_the_comparison_is_refused(settings, words):
    with pytest.raises(UsageError, match=words):
        Design(**settings)


def test_the_shipped_recipe_is_the_studys():
    shipped = recipes.load("mnist-autoencoder")
    assert Design().recipe("gaussian", 0).model_copy(update={"name": shipped.name}) == shipped


def test_a_decoder_gives_as_many_channels_as_the_images_have(tmp_path):
    design = Design(dataset=str(tmp_path), overrides=["data.channels=1"])
    assert design.recipe("gaussian", 0).decoder[-1].arguments["filters"] == 1
    assert Design(dataset=str(tmp_path)).recipe("gaussian", 0).decoder[-1].arguments["filters"] == 3


@pytest.mark.parametrize("encoder", ["gaussian", "free", "polynomial"])
def test_trials_of_a_study_differ_in_their_encoder_alone(encoder):
    spatial, other = TINY.recipe(SPATIAL, 3), TINY.recipe(encoder, 3)
    assert (other.data, other.training, other.decoder) == (
        spatial.data,
        spatial.training,
        spatial.decoder,
    )
    assert names(other.encoder) == 2 * ["rfft2d", encoder, "irfft2d", "max_pooling2d"]
    assert names(spatial.encoder) == 2 * ["conv2d", "max_pooling2d"]


def test_the_published_encoders_have_the_published_parameters():
    design = Design(dataset="mnist")
    # 3 x 3 kernels for 1 -> 32 and 32 -> 32 channels; 12 numbers for each of 64 Gaussians.
    assert builder.parameter_count(design.recipe(SPATIAL, 0), "encoder") == 320 + 9248
    assert builder.parameter_count(design.recipe("gaussian", 0), "encoder") == 2 * 32 * 12
    assert builder.build(design.recipe(SPATIAL, 0)).count_params() == 28353


@pytest.mark.parametrize("encoder", ["gaussian", "chebyshev"])
def test_an_end_to_end_spectral_autoencoder_has_no_convolution_in_space(encoder):
    recipe = Design(dataset="mnist", decoder="spectral").recipe(encoder, 0)
    found = names(recipe.layers)
    assert found == [
        *2 * ["spectral_conv2d"],
        *2 * ["spectral_conv2d_transpose"],
        "spectral_conv2d",
    ]


def test_labels_tell_designs_apart():
    designs = [
        Design(),
        Design(mixing="depthwise"),
        Design(relu="image"),
        Design(decoder="spectral"),
    ]
    assert [design.label("gaussian") for design in designs] == [
        "gaussian",
        "gaussian-depthwise",
        "gaussian-relu-image",
        "gaussian-end-to-end",
    ]
    assert {design.label(SPATIAL) for design in designs[:3]} == {SPATIAL}


def study(folder, design, reporter, wanted=(SPATIAL,), kernels=0):
    return autoencode(design, wanted, [0], folder, reporter, kernels)


def test_what_is_finished_is_not_trained_again_and_what_was_stopped_goes_on(tmp_path):
    two = replace(TINY, epochs=2)
    wanted = (SPATIAL, "linear")
    with pytest.raises(InterruptedRun, match="the same command goes on"):
        study(tmp_path, two, Counter(stop_at=3), wanted)
    counter = Counter()
    found = study(tmp_path, two, counter, wanted)
    assert counter.epochs == 1  # the last one of linear
    again = Counter()
    assert study(tmp_path, two, again, wanted).rows == found.rows
    assert again.epochs == 0
    assert {row.label for row in found.rows} == {SPATIAL, "linear"}
    losses = [row["val_loss"] for row in Run(tmp_path / "linear-seed0").metrics()]
    assert min(losses) in [row.val_loss for row in found.rows]
    for file in found.files:
        assert file.stat().st_size > 0


@pytest.mark.usefixtures("undrawn")
def test_a_training_that_is_made_longer_is_finished_when_it_is_as_long(tmp_path):
    study(tmp_path, TINY, Counter())
    with pytest.raises(InterruptedRun):
        study(tmp_path, replace(TINY, epochs=3), Counter(stop_at=1))
    counter = Counter()
    (row,) = study(tmp_path, replace(TINY, epochs=3), counter).rows
    assert (row.epochs, counter.epochs) == (3, 1)
    (kept,) = study(tmp_path, TINY, Counter()).rows  # fewer are wanted than there are
    assert kept == row


@pytest.mark.usefixtures("undrawn")
def test_a_process_killed_before_its_run_was_described_costs_nothing(tmp_path):
    (tmp_path / MARKER).write_text("")
    (tmp_path / "spatial-seed0").mkdir()
    first = study(tmp_path, TINY, Counter())
    counter = Counter()
    assert study(tmp_path, TINY, counter).rows == first.rows
    assert (first.rows[0].seeds, counter.epochs) == (1, 0)


@pytest.fixture
def there(tmp_path, monkeypatch):
    """A folder in which TINY's spatial autoencoder was trained for two epochs."""
    before = TINY.recipe(SPATIAL, 0)
    monkeypatch.setattr(recorded_recipe, "load_recipe", lambda run: before)
    return [trial(tmp_path, SPATIAL, 0, 0.1, epochs=2)]


@pytest.mark.parametrize(
    ("override", "change"),
    [
        ("training.optimizer.learning_rate=0.01", "learning_rate: 0.001 -> 0.01"),
        ("training.loss=binary_crossentropy", "training.loss: 'mse' -> 'binary_crossentropy'"),
        ("training.batch_size=16", "training.batch_size: 32 -> 16"),
        ("data.noise=1", "data.noise: 0.3 -> 1.0"),
        ("decoder[1].conv2d.kernel_size=5", "decoder[1].conv2d.kernel_size: 3 -> 5"),
    ],
)
def test_autoencoders_of_one_study_differ_in_their_encoder_alone(there, override, change):
    design = replace(TINY, epochs=2)
    trained.check_comparable(there, [design.recipe("linear", 1)])
    other = replace(design, overrides=(*TINY.overrides, override))
    for encoder in (SPATIAL, "linear"):
        with pytest.raises(RunError, match=f"other settings:\n  .*{re.escape(change)}\n"):
            trained.check_comparable(there, [other.recipe(encoder, 0)])


@pytest.mark.parametrize(
    ("epochs", "wanted", "mixed"),
    [
        (2, ["linear"], False),
        (3, [SPATIAL, "linear"], False),  # both end with 3
        (1, [SPATIAL], False),  # is there already
        (3, ["linear"], True),
        (1, ["linear"], True),
        (1, [SPATIAL, "linear"], True),
    ],
)
def test_autoencoders_of_one_study_end_with_equal_epochs(there, epochs, wanted, mixed):
    design = replace(TINY, epochs=epochs)
    refused = pytest.raises(RunError, match=rf"training\.epochs: 2 -> {epochs}")
    with refused if mixed else nullcontext():
        trained.check_comparable(there, [design.recipe(encoder, 0) for encoder in wanted])


def test_a_spectral_decoder_is_its_encoders(there):
    end_to_end = replace(TINY, epochs=2, decoder="spectral")
    trained.check_comparable(there, [end_to_end.recipe("linear", 1)])


@pytest.mark.usefixtures("undrawn")
def test_diverged_trainings_are_told_and_the_others_go_on(tmp_path):
    huge = "training.optimizer={name: sgd, learning_rate: 1e30}"
    found = study(tmp_path, replace(TINY, overrides=(*TINY.overrides, huge)), Counter())
    assert list(found.failed) == ["spatial, seed 0"]
    assert (found.rows, found.files, found.tables) == ([], [], [])


@pytest.mark.usefixtures("undrawn")
def test_the_baseline_of_flexibility_are_the_kernels_of_the_encoder_alone(tmp_path, monkeypatch):
    families = baseline.ladder()[:4]
    monkeypatch.setattr(baseline, "ladder", lambda: families)
    found = study(tmp_path, TINY, Counter(), kernels=1)
    assert {fit["of"] for fit in found.fits} == {32 + 32 * 32}
    assert {fit["kernels"] for fit in found.fits} == {2}
    assert len(found.fits) == 4
    kept = json.loads((tmp_path / "flexibility.json").read_text())
    assert kept["fits"] == json.loads(json.dumps(found.fits))


def test_the_front_of_families_holds_those_that_no_cheaper_one_beats():
    fits = [
        {"parameters": parameters, "median": median}
        for parameters, median in [(4, 0.3), (12, 0.2), (8, 0.5), (8, 0.4), (20, 0.9)]
    ]
    assert [fit["parameters"] for fit in results.front(fits)] == [4, 8, 20]


def test_rows_are_means_over_seeds_beside_the_spatial_one(tmp_path):
    losses = [0.08, 0.10]
    trials = [trial(tmp_path, "gaussian", seed, loss) for seed, loss in enumerate(losses)]
    best, other = results.rows([*trials, trial(tmp_path, SPATIAL, 0, 0.06, ssim=None)])
    assert (best.label, best.ratio, best.spread, best.ssim) == (SPATIAL, 1, None, None)
    assert other.val_loss == pytest.approx(0.09)
    assert other.spread == pytest.approx(statistics.stdev(losses))
    assert other.ratio == pytest.approx(1.5)
    assert "+50.0%" in as_markdown([results.as_table([best, other])], [])
    content = json.loads(results.as_json([best, other], trials))
    assert [row["label"] for row in content["rows"]] == [SPATIAL, "gaussian"]
    assert (
        csv_text([asdict(best), asdict(other)])
        .splitlines()[2]
        .startswith("gaussian,100,300,2,0.09,")
    )


def test_sentences_say_what_so_few_trainings_cannot_show(tmp_path):
    def told(seeds, failed=None):
        trials = [trial(tmp_path, SPATIAL, seed, 0.06 + seed / 1000) for seed in range(seeds)]
        trials += [trial(tmp_path, "gaussian", seed, 0.09) for seed in range(seeds)]
        return sentences(trials, failed or {})

    assert told(1, {"linear, seed 0": "inf"}) == [
        "one training of each encoder shows no difference between them; see --seeds",
        "linear, seed 0: failed: inf",
    ]
    (few,), (many,) = told(5), told(6)
    assert few == (
        "gaussian: validation loss 0.028 above that of spatial: not significant "
        "(p = 0.0625 after Holm; 5 pairs of trainings are too few)"
    )
    assert many.endswith("significant (p = 0.0312 after Holm, 6 pairs)")
    once = [trial(tmp_path, SPATIAL, 1, 0.1), *(trial(tmp_path, "free", n, 0.2) for n in (1, 2))]
    assert sentences(once, {})[0].endswith("in one training, which shows nothing")
    longer = [trial(tmp_path, SPATIAL, seed, 0.05, epochs=50) for seed in (1, 2)]
    longer += [trial(tmp_path, "free", seed, 0.2, epochs=20) for seed in (1, 2)]
    assert sentences(longer, {}) == []  # trainings of other lengths are no pairs
    alike = [
        trial(tmp_path, label, seed, 0.1) for label in (SPATIAL, "log_gabor") for seed in (1, 2)
    ]
    (same,) = sentences(alike, {})
    assert "pairs of trainings are too few" in same


def test_a_damaged_trial_says_what_to_do(tmp_path):
    folder = tmp_path / "spatial-seed0"
    folder.mkdir()
    (folder / "trial.json").write_text("{")
    (folder / "run.json").write_text("{}")
    with pytest.raises(RunError, match="is damaged"):
        trained.found(tmp_path)
