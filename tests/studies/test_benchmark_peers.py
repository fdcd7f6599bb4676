"""Peers compute what they are compared with."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from specnet.errors import UsageError  # noqa: E402
from specnet.studies.bench import peers, torch_peers, workloads  # noqa: E402
from specnet.studies.bench.trial import Options  # noqa: E402
from specnet.studies.bench.workloads import BACKWARD, FORWARD  # noqa: E402
from specnet.studies.engine.subjects import layer  # noqa: E402

SIZE, BATCH, CHANNELS = 12, 2, 3
GROUPS = peers.groups(SIZE, CHANNELS)


def convolved_directly(images, kernels, bias):
    return torch.nn.functional.conv2d(images, kernels, bias, padding=kernels.shape[-1] // 2)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.ours.label)
def test_peers_give_the_numbers_of_a_formula_or_of_ours_and_their_gradients(group):
    built = workloads.build(group.ours, SIZE, BATCH, CHANNELS)
    *_, ours = workloads.jobs(built)[BACKWARD]()
    for peer in group.peers:
        pytest.importorskip(peer.module)
        program = peer.make(torch_peers, built)
        program.check()
        if program.expected.shape == built.noise.shape:  # of one output, all of it
            found = program.jobs(np.asarray(built.noise))[BACKWARD]()
            found = found if program.channels_last else found.movedim(1, -1)
            np.testing.assert_allclose(found.numpy(), ours, atol=1e-5)


@pytest.mark.parametrize("convolve", [torch_peers.convolved_by_fft, convolved_directly])
def test_with_the_impulse_responses_of_ours_as_kernels_torch_convolves_as_ours(convolve):
    size, filters = 5, 2
    subject = layer(f"spectral_conv2d: {{filters: {filters}, padding: same}}")
    built = workloads.build(subject, size, BATCH, CHANNELS)
    own = built.model.layers[-1]
    whole = own.whole_size((size, size))
    real, imaginary = np.asarray(own.response(own.convolution.wide_weights(), whole))
    impulses = np.fft.irfft2(real + 1j * imaginary, whole)
    reached = range(size - 1, -size, -1)  # pixels; what is further away is outside of the image
    kernels = impulses[:, reached][:, :, reached].reshape(CHANNELS, filters, 2 * size - 1, -1)
    weights = torch.tensor(kernels.swapaxes(0, 1).copy(), dtype=torch.float32)
    images = torch.tensor(np.asarray(built.inputs)).movedim(-1, 1)
    found = convolve(images, weights, torch.zeros(filters)).movedim(1, -1)
    np.testing.assert_allclose(found, built.model(built.inputs), atol=1e-5)


def test_a_peer_that_computes_something_else_is_not_timed(monkeypatch):
    def wrong(torch, built):
        program = torch.global_filter(built)
        return replace(program, function=lambda images: 1.01 * program.function(images))

    def broken(torch, built):
        raise RuntimeError("no kernel for this")

    right = GROUPS[1].peers[0]
    group = replace(
        GROUPS[1], peers=(peers.Peer("wrong", wrong), right, peers.Peer("broken", broken))
    )
    monkeypatch.setattr(peers, "groups", lambda *size: [group])
    found = peers.compare_with_peers(Options((SIZE,), BATCH, CHANNELS, seconds=0))
    assert [pair.measure for pair in found.pairs] == [*[FORWARD] * 3, *[BACKWARD] * 3]
    for other, timed, last in (found.pairs[:3], found.pairs[3:]):
        assert "not the same function" in other.reason
        medians = timed.ours_ms.median, timed.theirs_ms.median
        assert timed.ratio.median == pytest.approx(medians[0] / medians[1])
        assert last.reason == "no kernel for this"
        assert other.ratio is last.ratio is None


def test_what_takes_too_long_is_run_once(monkeypatch):
    monkeypatch.setattr(peers, "_LONGEST", 0.0)
    monkeypatch.setattr(peers, "groups", lambda *size: GROUPS[1:2])
    found = peers.compare_with_peers(Options((SIZE,), BATCH, CHANNELS, seconds=0))
    assert "too long to be repeated" in found.pairs[0].cells()[-1]
    assert not found.measured


def test_a_convolution_that_would_take_too_long_is_not_run(monkeypatch):
    """No signal ends such a call, so that it is foretold from a corner of one image."""
    foretold = torch_peers.Program.foretold
    monkeypatch.setattr(torch_peers.Program, "foretold", lambda self: 1e9 * foretold(self))
    monkeypatch.setattr(torch_peers.Program, "output", lambda self: pytest.fail("was run"))
    monkeypatch.setattr(peers, "groups", lambda *size: GROUPS[:1])
    found = peers.compare_with_peers(Options((SIZE,), BATCH, CHANNELS, seconds=0))
    assert all("would take about" in pair.reason for pair in found.pairs)


def test_peers_that_are_not_installed_are_skipped_with_a_word(monkeypatch):
    options = Options((SIZE,), BATCH, CHANNELS, seconds=0)
    monkeypatch.setattr(peers, "find_spec", lambda module: None if module == "torch" else module)
    with pytest.raises(UsageError, match="needs PyTorch"):
        peers.compare_with_peers(options)
    monkeypatch.setattr(peers, "find_spec", lambda module: module if module == "torch" else None)
    monkeypatch.setattr(peers, "groups", lambda *size, module=None: GROUPS[2:])
    found = peers.compare_with_peers(options)
    assert not found.pairs
    assert "SpectralConv" in found.sentences[0]
    assert "needs neuraloperator" in found.sentences[0]
    assert "needs pytorch-wavelets" in found.sentences[1]
