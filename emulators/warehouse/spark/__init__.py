"""The one Spark session: its configuration, its functions, and how it is tuned."""
