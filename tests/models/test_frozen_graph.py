"""What is exported computes what the model does, with operations that other programs have.

Every layer that a recipe can name is in one of a few models; `--fault-trials 1` tries every shipped
recipe.
"""

import keras
import numpy as np
import pytest

from specnet import recipe
from specnet.models import builder, formats, frozen_graph
from specnet.recipe.registry import ALIASES, LAYERS, is_family

pytestmark = [
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="formats of TensorFlow"),
    pytest.mark.graph,
]

FAMILIES = [name for name in LAYERS if is_family(name)] + ["gaussian", "linear", "polynomial"]
# Lists of layers, as recipes have them.
ARGUMENTS = "{filters: 2, activation: relu, use_bias: true}"
LINES = "".join(f"  - {name}: {ARGUMENTS}\n" for name in FAMILIES)
SPECTRA = f"""
  - rfft2d
{LINES}  - free: {{filters: 3, mixing: full}}
  - complex_batch_normalization
  - mod_relu: {{bias: -0.1}}
  - cardioid
  - spatial_relu
  - low_pass: {{cutoff: 0.4}}
  - high_pass: {{cutoff: 0.02, learnable: true}}
  - band_pass
  - spectral_dropout
  - to_complex_last
  - from_complex_last
  - crop_spectrum: {{size: [8, 7]}}
  - irfft2d
  - leaky_relu
  - spectral_upsampling
  - depthwise_conv2d: {{kernel_size: 3}}
  - layer_normalization
  - global_max_pooling2d
"""
IMAGES = """
  - rescaling: {scale: 2.0}
  - whitening_conv2d: {kernel_size: [2, 1]}
  - spectral_conv2d: {filters: 4, padding: reflect, family: gabor}
  - spectral_conv2d: {filters: 4, kernel_extent: 1, groups: 2, family: {gaussian: {seamless: true}}}
  - windowed_conv2d: {filters: 4, kernel_size: 3, padding: same}
  - spectral_conv2d: {filters: 4, padding: circular, mixing: depthwise, strides: 2, antialias: true}
  - spectral_conv2d_transpose: {filters: 3, strides: 2}
  - spectral_kernel_conv2d: {filters: 3, kernel_size: 3, padding: same}
  - batch_normalization
  - frequency_dropout
  - dropout: {rate: 0.5}
  - spatial_dropout2d: {rate: 0.5}
  - residual: {layers: [low_pass, {band_pass: {learnable: true}}], shortcut: [high_pass]}
  - dwt2d
  - idwt2d
  - wavelet_pooling
  - gelu
  - elu
  - silu
  - tanh
  - sigmoid
  - up_sampling2d
  - spectral_pooling: {size: [9, 7], edge: hamming}
  - blur_pooling: {taps: 4, strides: 1, max_size: 2}
  - zero_padding2d
  - separable_conv2d: {filters: 3, kernel_size: 3}
  - conv2d_transpose: {filters: 3, kernel_size: 2}
  - average_pooling2d: {pool_size: 2, strides: 1}
  - conv2d: {filters: 3, kernel_size: 2}
  - relu
  - adaptive_max_pooling2d: {output_size: 4}
  - max_pooling2d
  - flatten
  - reshape: {target_shape: [2, 6]}
  - flatten
  - dense: {units: 5}
  - activation: {activation: softplus}
  - softmax
"""
BLOCKS = """
  - global_filter
  - global_filter: {size: [7, 10]}
  - fast_fourier_convolution: {filters: 16, input_ratio: 0, strides: 1}
  - fast_fourier_convolution: {filters: 16, local_unit: true, padding: circular, use_bias: true}
  - fourier_mixing
  - frequency_attention: {lowest: 5, reduction: 2}
  - wavelet_convolution: {levels: 2, wavelet: db2}
  - adaptive_fourier: {blocks: 4}
  - fourier_block: {filters: 3, modes: [3, 4]}
  - fourier_block: {filters: 3, factorization: cp, rank: 2}
  - fourier_block: {filters: 4, modes: 2, factorization: tucker, rank: 2}
  - global_average_pooling2d
"""
STRIDES = """
  - learned_spectral_pooling: {strides: [1.7, 2.2], smoothness: 1.0}
  - global_average_pooling2d
"""
ANY_RANK = """
  - spectral_convRd: {filters: 4, padding: reflect, family: implicit}
  - spectral_convRd: {filters: 4, padding: circular, mixing: depthwise, strides: 2}
  - spectral_convRd_transpose: {filters: 3, strides: 2}
  - convRd: {filters: 8, kernel_size: 3, padding: same}
  - frequency_dropoutRd
  - low_passRd
  - dwtRd
  - idwtRd
  - spectral_upsamplingRd
  - spectral_poolingRd
  - rfftRd
  - gaussian: {filters: 3, mixing: full, seamless: true}
  - free: {filters: 2}
  - bspline: {filters: 2}
  - gaussian_mixture: {filters: 2, activation: relu, use_bias: true}
  - complex_batch_normalization
  - mod_relu: {bias: -0.1}
  - cardioid
  - spatial_relu
  - high_passRd: {cutoff: 0.1, learnable: true}
  - band_passRd
  - spectral_dropoutRd
  - crop_spectrumRd
  - irfftRd
"""
SIGNALS = (
    ANY_RANK.replace("Rd", "1d")
    + """
  - spatial_dropout1d: {rate: 0.5}
  - zero_padding1d: {padding: [2, 1]}
  - up_sampling1d
  - separable_conv1d: {filters: 3, kernel_size: 3}
  - conv1d: {filters: 3, kernel_size: 2, padding: causal}
  - conv1d_transpose: {filters: 3, kernel_size: 2}
  - depthwise_conv1d: {kernel_size: 2}
  - max_pooling1d: {pool_size: 1}
  - average_pooling1d: {pool_size: 2, strides: 1}
  - residual: {layers: [relu]}
  - global_average_pooling1d: {keepdims: true}
  - global_max_pooling1d
"""
)
VOLUMES = (
    ANY_RANK.replace("Rd", "3d")
    + """
  - spatial_dropout3d: {rate: 0.5}
  - zero_padding3d: {padding: [0, [1, 0], 2]}
  - up_sampling3d: {size: [1, 2, 1]}
  - conv3d_transpose: {filters: 3, kernel_size: [1, 2, 2]}
  - global_average_pooling3d: {keepdims: true}
  - global_max_pooling3d
"""
)
POOLED = """
  - max_pooling3d
  - average_pooling3d: {pool_size: [1, 2, 2]}
  - flatten
"""
OF_VOLUMES = "data: {source: npz_volumes, path: v.npz, size: [4, 6, 5]}\nmodel:\n"
HEAD = "data: {source: gratings, image_size: [12, 9]}\nmodel:\n"
MODELS = {
    **{"spectra": HEAD + SPECTRA, "images": HEAD + IMAGES, "blocks": HEAD + BLOCKS},
    "strides": HEAD + STRIDES,
    "signals": "data: {source: chirps, length: 33}\nmodel:\n" + SIGNALS,
    "volumes": OF_VOLUMES + VOLUMES,
    "pooled volumes": OF_VOLUMES + POOLED,
}
# Of TensorFlow: what has no state, calls nothing and knows real numbers only.
FORBIDDEN = (
    "FFT",
    "Complex",
    "PyFunc",
    "PartitionedCall",
    "Variable",
    "Random",
    "Resource",
    "Roll",
)


