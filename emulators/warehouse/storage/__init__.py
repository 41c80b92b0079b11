"""The SQLite files behind records and history."""
