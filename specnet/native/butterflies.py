"""Short transforms, of which long ones are made: 2, 3, 4 or 5 numbers, in many lanes at once.

Functions of NumPy arrays that Numba compiles and vectorises along the lanes. Each takes the numbers
x_k in (2, r, M, L) at place m of M, real and imaginary part, and writes the x_k exp(-2 pi i jk /
r), summed over k and turned by a twiddle factor w_j, to y_j in (2, M, r, L).

r  radix, the length     M  places     L  lanes
"""

import numpy as np

from specnet.native.pairs import Array, Pair, loop

_SIN_60 = np.float32(np.sin(np.pi / 3))
_COS_72, _SIN_72 = np.float32(np.cos(2 * np.pi / 5)), np.float32(np.sin(2 * np.pi / 5))
_COS_144, _SIN_144 = np.float32(np.cos(4 * np.pi / 5)), np.float32(np.sin(4 * np.pi / 5))
_HALF = np.float32(0.5)

Factor = tuple[np.float32, np.float32]


@loop
def _read(x: Array, k: int, m: int) -> Pair:
    return x[0, k, m], x[1, k, m]


@loop
def _written(y: Array, j: int, m: int) -> Pair:
    return y[0, m, j], y[1, m, j]


@loop
def _factor(twiddles: Array, j: int) -> Factor:
    return twiddles[j - 1, 0], twiddles[j - 1, 1]


@loop
def _turned(real: np.float32, imaginary: np.float32, factor: Factor) -> Factor:
    w, v = factor
    return real * w - imaginary * v, real * v + imaginary * w


@loop
def two(x: Array, y: Array, m: int, twiddles: Array) -> None:
    """Radix 2; `twiddles` is (1, 2)."""
    (a, b), (c, d) = _read(x, 0, m), _read(x, 1, m)
    (y0, z0), (y1, z1) = _written(y, 0, m), _written(y, 1, m)
    w = _factor(twiddles, 1)
    for i in range(a.shape[0]):
        p, q = a[i] - c[i], b[i] - d[i]
        y0[i], z0[i] = a[i] + c[i], b[i] + d[i]
        y1[i], z1[i] = _turned(p, q, w)


@loop
def three(x: Array, y: Array, m: int, twiddles: Array) -> None:
    """Radix 3; `twiddles` is (2, 2)."""
    (a, b), (c, d), (e, f) = _read(x, 0, m), _read(x, 1, m), _read(x, 2, m)
    (y0, z0), (y1, z1), (y2, z2) = _written(y, 0, m), _written(y, 1, m), _written(y, 2, m)
    w1, w2 = _factor(twiddles, 1), _factor(twiddles, 2)
    for i in range(a.shape[0]):
        p, q = c[i] + e[i], d[i] + f[i]
        s, t = _SIN_60 * (c[i] - e[i]), _SIN_60 * (d[i] - f[i])
        u, v = a[i] - _HALF * p, b[i] - _HALF * q
        y0[i], z0[i] = a[i] + p, b[i] + q
        y1[i], z1[i] = _turned(u + t, v - s, w1)
        y2[i], z2[i] = _turned(u - t, v + s, w2)


@loop
def four(x: Array, y: Array, m: int, twiddles: Array) -> None:
    """Radix 4; `twiddles` is (3, 2)."""
    (a, b), (c, d), (e, f), (g, h) = _read(x, 0, m), _read(x, 1, m), _read(x, 2, m), _read(x, 3, m)
    (y0, z0), (y1, z1), (y2, z2), (y3, z3) = (
        _written(y, 0, m),
        _written(y, 1, m),
        _written(y, 2, m),
        _written(y, 3, m),
    )
    w1, w2, w3 = _factor(twiddles, 1), _factor(twiddles, 2), _factor(twiddles, 3)
    for i in range(a.shape[0]):
        p, q, u, v = a[i] + e[i], b[i] + f[i], a[i] - e[i], b[i] - f[i]
        r, s, k, n = c[i] + g[i], d[i] + h[i], c[i] - g[i], d[i] - h[i]
        y0[i], z0[i] = p + r, q + s
        y1[i], z1[i] = _turned(u + n, v - k, w1)
        y2[i], z2[i] = _turned(p - r, q - s, w2)
        y3[i], z3[i] = _turned(u - n, v + k, w3)


@loop
def five(x: Array, y: Array, m: int, twiddles: Array) -> None:
    """Radix 5; `twiddles` is (4, 2)."""
    (y0, z0), (y1, z1), (y2, z2) = _written(y, 0, m), _written(y, 1, m), _written(y, 2, m)
    (y3, z3), (y4, z4) = _written(y, 3, m), _written(y, 4, m)
    _mirrored_of_five(
        x, m, (_COS_72, _COS_144), (_SIN_72, _SIN_144), twiddles, 1, (y1, z1), (y4, z4)
    )
    _mirrored_of_five(
        x, m, (_COS_144, _COS_72), (_SIN_144, -_SIN_72), twiddles, 2, (y2, z2), (y3, z3)
    )
    _sum_of_five(x, m, (y0, z0))


# In one loop for all five numbers, so many arrays might overlap that it would not be vectorised.
@loop
def _mirrored_of_five(
    x: Array,
    m: int,
    cosines: Factor,
    sines: Factor,
    twiddles: Array,
    j: int,
    first: Pair,
    second: Pair,
) -> None:
    """Numbers j and 5 - j."""
    (a, b), (c, d), (e, f) = _read(x, 0, m), _read(x, 1, m), _read(x, 2, m)
    (g, h), (k, n) = _read(x, 3, m), _read(x, 4, m)
    (y1, z1), (y2, z2) = first, second
    (cos1, cos2), (sin1, sin2) = cosines, sines
    w1, w2 = _factor(twiddles, j), _factor(twiddles, 5 - j)
    for i in range(a.shape[0]):
        p = a[i] + cos1 * (c[i] + k[i]) + cos2 * (e[i] + g[i])
        q = b[i] + cos1 * (d[i] + n[i]) + cos2 * (f[i] + h[i])
        s = sin1 * (c[i] - k[i]) + sin2 * (e[i] - g[i])
        t = sin1 * (d[i] - n[i]) + sin2 * (f[i] - h[i])
        y1[i], z1[i] = _turned(p + t, q - s, w1)
        y2[i], z2[i] = _turned(p - t, q + s, w2)


@loop
def _sum_of_five(x: Array, m: int, total: Pair) -> None:
    for part in range(2):
        a, b, c = x[part, 0, m], x[part, 1, m], x[part, 2, m]
        d, e, y = x[part, 3, m], x[part, 4, m], total[part]
        for i in range(a.shape[0]):
            y[i] = a[i] + b[i] + c[i] + d[i] + e[i]
