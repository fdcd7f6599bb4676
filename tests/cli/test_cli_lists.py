"""What there is to choose from, through the real command line."""

import json
import re
from pathlib import Path


def test_recipes_are_listed_shown_copied_and_validated(specnet_anew, specnet_here, tmp_path):
    listed = specnet_anew("recipes").stdout
    assert "catsdogs-gaussian" in listed
    assert "_catsdogs" not in listed
    assert "gaussian: {filters: 6" in specnet_here("recipes", "show", "catsdogs-gaussian").stdout
    specnet_here("recipes", "cp", "catsdogs-gaussian", "mine.yaml")
    assert "1 recipe checked" in specnet_here("recipes", "validate", "mine.yaml").stdout
    specnet_anew("recipes", "cp", "catsdogs-linear", "mine.yaml", code=2)
    assert "- gaussian:" in Path("mine.yaml").read_text()
    schema = json.loads(specnet_here("recipes", "schema").stdout)
    assert "gaussian" in str(schema)


def test_layers_print_the_tables_of_the_paper(specnet_anew, specnet_here):
    """Tables I and II of Wood & Larson 2021; our free filters store the whole half plane."""
    assert "mixing" in specnet_anew("layers", "gaussian").stdout
    table = specnet_here("layers", "--image-size", "150").stdout
    found = dict(re.findall(r"^(\S+(?: \(3x3\))?) +([\d,]+) +[\d,]+ *$", table, re.MULTILINE))
    assert found["conv2d (3x3)"] == "9"
    assert found["linear"] == "4"
    assert found["gaussian"] == "12"
    assert found["free"] == f"{150 * 76 * 2:,}"
    beyond = {
        "spectral_kernel_conv2d (3x3)": 9,
        "gaussian_mixture": 24,
        "gabor": 10,
        "log_gabor": 10,
    }
    beyond |= {"difference_of_gaussians": 8, "butterworth": 6, "lorentzian": 10, "chebyshev": 32}
    beyond |= {"bspline": 48, "radial": 50, "implicit": 160}
    assert {name: found[name] for name in beyond} == {name: str(n) for name, n in beyond.items()}


def test_an_unknown_dataset_cannot_be_prepared(specnet_here, monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "none"))
    assert "no_such_set" in specnet_here("data", "prepare", "no_such_set", code=3).stderr
