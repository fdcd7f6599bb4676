"""What Keras expects of every layer: complete configurations, saving, cloning, training."""

import keras
import numpy as np
import pytest

from specnet.layers import RFFT1D, RFFT2D, RFFT3D, ParametricConvolution
from specnet.ops import fourier
from specnet.recipe.registry import LAYERS, resolve
from specnet.recipe.signatures import signature

pytestmark = pytest.mark.backend

OURS = {name: resolve(name) for name, where in LAYERS.items() if where.startswith("specnet.")}
# What a layer cannot be made without.
REQUIRED = {"filters": 4, "kernel_size": 3}
BEFORE = {"from_complex_last": "to_complex_last"} | {f"idwt{n}d": f"dwt{n}d" for n in (1, 2, 3)}
CHANGED = {
    "filters": 3, "mixing": "full", "activation": "tanh", "use_bias": True, "init": "wood2021",
    "seed": 9, "grid": "wood2021", "odd_width": True, "order": 2, "intercept": True,
    "norm": "forward", "channels": "sum", "form": "polar",
    "components": 3, "band": "high",
    "rows": 5, "columns": 3, "radii": 4, "harmonics": 1, "hidden": 6,
    "wavelet": "db2", "bands": "all",
    "cutoff": 0.2, "transition": 0.05, "learnable": True, "low": 0.15, "high": 0.35,
    "rate": 0.3, "bias": 0.2,
    "family": {"polynomial": {"order": 2}}, "strides": (2, 3), "padding": "same", "antialias": True,
    "kernel_size": (3, 2), "dilation_rate": (1, 1), "groups": 3, "data_format": "channels_last",
    "kernel_initializer": keras.initializers.serialize(keras.initializers.HeNormal(seed=3)),
    "bias_initializer": keras.initializers.serialize(keras.initializers.Ones()),
    "size": (4, 3), "factor": 1.5, "edge": "cosine", "smoothness": 2.5, "regularizer": 0.1,
    "frozen": True, "widths": "odd", "taps": 4, "max_size": 2,
    "transform": "dct", "region": "square", "frequencies": "image",
    "image_size": (9, 7), "seamless": False,
    "kernel_extent": 2, "spectral_conv2d.antialias": False, "spectral_conv2d.dilation_rate": (2, 1),
    "shared": True, "window": "kaiser", "beta": 3.0, "windowed_conv2d.padding": "valid",
    "whitening_conv2d.use_bias": False,
    **{f"{of_grid}.{name}": value for of_grid in ("gaussian", "linear", "polynomial")
       for name, value in {"frequencies": "pixel", "image_size": None}.items()},
    **{f"{jumps}.seamless": True for jumps in ("lorentzian", "sinc", "implicit")},
    "modes": (3, 2), "resample": True, "attenuation": 40.0,
    **{f"{kind}_pass{rank}.edge": "gaussian"
       for kind in ("low", "high", "band") for rank in ("", "1d", "3d")},
    "factorization": "cp", "rank": 5,
    **{f"spectral_conv{kind}.{name}": value for kind in ("1d", "3d", "1d_transpose", "3d_transpose")
       for name, value in {"strides": 2, "family": {"bspline": {"rows": 5}}}.items()},
    "frequency_dropout3d.region": "cube",
    **{f"{kind}{n}d.size": 3 for n in (1, 3)
       for kind in ("spectral_pooling", "spectral_upsampling", "crop_spectrum", "idwt")},
    "ratio": 0.6, "input_ratio": 0.4, "local_unit": True, "over_channels": False,
    "lowest": 3, "reduction": 2, "levels": 2, "blocks": 2, "expansion": 3, "threshold": 0.2,
    "momentum": 0.8, "epsilon": 0.01,
    **{f"{of}_regularizer": keras.regularizers.serialize(keras.regularizers.L2(0.1))
       for of in ("kernel", "bias", "activity")},
    **{f"{of}_constraint": keras.constraints.serialize(keras.constraints.MaxNorm(3))
       for of in ("kernel", "bias")},
}  # fmt: skip


def example(name, odd=True):
    """A layer of this name, with what it requires; of odd width, as the images below, or even."""
    known = {argument.name: argument for argument in signature(name)}
    arguments = {key: REQUIRED[key] for key, argument in known.items() if argument.required}
    return OURS[name](**arguments, **({"odd_width": odd} if "odd_width" in known else {}))


@pytest.mark.parametrize("name", OURS)
def test_configuration_holds_every_argument(name):
    kind = OURS[name]
    names = [argument.name for argument in signature(name)]
    arguments = {each: CHANGED.get(f"{name}.{each}", CHANGED.get(each)) for each in names}
    layer = kind(**arguments)
    config = layer.get_config()
    assert {name: config[name] for name in arguments} == arguments
    assert kind.from_config(config).get_config() == config


def inverse_of(layer):
    """What must come before a layer that takes neither images nor spectra."""
    before = {OURS[name]: inverse for name, inverse in BEFORE.items()}.get(type(layer))
    return keras.layers.Identity() if before is None else example(before)


SIZES = {1: (9,), 2: (9, 7), 3: (4, 3, 5)}  # of signals, images and volumes
SPECTRA = {1: RFFT1D, 2: RFFT2D, 3: RFFT3D}


def model_with(layer, size=None):
    """Images -> spectra if the layer takes them -> the layer -> two numbers."""
    rank = getattr(layer, "dimensions", 2)
    images = keras.Input((*(size or SIZES[rank]), 2))
    try:
        output = layer(inverse_of(layer)(SPECTRA[rank]()(images)))
    except ValueError:  # a layer of images
        output = layer(inverse_of(layer)(images))
    if None in output.shape[1:]:
        # Of an unknown size: local features, so that there is more to learn from than means.
        output = keras.layers.Conv2D(64, 3, activation="relu")(output)
        output = keras.layers.GlobalMaxPooling2D()(output)
    return keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(output)))


