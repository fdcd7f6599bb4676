"""APGD, FAB and AutoAttack: closed forms on linear models, and what they leave of a network."""

import keras
import numpy as np
import pytest
from linear_classifier import grey_images, linear_classifier
from scipy.optimize import linprog, minimize

from specnet.errors import UsageError
from specnet.robustness import AutoAttack, Classifier, attacks, auto_attack, measure
from specnet.robustness.auto_attack_study import ATTACKS
from specnet.robustness.auto_pgd import auto_pgd, checkpoints
from specnet.robustness.boundary_attack import boundary_attack, distances
from specnet.robustness.gradient_attacks import pgd
from specnet.robustness.hyperplanes import to_hyperplane
from specnet.robustness.norms import Ball

pytestmark = [pytest.mark.backend, pytest.mark.graph]
SIZE = (7, 6, 3)
LINEAR, WEIGHTS, BIAS = linear_classifier(SIZE, 5)
NORMS = pytest.mark.parametrize("norm", ["linf", "l2"])
RADII = {"linf": 0.05, "l2": 0.5}


def any_images(seed, count=6):
    """Pixels from 0 to 1, some of them at the ends."""
    images = np.random.default_rng(seed).uniform(-0.3, 1.3, (count, *SIZE))
    return np.clip(images, 0, 1).astype("float32")


def sure_classifier(size=SIZE):
    """A linear classifier of two classes that nothing small fools, and the way to the second.

    The gradient of its cross-entropy is about exp(-200), which float32 does not have.
    """
    classifier, weights, _ = linear_classifier(size, 2)
    classifier.model.layers[-1].set_weights([weights.reshape(-1, 2), np.array([200.0, 0.0])])
    return classifier, (weights[..., 1] - weights[..., 0]).astype("float64")


@pytest.fixture(scope="module")
def network():
    """A small network that is not linear, whose labels are what it says."""
    keras.utils.set_random_seed(5)
    layers = [keras.layers.Flatten(), keras.layers.Dense(16, "tanh"), keras.layers.Dense(5)]
    model = keras.Sequential([keras.Input(SIZE), *layers])
    model.layers[1].kernel.assign(model.layers[1].kernel * 4)
    classifier = Classifier(model, batch_size=16)
    images = any_images(8, 16)
    return classifier, images, classifier.predict(images)


def test_checkpoints_are_those_of_the_paper():
    """p = 0, 0.22, then p + max(p - the one before - 0.03, 0.06); times the steps, rounded up."""
    assert checkpoints(100) == [0, 22, 41, 57, 70, 80, 87, 93, 99]
    assert checkpoints(10) == [0, 3, 5, 6, 7, 8, 9, 10]


def test_apgd_finds_the_corner_of_a_linear_model_in_the_range_of_pixels():
    classifier, way = sure_classifier()
    images, ball = any_images(1), Ball("linf", 0.05)
    corner = np.clip(images + 0.05 * np.sign(way), 0, 1)
    labels = np.zeros(6, int)
    for targets in (None, np.ones(6, int)):
        found = auto_pgd(classifier, images, labels, ball, 30, targets, np.random.default_rng(1))
        np.testing.assert_allclose(found, corner, atol=1e-6)


def test_apgd_finds_the_farthest_point_along_the_gradient_in_l2():
    classifier, way = sure_classifier()
    images, ball = grey_images(6, SIZE), Ball("l2", 0.3)
    found = auto_pgd(classifier, images, np.zeros(6, int), ball, 60, rng=np.random.default_rng(1))
    gained = np.einsum("nhwc,hwc->n", found - images, way)
    np.testing.assert_allclose(gained, 0.3 * np.linalg.norm(way), rtol=1e-3)


@NORMS
def test_apgd_raises_the_loss_at_least_as_far_as_pgd_with_as_many_steps(network, norm):
    classifier, images, labels = network
    ball = Ball(norm, {"linf": 0.01, "l2": 0.1}[norm])
    found = auto_pgd(classifier, images, labels, ball, 20)
    plain = pgd(classifier, images, labels, ball, 20)
    alive = classifier.predict(found) == labels
    assert alive.sum() <= (classifier.predict(plain) == labels).sum()
    losses = [classifier.losses(each[alive], labels[alive]) for each in (found, plain)]
    assert alive.any()
    assert np.all(losses[0] >= losses[1] - 1e-3)


