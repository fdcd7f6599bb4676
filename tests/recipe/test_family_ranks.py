"""Families without a form for signals or volumes are refused where a recipe is checked."""

import subprocess
import sys

import pytest

from specnet import recipe
from specnet.errors import RecipeError
from specnet.recipe.registry import RANKS

SIGNALS = "data: {source: chirps}\nmodel:\n"
VOLUMES = "data: {source: npz_volumes, path: v.npz, size: [8, 8, 8]}\nmodel:\n"
TAKE = "take bspline, free, gaussian, gaussian_mixture, implicit"


def problems_of(text, folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "x.yaml").write_text(text)
    try:
        recipe.load("x.yaml")
    except RecipeError as error:
        return error.problems
    return ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            SIGNALS + "  - rfft1d\n  - gabor: {filters: 2}\n",
            "x.yaml:4: model[1].gabor: its filters are functions of two frequencies, and spectra "
            f"of signals have one; {TAKE}",
        ),
        (
            VOLUMES + "  - rfft3d\n  - residual:\n      layers:\n        - sinc: {filters: 1}\n",
            "x.yaml:6: model[1].residual.layers[0].sinc: its filters are functions of two "
            f"frequencies, and spectra of volumes have three; {TAKE}",
        ),
        (
            SIGNALS + "  - spectral_conv1d: {filters: 2, family: {polynomial: {order: 2}}}\n",
            "x.yaml:3: model[0].spectral_conv1d.family: found 'polynomial', but its filters are "
            f"functions of two frequencies, and spectra of signals have one; {TAKE}",
        ),
        # What counts is what a signal or an image has become.
        (
            SIGNALS + "  - reshape: {target_shape: [16, 16, 1]}\n  - rfft2d\n"
            "  - linear: {filters: 2}\n",
            "",
        ),
        (
            "data: {source: gratings}\nmodel:\n  - reshape: {target_shape: [64, 64]}\n  - rfft1d\n"
            "  - radial: {filters: 2}\n",
            "x.yaml:5: model[2].radial: its filters are functions of two frequencies, and spectra "
            f"of signals have one; {TAKE}",
        ),
    ],
)  # fmt: skip
def test_what_was_found_where_and_what_would_do(text, expected, tmp_path, monkeypatch):
    assert problems_of(text, tmp_path, monkeypatch) == ((expected,) if expected else ())


@pytest.mark.parametrize("axes", [1, 3])
def test_every_family_is_taken_or_refused_as_it_says(axes, tmp_path, monkeypatch):
    begin = SIGNALS if axes == 1 else VOLUMES
    for name, ranks in RANKS.items():
        for item in (name, f"spectral_conv{axes}d: {{filters: 1, family: {name}}}"):
            before = "" if ":" in item else f"  - rfft{axes}d\n"
            layer = item if ":" in item else f"{name}: {{filters: 1}}"
            found = problems_of(f"{begin}{before}  - {layer}\n", tmp_path, monkeypatch)
            assert len(found) == (axes not in ranks)


def test_it_is_told_before_keras_is_imported(tmp_path):
    (tmp_path / "x.yaml").write_text(SIGNALS + "  - rfft1d\n  - gabor: {filters: 2}\n")
    code = (
        "import sys; from specnet import recipe\n"
        "try: recipe.check(['x.yaml'])\n"
        "except Exception as error: print(type(error).__name__, 'keras' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert told.stdout.strip() == "RecipeError False"
