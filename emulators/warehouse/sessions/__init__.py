"""Sessions of clients, the statements that run in them, and their history."""
