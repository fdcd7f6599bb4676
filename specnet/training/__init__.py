"""Training a recipe into a run directory, so that no interruption loses or changes anything.

The state of a training is a position (epoch, step) and a handful of arrays; the data of each step
is a function of (seed, epoch, step). So a run that is killed and resumed ends where an undisturbed
one does. `trainer` is where to begin; importing this package loads neither Keras nor a backend.
"""
