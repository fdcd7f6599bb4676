"""What is computed of a batch that lies on several devices: transforms on JAX, sums on TensorFlow.

On JAX each device transforms its own images. XLA has no rule for an FFT of an array that lies on
several devices: left alone, it gathers all images on each of them, and each then computes
everything.
"""

from collections.abc import Callable
from typing import Any

import keras

from specnet.ops.hermitian import Tensor


def by_device(transform: Callable[[Tensor], Tensor], images: Tensor, rank: int = 2) -> Tensor:
    """`transform(images)`; where Keras spreads data over devices, of each device's own images.

    Args:
        transform: linear, over the last `rank` axes of an array.
        images: (..., H, W), split over devices along leading axes or not at all.
        rank: axes that are transformed, of images two.

    Returns:
        What `transform` returns, (..., V, U), split as `images` are. Where there are several
        devices, gradients of it are taken in reverse mode only, and are split likewise.
    """
    import jax

    if keras.distribution.distribution() is None or jax.device_count() == 1:
        return transform(images)
    pixels, dtype = images.shape[-rank:], images.dtype

    @jax.custom_vjp
    def apply(images: Tensor) -> Tensor:
        return _partitioned(transform, rank)(images)

    def transposed(upstream: Tensor) -> Tensor:
        shape = jax.ShapeDtypeStruct((*upstream.shape[:-rank], *pixels), dtype)
        return jax.linear_transpose(transform, shape)(upstream)[0]

    apply.defvjp(
        lambda images: (apply(images), None),
        lambda _, upstream: (by_device(transposed, upstream, rank),),
    )
    return apply(images)


def _partitioned(transform: Callable[[Tensor], Tensor], rank: int) -> Any:
    import jax
    from jax.experimental.custom_partitioning import custom_partitioning

    def partition(mesh: Any, arguments: Any, result: Any) -> tuple[Any, ...]:
        shardings = jax.tree.map(lambda each: each.sharding, (result, arguments))
        return mesh, transform, *shardings

    local = custom_partitioning(lambda images: transform(images))  # defaults are no operands
    local.def_partition(
        partition=partition,
        sharding_rule=f"... {' '.join('dhw'[-rank:])} -> ... {' '.join('svu'[-rank:])}",
        need_replication_factors=(*"dhw"[-rank:], *"svu"[-rank:]),
    )
    return local


def summed(numbers: Tensor) -> Tensor:
    """The sum of what all devices have of a batch that they share by a strategy of TensorFlow.

    Elsewhere `numbers` themselves: JAX traces whole batches.
    """
    if keras.backend.backend() != "tensorflow":
        return numbers
    import tensorflow as tf

    device = tf.distribute.get_replica_context()
    if device is None or device.num_replicas_in_sync == 1:
        return numbers
    return device.all_reduce(tf.distribute.ReduceOp.SUM, numbers)
