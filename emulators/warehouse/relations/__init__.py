"""Statements that make, fill, change and drop relations, and what is recorded of them."""
