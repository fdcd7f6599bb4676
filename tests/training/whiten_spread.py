"""Complex batch normalization in a process of its own, on one and on two CPU devices; prints how
far outputs and moving statistics are from each other."""

import keras
import numpy as np
import tensorflow as tf

from specnet.layers import ComplexBatchNormalization

ROWS = 3, 5  # of each device


def normalized(spectra, strategy):
    """What comes out of all spectra, each element on a device, and the weights on the first."""
    with strategy.scope():
        layer = ComplexBatchNormalization()
        layer.build((None, *spectra[0].shape[1:]))
    given = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(spectra[context.replica_id_in_sync_group])
    )
    step = tf.function(lambda each: strategy.run(lambda own: layer(own, training=True), (each,)))
    outputs = strategy.experimental_local_results(step(given))
    return np.concatenate(outputs), [keras.ops.convert_to_numpy(each) for each in layer.weights]


def main():
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    rng = np.random.default_rng(0)
    parts = [rng.normal(k, 1 + k, (rows, 2, 3, 4, 3)).astype("f") for k, rows in enumerate(ROWS)]
    one = normalized([np.concatenate(parts)], tf.distribute.get_strategy())
    two = normalized(parts, tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
    pairs = zip((one[0], *one[1]), (two[0], *two[1]), strict=True)
    print(max(float(np.abs(a - b).max()) for a, b in pairs))


if __name__ == "__main__":
    main()
