"""Local stand-ins for Azure Event Hubs and a Databricks SQL warehouse, and the commands that run them."""
