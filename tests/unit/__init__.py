"""Tests that need no Spark and no broker."""
