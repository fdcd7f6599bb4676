"""Each step of APGD, FAB and the square attack in L2, against the papers' formulas in plain NumPy.

On a landscape whose value and slope are known, and which remembers where it was asked.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from specnet.robustness import AutoAttack, auto_attack_study
from specnet.robustness.attack_study import l2_epsilons
from specnet.robustness.auto_pgd import _check, auto_pgd
from specnet.robustness.boundary_attack import boundary_attack, distances
from specnet.robustness.norms import Ball
from specnet.robustness.square_windows import bump, with_windows

NORMS = pytest.mark.parametrize("norm", ["linf", "l2"])
SHAPE = (1, 3, 1)


class Landscape:
    """Two scores: `level`, and a value of three pixels with hills, valleys and ripples."""

    def __init__(self, level, ripples=0.0):
        self.level, self.ripples, self.asked = level, ripples, []

    def value(self, point):
        x, y, z = point.reshape(3).astype("float64")
        ripples = self.ripples * np.sin(20 * (x + y + z))
        return np.sin(9 * x) + np.cos(7 * y) + x * y * z + z**2 + ripples

    def slope(self, point):
        x, y, z = point.reshape(3).astype("float64")
        found = [9 * np.cos(9 * x) + y * z, x * z - 7 * np.sin(7 * y), x * y + 2 * z]
        return np.reshape(found, SHAPE) + 20 * self.ripples * np.cos(20 * (x + y + z))

    def scores(self, images):
        return np.array([[self.level, self.value(image)] for image in images])

    def predict(self, images):
        return self.scores(images).argmax(axis=1)

    def margins(self, images, labels):
        assert not labels.any()
        return self.level - self.scores(images)[:, 1]

    def score_gradient(self, images, weights):
        self.asked.append(images.copy())
        slopes = np.stack([self.slope(image) for image in images])
        return (weights[:, 1, None, None, None] * slopes).astype("float32")


def unit(slope, norm):
    return np.sign(slope) if norm == "linf" else slope / np.linalg.norm(slope)


def projected(point, start, radius, norm):
    change = point - start
    if norm == "linf":
        change = np.clip(change, -radius, radius)
    elif np.linalg.norm(change) > radius:
        change *= radius / np.linalg.norm(change)
    return np.clip(start + change, 0, 1)


def ascent(land, start, radius, norm, checkpoints, steps):
    """Where one image is before each step, and where its value was largest, in the end."""
    now, before, best, asked = start, start, start, []
    size, rises, halved, checked = 2 * radius, 0, False, land.value(start)
    last = 0
    for step in range(steps):
        if step in checkpoints:
            stuck = not halved and land.value(best) == checked
            halved = rises < 0.75 * (step - last) or stuck
            if halved:
                size, now = size / 2, best
            rises, checked, last = 0, land.value(best), step
        asked.append(now)
        ahead = projected(now + size * unit(land.slope(now), norm), start, radius, norm)
        if step > 0:
            ahead = now + 0.75 * (ahead - now) + 0.25 * (now - before)
            ahead = projected(ahead, start, radius, norm)
        rises += land.value(ahead) > land.value(now)
        before, now = now, ahead
        best = max(best, now, key=land.value)
    return asked, best


@NORMS
def test_apgd_goes_where_the_algorithm_of_the_paper_goes(norm):
    land, radius, steps = Landscape(9.0), 0.3, 100
    starts = np.random.default_rng(0).uniform(size=(4, *SHAPE)).astype("float32")
    found = auto_pgd(land, starts, np.zeros(4, int), Ball(norm, radius), steps)
    wanted = [22, 41, 57, 70, 80, 87, 93, 99]
    each = [ascent(land, start.astype("float64"), radius, norm, wanted, steps) for start in starts]
    for step, points in enumerate(land.asked):
        np.testing.assert_allclose(points, [asked[step] for asked, _ in each], atol=1e-4)
    assert len(land.asked) == steps
    np.testing.assert_allclose(found, [best for _, best in each], atol=1e-4)


def test_apgd_stops_at_the_first_points_that_fool():
    land = Landscape(1.5)
    starts = np.random.default_rng(0).uniform(size=(6, *SHAPE)).astype("float32")
    found = auto_pgd(land, starts, np.zeros(6, int), Ball("linf", 0.1), 30)
    assert len(land.asked[0]) < 6  # some are fooled as they are
    fooled = land.predict(starts) == 1
    np.testing.assert_array_equal(found[fooled], starts[fooled])
    seen = np.concatenate(land.asked)
    assert fooled.any()
    assert not fooled.all()
    assert not land.predict(seen).any()


def toward(slope, gain, norm):
    """The smallest change d with slope . d = gain."""
    if norm == "linf":
        return gain * np.sign(slope) / np.abs(slope).sum()
    return gain * slope / np.sum(slope**2)


def size_of(change, norm):
    return np.linalg.norm(change.ravel(), np.inf if norm == "linf" else 2)


def boundary_walk(land, start, norm, steps):
    """Where one image is before each step, and the sizes of changes that fooled."""
    now, asked, sizes = start, [], []
    for _ in range(steps):
        asked.append(now)
        slope, gain = land.slope(now), land.level - land.value(now)
        own = toward(slope, gain, norm)
        first = toward(slope, gain + np.sum(slope * (now - start)), norm)
        share = size_of(own, norm) / (size_of(own, norm) + size_of(first, norm))
        share = min(share, 0.1)
        now = (1 - share) * (now + 1.05 * own) + share * (start + 1.05 * first)
        assert 0 < now.min() < now.max() < 1  # the range of pixels is tested with the planes
        if land.value(now) > land.level:
            sizes.append(size_of(now - start, norm))
            now = start + 0.9 * (now - start)
    return asked, sizes


@NORMS
def test_fab_goes_where_the_algorithm_of_the_paper_goes_and_keeps_the_nearest(norm):
    land, steps = Landscape(1.9), 7
    starts = np.array([[0.4, 0.85, 0.5], [0.3, 0.75, 0.6], [0.25, 0.2, 0.5]], "float32")
    starts = starts.reshape(3, *SHAPE)
    assert not land.predict(starts).any()
    labels, targets = np.zeros(3, int), np.ones(3, int)
    found = boundary_attack(land, starts, labels, targets, Ball(norm, 0.0), steps)
    each = [boundary_walk(land, start.astype("float64"), norm, steps) for start in starts]
    for step, points in enumerate(land.asked):
        np.testing.assert_allclose(points, [asked[step] for asked, _ in each], atol=1e-4)
    assert len(land.asked) == steps
    assert land.predict(found).all()
    assert np.all(distances(found - starts, norm) <= [min(sizes) + 1e-6 for _, sizes in each])


RIPPLED = {"linf": (0.77, 0.92, 0.13), "l2": (0.1, 0.69, 0.7)}


@NORMS
def test_fab_keeps_the_nearest_and_not_the_last(norm):
    start = np.array(RIPPLED[norm], "float32").reshape(1, *SHAPE)
    _, sizes = boundary_walk(Landscape(1.9, 0.6), start[0].astype("float64"), norm, 7)
    assert sizes[0] < 0.9 * min(sizes[1:])
    found = [
        boundary_attack(
            Landscape(1.9, 0.6), start, np.zeros(1, int), np.ones(1, int), Ball(norm, 0.0), steps
        )
        for steps in range(1, 8)
    ]
    first = next(each for each in found if np.any(each != start))
    np.testing.assert_array_equal(found[-1], first)


def test_fab_is_done_with_an_image_that_is_fooled_within_the_ball():
    start = np.array(RIPPLED["linf"], "float32").reshape(1, *SHAPE)
    _, sizes = boundary_walk(Landscape(1.9, 0.6), start[0].astype("float64"), "linf", 7)
    for radius, steps in ((1.05 * min(sizes), range(1, 7)), (0.95 * min(sizes), [7])):
        land = Landscape(1.9, 0.6)
        boundary_attack(land, start, np.zeros(1, int), np.ones(1, int), Ball("linf", radius), 7)
        assert len(land.asked) in steps


def test_apgd_halves_steps_that_rarely_help_or_lead_nowhere_twice():
    """With 20 steps since the last checkpoint, of which 15 must raise the loss."""
    shape, lost = (5, *SHAPE), [1.0, 2.0, 2.0, 2.0, 2.0]
    images = SimpleNamespace(
        rises=np.array([14, 15, 20, 20, 20]),
        best_values=np.array([5.0, 5.0, 5.0, 5.0, 6.0]),
        checked=np.array([1.0, 1.0, 5.0, 5.0, 5.0]),
        halved=np.array([False, False, False, True, False]),
        sizes=np.full(5, 0.2),
        points=np.zeros(shape),
        scores=np.zeros((5, 2)),
        values=np.array(lost),
        best=np.ones(shape),
        best_scores=np.ones((5, 2)),
    )
    _check(images, 20)
    halved = [True, False, True, False, False]
    np.testing.assert_array_equal(images.halved, halved)
    np.testing.assert_array_equal(images.sizes, np.where(halved, 0.1, 0.2))
    np.testing.assert_array_equal(images.points[:, 0, 0, 0], halved)
    np.testing.assert_array_equal(images.scores[:, 0], halved)
    np.testing.assert_array_equal(images.values, np.where(halved, images.best_values, lost))
    np.testing.assert_array_equal(images.checked, images.best_values)
    assert not images.rises.any()


@pytest.mark.parametrize("side", [2, 3])
def test_a_window_takes_what_another_gives_up_and_all_of_the_ball(side):
    rng = np.random.default_rng(side)
    images = np.full((40, 9, 8, 2), 0.5, "float32")
    changes = rng.normal(size=images.shape).astype("float32")
    changes *= 0.3 / np.linalg.norm(changes.reshape(40, -1), axis=1)[:, None, None, None]
    after = with_windows(images + changes, images, 0.5, side, rng) - images
    np.testing.assert_allclose(np.linalg.norm(after.reshape(40, -1), axis=1), 0.5, rtol=1e-5)
    gone = np.all(after == 0, axis=3).sum(axis=(1, 2))
    moved = np.any(np.abs(after - changes) > 1e-6, axis=3).sum(axis=(1, 2))
    assert gone.max() == side**2  # where the two windows do not overlap
    assert moved.max() == 2 * side**2
    assert np.all(moved == gone + side**2)


@pytest.mark.parametrize("side", [1, 2, 5, 8])
def test_bumps_have_length_1_and_are_highest_in_the_middle_of_each_half(side):
    found = bump(side)
    assert np.linalg.norm(found) == pytest.approx(1)
    halves = (found[:, : side // 2], -found[:, side // 2 :])
    for half in halves[side == 1 :]:
        assert half.min() > 0
        assert half[side // 2, half.shape[1] // 2] == half.max()


@pytest.mark.parametrize(("classes", "targets"), [(2, 1), (5, 4), (13, 9)])
def test_the_four_attacks_come_in_turn_with_the_classes_next_in_score(
    monkeypatch, classes, targets
):
    """None of which fools anything."""
    turns, shape = [], (3, 4, 4, 1)
    scores = np.random.default_rng(0).normal(size=(3, classes))
    labels = scores.argmax(axis=1)

    def recorded(name):
        def attack(classifier, images, labels, *others, **options):
            goals = next((each for each in others if isinstance(each, np.ndarray)), None)
            turns.append((name, None if goals is None else goals.tolist()))
            return images

        return attack

    for name in ("auto_pgd", "boundary_attack", "square_attack"):
        monkeypatch.setattr(auto_attack_study, name, recorded(name))
    classifier = SimpleNamespace(scores=lambda x: scores, predict=lambda x: labels, batch_size=1)
    study, images = AutoAttack(linf=(0.1,), l2=()), np.zeros(shape, "float32")
    outcome = study.measure(classifier, images, labels, study.settings((4, 4))[1], 0)
    order = np.argsort(-scores, axis=1)[:, 1 : targets + 1].T.tolist()
    expected = [("auto_pgd", None), *(("auto_pgd", each) for each in order)]
    expected += [("boundary_attack", each) for each in order]
    assert turns == [*expected, ("square_attack", None)]
    assert outcome.right.all()


def test_settings_say_all_that_the_attacks_are_told():
    clean, *others = AutoAttack().settings((32, 32))
    assert clean == {"attack": "clean", "norm": "linf", "epsilon": 0.0}
    told = {"attack": "autoattack", "steps": 100, "queries": 5000}
    assert others == [
        told | {"norm": "linf", "epsilon": 1 / 255},
        told | {"norm": "linf", "epsilon": 8 / 255},
        told | {"norm": "l2", "epsilon": l2_epsilons((32, 32))[5]},
    ]
