"""Attacks against closed forms on a linear model, and the laws of balls."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_classifier import grey_images, linear_classifier
from scipy.stats import kstest

from specnet.robustness import Attacks, Count, Measured, hidden_gradients, measure
from specnet.robustness.attack_study import l2_epsilons, power_spectrum
from specnet.robustness.gradient_attacks import fgsm, pgd
from specnet.robustness.norms import Ball
from specnet.robustness.square_attack import square_attack

pytestmark = [pytest.mark.backend, pytest.mark.graph]
SIZE = (9, 8, 3)
LINEAR, WEIGHTS, BIAS = linear_classifier(SIZE)
NORMS = pytest.mark.parametrize("norm", ["linf", "l2"])
RADII = {"linf": 0.05, "l2": 0.5}
EXTREMES = st.sampled_from([0.0, 0.001, 0.03, 0.5, 2.0, 40.0])


def lengths(changes, norm):
    flat = changes.reshape(len(changes), -1).astype("float64")
    return np.linalg.norm(flat, {"linf": np.inf, "l2": 2, "l1": 1}[norm], axis=1)


def any_images(seed, count=5):
    """Pixels from 0 to 1, some of them at the ends."""
    images = np.random.default_rng(seed).uniform(-0.3, 1.3, (count, *SIZE))
    return np.clip(images, 0, 1).astype("float32")


def margins(images, labels):
    scores = np.einsum("nhwc,hwck->nk", images.astype("float64"), WEIGHTS) + BIAS
    return np.where(labels == 0, 1, -1) * (scores[:, 0] - scores[:, 1])


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), norm=st.sampled_from(["linf", "l2"]), radius=EXTREMES)
def test_projections_are_in_the_ball_and_in_the_range_of_pixels(seed, norm, radius):
    images, ball = any_images(seed), Ball(norm, radius)
    wild = images + np.random.default_rng(seed).normal(0, 3, images.shape).astype("float32")
    for inside in (ball.project(wild, images), ball.random(images, np.random.default_rng(seed))):
        assert inside.dtype == "float32"
        assert lengths(inside - images, norm).max() <= radius + 1e-5 * max(radius, 0.1)
        assert inside.min() >= 0
        assert inside.max() <= 1
    np.testing.assert_allclose(ball.project(images, images), images, atol=1e-7)


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32 - 1), norm=st.sampled_from(["linf", "l2"]), radius=EXTREMES)
def test_attacks_stay_in_the_ball_and_in_the_range_of_pixels(seed, norm, radius):
    images, ball, rng = any_images(seed), Ball(norm, radius), np.random.default_rng(seed)
    labels = rng.integers(0, 2, len(images))
    attacked = [
        fgsm(LINEAR, images, labels, ball),
        pgd(LINEAR, images, labels, ball, steps=3, rng=rng),
    ]
    attacked.append(square_attack(LINEAR, images, labels, ball, 5, rng))
    for found in attacked:
        assert lengths(found - images, norm).max() <= radius + 1e-5 * max(radius, 0.1)
        assert found.min() >= 0
        assert found.max() <= 1


@NORMS
def test_random_starts_fill_the_ball_evenly(norm):
    """Of D numbers, the share of a ball within r of its radius is r^D."""
    rng = np.random.default_rng(0)
    images = np.full((4000, 1, 3, 1), 0.5, "float32")
    starts = Ball(norm, 0.2).random(images, rng) - images
    assert kstest((lengths(starts, norm) / 0.2) ** 3, "uniform").pvalue > 0.01
    np.testing.assert_allclose(starts.mean(axis=0), 0, atol=0.01)


@NORMS
def test_fgsm_lowers_the_margin_of_a_linear_model_by_the_dual_norm(norm):
    images = grey_images(6, SIZE)
    labels = np.arange(6) % 2
    found = fgsm(LINEAR, images, labels, Ball(norm, RADII[norm]))
    slope = (WEIGHTS[..., 0] - WEIGHTS[..., 1]).astype("float64")
    dual = np.abs(slope).sum() if norm == "linf" else np.sqrt((slope**2).sum())
    expected = margins(images, labels) - RADII[norm] * dual
    np.testing.assert_allclose(margins(found, labels), expected, rtol=1e-4)


@NORMS
def test_pgd_finds_the_worst_images_of_a_linear_model_from_any_start(norm):
    images = any_images(4)
    labels = np.arange(5) % 2
    slope = WEIGHTS[..., 1] - WEIGHTS[..., 0]
    ball, rng = Ball(norm, RADII[norm]), np.random.default_rng(2)
    found = margins(pgd(LINEAR, images, labels, ball, 40, rng=rng), labels)
    if norm == "linf":  # at the corners, but for the range of pixels
        away = np.where(labels == 0, 1, -1)[:, None, None, None] * np.sign(slope)
        worst = margins(np.clip(images + ball.radius * away, 0, 1), labels)
        np.testing.assert_allclose(found, worst, atol=1e-3)
    else:
        inner = grey_images(5, SIZE)
        found = margins(pgd(LINEAR, inner, labels, ball, 15, ball.radius, rng), labels)
        worst = margins(inner, labels) - ball.radius * np.linalg.norm(slope)
        np.testing.assert_allclose(found, worst, atol=1e-3)


@NORMS
def test_one_full_step_of_pgd_from_the_image_is_fgsm(norm):
    images, labels, ball = any_images(5), np.arange(5) % 2, Ball(norm, RADII[norm])
    one = pgd(LINEAR, images, labels, ball, steps=1, step=ball.radius)
    np.testing.assert_array_equal(one, fgsm(LINEAR, images, labels, ball))


def test_gradients_of_a_very_sure_classifier_still_point_somewhere():
    gradients = np.zeros((3, *SIZE), "float32")
    gradients[0] = 1e-30
    gradients[1, 0, 0, 0] = -1e-38
    directions = Ball("l2", 1.0).steepest(gradients)
    np.testing.assert_allclose(lengths(directions, "l2"), [1, 1, 0], rtol=1e-5)


@NORMS
def test_a_square_attack_only_ever_lowers_margins(norm):
    ball = Ball(norm, {"linf": 0.02, "l2": 0.2}[norm])
    images = grey_images(20, SIZE)
    labels = LINEAR.predict(images)
    few, more = (
        margins(
            square_attack(LINEAR, images, labels, ball, queries, np.random.default_rng(3)), labels
        )
        for queries in (2, 60)
    )
    dual = lengths((WEIGHTS[..., 0] - WEIGHTS[..., 1])[None], "l2" if norm == "l2" else "l1")
    assert np.mean(more) < np.mean(few)
    assert np.all(more >= margins(images, labels) - ball.radius * dual - 1e-4)


def accuracies(classifier, images, labels, **options):
    measured = measure(Attacks(**options), classifier, images, labels)
    return {(m.setting["attack"], m.setting["norm"], m.setting["epsilon"]): m for m in measured}


def test_accuracy_under_attack_of_a_linear_model_is_known():
    images = grey_images(40, SIZE)
    labels = LINEAR.predict(images)
    labels[:10] = 1 - labels[:10]
    slope = (WEIGHTS[..., 0] - WEIGHTS[..., 1]).astype("float64")
    found = accuracies(LINEAR, images, labels, linf=(0.002, 0.01), l2=(0.03,), searched=())
    assert found["clean", "linf", 0.0].count == Count(30, 40)
    for (attack, norm, radius), measured in found.items():
        dual = np.abs(slope).sum() if norm == "linf" else np.sqrt((slope**2).sum())
        right = int(np.sum(margins(images, labels) > radius * dual))
        if attack != "pgd":  # whose steps end somewhere near the worst place
            assert measured.count == Count(right, 40)
        assert right <= measured.count.right <= right + 2


def test_attacks_are_the_same_twice_and_differ_with_the_seed():
    images = grey_images(10, SIZE)
    labels = LINEAR.predict(images)
    study = Attacks(linf=(0.003,), l2=(0.01,), searched=(0.003,), queries=5, steps=2)
    once, again, other = (measure(study, LINEAR, images, labels, seed) for seed in (3, 3, 4))
    pairs = list(zip(once, again, strict=True))
    assert all(a.count == b.count for a, b in pairs)
    for a, b in pairs:
        np.testing.assert_array_equal(a.means["spectrum"], b.means["spectrum"])
    assert any(
        not np.array_equal(a.means["spectrum"], b.means["spectrum"])
        for a, b in zip(once, other, strict=True)
    )


def test_a_transferred_attack_is_made_on_its_source():
    source, _, _ = linear_classifier(SIZE, seed=9)
    images = grey_images(12, SIZE)
    labels = LINEAR.predict(images)
    found = accuracies(LINEAR, images, labels, linf=(), l2=(0.1,), sources={"other": source})
    spectrum = found["transfer", "l2", 0.1].means["spectrum"]
    slope = np.diff(linear_classifier(SIZE, seed=9)[1], axis=-1)[..., 0]
    shape = np.abs(np.fft.rfft2(slope, axes=(0, 1))) ** 2
    similarity = np.corrcoef(spectrum.ravel(), shape.mean(axis=2).ravel())[0, 1]
    assert similarity > 0.99
    assert found["pgd", "l2", 0.1].count.right <= found["transfer", "l2", 0.1].count.right


@pytest.mark.parametrize("size", [(7, 9), (8, 6)])
def test_the_spectrum_of_changes_adds_up_to_their_mean_square(size):
    changes = np.random.default_rng(0).normal(size=(4, *size, 3))
    columns = np.where((np.arange(size[1] // 2 + 1) * 2) % size[1] == 0, 1, 2)
    total = (power_spectrum(changes) * columns).sum() / 4
    assert total == pytest.approx(np.mean(changes**2))


def test_l2_radii_have_the_root_mean_square_of_those_in_linf():
    assert l2_epsilons((32, 32))[5] == 0.43
    assert l2_epsilons((224, 224))[5] == 3.0


def test_stronger_checks_than_pgd_tell_hidden_gradients():
    def result(attack, right, norm="linf"):
        return Measured({"attack": attack, "norm": norm, "epsilon": 0.1}, np.arange(100) < right)

    measured = [result("pgd", 60), result("square", 30), result("fgsm", 58), result("clean", 1)]
    (found,) = hidden_gradients([*measured, result("transfer", 0, "l2")])
    assert found.check["attack"] == "square"
    assert (found.count, found.pgd) == (Count(30, 100), Count(60, 100))
    assert found.p < 0.001  # 30 images that only one of them gets, of 9,999 random signs none


def test_so_few_images_that_gradients_are_not_called_hidden():
    """Eight of 1,000 that all point one way are significant, and less than a point."""

    def result(attack, right):
        setting = {"attack": attack, "norm": "linf", "epsilon": 0.1}
        return Measured(setting, np.arange(1000) < right)

    by_few, by_many = (hidden_gradients([result("pgd", 60), result("fgsm", n)]) for n in (52, 30))
    assert (by_few, len(by_many)) == ([], 1)
