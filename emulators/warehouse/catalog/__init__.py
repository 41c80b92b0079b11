"""Which relations there are: Spark's catalog, the records beside it, Delta's logs, and locks."""
