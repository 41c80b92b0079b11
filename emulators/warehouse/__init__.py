"""A local Databricks SQL warehouse: TCLIService over HTTP in front of one Spark process with Delta."""