def assert_saved_and_cloned_alike(model, folder, rng):
    images = rng.normal(size=(3, *model.input_shape[1:])).astype("float32")
    expected = outputs(model, images)

    model.save(folder / "model.keras")
    loaded = keras.models.load_model(folder / "model.keras")
    np.testing.assert_array_equal(outputs(loaded, images), expected)

    cloned = keras.models.clone_model(model)
    cloned.set_weights(model.get_weights())
    np.testing.assert_array_equal(outputs(cloned, images), expected)


def outputs(model, images):
    """Called: `predict` would trace and compile each model once."""
    return keras.ops.convert_to_numpy(model(images))


# The families share their layer: where each test is compiled anew, one stands for all.
FAMILIES = {name for name, kind in OURS.items() if issubclass(kind, ParametricConvolution)}
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
TRAINED = [name for name in OURS if ON_TENSORFLOW or name not in FAMILIES - {"gabor"}]
# One layer of each base class, for what its siblings have from there.
OF_EACH_BASE = [*{kind.__mro__[1]: name for name, kind in OURS.items()}.values()]


@pytest.mark.parametrize("name", OURS if ON_TENSORFLOW else OF_EACH_BASE)
def test_saved_and_cloned_models_give_equal_outputs(name, tmp_path, rng):
    assert_saved_and_cloned_alike(model_with(example(name)), tmp_path, rng)


@pytest.mark.parametrize("mixing", ["depthwise", "full"])
@pytest.mark.parametrize("name", ["gaussian", "free"])
def test_every_mixing_saves_and_clones(name, mixing, tmp_path, rng):
    layer = OURS[name](4, mixing=mixing, use_bias=True, activation="relu")
    assert_saved_and_cloned_alike(model_with(layer), tmp_path, rng)


def assert_training_lowers_the_loss(name, policy, rng, **how):
    keras.config.set_dtype_policy(policy)
    model = model_with(example(name))
    images = rng.normal(size=(16, *model.input_shape[1:])).astype("float32")
    targets = rng.normal(size=(16, 2)).astype("float32")
    model.compile(keras.optimizers.Adam(0.03), "mse", **how)
    first = model.train_on_batch(images, targets)
    assert any(model.train_on_batch(images, targets) < 0.7 * first for _ in range(30))


@pytest.mark.parametrize("name", TRAINED)
def test_training_lowers_the_loss(name, rng):
    assert_training_lowers_the_loss(name, "float32", rng)


@pytest.mark.parametrize("name", OF_EACH_BASE)
def test_training_in_bfloat16_lowers_the_loss(name, rng):
    assert_training_lowers_the_loss(name, "mixed_bfloat16", rng)


@pytest.mark.graph
@pytest.mark.skipif(not ON_TENSORFLOW, reason="the others compile all that they train")
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    "name", ["gaussian", "spectral_conv2d", "learned_spectral_pooling", "wavelet_pooling"]
)
def test_a_traced_step_lowers_the_loss_compiled_whole_or_in_parts(name, jit_compile, rng):
    policy = "mixed_bfloat16" if jit_compile else "float32"
    assert_training_lowers_the_loss(name, policy, rng, jit_compile=jit_compile)


@pytest.mark.usefixtures("float64")
@pytest.mark.skipif(not ON_TENSORFLOW, reason="the others compile what goes back")
def test_what_goes_back_to_space_belongs_to_real_images(rng, monkeypatch):
    """A CPU ignores what does not, and gives the right image; what a GPU gives is undefined."""
    inverse, distances, worst = fourier._INVERSE["tensorflow"], [], {}

    def watched(real, imaginary, size):
        axes = tuple(range(-len(size), 0))
        spectrum = np.asarray(real) + 1j * np.asarray(imaginary)
        again = np.fft.rfftn(np.fft.irfftn(spectrum, size, axes), axes=axes)
        distances.append(np.abs(again - spectrum).max() / np.abs(spectrum).max())
        return inverse(real, imaginary, size)

    monkeypatch.setitem(fourier._INVERSE, "tensorflow", watched)
    examples = {name: example(name, odd=False) for name in OURS} | {
        "short kernels": OURS["spectral_conv2d"](2, kernel_extent=1),
        "another size": OURS["global_filter"](size=4),
        "quarters": OURS["fast_fourier_convolution"](16, local_unit=True),
        "back": keras.Sequential([OURS["free"](2), OURS["irfft2d"]()]),
        "there and back": keras.Sequential([OURS["free"](2), OURS["spatial_relu"]()]),
    }
    for name, layer in examples.items():
        size = {1: (6,), 2: (5, 6), 3: (3, 4, 6)}[getattr(layer, "dimensions", 2)]
        outputs(model_with(layer, size), rng.normal(size=(2, *size, 2)))
        if distances:
            worst[name] = max(distances)
            distances.clear()
    assert not {name for name, distance in worst.items() if not distance < 1e-9}
    assert {"irfft1d", "irfft3d", "back", "there and back", "quarters"} < worst.keys()


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.steps = [RFFT2D(), OURS["gaussian"](3), keras.layers.Flatten(), keras.layers.Dense(2)]

    def call(self, x):
        for step in self.steps:
            x = step(x)
        return x


@pytest.mark.graph
def test_a_model_that_is_built_by_fit_trains(rng):
    """Initial filters are made while the first training step is traced."""
    model = Subclassed()
    model.compile("adam", "mse")
    history = model.fit(rng.normal(size=(4, 6, 7, 1)), rng.normal(size=(4, 2)), verbose=0)
    assert np.isfinite(history.history["loss"]).all()
