"""Catalogues of any size for measuring: realistic in length, variety, skew and repetition, all invented."""

from tests.benchmarks.catalogues.generate import Economy, generate
from tests.benchmarks.catalogues.write import ensure, write

__all__ = ["Economy", "ensure", "generate", "write"]
