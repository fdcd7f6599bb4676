"""`specnet robustness` through the real command line."""

import csv
import json
from pathlib import Path

import pytest
from recipes_at_hand import AUTOENCODER, SPATIAL
from runs_at_hand import classifier

STRIDED = SPATIAL.replace("kernel_size: 3", "kernel_size: 3, strides: 2")


@pytest.fixture
def runs(tmp_path):
    return [
        classifier(tmp_path, name, text).path.relative_to(tmp_path)
        for name, text in (("spatial", SPATIAL), ("strided", STRIDED))
    ]


def test_runs_are_measured_side_by_side_and_pruned(specnet, specnet_here, runs):
    few = ["--images", "32", "--what", "bands,prune", "--cutoffs", "0.25"]
    shown = specnet("robustness", *runs, *few, "--save", "0.25", "--finetune", "1", "-q")
    assert max(map(len, shown.stdout.splitlines())) <= 80
    out = Path("ckpt/robustness-spatial-strided")
    texts = {"table.csv", "table.md", "results.json", "robustness.html", "study.json"}
    wanted = {*texts, "bands.png", "prune.png", "measured", ".lock"}
    assert {each.name for each in out.iterdir()} == wanted
    lines = [*csv.DictReader((out / "table.csv").open())]
    assert {line["images"] for line in lines} == {"32"}

    tuned = "ckpt/spatial-lowpass-0.25-tuned"
    evaluated = [json.loads(specnet_here("eval", run, "--json").stdout) for run in (runs[0], tuned)]
    clean = [line for line in lines if line["study"] == "clean" and line["run"] == "spatial"]
    assert float(clean[0]["share"]) == evaluated[0]["results"][0]["accuracy"]
    facts = json.loads(Path(tuned, "run.json").read_text())
    assert (facts["status"], facts["pruned_from"]) == ("finished", str(runs[0]))

    again = json.loads(specnet_here("robustness", *runs, *few, "--json").stdout)
    assert len(again["measured"]) == len(lines)
    assert {each["label"] for each in again["against_first"]} == {runs[1].name}
    assert sum(each["seconds"] for each in again["measured"]) == pytest.approx(
        sum(float(line["seconds"]) for line in lines)
    )
    refused = specnet_here("robustness", *runs, "--images", "8", code=1)
    assert "images: 32 -> 8" in refused.stderr
    assert "Choose another --out" in refused.stderr


def test_runs_of_one_recipe_are_told_together(specnet, tmp_path):
    for seed in (0, 1):
        (tmp_path / str(seed)).mkdir()
    runs = [
        classifier(tmp_path / str(seed), name, text.replace("{epochs", f"{{seed: {seed}, epochs"))
        for name, text in (("spatial", SPATIAL), ("strided", STRIDED))
        for seed in (0, 1)
    ]
    few = ["--images", "20", "--what", "attacks,shift", "--epsilons", "1,4", "--out", "out"]
    shown = specnet("robustness", *(run.path for run in runs), *few, "-q").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "strided against spatial, in 2 pairs of trials" in shown
    told = json.loads(Path("out/results.json").read_text())
    assert {recipe: [*runs] for recipe, runs in told["trials"].items()} == {
        "spatial": ["0", "1"],
        "strided": ["0", "1"],
    }
    shares = {each["run"]: each["share"] for each in told["measured"] if each["study"] == "clean"}
    means = {each["run"]: each["share"] for each in told["over_trials"] if each["study"] == "clean"}
    assert means == {
        name: sum(share for run, share in shares.items() if run.endswith(name)) / 2
        for name in ("spatial", "strided")
    }
    sizes = {each["epsilon"] for each in told["measured"] if each.get("norm") == "linf"}
    assert sizes == {0.0, 1 / 255, 4 / 255}


def test_autoattack_is_told_beside_pgd(specnet_here, runs):
    few = ["--images", "6", "--what", "autoattack,attacks", "--queries", "10", "--out", "out"]
    shown = specnet_here("robustness", runs[0], *few, "-q").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "Images that each attack fooled" in shown
    lines = [*csv.DictReader(Path("out/table.csv").read_text().splitlines())]
    auto = [each for each in lines if each["attack"] == "autoattack"]
    assert {(each["steps"], each["queries"]) for each in auto} == {("100", "10")}
    right = {(each["attack"], each["norm"], each["epsilon"]): each["right"] for each in lines}
    for each in auto:
        assert int(each["right"]) <= int(right["pgd", each["norm"], each["epsilon"]])
    sentences = json.loads(Path("out/results.json").read_text())["sentences"]
    assert any("AutoAttack leaves" in each for each in sentences)


def test_runs_that_cannot_be_measured_are_explained(specnet_here, runs, tmp_path):
    run = classifier(tmp_path, "ae", AUTOENCODER).path
    refused = specnet_here("robustness", runs[0], run, code=2)
    assert "is an autoencoder" in " ".join(refused.stderr.split())
    refused = specnet_here("robustness", runs[0], "--layer", "conv2", "--what", "prune", code=2)
    assert "did you mean 'conv2d'?" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["nowhere"], "nowhere: no such directory", 1),
        ([".", "--what", "atacks"], "--what: no study 'atacks'; did you mean 'attacks'?", 2),
        ([".", "--save", "many"], "--save: expected knee, or a cut-off", 2),
        ([".", "--finetune", "2"], "--finetune: trains pruned runs", 2),
        ([".", "--what", "bands", "--save", "knee"], "add it to --what", 2),
    ],
)
def test_mistakes_are_explained(specnet_here, arguments, message, code):
    refused = specnet_here("robustness", *arguments, code=code)
    assert message in " ".join(refused.stderr.split())
