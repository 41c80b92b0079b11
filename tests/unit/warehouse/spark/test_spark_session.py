"""What the warehouse's JVM is set for."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators import settings
from emulators.errors import EmulatorError
from emulators.warehouse.spark import spark_session


@pytest.fixture
def home(tmp_path: Path) -> settings.Settings:
    return settings.load({"EMULATORS_HOME": str(tmp_path)})


def test_an_empty_warehouse_is_small(home: settings.Settings) -> None:
    assert not spark_session.is_large(home, {})


@pytest.mark.parametrize("folder", ["warehouse/tables/silver.db/order_events", "bronze/order_events"])
def test_many_rows_on_disk_make_it_large(home: settings.Settings, folder: str) -> None:
    table = home.home / folder
    table.mkdir(parents=True)
    (table / "part-0.parquet").touch()
    (table / "part-1.parquet").touch()
    assert not spark_session.is_large(home, {})
    with (table / "part-0.parquet").open("wb") as file:
        file.truncate(spark_session.LARGE_BYTES + 1)
    assert spark_session.is_large(home, {})
    assert not spark_session.is_large(home, {"WAREHOUSE_SIZE": "small"})


def test_the_size_is_set(home: settings.Settings) -> None:
    assert spark_session.is_large(home, {"WAREHOUSE_SIZE": "large"})
    with pytest.raises(EmulatorError, match="WAREHOUSE_SIZE='huge' is not a size: set it to small or large"):
        spark_session.is_large(home, {"WAREHOUSE_SIZE": "huge"})


def test_only_a_small_warehouse_does_without_the_optimising_compiler() -> None:
    assert set(spark_session.FIRST_COMPILER_ONLY) <= set(spark_session.jvm_options(False).split())
    assert not set(spark_session.FIRST_COMPILER_ONLY) & set(spark_session.jvm_options(True).split())


@pytest.mark.parametrize(
    ("says", "has_them"), [("always [madvise] never", True), ("always madvise [never]", False)]
)
def test_pages_are_huge_where_linux_has_them(tmp_path: Path, says: str, has_them: bool) -> None:
    enabled = tmp_path / "enabled"
    assert spark_session.HUGE_PAGES not in spark_session.jvm_options(False, enabled)  # not Linux
    enabled.write_text(says + "\n")
    assert (spark_session.HUGE_PAGES in spark_session.jvm_options(False, enabled)) == has_them
