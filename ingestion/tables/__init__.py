"""The Delta tables of the ingester: their columns and the SQL that creates them."""
