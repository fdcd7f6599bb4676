"""Recipe -> keras.Model: build, compile, convert it; what it costs and whether it fits."""

from specnet.models.builder import build

__all__ = ["build"]
