"""Lets Spark take the names that Unity Catalog allows: by itself it takes letters, digits and underscores."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

_FORMAT = "validNameFormat"
"""Field of Spark's SessionCatalog, a pattern that the names of new tables and views must match."""


def new_session(spark: SparkSession) -> SparkSession:
    """A session beside this one that takes any name: `catalog/object_names.py` checks them before."""
    session = spark.newSession()
    jvm: Any = session._jvm
    inner: Any = session._jsparkSession
    catalog = inner.sessionState().catalog()
    field = catalog.getClass().getDeclaredField(_FORMAT)
    field.setAccessible(True)
    field.set(catalog, jvm.scala.util.matching.Regex("(?s).+", jvm.PythonUtils.toSeq([])))
    return session
