"""`specnet autoencode` through the real command line."""

import json
from pathlib import Path

import pytest

SMALL = ["data.image_size=16", "data.train=64", "data.validation=16", "data.test=16"]


def test_autoencode_compares_encoders_and_leaves_runs_that_other_verbs_take(specnet):
    arguments = ["autoencode", "--dataset", "gratings", "--encoder", "spatial,linear"]
    arguments += ["--epochs", 1, "training.batch_size=32", *SMALL]
    shown = specnet(*arguments).stdout
    assert "spatial, seed 0: validation loss" in shown
    assert max(map(len, shown.splitlines())) <= 80
    out = Path("ckpt/autoencode-gratings")
    assert {file.name for file in out.glob("*.*")} >= {
        "table.csv",
        "table.md",
        "results.json",
        "reconstructions.png",
        "curves.png",
        "parameters.png",
    }
    again = json.loads(specnet(*arguments, "--json").stdout)
    assert {row["label"]: row["encoder_parameters"] for row in again["rows"]} == {
        "spatial": 9568,
        "linear": 2 * 32 * 4,
    }
    assert again["failed"] == {}
    measured = specnet("eval", out / "linear-seed0").stdout
    assert "mean squared error" in measured
    assert "SSIM" in measured


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--encoder", "gausian"], "--encoder: unknown encoder 'gausian'; did you mean 'gaussian'"),
        (["--seeds", "0,one"], "--seeds: expected numbers with commas between, found '0,one'"),
        (["--dataset", "mnits"], "--dataset: no folder 'mnits'; did you mean 'mnist'?"),
        (["training.epoch=1"], "training.epoch: unknown key; did you mean 'epochs'?"),
    ],
)
def test_mistakes_are_explained(specnet, arguments, message):
    refused = specnet("autoencode", *arguments, code=2)
    assert message in " ".join(refused.stderr.split())
