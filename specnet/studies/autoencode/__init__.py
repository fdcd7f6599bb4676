"""How flexible are parametric spectral filters? Autoencoders that differ in their encoder alone.

    design = Design(dataset="mnist")
    found = study.autoencode(design, design.encoders(["all"]), [0, 1], Path("ckpt/study"))
    found.rows

`design` says what is compared, `trials` trains one of them, `baseline` fits families to kernels,
`results` and `figures` sum up, `study` goes through it all. Only `design` is imported here, so that
mistakes are told before Keras is there.
"""

from specnet.studies.autoencode.design import DATASETS, SPATIAL, Design

__all__ = ["DATASETS", "SPATIAL", "Design"]
