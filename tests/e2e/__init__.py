"""Tests of the whole path, from the simulator to gold."""
