"""Names that the tests of this folder use."""

from tests.harness.warehouse import Warehouse

__all__ = ["Warehouse"]
