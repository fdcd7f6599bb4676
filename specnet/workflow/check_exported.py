"""An exported file, run by another process: it has what the format needs, no more.

For a Keras file that is `specnet.layers` too. The process reads pixels (N, H, W, C) of uint8, or
signals or volumes of float32, and writes what the file makes of them.
"""

import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import specnet
from specnet.errors import RunError
from specnet.models.frozen_graph import INPUTS
from specnet.plain import one_line

TIMED = 20  # calls of one image

# Each defines `run`: pixels -> values. `path` is that of the file, `name` that of its input.
_PROGRAMS = {
    "onnx": """
import onnxruntime
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
run = lambda pixels: session.run(None, {name: pixels})[0]
""",
    "litert": """
from ai_edge_litert.interpreter import Interpreter
runner = Interpreter(model_path=path).get_signature_runner("serving_default")
run = lambda pixels: next(iter(runner(**{name: pixels}).values()))
""",
    "saved_model": """
import tensorflow
loaded = tensorflow.saved_model.load(path)
serve = loaded.signatures["serving_default"]
run = lambda pixels: next(iter(serve(tensorflow.constant(pixels)).values())).numpy()
""",
    "keras": """
sys.path.append(own)
import keras, specnet.layers
model = keras.models.load_model(path)
run = lambda pixels: next(iter(model.predict_on_batch(pixels.astype("float32")).values()))
""",
}
_ALONE = 'assert not any(name.startswith("specnet") for name in sys.modules)'
_AROUND = """
import io, os, sys, time
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy
path, name, own, timed = sys.argv[1:]
pixels = numpy.load(io.BytesIO(sys.stdin.buffer.read()))
answers = os.dup(1)
os.dup2(2, 1)  # what libraries print is no answer
{program}
{alone}
values, seconds = run(pixels), []
for _ in range(int(timed)):
    start = time.perf_counter()
    run(pixels[:1])
    seconds.append(time.perf_counter() - start)
with os.fdopen(answers, "wb") as file:
    numpy.savez(file, values=values, seconds=numpy.median(seconds[1:]))
"""


@dataclass(frozen=True)
class Answers:
    """What a file makes of images, (N, ...), and the median time for one of them, in seconds."""

    values: np.ndarray
    seconds: float


def answers(form: str, path: Path, pixels: np.ndarray) -> Answers:
    """What an exported file makes of pixels (N, H, W, C) or the like, in a process of its own.

    Raises:
        RunError: where it cannot be run; says why.
    """
    given = io.BytesIO()  # no file: a full disk would not be the fault of what is tried
    np.save(given, pixels)
    own = Path(specnet.__file__).parent.parent
    alone = "" if form == "keras" else _ALONE
    program = _AROUND.format(program=_PROGRAMS[form], alone=alone)
    name = INPUTS[pixels.ndim - 2]
    ended = subprocess.run(
        [sys.executable, "-I", "-c", program, path.absolute(), name, own, str(TIMED)],
        input=given.getbuffer(),
        capture_output=True,
    )
    if ended.returncode:
        lines = ended.stderr.decode(errors="replace").strip().splitlines()
        said = lines[-1] if lines else f"code {ended.returncode}"
        raise RunError(f"--format {form}: what was written cannot be run ({one_line(said)})")
    with np.load(io.BytesIO(ended.stdout)) as file:
        return Answers(file["values"], float(file["seconds"]))
