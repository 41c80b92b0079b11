"""The project's tests: unit (seconds), integration (one emulator), e2e (the whole path), dbt (what dbt runs)."""