@pytest.fixture(params=MODELS, scope="module")
def subject(request, tmp_path_factory):
    """A model's graph, pixels, and what the model makes of them, operation by operation."""
    file = tmp_path_factory.mktemp("recipe") / "model.yaml"
    file.write_text(MODELS[request.param], encoding="utf-8")
    keras.utils.set_random_seed(3)
    model = builder.build(recipe.load(str(file)))
    pixels = taken_by(model, 3)
    return frozen_graph.freeze(model, "scores"), pixels, expected(model, pixels)


def taken_by(model, count):
    """Pixels, or numbers of signals and volumes."""
    shape, rng = (count, *model.input_shape[1:]), np.random.default_rng(3)
    if len(shape) == 4:
        return rng.integers(0, 256, shape, "uint8")
    return rng.normal(size=shape).astype("float32")


def expected(model, pixels):
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        return np.asarray(model(pixels.astype("float32"), training=False))
    finally:
        tf.config.run_functions_eagerly(False)


def run(graph, pixels):
    return graph.function()(keras.ops.convert_to_tensor(pixels, "float32"))["scores"]


def close(found, wanted):
    np.testing.assert_allclose(found, wanted, atol=2e-5 * max(1, np.abs(wanted).max()))


def test_every_layer_of_recipes_is_tried():
    tried = "".join(MODELS.values())
    assert [name for name in (*LAYERS, *ALIASES) if f"- {name}" not in tried] == []


def test_a_frozen_graph_computes_what_its_model_does(subject):
    graph, pixels, wanted = subject
    kinds = {node.op for node in graph.definition.node}
    assert [kind for kind in kinds if any(word in kind for word in FORBIDDEN)] == []
    close(run(graph, pixels), wanted)


def test_saved_models_take_whole_and_other_numbers(subject, tmp_path):
    import tensorflow as tf

    graph, pixels, wanted = subject
    formats.write_saved_model(graph, tmp_path / "made")
    loaded = tf.saved_model.load(tmp_path / "made")
    for name, dtype in (("serving_default", pixels.dtype), ("float", "float32")):
        images = tf.constant(pixels, dtype)
        close(loaded.signatures[name](images)["scores"], wanted)
        close(loaded.serve(images)["scores"], wanted)


def test_onnx_computes_what_its_model_does(subject):
    graph, pixels, wanted = subject
    pytest.importorskip("tf2onnx")
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(formats.onnx_bytes(graph, {"classes": "[1]"}))
    assert session.get_modelmeta().custom_metadata_map == {"classes": "[1]"}
    assert [each.shape for each in session.get_inputs()] == [["batch", *pixels.shape[1:]]]
    close(session.run(["scores"], {graph.input: pixels})[0], wanted)


def test_litert_computes_what_its_model_does(subject, tmp_path):
    graph, pixels, wanted = subject
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    if any(node.op in ("AvgPool3D", "MaxPool3D") for node in graph.definition.node):
        with pytest.raises(ValueError, match="LiteRT has no pooling of volumes; spectral_pool"):
            formats.litert_bytes(graph, tmp_path)
        return
    content = formats.litert_bytes(graph, tmp_path)
    runner = interpreter.Interpreter(model_content=content).get_signature_runner("serving_default")
    close(runner(**{graph.input: pixels})["scores"], wanted)


def pytest_generate_tests(metafunc):
    if "shipped" in metafunc.fixturenames:
        paths = recipe.shipped() if metafunc.config.getoption("--fault-trials") else []
        metafunc.parametrize("shipped", paths, ids=lambda path: path.stem)


def test_shipped_recipes_are_exported(shipped):
    model = builder.build(recipe.load(shipped))
    pixels = taken_by(model, 2)
    runtime = pytest.importorskip("onnxruntime")
    graph, wanted = frozen_graph.freeze(model, "scores"), expected(model, pixels)
    session = runtime.InferenceSession(formats.onnx_bytes(graph, {}))
    close(session.run(None, {graph.input: pixels})[0], wanted)
    close(run(graph, pixels), wanted)
