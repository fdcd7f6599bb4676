"""JAX's programs share one context of its compiler, which takes long to make for a small program.

JAX makes one for each, so that programs share no memory. Only a program that is made while another
one is being written gets its own here too: its copies would be put into that one.
"""

from functools import cache

from jax._src.interpreters import mlir
from jax._src.lib.mlir import ir

_anew = mlir.make_ir_context
_shared = cache(_anew)


def make_ir_context() -> ir.Context:
    """A context that knows the dialects of JAX."""
    return _shared() if ir.Context.current is None else _anew()


mlir.make_ir_context = make_ir_context
