"""Names that the tests of this folder use."""

from pathlib import Path

from tests.harness.warehouse import Warehouse

PROJECT = Path(__file__).with_name("project")

__all__ = ["PROJECT", "Warehouse"]
