"""Kinds of relations, as the records and DESCRIBE call them, beside those of Spark's own catalog."""

MATERIALIZED_VIEW = "MATERIALIZED_VIEW"
STREAMING_TABLE = "STREAMING_TABLE"
METRIC_VIEW = "METRIC_VIEW"

KEPT_TYPES = (MATERIALIZED_VIEW, STREAMING_TABLE, "MANAGED_SHALLOW_CLONE", "EXTERNAL_SHALLOW_CLONE")
"""Types that Spark's catalog does not know: they stay until the relation is made anew."""

MANUAL = "MANUAL"
"""What DESCRIBE EXTENDED shows as the schedule of a materialized view or streaming table that has none."""