@NORMS
def test_attacks_stay_in_the_ball_and_in_the_range_of_pixels(norm):
    images, radius = any_images(2), RADII[norm]
    labels = np.arange(6) % 5
    ball, rng = Ball(norm, radius), np.random.default_rng(0)
    for targets in (None, (labels + 1) % 5):
        found = auto_pgd(LINEAR, images, labels, ball, 7, targets, rng)
        assert distances(found - images, norm).max() <= radius + 1e-6
        assert found.min() >= 0
        assert found.max() <= 1


def smallest_change(point, normal, gain, norm):
    """By linear programming in L-infinity, by sequential quadratic programming in L2."""
    count, box = len(point), list(zip(-point, 1 - point, strict=True))
    if norm == "linf":  # min t, -t <= d_i <= t
        ones, eye = np.ones((count, 1)), np.eye(count)
        found = linprog(
            np.r_[np.zeros(count), 1],
            A_ub=np.block([[eye, -ones], [-eye, -ones]]),
            b_ub=np.zeros(2 * count),
            A_eq=np.r_[normal, 0][None],
            b_eq=[gain],
            bounds=[*box, (0, None)],
        )
        return found.x[-1]
    found = minimize(
        lambda change: change @ change,
        np.zeros(count),
        jac=lambda change: 2 * change,
        bounds=box,
        constraints={"type": "eq", "fun": lambda d: normal @ d - gain, "jac": lambda d: normal},
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.success
    return np.linalg.norm(found.x)


@NORMS
@pytest.mark.parametrize("numbers", [1, 3, 10])
def test_changes_to_a_plane_are_as_small_as_an_optimizer_finds_them(norm, numbers):
    rng = np.random.default_rng(numbers)
    points = np.clip(rng.uniform(-0.2, 1.2, (30, numbers)), 0, 1)
    normals = rng.normal(size=(30, numbers))
    normals[0, : numbers // 2] = 0
    goals = np.clip(rng.uniform(-0.2, 1.2, (30, numbers)), 0, 1)
    gains = np.einsum("nd,nd->n", normals, goals - points)
    found = to_hyperplane(points, normals, gains, norm)
    np.testing.assert_allclose(np.einsum("nd,nd->n", normals, found), gains, atol=1e-5)
    assert (points + found).min() >= -1e-7
    assert (points + found).max() <= 1 + 1e-7
    sizes = np.linalg.norm(found, np.inf if norm == "linf" else 2, axis=1)
    each = zip(points, normals, gains, strict=True)
    np.testing.assert_allclose(sizes, [smallest_change(*one, norm) for one in each], atol=2e-5)


@NORMS
def test_a_plane_out_of_reach_is_approached_as_far_as_pixels_go(norm):
    points = np.array([[0.2, 0.7, 0.4]] * 3 + [[0.9, 0.1, 0.5]])
    normals = np.array([[1, -2, 0]] * 2 + [[0, 0, 0], [1, 1, 0]], "float32")
    found = to_hyperplane(points, normals, np.array([9, -9, 1, 1.1]), norm)
    ends = [[0.8, -0.7, 0], [-0.2, 0.3, 0], [0, 0, 0], [0.1, 0.9, 0]]
    np.testing.assert_allclose(found, ends, atol=1e-7)


@NORMS
def test_fab_finds_the_distance_to_the_boundary_of_a_linear_model(norm):
    images = grey_images(9, SIZE)
    labels = LINEAR.predict(images)
    scores = LINEAR.scores(images).astype("float64")
    targets, rows = np.argsort(-scores, axis=1)[:, 1], np.arange(9)
    way = np.moveaxis(WEIGHTS.astype("float64"), -1, 0)
    slopes = (way[targets] - way[labels]).reshape(9, -1)
    dual = np.linalg.norm(slopes, 1 if norm == "linf" else 2, axis=1)
    exact = (scores[rows, labels] - scores[rows, targets]) / dual
    found = boundary_attack(LINEAR, images, labels, targets, Ball(norm, 0.0), 8)
    assert np.all(LINEAR.predict(found) != labels)
    # Another class than the target may be nearer; what fools the classifier counts all the same.
    sizes = distances(found - images, norm)
    assert np.all(sizes <= exact * 1.002)
    every = margins_over_norms(scores, labels, norm)
    assert np.all(sizes >= every * 0.999)


def margins_over_norms(scores, labels, norm):
    """The distance to the nearest boundary of all, (N,)."""
    way = np.moveaxis(WEIGHTS.astype("float64"), -1, 0)
    found = []
    for row, label in zip(scores, labels, strict=True):
        others = [k for k in range(5) if k != label]
        slopes = (way[others] - way[label]).reshape(len(others), -1)
        dual = np.linalg.norm(slopes, 1 if norm == "linf" else 2, axis=1)
        found.append(((row[label] - row[others]) / dual).min())
    return np.array(found)


def test_fab_leaves_what_nothing_fools_as_it_is():
    classifier, _ = sure_classifier()
    classifier.model.layers[-1].bias.assign([1e4, 0.0])
    images = any_images(4)
    labels, targets = np.zeros(6, int), np.ones(6, int)
    found = boundary_attack(classifier, images, labels, targets, Ball("linf", 0.1), 3)
    np.testing.assert_array_equal(found, images)


@NORMS
def test_what_autoattack_leaves_of_a_linear_model_is_known(norm):
    images = grey_images(20, SIZE)
    labels = LINEAR.predict(images)
    labels[:4] = (labels[:4] + 1) % 5
    exact = margins_over_norms(LINEAR.scores(images).astype("float64"), labels, norm)
    radius = float(np.median(exact[4:]))
    options = {"linf": (), "l2": ()} | {norm: (radius,)}
    clean, found = auto_attack(LINEAR, images, labels, **options, steps=20, queries=5)
    np.testing.assert_array_equal(clean.right, exact > 0)
    clear = np.abs(exact - radius) > 0.01 * radius
    np.testing.assert_array_equal(found.right[clear], (exact > radius)[clear])
    fallen = found.means["fallen"] * 20
    assert fallen.sum() == pytest.approx(clean.count.right - found.count.right)
    assert fallen[0] > 0
    assert clean.means["fallen"].tolist() == [0] * len(ATTACKS)


def test_autoattack_leaves_no_more_than_pgd_and_the_clean_images(network):
    classifier, images, labels = network
    labels = np.where(np.arange(16) < 3, (labels + 1) % 5, labels)
    linf, l2 = (0.004, 0.02), (0.1,)
    found = auto_attack(classifier, images, labels, linf=linf, l2=l2, steps=10, queries=5)
    plain = attacks(classifier, images, labels, linf=linf, l2=l2, searched=(), starts=1)
    left = {
        (m.setting["norm"], m.setting["epsilon"]): m.right for m in plain if "steps" in m.setting
    }
    assert [m.setting["attack"] for m in found] == ["clean"] + ["autoattack"] * 3
    assert found[0].count.right == 13
    for each in found[1:]:
        assert not np.any(each.right & ~found[0].right)
        assert each.right.sum() <= left[each.setting["norm"], each.setting["epsilon"]].sum()
        assert each.means["spectrum"].shape == (7, 4)
    assert found[1].count.right > found[2].count.right


def test_gradients_that_are_hidden_do_not_hide_from_the_square_attack():
    """Rounded inputs have no gradient at all, and the same boundary."""

    @keras.saving.register_keras_serializable("specnet-tests")
    class Rounded(keras.layers.Layer):
        def call(self, inputs):
            return keras.ops.round(inputs * 40) / 40

    _, weights, bias = linear_classifier(SIZE, 5)
    model = keras.Sequential([keras.Input(SIZE), Rounded(), keras.layers.Flatten()])
    model.add(keras.layers.Dense(5))
    model.layers[-1].set_weights([weights.reshape(-1, 5), bias])
    classifier, images = Classifier(model, batch_size=8), grey_images(8, SIZE)
    labels = classifier.predict(images)
    (_, found) = auto_attack(classifier, images, labels, linf=(0.1,), l2=(), steps=3, queries=40)
    fallen = dict(zip(ATTACKS, found.means["fallen"] * 8, strict=True))
    assert fallen["APGD-T"] == fallen["FAB-T"] == 0
    assert fallen["square"] > 2


def test_autoattack_is_the_same_twice(network):
    classifier, images, labels = network
    study = AutoAttack(linf=(0.01,), l2=(0.1,), steps=4, queries=4)
    once, again = (measure(study, classifier, images, labels, 3) for _ in range(2))
    for a, b in zip(once, again, strict=True):
        np.testing.assert_array_equal(a.right, b.right)
        np.testing.assert_array_equal(a.means["spectrum"], b.means["spectrum"])


@pytest.mark.parametrize(
    "options", [{"steps": 0}, {"queries": -1}, {"linf": (-1,)}, {"l2": ("a",)}]
)
def test_options_that_cannot_be_are_refused(options):
    (name,) = options
    with pytest.raises(UsageError, match=f"robustness: autoattack: {name}: expected"):
        AutoAttack(**options)
