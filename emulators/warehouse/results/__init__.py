"""Rows of statements: held, written to files, and encoded as clients read them."""
