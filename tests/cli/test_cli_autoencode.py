"""`specnet autoencode` through the real command line."""

import json
from pathlib import Path

import pytest

from specnet.studies.autoencode import baseline

SMALL = ["data.train=64", "data.validation=16", "data.test=16"]


def test_autoencode_compares_encoders_and_leaves_runs_that_other_verbs_take(
    specnet, specnet_here, monkeypatch
):
    arguments = ["autoencode", "--quick", "--epochs", 1, *SMALL]
    shown = specnet(*arguments, "--encoder", "linear").stdout
    assert "linear, seed 0: validation loss" in shown
    assert max(map(len, shown.splitlines())) <= 80
    families = baseline.ladder()[:3]  # all of them take a minute
    monkeypatch.setattr(baseline, "ladder", lambda: families)
    arguments += ["--encoder", "spatial, linear"]
    shown = specnet_here(*arguments).stdout
    assert "spatial, seed 0: validation loss" in shown
    out = Path("ckpt/autoencode-gratings-quick")
    texts = ["table.csv", "table.md", "results.json", "flexibility.csv", "flexibility.md"]
    names = ["reconstructions", "filters", "curves", "parameters", "flexibility"]
    assert {file.name for file in out.iterdir()} >= {*texts, *(f"{name}.png" for name in names)}
    again = json.loads(specnet_here(*arguments, "--json").stdout)
    assert {row["label"]: row["encoder_parameters"] for row in again["rows"]} == {
        "spatial": 9568,
        "linear": 2 * 32 * 4,
    }
    assert again["failed"] == {}
    assert 0 < again["fits"][0]["median"] < 1
    measured = specnet_here("eval", out / "linear-seed0").stdout
    assert "mean squared error" in measured
    assert "SSIM" in measured


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--encoder", "gausian"], "--encoder: unknown encoder 'gausian'; did you mean 'gaussian'"),
        (["--seeds", "0,one"], "--seeds: expected numbers with commas between, found '0,one'"),
        (["--seeds", "1" * 5000], "--seeds: expected numbers with commas between, found '111"),
        (["--dataset", "mnits"], "--dataset: no folder 'mnits'; did you mean 'mnist'?"),
        (["--decoder", "spectral", "--relu", "image"], "--mixing and --relu are for the other"),
        (["training.epoch=1"], "training.epoch: unknown key; did you mean 'epochs'?"),
    ],
)
def test_mistakes_are_explained(specnet_here, arguments, message):
    refused = specnet_here("autoencode", *arguments, code=2)
    assert message in " ".join(refused.stderr.split())
