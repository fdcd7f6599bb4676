"""Times taken in turn, by a clock that the jobs themselves move; and where curves meet."""

import signal

import numpy as np
import pytest

from specnet.experiments.benchmark.crossover import advice, crossovers
from specnet.experiments.benchmark.stopping import Stopped, Stopping
from specnet.experiments.benchmark.timing import ROUNDS, Quartiles, compared, in_turn


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
