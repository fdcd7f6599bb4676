"""How far filters reach in space, as published and `seamless`: the radius with 99 % of the energy.

    python benchmarks/impulse_extent.py

Of initial filters, by inverse transform of their exact responses at 255 x 255 pixels. Printed:
the median over 100 filters, of the middle one of 5 seeds and from the least seed to the greatest.
"""

import numpy as np

from specnet.analysis.measures import extent
from specnet.ops.hermitian import hermitian_projection
from specnet.recipe import registry

FAMILIES = ("gaussian", "gaussian_mixture", "lorentzian", "sinc", "implicit")
FILTERS, SEEDS, SIZE = 100, 5, (255, 255)


def median_extent(family: str, seamless: bool, seed: int) -> float:
    """In pixels, over the filters of one seed."""
    layer = registry.resolve(family)(FILTERS, seamless=seamless, seed=seed, odd_width=True)
    layer.build((None, 2, 1, SIZE[0], SIZE[1] // 2 + 1))
    planes = hermitian_projection(*layer.transfer_functions(SIZE), SIZE[1])
    real, imaginary = (np.asarray(plane, "float64") for plane in planes)
    impulses = np.fft.irfft2(real + 1j * imaginary, SIZE)
    return float(np.median(extent(np.fft.fftshift(impulses, axes=(-2, -1)), 0.99)))


def main() -> None:
    """Prints the table."""
    print("| family | published | `seamless` |\n| --- | --- | --- |")
    for family in FAMILIES:
        cells = []
        for seamless in (False, True):
            found = sorted(median_extent(family, seamless, seed) for seed in range(SEEDS))
            cells.append(f"{found[SEEDS // 2]:.1f} ({found[0]:.1f} to {found[-1]:.1f})")
        print(f"| `{family}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
