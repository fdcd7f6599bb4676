"""Times taken in turn, by a clock that the jobs themselves move; and where curves meet."""

import signal

import numpy as np
import pytest
from scipy import stats

from specnet.studies.bench.timing import ROUNDS, Quartiles, advice, compared, crossovers, in_turn
from specnet.studies.engine.stopping import Stopped, Stopping


class Machine:
    """A clock, and jobs that take as long as they are told; a log of what ran."""

    def __init__(self):
        self.now, self.ran = 0.0, []

    def clock(self):
        return self.now

    def job(self, name, *seconds):
        times = iter(seconds)
        last = [seconds[-1]]

        def run():
            self.ran.append(name)
            self.now += next(times, last[0])

        return run


def test_jobs_take_turns_after_a_warm_up():
    machine = Machine()
    jobs = {name: machine.job(name, 1.0) for name in "AB"}
    found = in_turn(jobs, 0, rounds=3, clock=machine.clock)
    assert "".join(machine.ran) == "AABB" + "AB" * 3
    np.testing.assert_allclose(found["A"], [1, 1, 1])


def test_what_the_first_runs_take_does_not_count():
    machine = Machine()
    found = in_turn({"A": machine.job("A", 90.0, 5.0, 2.0)}, 0, clock=machine.clock)
    np.testing.assert_allclose(found["A"], [2.0] * ROUNDS)


def test_rounds_go_on_until_each_job_has_had_its_seconds():
    machine = Machine()
    jobs = {"A": machine.job("A", 1.0), "B": machine.job("B", 3.0)}
    found = in_turn(jobs, 20, clock=machine.clock)
    assert len(found["A"]) == len(found["B"]) == 40 / 4


def test_a_job_too_short_for_the_clock_is_repeated_and_averaged():
    machine = Machine()
    found = in_turn({"A": machine.job("A", 0.001)}, 0, rounds=2, clock=machine.clock)
    assert len(machine.ran) == 2 + 2 * 5
    np.testing.assert_allclose(found["A"], [0.001, 0.001])


def test_a_run_ahead_of_each_is_not_timed():
    machine = Machine()
    jobs = {name: machine.job(name, 9.0, *[9.0, 5.0, 1.0] * 3) for name in "AB"}
    found = in_turn(jobs, 0, rounds=2, clock=machine.clock, ahead=1)
    assert "".join(machine.ran) == "AABB" + "AABB" * 2
    np.testing.assert_allclose(found["A"], [1, 5])


def test_a_check_that_raises_ends_the_rounds():
    machine = Machine()

    def check():
        if machine.ran.count("A") == 4:
            raise Stopped

    with pytest.raises(Stopped):
        in_turn({"A": machine.job("A", 1.0)}, 100, clock=machine.clock, check=check)
    assert machine.ran == ["A"] * 4


def test_a_signal_is_noted_and_the_block_ends_quietly():
    done = []
    with Stopping() as stopping:
        stopping.check()
        signal.raise_signal(signal.SIGINT)
        done.append("job")
        stopping.check()
        done.append("never")
    assert (done, stopping.received) == (["job"], signal.SIGINT)


def test_quartiles_are_those_of_numpy(rng):
    values = rng.random(12)
    found = Quartiles.of(values).scaled(1000)
    expected = np.percentile(values, [25, 50, 75]) * 1000
    np.testing.assert_allclose([found.lower, found.median, found.upper], expected)


def test_a_drift_that_slows_both_alike_leaves_their_ratio(rng):
    drift = 1 + rng.random(9)
    found = compared(3 * drift, 2 * drift)
    np.testing.assert_allclose([found.lower, found.median, found.upper], 1.5)


def test_the_ratio_is_that_of_the_medians(rng):
    ours, theirs = rng.random(11) + 1, rng.random(11) + 1
    found = compared(ours, theirs)
    assert found.median == pytest.approx(np.median(ours) / np.median(theirs))
    assert found.lower <= found.median <= found.upper


@pytest.mark.parametrize("rounds", [7, 11, 15])
def test_of_few_rounds_the_range_is_the_exact_interval_of_the_median(rounds):
    """The sign test: as many ratios as may lie on the other side of 1 with p below 0.05."""
    most = max(k for k in range(rounds) if stats.binomtest(k, rounds).pvalue < 0.05 and k < 4)
    for slower in range(rounds + 1):
        ratios = np.where(np.arange(rounds) < slower, 1.1, 0.9)
        assert compared(ratios, np.ones(rounds)).differs == (min(slower, rounds - slower) <= most)


def test_of_many_rounds_the_range_is_that_of_half_of_them(rng):
    ratios = rng.normal(1, 0.1, 99)
    found = compared(ratios, np.ones(99))
    expected = np.quantile(ratios, (0.25, 0.75))
    np.testing.assert_allclose((found.lower, found.upper), expected)
    assert not found.differs
    assert compared(ratios + 0.2, np.ones(99)).differs


def test_no_difference_is_shown_where_the_ratio_may_be_1():
    ratios = [Quartiles(0.92, 1 / 1.12, 1.34)]
    said = advice("ours", "theirs", [64], [100], [112], ratios=ratios)
    expected = "No difference between ours and theirs is shown at 64 pixels (0.92 to 1.34"
    assert said.startswith(expected)
    assert "times as fast" not in said


def test_sizes_at_which_nothing_is_shown_are_no_part_of_what_is_said():
    ratios = [Quartiles(2, 2, 2), Quartiles(0.9, 1.1, 1.2), Quartiles(0.5, 0.5, 0.5)]
    said = advice("ours", "theirs", [10, 20, 40], [2, 11, 1], [1, 10, 2], ratios=ratios)
    assert said == (
        "theirs is faster below 20 pixels, ours from there on. "
        "No difference is shown at 20 pixels (0.90 to 1.20 times as long)."
    )
    said = advice("ours", "theirs", [10, 20], [2, 11], [1, 10], ratios=ratios[:2])
    assert said.startswith("theirs is 2 times as fast as ours at 10 pixels. No difference")


def test_two_power_laws_meet_where_algebra_says():
    sizes = np.array([16, 64, 256, 1024])
    ours, theirs = 5.0 * sizes**2.0, 0.01 * sizes**3.2
    np.testing.assert_allclose(crossovers(sizes, ours, theirs), [(5 / 0.01) ** (1 / 1.2)])
    assert crossovers(sizes, ours, 2 * ours) == []
    assert crossovers(sizes, ours, ours) == []


def test_curves_that_meet_at_a_measured_size_cross_there():
    assert crossovers([1, 2, 4], [1, 2, 4], [2, 2, 2]) == [2.0]
    assert crossovers([1, 2, 4], [1, 2, 1], [2, 2, 2]) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ([4, 4, 4], [1, 4.0001, 16], "theirs is faster below 20 pixels, ours from there on."),
        ([1, 2, 3], [2, 6, 12], "ours is 2 to 4 times as fast as theirs at every measured size"),
        ([3, 3, 3], [1, 1, 1], "theirs is 3 times as fast as ours at every measured size"),
        (
            [1, 3, 1],
            [2, 2, 2],
            "ours and theirs overtake each other at 15.5, 25.8 pixels",
        ),  # 10 * 2^log_3(2)
    ],
)
def test_the_advice_says_which_is_faster_and_from_where(ours, theirs, words):
    assert words in advice("ours", "theirs", [10, 20, 40], ours, theirs)
