"""Tests: unit (seconds), integration (one emulator), e2e (the whole path), dbt (what dbt runs)."""
