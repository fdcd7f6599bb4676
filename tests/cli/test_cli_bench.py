"""`specnet bench` through the real command line."""

import json
import signal
import subprocess
from pathlib import Path

import pytest
from command_line import SPECNET

LARGE = "conv2d: {filters: 2, kernel_size: 9}"
CONV = "conv2d: {filters: 4, kernel_size: 5, padding: same}"


def test_bench_measures_layers_side_by_side_and_leaves_tables_and_a_picture(specnet):
    subjects = ["spectral_conv2d: {filters: 4}", LARGE, "--against", CONV, "--sizes", "15, 8,8"]
    small = ["--batch", 2, "--channels", 3, "--seconds", 0, "--no-memory"]
    told = json.loads(specnet("bench", *subjects, *small, "--json").stdout)
    (out,) = Path("ckpt").iterdir()
    assert out.name.startswith("bench-spectral_conv2d-filters-4-conv2d")
    names = {"bench.csv", "bench.json", "bench.md", "time-against-size.png"}
    assert {file.name for file in out.iterdir()} == names
    found = json.loads((out / "bench.json").read_text())
    assert told == {"out": str(out)} | found
    rows = {(row["subject"], row["size"], row["measure"]): row for row in found["rows"]}
    assert len(rows) == len(found["rows"]) == 2 * (2 + 3)
    row = rows[CONV, 15, "forward"]
    assert row["gflop"] == pytest.approx(2 * (2 * 25 * 3 + 1) * 4 * 225 / 1e9)
    assert row["parameters"] == 25 * 3 * 4 + 4
    assert row["ratio"] == 1
    assert "faster" in found["advice"][0] or "as fast" in found["advice"][0]
    (failure,) = found["failures"]
    assert (failure["subject"], failure["size"]) == (LARGE, 8)
    assert "zero or negative" in failure["reason"]


def test_ctrl_c_leaves_what_was_measured_so_far(tmp_path):
    sizes = [*range(8, 48)]
    arguments = ["bench", LARGE, "relu", "--sizes", ",".join(map(str, sizes)), "--seconds", "0"]
    with subprocess.Popen(
        [*SPECNET, *arguments, "--no-memory", "--batch", "1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert "relu, 8 px: forward + backward" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        shown, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "stopped; it holds what was measured so far" in told
    assert max(map(len, shown.splitlines())) <= 80
    (out,) = (tmp_path / "ckpt").iterdir()
    found = json.loads((out / "bench.json").read_text())
    assert found["stopped_by"] == signal.SIGINT
    assert 8 in {row["size"] for row in found["rows"]} < {*sizes}


def test_peers_are_measured_next_to_ours(specnet):
    for module in ("torch", "neuralop", "pytorch_wavelets"):
        pytest.importorskip(module)
    small = ["--sizes", 8, "--batch", 1, "--channels", 2, "--seconds", 0]
    told = json.loads(specnet("bench", "--peers", *small, "--json").stdout)
    out = Path("ckpt/bench-peers")
    found = json.loads((out / "bench.json").read_text())
    assert told == {"out": str(out)} | found
    assert not [pair["reason"] for pair in found["pairs"] if pair["reason"]]
    theirs = {pair["theirs"] for pair in found["pairs"]}
    for words in ("Conv2d 31 x 31, channels last", "GFNet", "SpectralConv", "pytorch_wavelets"):
        assert any(words in each for each in theirs)
    assert len(found["pairs"]) == 2 * len(theirs)
    assert found["sentences"][0].startswith("Peers: torch ")
    assert "ratio.median" in (out / "bench.csv").read_text()
    assert "| ours | theirs | px |" in (out / "bench.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gausian"], "no such recipe or layer; did you mean 'gaussian'?"),
        (["catsdogs-gausian"], "did you mean 'catsdogs-gaussian'?"),
        (["relu", "--sizes", ""], "--sizes: expected pixels with commas between"),
        (["relu", "--sizes", "1" * 5000], "--sizes: expected pixels with commas between"),
        (["relu", "--seconds", "inf"], "--seconds: expected a finite number from 0 to 86400"),
        (["relu", "--seconds", "nan"], "--seconds: expected a finite number from 0 to 86400"),
        (["relu", "--quick"], "--quick is for the standard questions"),
        (["--against", "relu"], "--against: needs a recipe or a layer to measure"),
        (["relu", "--peers"], "--peers has layers and rivals of its own"),
        (["--peers", "--quick", "--batch", "3"], "--quick has sizes of its own; leave out --batch"),
        (["--quick", "--batch", "3"], "--batch: needs a recipe or a layer to measure"),
    ],
)
def test_mistakes_are_explained(specnet_here, arguments, message):
    refused = specnet_here("bench", *arguments, code=2)
    assert message in " ".join(refused.stderr.split())
