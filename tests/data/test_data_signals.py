"""Signals and volumes as data: generated chirps, and arrays in .npz files."""

import numpy as np
import pytest
from scipy.signal import stft

from specnet import data
from specnet.data.chirps import CLASSES, waves
from specnet.data.normalization import Normalization
from specnet.errors import DataError, RecipeError
from specnet.recipe.array_data import ChirpsData, NpzSignalsData, NpzVolumesData


def chirps(**settings):
    few = {"train": 80, "validation": 12, "test": 8}
    return ChirpsData(source="chirps", **(few | settings))


def test_chirps_are_the_same_for_the_same_seed_and_others_in_each_split():
    one, same, other = (data.load(chirps(seed=seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.train.images, same.train.images)
    assert one.train.digest == same.train.digest != other.train.digest
    assert not np.isin(one.test.images, one.train.images).any()
    assert one.train.images.shape == (80, 256, 1)
    assert one.train.images.dtype == np.float32
    assert np.bincount(one.train.labels).tolist() == [20] * 4


def test_frequencies_rise_fall_cross_or_stay_by_the_class():
    labels = np.repeat(np.arange(4), 30)
    signals = waves(np.random.default_rng(0), labels, 512)
    frequencies, _, planes = stft(signals, nperseg=64)
    power = np.abs(planes) ** 2
    # The two ends, without what the window sees of the world before the first sample.
    early, late = power[..., 2:4].mean(-1), power[..., -4:-2].mean(-1)
    centres = [(frequencies * each).sum(-1) / each.sum(-1) for each in (early, late)]
    moved = (centres[1] - centres[0]).reshape(4, 30)
    assert moved[CLASSES.index("rising")].min() > 0.08
    assert moved[CLASSES.index("falling")].max() < -0.08
    assert abs(moved[CLASSES.index("crossing")]).max() < 0.04
    assert abs(moved[CLASSES.index("steady")]).max() < 0.04
    # Crossing chirps meet in the middle, steady ones do not.
    middle = power[..., 7:10].mean(-1)
    spread = np.sqrt(((frequencies - 0.2) ** 2 * middle).sum(-1) / middle.sum(-1)).reshape(4, 30)
    assert spread[CLASSES.index("crossing")].max() < spread[CLASSES.index("steady")].min()


def test_rising_and_falling_chirps_have_the_same_spectrum():
    """So what tells them apart is no magnitude at any frequency."""
    rising, falling = (
        np.abs(np.fft.rfft(waves(np.random.default_rng(1), np.full(200, each), 256)))
        for each in (0, 1)
    )
    np.testing.assert_allclose(rising.mean(0), falling.mean(0), rtol=0.25, atol=0.5)


def test_too_short_and_too_many_chirps_are_refused():
    with pytest.raises(
        RecipeError, match=r"data\.length: chirps need at least 32 samples, found 16"
    ):
        data.load(chirps(length=16))
    with pytest.raises(RecipeError, match=r"data\.train: so many signals of 65536 samples take"):
        data.load(chirps(length=65536, train=2**31 - 1))


def arrays_in(folder, x, **more):
    path = folder / "arrays.npz"
    np.savez(path, x_train=x, y_train=np.arange(len(x)) % 2, **more)
    return path


def signals_of(path, length, channels=1):
    return NpzSignalsData(source="npz_signals", path=path, length=length, channels=channels)


def test_arrays_come_as_they_are(tmp_path, rng):
    x = rng.normal(size=(40, 9, 3)) * 1000
    path = arrays_in(tmp_path, x, x_test=x[:4], y_test=np.array([0, 1, 0, 1]))
    found = data.load(signals_of(path, 9, channels=3))
    np.testing.assert_array_equal(found.test.images, x[:4].astype(np.float32))
    assert len(found.train) + len(found.validation) == 40
    volumes = rng.normal(size=(40, 2, 3, 4))
    settings = NpzVolumesData(
        source="npz_volumes", path=arrays_in(tmp_path, volumes), size=[2, 3, 4], test=0
    )
    loaded = data.load(settings)
    assert loaded.train.images.shape[1:] == (2, 3, 4, 1)
    assert loaded.train.images.dtype == np.float32


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.zeros((40, 8, 3)), r"x_train: shape \(40, 8, 3\); expected \(N, 9, 3\): signals"),
        (np.zeros((40, 9, 3, 1)), r"expected \(N, 9, 3\): signals of T samples"),
        (np.full((40, 9, 3), np.nan), "x_train: holds nan; expected numbers"),
        (np.zeros((40, 9, 3), complex), "dtype complex128; expected real numbers"),
    ],
)
def test_other_arrays_are_refused_in_words(x, words, tmp_path):
    with pytest.raises(DataError, match=words):
        data.load(signals_of(arrays_in(tmp_path, x), 9, channels=3))


def test_standard_gives_each_channel_mean_0_and_deviation_1(tmp_path, rng):
    x = rng.normal([5, -300], [0.1, 40], size=(50, 20, 2))
    settings = signals_of(arrays_in(tmp_path, x), 20, channels=2).model_copy(
        update={"normalize": "standard"}
    )
    train = data.load(settings).train
    normalized = Normalization.of(settings, train)(train.images)
    np.testing.assert_allclose(normalized.mean((0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(normalized.std((0, 1)), 1, rtol=1e-4)
