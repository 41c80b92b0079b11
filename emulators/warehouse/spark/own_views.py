"""Temporary views that the warehouse itself puts into a session, for as long as one statement needs them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import DataFrame, SparkSession

PREFIX = "__warehouse_"
"""How the names of all of them begin; no list shows them."""


class OwnViews:
    """The views of one statement."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._names: list[str] = []

    def put(self, frame: DataFrame) -> str:
        """Make a view of these rows; returns its name, which needs no quotes."""
        name = f"{PREFIX}{uuid.uuid4().hex}"
        frame.createOrReplaceTempView(name)
        self._names.append(name)
        return name

    def drop(self) -> None:
        """Drop them all. What Spark has analysed by now reads on."""
        while self._names:
            self._spark.catalog.dropTempView(self._names.pop())


@contextmanager
def own_views(spark: SparkSession) -> Iterator[OwnViews]:
    """Views that go with the block."""
    views = OwnViews(spark)
    try:
        yield views
    finally:
        views.drop()


def is_own_view(name: str) -> bool:
    """Whether a temporary view is the warehouse's own."""
    return name.startswith(PREFIX)
