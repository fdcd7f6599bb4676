"""What a machine must at least spend, with yardsticks that are known."""

import pytest
from recipes_at_hand import write

from specnet.studies.bench import machine_peaks, roofline, workloads
from specnet.studies.bench.machine_peaks import Rates
from specnet.studies.bench.roofline import Floor, floor_of, traffic
from specnet.studies.engine.subjects import layer, read

UNIT = Rates(copied=1.0, multiplied=1.0)
# Images of 6 x 5 have 6 x 3 bins.
TEXT = """
data: {source: gratings, image_size: [6, 5]}
model:
  - rfft2d: {channels: sum}
  - repeat: {times: 2, layers: [{gaussian: {filters: 3, activation: relu}}]}
  - flatten
  - dense: {units: 8, use_bias: false}
training: {batch_size: 4}
"""


@pytest.fixture
def yardsticks(monkeypatch):
    """A transform takes a second a plane, a matrix product what its three sides multiply to."""
    monkeypatch.setattr(roofline.machine_peaks, "transform", lambda planes, size: float(planes))
    monkeypatch.setattr(roofline.machine_peaks, "products", lambda b, n, m: float(b * n * m))


@pytest.fixture
def network(tmp_path):
    (subject,) = read([str(write(tmp_path, TEXT))])
    return workloads.build(subject, 6, 4)  # square: 6 x 4 bins


def test_a_networks_floor_is_the_sum_of_parts_done_by_hand(network, yardsticks):
    found = floor_of(network, UNIT)
    bins = 6 * 4
    assert found.transforms == 4  # one plane an image, and no way back
    first, second = bins * 3 * (6 + 2), bins * (3 * (6 + 2) + 2 * 2)
    assert found.arithmetic == 4 * 4 * (first + second)
    assert found.head == 4 * (2 * 3 * bins) * 8
    assert found.total == sum(vars(found).values())


def test_a_networks_traffic_is_images_first_spectrum_weights_and_adam(network):
    weights = 2 * 3 * 12 + 2 * 3 * 24 * 8
    images, spectrum = 4 * 36, 4 * 2 * 24
    state = 2 * weights + 2  # two moments each, the step and the rate
    expected = 4 * (images + 2 * spectrum + 2 * weights + 2 * (weights + state))
    assert traffic(network) == expected


def test_a_layer_goes_there_and_back_twice(yardsticks):
    built = workloads.build(
        layer("spectral_conv2d: {filters: 3, padding: circular, use_bias: false}"), 6, 4, 2
    )
    found = floor_of(built, UNIT)
    assert found.transforms == 2 * 4 * (2 + 3)
    assert found.arithmetic == 3 * 4 * 24 * 3 * (6 * 2 + 2)
    assert found.traffic == 4 * (3 * 4 * 36 * 2 + 2 * 4 * 36 * 3 + 2 * 2 * 3 * 12)
    assert found.head == 0


def test_pooling_must_only_read_and_write(yardsticks):
    built = workloads.build(layer("spectral_pooling"), 6, 4, 2)
    assert floor_of(built, UNIT) == Floor(0, 4 * (2 * 4 * 36 * 2 + 2 * 4 * 9 * 2), 0, 0)


def test_spatial_convolutions_have_no_floor_here():
    built = workloads.build(layer("conv2d: {filters: 2, kernel_size: 3}"), 6, 2, 2)
    assert floor_of(built, UNIT) is None


def test_transforms_and_products_take_time():
    assert machine_peaks.transform(4, (64, 64)) > 0
    assert machine_peaks.products(32, 4096, 4) > 0
